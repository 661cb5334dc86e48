import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@habtwin/runtime'
import { TestClock } from '@habtwin/runtime/clock'
import { CutSwitch } from './cut.ts'

function rig({ kept = new Map<string, string>(), virtual = true } = {}) {
  const events: string[] = []
  const held: (string | undefined)[] = []
  const cut = new CutSwitch({
    ...{ clock: new TestClock(), log: silentLog(), virtual },
    state: { load: () => kept.get('x'), save: (text) => kept.set('x', text) },
    journal: {
      append(topic, body) {
        events.push((body as { text: string }).text)
        return { topic, payload: '' }
      },
    },
    send() {},
  })
  cut.over({ hold: (why) => held.push(why) })
  const set = (value: boolean) => cut.obeys('cut', { id: 'c', value, by: 'ada', expires: 0 })
  return { kept, events, held, cut, set }
}

test('the link of a virtual habitat is cut and mended, which is logged, and stands over a restart', () => {
  const { kept, events, held, cut, set } = rig()
  assert.deepEqual(held, [], 'it begins whole')
  assert.equal(set(true), true)
  assert.equal(cut.is?.by, 'ada')
  const again = rig({ kept })
  assert.deepEqual(again.held, ['cut by ada'], 'before it begins')
  assert.equal(set(false), false)
  assert.deepEqual(held, ['cut by ada', undefined])
  assert.deepEqual(events, ['The link was cut, for the demonstration', 'The link was mended'])
  assert.deepEqual(rig({ kept }).held, [])
})

test('the link of a real habitat is cut by nobody, not even by what was so when it was virtual', () => {
  const { kept, set } = rig()
  set(true)
  const real = rig({ kept, virtual: false })
  assert.deepEqual([real.cut.is, real.held], [undefined, []])
  assert.throws(() => real.set(true), /only the link of a virtual habitat/)
})
