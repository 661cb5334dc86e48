import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@habtwin/runtime'
import { TestClock } from '@habtwin/runtime/clock'
import { EmergencySwitch } from './emergency.ts'

function rig(kept = new Map<string, string>()) {
  const clock = new TestClock()
  const events: { by: string; text: string }[] = []
  const off = new EmergencySwitch({
    ...{ clock, log: silentLog() },
    state: { load: () => kept.get('x'), save: (text) => kept.set('x', text) },
    journal: {
      append(topic, body) {
        events.push(body as { by: string; text: string })
        return { topic, payload: JSON.stringify(body) }
      },
    },
    send() {},
  })
  let changes = 0
  off.changed.add(() => changes++)
  const set = (value: boolean | string | number, by = 'ada', point = 'emergency') =>
    off.obeys(point, { id: 'c', value, by, expires: 0 })
  return { clock, kept, events, off, set, changes: () => changes }
}

test('the switch says who used it and when, is logged, and tells whoever goes by it', () => {
  const { clock, events, off, set, changes } = rig()
  assert.ok(!off.is)
  assert.equal(set(true), true)
  assert.deepEqual([off.is, changes()], [{ by: 'ada', since: clock.now() }, 1])
  assert.equal(set(true, 'ben'), true)
  assert.deepEqual([(off.is as { by: string } | undefined)?.by, changes()], ['ada', 1]) // it is on already, by ada
  assert.equal(set('false', 'ben'), false)
  assert.deepEqual([off.is, changes()], [undefined, 2])
  assert.deepEqual(
    events.map(({ by, text }) => [by, /^Emergency|^End/.exec(text)?.[0]]),
    [
      ['ada', 'Emergency'],
      ['ben', 'End'],
    ],
  )
})

test('it stands as it was after a restart', () => {
  const first = rig()
  first.set(1)
  assert.equal(rig(first.kept).off.is?.by, 'ada')
  first.set(0)
  assert.equal(rig(first.kept).off.is, undefined)
  assert.equal(rig(new Map([['x', 'rubbish']])).off.is, undefined)
})

test('nothing else is switched, and to nothing else', () => {
  const { set } = rig()
  assert.throws(() => set('perhaps'), /neither true nor false/)
  assert.throws(() => set(true, 'ada', 'delay'), /only `emergency`/)
})
