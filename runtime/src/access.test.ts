import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../test/support/runs.ts'
import {
  type House,
  may,
  mayPublish,
  mayReceive,
  mayRetain,
  maySubscribe,
  type Principal,
  roles,
  service,
  viewer,
} from './access.ts'
import { topicMatches } from './topic-filter.ts'

const real: House = { habitat: 'sam' }
const demo: House = { habitat: 'sam', demo: new Set(['air']) }
const receiver: House = {}

const crew: Principal = { role: 'crew', name: 'kai', via: 'password' }
const control: Principal = { role: 'mission-control', name: 'houston', via: 'password' }
const device: Principal = { role: 'device', name: 'node-1', device: 'node-1', via: 'token' }
const guest: Principal = { role: 'public', name: 'guest', via: 'password' }
const gateway: Principal = { role: 'gateway', name: 'sam', habitat: 'sam', via: 'token' }
const everyone = [service, viewer, crew, control, device, guest, gateway]

describe('access: publishing', () => {
  it('a viewer of a real habitat publishes nothing', () => {
    for (const topic of ['command/air/door', 'command/guard/acknowledge', 'in/air', 'mark/recorder/j', 'event/e'])
      assert.equal(mayPublish(viewer, `hab/sam/${topic}`, real), false, topic)
  })

  it('in the demo it disturbs the devices named and acknowledges, and no more', () => {
    const says = (topic: string) => mayPublish(viewer, topic, demo)
    assert.ok(says('hab/sam/command/air/door'))
    assert.ok(says('hab/sam/command/guard/acknowledge'))
    assert.ok(says('hab/sam/command/twin/acknowledge'))
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
    ])
      assert.equal(says(topic), false, topic)
  })

  it('a viewer of another machine disturbs nothing, where one may look at all', () => {
    assert.equal(mayPublish({ ...viewer, via: 'network' }, 'hab/sam/command/air/door', demo), false)
  })

  it('the service does not speak for the gateway', () => {
    const says = (topic: string) => mayPublish(service, `hab/sam/${topic}`, real)
    for (const topic of ['mark/recorder/j', 'twin/estimate/crew/co2', 'alert/a', 'event/e', 'public/crew/co2'])
      assert.ok(says(topic), topic)
    for (const topic of ['journal/j', 'resend/recorder/j', 'clock/n/b', 'device/air/reading', 'status/n', 'link/earth'])
      assert.equal(says(topic), false, topic)
    assert.ok(says('command/journal/event'))
    assert.equal(mayPublish(service, 'elsewhere', real), false)
  })

  it('the crew commands, and speaks by the safety channel; it does not forge what others measure', () => {
    const says = (topic: string) => mayPublish(crew, `hab/sam/${topic}`, real)
    for (const topic of ['command/fan/on', 'command/command/confirm', 'safety/s1']) assert.ok(says(topic), topic)
    for (const topic of ['device/air/reading', 'in/node-1', 'mark/recorder/j', 'event/e', 'safety/', 'command//on', 'command/journal/event', 'command/access/note']) // biome-ignore format: a list
      assert.equal(says(topic), false, topic)
  })

  it('mission control commands, but does not confirm its own commands', () => {
    const says = (topic: string) => mayPublish(control, `hab/sam/${topic}`, real)
    assert.ok(says('command/fan/on'))
    assert.ok(says('safety/s1'))
    assert.equal(says('command/command/confirm'), false)
    assert.equal(says('device/air/reading'), false)
  })

  it('a device speaks for itself alone', () => {
    const says = (topic: string) => mayPublish(device, `hab/sam/${topic}`, real)
    assert.ok(says('in/node-1'))
    assert.ok(says('in/node-1/co2'))
    for (const topic of ['in/node-2', 'in/node-1/', 'in/node-1/co2/x', 'in', 'in/', 'device/node-1/reading', 'result/node-1/x', 'command/fan/on']) // biome-ignore format: a list
      assert.equal(says(topic), false, topic)
    assert.equal(mayPublish({ ...device, device: undefined }, 'hab/sam/in/undefined', real), false)
  })

  it('the public says nothing', () => {
    for (const topic of ['public/crew/co2', 'command/fan/on', 'in/guest', 'safety/x'])
      assert.equal(mayPublish(guest, `hab/sam/${topic}`, real), false, topic)
  })

  it('another gateway tells a receiver of its own habitat, and neither commands nor marks there', () => {
    const says = (topic: string) => mayPublish(gateway, topic, receiver)
    for (const topic of ['device/air/reading', 'resend/earth/j', 'journal/j', 'status/n', 'link/earth', 'bundle/earth', 'safety/s']) // biome-ignore format: a list
      assert.ok(says(`hab/sam/${topic}`), topic)
    for (const topic of ['hab/sam/command/fan/on', 'hab/sam/mark/earth/j', 'hab/mars/device/air/reading', 'hab/sam'])
      assert.equal(says(topic), false, topic)
    assert.equal(mayPublish({ ...gateway, habitat: undefined }, 'hab/sam/status/n', receiver), false)
  })

  it('one who is let into one habitat speaks of no other', () => {
    const one = { ...control, habitat: 'sam' }
    assert.ok(mayPublish(one, 'hab/sam/command/fan/on', receiver))
    assert.equal(mayPublish(one, 'hab/mars/command/fan/on', receiver), false)
    assert.equal(mayPublish(one, 'hab/mars/command/fan/on', { habitat: 'mars' }), false)
  })

  it('a command is never retained, and only the house and gateways retain anything', () => {
    assert.ok(mayRetain(service, 'hab/sam/mark/recorder/j', real))
    assert.ok(mayRetain(gateway, 'hab/sam/status/n', receiver))
    assert.equal(mayRetain(service, 'hab/sam/command/air/door', real), false)
    for (const who of [viewer, crew, control, device, guest])
      assert.equal(mayRetain(who, 'hab/sam/in/node-1', real), false, who.role)
  })
})

