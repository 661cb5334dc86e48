import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Reach, type WhatifAnswer, whatifAnswer } from '@habtwin/contract/twin'
import { compared, outcome, pairsOf, reachWords } from './answer.ts'

const HOUR = 3_600_000
const reach = (to: Partial<Reach>): Reach => ({
  zone: 'crew',
  quantity: 'co2',
  level: 'caution',
  limit: 4549,
  above: true,
  odds: 0.8,
  p10: 2 * HOUR,
  p50: 3 * HOUR,
  p90: 5 * HOUR,
  ...to,
})

const flat = (value: number) => ({ p05: [value - 1], p50: [value], p95: [value + 1] })

const answer = (base: Reach[], changed: Reach[]): WhatifAnswer =>
  whatifAnswer.parse({
    made: 0,
    t: [HOUR],
    base: { crew: { humidity: flat(50), co2: flat(800) } },
    changed: { crew: { humidity: flat(50), co2: flat(900) } },
    reached: { base, changed },
    assumptions: [],
  })

test('each limit is told apart by what the changes do to it', () => {
  const verdict = (base: Reach[], changed: Reach[]) => compared(answer(base, changed)).map(({ verdict }) => verdict)
  assert.deepEqual(verdict([], [reach({})]), ['new'])
  assert.deepEqual(verdict([reach({})], []), ['gone'])
  assert.deepEqual(verdict([reach({})], [reach({ odds: 0.04 })]), ['gone'])
  assert.deepEqual(verdict([reach({})], [reach({ p50: HOUR })]), ['sooner'])
  assert.deepEqual(verdict([reach({})], [reach({ p50: 9 * HOUR, p90: 11 * HOUR })]), ['later'])
  assert.deepEqual(verdict([reach({})], [reach({ p50: 3.1 * HOUR })]), ['same'])
  assert.deepEqual(verdict([reach({ odds: 0.2 })], [reach({ odds: 0.4 })]), ['likelier'])
  assert.deepEqual(verdict([reach({ odds: 0.4 })], [reach({ odds: 0.2 })]), ['unlikelier'])
  assert.deepEqual(verdict([reach({ odds: 0.01 })], []), [], 'what is unlikely in both is not worth a row')
})

test('what the changes come to is one sentence about the limit that matters most', () => {
  const words = (base: Reach[], changed: Reach[]) => outcome(compared(answer(base, changed)), 48, () => 'CO₂ is high')
  assert.equal(words([], []), 'No limit is likely to be reached within 48 h.')
  assert.equal(words([], [reach({})]), 'CO₂ is high in 3 h, 80 %; as it is: not within 48 h.')
  assert.equal(words([reach({})], []), 'No longer likely: CO₂ is high (as it is: in 3 h, 80 %).')
  assert.equal(words([reach({})], [reach({ p50: HOUR })]), 'CO₂ is high in 1 h, 80 %; as it is: in 3 h, 80 %.')
  assert.equal(words([reach({})], [reach({})]), 'CO₂ is high in 3 h, 80 %.')
})

test('when a limit is reached is said with its range and chance', () => {
  assert.equal(reachWords(reach({}), 48), 'in 3 h (2 h 00 – 5 h 00), 80 %')
  assert.equal(reachWords(undefined, 48), 'not within 48 h')
  assert.equal(reachWords(reach({ odds: 0.06 }), 48), 'hardly within 48 h, 6 %')
  assert.equal(reachWords(reach({ odds: 1, p10: 0, p50: 0, p90: 0 }), 48), 'passed already')
})

test('quantities are side by side, and those that do not change say so', () => {
  assert.deepEqual(
    pairsOf(answer([], []), ['garden', 'crew'], ['co2']).map(({ zone, quantity, isSame }) => [zone, quantity, isSame]),
    [
      ['crew', 'co2', false],
      ['crew', 'humidity', true],
    ],
  )
})
