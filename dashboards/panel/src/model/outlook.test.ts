import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reach } from '@habtwin/contract/twin'
import { dueOf, prospectOf } from './outlook.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const reach = (to: Partial<Reach>): Reach => ({
  zone: 'crew',
  quantity: 'co2',
  level: 'caution',
  limit: 4549,
  above: true,
  odds: 0.8,
  p10: 1.8 * HOUR,
  p50: 2.7 * HOUR,
  p90: 4.2 * HOUR,
  ...to,
})
const outlook = (...reached: Reach[]) => ({ made: 0, reached })

test('the worse, the likelier and the sooner limit comes first, the others by time', () => {
  const [advisory, caution, warning] = [
    reach({ level: 'advisory', limit: 3033, odds: 0.97, p10: 0.5 * HOUR, p50: 1.2 * HOUR }),
    reach({}),
    reach({ level: 'warning', limit: 9098, odds: 0.12, p10: 20 * HOUR, p50: 30 * HOUR, p90: 40 * HOUR }),
  ]
  const { state, first, more } = prospectOf(outlook(warning, advisory, caution), 'crew', 0)
  assert.equal(state, 'ahead')
  assert.equal(first?.reach, caution)
  assert.deepEqual(
    more.map((due) => due.reach.level),
    ['advisory', 'warning'],
  )
})

test('time left is counted down from when the outlook was made, never below nothing', () => {
  const { first } = prospectOf(outlook(reach({ p10: 5 * MINUTE })), 'crew', 6 * MINUTE)
  assert.deepEqual([first?.in, first?.low], [2.7 * HOUR - 6 * MINUTE, 0])
})

test('what is unlikely is not a tile, but how unlikely is said', () => {
  const calm = prospectOf(outlook(reach({ odds: 0.06 })), 'crew', 0)
  assert.deepEqual([calm.state, calm.most, calm.first], ['calm', 0.06, undefined])
  assert.equal(prospectOf(outlook(), 'crew', 0).state, 'calm')
  assert.equal(prospectOf(outlook(reach({})), 'greenhouse', 0).state, 'calm')
})

test('a limit that is passed already is no limit ahead', () => {
  const passed = reach({ odds: 1, p10: 0, p50: 0, p90: 0 })
  assert.equal(prospectOf(outlook(passed), 'crew', 0).state, 'beyond')
  assert.deepEqual(dueOf([passed]), [])
})

test('an old outlook says how old it is, and a very old one says nothing', () => {
  assert.equal(prospectOf(outlook(reach({})), 'crew', 11 * MINUTE).aged, 0)
  assert.equal(prospectOf(outlook(reach({})), 'crew', 61 * MINUTE).state, 'unknown')
  assert.equal(prospectOf(outlook(reach({})), 'crew', 61 * MINUTE, 60).aged, undefined, 'a fast clock is not old')
  assert.equal(prospectOf(undefined, 'crew', 0).state, 'unknown')
})
