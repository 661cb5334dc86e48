import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '@habtwin/contract'
import { Inputs } from './inputs.ts'
import type { HabitatPlan } from './plan.ts'

const HOUR = 3_600_000
const T = Date.UTC(2026, 10, 20)
const zone = (id: string) => ({ id, label: id, volume: 100, beside: [], blower: { flow: 30 } })
const plan: HabitatPlan = {
  timezone: 'UTC',
  pressure: 1_000,
  wake: 7,
  sleep: 23,
  switches: [],
  zones: [zone('crew'), zone('greenhouse')],
}

/** What holds at a time after people said something, each an hour after the other. */
function holding(said: readonly (Partial<Event> & { id?: string })[], hours: number) {
  const inputs = new Inputs(plan)
  for (const [i, one] of said.entries()) inputs.log({ kind: 'note', t: T + i * HOUR, by: 'Ada', zone: 'crew', ...one })
  const t = T + hours * HOUR
  return inputs.memory.standing.filter(({ from, to }) => t > from && t <= to).map(({ change }) => change)
}

test('a hatch leads where people said, and closing it closes that one alone', () => {
  const both = [
    { kind: 'hatch', value: 1, to: 'greenhouse' },
    { kind: 'hatch', value: 1 },
  ] as const
  const inner = { what: 'hatch', zone: 'crew', to: 'greenhouse' }
  const outer = { what: 'hatch', zone: 'crew' }
  assert.deepEqual(holding(both, 1.5), [inner, outer])
  assert.deepEqual(holding([...both, { kind: 'hatch', value: 0 }], 2.5), [inner])
})

test('1 without a unit is "it runs", with one it is a flow', () => {
  assert.deepEqual(holding([{ kind: 'blower', value: 1 }], 0.5), [{ what: 'blower', zone: 'crew', flow: 30 }])
  const flow = { kind: 'blower', value: 1, unit: 'm3/h' } as const
  assert.deepEqual(holding([flow], 0.5), [{ what: 'blower', zone: 'crew', flow: 1 }])
  assert.deepEqual(holding([flow, { kind: 'blower', value: 0 }], 1.5), [])
})

test('exercise does not end a walk outside, and who is back is back wherever they went out', () => {
  const out = { kind: 'eva', value: 2 } as const
  const gone = { what: 'crew', zone: 'crew', add: -2 }
  assert.deepEqual(holding([out, { kind: 'exercise', value: 0 }], 1.25)[0], gone)
  assert.deepEqual(holding([out, { kind: 'eva', value: 0, zone: 'greenhouse' }], 1.5), [])
})

test('what was withdrawn holds no more', () => {
  const wrong = { kind: 'hatch', value: 1, id: 'wrong' } as const
  const back = { kind: 'note', withdraws: 'wrong' } as const
  assert.deepEqual(holding([wrong, back], 1.5), [])
  const other = { ...wrong, id: 'other', to: 'greenhouse' }
  assert.equal(holding([other, wrong, back], 2.5).length, 1)
})
