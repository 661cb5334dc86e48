import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type House, mayPublish, mayReceive, mayRetain, maySubscribe } from './access.ts'

const real: House = { habitat: 'sam' }
const demo: House = { habitat: 'sam', demo: new Set(['air']) }

describe('access', () => {
  it('a viewer of a real habitat publishes nothing', () => {
    for (const topic of ['command/air/door', 'command/guard/acknowledge', 'in/air', 'mark/recorder/j', 'event/e']) {
      assert.equal(mayPublish('viewer', `hab/sam/${topic}`, real), false, topic)
    }
  })

  it('in the demo it disturbs the devices named and acknowledges, and no more', () => {
    const may = (topic: string) => mayPublish('viewer', topic, demo)
    assert.ok(may('hab/sam/command/air/door'))
    assert.ok(may('hab/sam/command/guard/acknowledge'))
    assert.ok(may('hab/sam/command/twin/acknowledge'))
    for (const topic of [
      'hab/sam/command/guard/limits',
      'hab/sam/command/twin/limits',
      'hab/sam/command/other/door',
      'hab/sam/command/air',
      'hab/sam/command/air/',
      'hab/sam/command/air/door/x',
      'hab/sam/command/+/door',
      'hab/sam/command/air/#',
      'hab/other/command/air/door',
      'command/air/door',
      'hab/sam/device/air/reading',
      '$SYS/x',
      '',
    ]) {
      assert.equal(may(topic), false, topic)
    }
  })

  it('the service does not speak for the gateway', () => {
    const may = (topic: string) => mayPublish('service', `hab/sam/${topic}`, real)
    for (const topic of ['mark/recorder/j', 'twin/estimate/crew/co2', 'alert/a', 'event/e', 'public/crew/co2']) {
      assert.ok(may(topic), topic)
    }
    for (const topic of ['journal/j', 'resend/recorder/j', 'clock/n/b', 'device/air/reading', 'status/n']) {
      assert.equal(may(topic), false, topic)
    }
    assert.equal(mayPublish('service', 'elsewhere', real), false)
  })

  it('a command is never retained', () => {
    assert.ok(mayRetain('service', 'hab/sam/mark/recorder/j', real))
    assert.equal(mayRetain('service', 'hab/sam/command/air/door', real), false)
    assert.equal(mayRetain('viewer', 'hab/sam/mark/recorder/j', real), false)
  })

  it('nobody listens to the broker itself', () => {
    assert.ok(maySubscribe('viewer', '#'))
    assert.equal(maySubscribe('viewer', '$SYS/#'), false)
    assert.ok(mayReceive('viewer', 'hab/sam/status/n'))
    assert.equal(mayReceive('service', '$SYS/x'), false)
  })
})
