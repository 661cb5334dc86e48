import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levels } from './forecast/intervals.ts'
import { anchors } from './output.ts'
import { QuantityScores, scoredLeads } from './scores.ts'
import { DAY, noise } from './testing.ts'

/** Quantiles about a median, as wide at every lead. */
function band(median: number, width: number): Float64Array {
  return Float64Array.from(anchors.flatMap(() => levels.map((level) => median + (level - 0.5) * width)))
}

test('every forecast is compared with what came at its time: error, coverage, width and what it must beat', () => {
  const scores = new QuantityScores(levels)
  const x = (minute: number) => 800 + 2 * minute
  for (let minute = 0; minute < 200; minute++) {
    scores.verify(minute, x(minute))
    // half of what comes within the hour is foreseen
    scores.say(minute, x(minute), anchors, band(x(minute) + 60, 200))
  }
  const of = (lead: number) => scores.list('crew', 'co2').find((one) => one.lead === lead) ?? assert.fail()
  const hour = of(60)
  assert.equal(Math.round(hour.mae), 60)
  assert.equal(Math.round(hour.persistence ?? 0), 120)
  assert.ok(Math.abs(hour.trend ?? Number.NaN) < 1e-9, 'a straight line is foreseen by the trend')
  assert.equal(hour.seasonal, null, 'nobody knows yesterday')
  assert.ok(Math.abs(hour.skill - 0.5) < 1e-9)
  assert.equal(Math.round(hour.width), 180)
  assert.equal(hour.coverage90, 1)
  assert.equal(hour.n, Math.round((1 - Math.exp(-140 / (7 * DAY))) * 7 * DAY))
  assert.deepEqual(
    scores.list('crew', 'co2').map(({ lead }) => lead),
    scoredLeads.filter((lead) => lead < 200),
    'of what has not come yet nothing is said',
  )
})

test('the CRPS of a band that fits is that of the distribution', () => {
  const scores = new QuantityScores(levels)
  for (let minute = 0; minute < 5_000; minute++) {
    const x = 100 * noise(minute)
    scores.verify(minute, x)
    scores.say(minute, x, anchors, band(0, 100))
  }
  const score = scores.list('crew', 'co2')[0] ?? assert.fail()
  // of a uniform distribution of width w, forecast as itself: w/6
  assert.ok(Math.abs(score.crps - 100 / 6) < 0.7, `${score.crps}`)
  assert.ok(Math.abs(score.coverage90 - 0.9) < 0.02, `${score.coverage90}`)
})

test('yesterday is what the seasonal forecast goes by', () => {
  const scores = new QuantityScores(levels)
  const x = (minute: number) => 800 + 250 * Math.sin((2 * Math.PI * minute) / DAY)
  for (let minute = 0; minute < 3 * DAY; minute++) {
    scores.verify(minute, x(minute))
    scores.say(minute, x(minute), anchors, band(x(minute), 10))
  }
  for (const { lead, seasonal, persistence } of scores.list('crew', 'co2')) {
    assert.ok(seasonal !== null && seasonal < 1e-6, `${lead}: ${seasonal}`)
    assert.ok(persistence !== null && (lead === DAY ? persistence < 1e-6 : persistence > 1))
  }
})

test('what is long past is forgotten', () => {
  const scores = new QuantityScores(levels)
  for (let minute = 0; minute < 40 * DAY; minute++) {
    scores.verify(minute, 0)
    scores.say(minute, 0, anchors.slice(0, 1), band(minute < 5 * DAY ? 100 : 1, 1))
  }
  const { mae = 0, n = 0 } = scores.list('crew', 'co2')[0] ?? {}
  assert.ok(mae < 2 && n > 6 * DAY && n < 7 * DAY + 10, `${mae} ${n}`)
})

test('a forecast about a minute that was passed over is not compared with another one', () => {
  const scores = new QuantityScores(levels)
  scores.say(100, 800, anchors, band(0, 1))
  scores.verify(100 + 5 + 1_440, 800) // the same place in every ring, a day later
  assert.deepEqual(scores.list('crew', 'co2'), [])
})
