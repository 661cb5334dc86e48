import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Score } from '@habtwin/contract/twin'
import { graded, heldOf, leadWords, sentence, skillAgainst, skillWords, telling } from './scores.ts'

const score = (to: Partial<Score>): Score => ({
  zone: 'crew',
  quantity: 'co2',
  lead: 60,
  n: 400,
  mae: 14,
  crps: 10,
  coverage90: 0.91,
  width: 60,
  persistence: 21.5,
  trend: 20,
  seasonal: null,
  skill: 0.35,
  ...to,
})

test('a score is said in words that do not promise more than an average', () => {
  assert.equal(
    sentence(score({}), '14 ppm'),
    '1 h ahead it is off by 14 ppm on average. The 90 % band held 91 % of the time. It beats “it stays as it is” by 35 %.',
  )
  assert.match(sentence(score({ persistence: 10 }), '14 ppm'), /worse than “it stays as it is” by 40 %/)
  assert.match(sentence(score({ persistence: 5 }), '14 ppm'), /2\.8 times as far off as “it stays as it is”/)
  assert.match(sentence(score({ persistence: 14.1 }), '14 ppm'), /as good as/)
  assert.match(sentence(score({ n: 3 }), '14 ppm'), /Only 3 have come due/)
  assert.doesNotMatch(sentence(score({ persistence: null }), '14 ppm'), /stays/)
})

test('scores are in the order of the zones, of the quantities and of the leads', () => {
  const all = [
    score({ lead: 1440 }),
    score({ zone: 'garden', quantity: 'temperature' }),
    score({ quantity: 'odd' }),
    score({ quantity: 'humidity' }),
    score({ lead: 5 }),
  ]
  const order = graded({ t: 0, scores: all }, ['garden', 'crew'], ['co2', 'humidity'])
  assert.deepEqual(
    order.map(({ zone, quantity, rows }) => [zone, quantity, ...rows.map(({ lead }) => lead)]),
    [
      ['garden', 'temperature', 60],
      ['crew', 'co2', 5, 1440],
      ['crew', 'humidity', 60],
      ['crew', 'odd', 60],
    ],
  )
  assert.deepEqual(graded(undefined, [], []), [])
})

test('a band is judged by how often it held, but not by a handful of forecasts', () => {
  const judged = [0.91, 0.7, 0.99].map((coverage90) => heldOf(score({ coverage90 })))
  assert.deepEqual(judged, ['fair', 'narrow', 'wide'])
  assert.equal(heldOf(score({ coverage90: 0.2, n: 4 })), 'few')
})

test('much worse is said as a multiple, not in hundreds of per cent', () => {
  assert.deepEqual([0.35, 0, -0.04, -27].map(skillWords), ['+35 %', '0 %', '−4 %', '28 ×'])
})

test('what had nothing to say is not beaten', () => {
  assert.equal(skillAgainst(score({}), 'seasonal'), undefined)
  assert.equal(skillAgainst(score({ trend: 28 }), 'trend'), 0.5)
  assert.equal(skillAgainst(score({ trend: 0 }), 'trend'), undefined)
})

test('the leads that are said in words are an hour and a day, or the nearest to them', () => {
  const leads = (...of: number[]) => telling(of.map((lead) => score({ lead }))).map(({ lead }) => lead)
  assert.deepEqual(leads(5, 60, 360, 1440, 2880), [60, 1440])
  assert.deepEqual(leads(5, 15), [15])
  assert.deepEqual([5, 60, 90, 1440].map(leadWords), ['5 min', '1 h', '1.5 h', '24 h'])
})