describe('access: hearing', () => {
  it('nobody listens to the broker itself', () => {
    for (const who of everyone) {
      assert.equal(maySubscribe(who, '$SYS/#', real), false, who.role)
      assert.equal(mayReceive(who, '$SYS/x', real), false, who.role)
    }
  })

  it('those who read all subscribe to all', () => {
    for (const who of [service, viewer, crew, control]) {
      assert.ok(maySubscribe(who, '#', real), who.role)
      assert.ok(mayReceive(who, 'hab/sam/status/n', real), who.role)
    }
  })

  it('those who may hear only a part may not ask for more', () => {
    const hears = (who: Principal, filter: string, house = real) => maySubscribe(who, filter, house)
    for (const who of [device, guest, gateway])
      for (const filter of ['#', '+/#', 'hab/#', 'hab/+/#', 'hab/sam/#', 'hab/+/command/#', 'hab/sam/device/#', 'hab/mars/public/#']) // biome-ignore format: a list
        assert.equal(hears(who, filter), false, `${who.role} ${filter}`)
    for (const filter of ['hab/sam/command/node-1/+', 'hab/sam/device/node-1/#', 'hab/sam/device/node-1/info'])
      assert.ok(hears(device, filter), filter)
    assert.equal(hears(device, 'hab/sam/device/node-2/info'), false)
    for (const filter of ['hab/sam/public/#', 'hab/sam/public/+/co2', 'hab/sam/public/crew/co2'])
      assert.ok(hears(guest, filter), filter)
    assert.ok(hears(guest, 'hab/+/public/#', receiver))
    for (const filter of ['hab/sam/command/+/+', 'hab/sam/mark/earth/+', 'hab/sam/safety/+'])
      assert.ok(hears(gateway, filter, receiver), filter)
    assert.equal(hears(gateway, 'hab/sam/command/#', receiver), false)
    assert.equal(hears(gateway, 'hab/+/command/+/+', receiver), false)
  })

  it('nobody is given what is not for them, whatever they asked for', () => {
    const given = (who: Principal, topic: string, house = real) => mayReceive(who, topic, house)
    assert.ok(given(device, 'hab/sam/command/node-1/on'))
    assert.ok(given(device, 'hab/sam/device/node-1'))
    for (const topic of ['hab/sam/command/node-10/on', 'hab/sam/device/node/info', 'hab/sam/in/node-1', 'hab/mars/device/node-1/info', 'x']) // biome-ignore format: a list
      assert.equal(given(device, topic), false, topic)
    assert.ok(given(guest, 'hab/sam/public/crew/co2'))
    assert.ok(given(guest, 'hab/mars/public/crew/co2', receiver))
    for (const topic of ['hab/sam/device/air/reading', 'public/crew/co2', 'hab//public/x', 'hab/sam/publicity'])
      assert.equal(given(guest, topic), false, topic)
    assert.ok(given(gateway, 'hab/sam/mark/earth/j', receiver))
    assert.equal(given(gateway, 'hab/mars/mark/earth/j', receiver), false)
    assert.equal(given({ ...control, habitat: 'sam' }, 'hab/mars/status/n', receiver), false)
  })

  it('what may be subscribed to is also given', () => {
    const level = fc.constantFrom('hab', 'sam', 'mars', 'public', 'device', 'node-1', 'command', 'mark', 'x', '')
    const wanted = fc.constantFrom('hab', 'sam', 'public', 'device', 'node-1', 'command', 'mark', '+', '+')
    const filter = fc
      .tuple(fc.array(wanted, { minLength: 1, maxLength: 5 }), fc.boolean())
      .map(([levels, all]) => [...levels, ...(all ? ['#'] : [])].join('/'))
    const topic = fc.array(level, { minLength: 1, maxLength: 6 }).map((levels) => levels.join('/'))
    fc.assert(
      fc.property(fc.constantFrom(...everyone), filter, topic, (who, asked, said) => {
        if (!maySubscribe(who, asked, real) || !topicMatches(asked, said)) return
        // `public/#` is also `public` itself, which nothing is said on
        const [hab, habitat, , one] = said.split('/')
        if (hab === 'hab' && habitat === 'sam' && one !== undefined) assert.ok(mayReceive(who, said, real))
      }),
      { numRuns: runs(2_000) },
    )
  })
})

describe('access: doing', () => {
  it('whoever has not logged in looks, and commands nothing; devices and the public do nothing by REST', () => {
    for (const who of [crew, control, service]) assert.ok(may(who, 'command'), who.role)
    assert.ok(may(viewer, 'read'))
    assert.ok(may(viewer, 'run'))
    assert.equal(may(viewer, 'command'), false)
    assert.equal(may({ ...viewer, via: 'network' }, 'run'), false)
    assert.ok(may({ ...viewer, via: 'network' }, 'read'))
    for (const who of [device, guest, gateway])
      for (const deed of ['read', 'log', 'run', 'command'] as const) assert.equal(may(who, deed), false, who.role)
    assert.equal(new Set(everyone.map(({ role }) => role)).size, roles.length)
  })
})
