import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forecastLeads } from '@habtwin/contract'
import fc from 'fast-check'
import { anchors, fixedForecasts, gridForecast } from './output.ts'
import { firstSaid, sober } from './prior.ts'

const count = 19
const exact = (value: number) => value
const quantiles = fc
  .array(fc.double({ min: -100, max: 100, noNaN: true }), {
    minLength: anchors.length * count,
    maxLength: anchors.length * count,
  })
  .map((values) => {
    const all = Float64Array.from(values)
    for (let l = 0; l < anchors.length; l++) all.subarray(l * count, (l + 1) * count).sort()
    return all
  })

test('at the leads of the forecaster its words stand; between two they never leave what lies between', () => {
  fc.assert(
    fc.property(quantiles, (quantiles) => {
      const { t, p05, p50, p95 } = gridForecast({ quantiles, count }, 0, exact)
      const minutes = forecastLeads(48 * 3_600_000).map((lead) => lead / 60_000)
      assert.deepEqual(t, forecastLeads(48 * 3_600_000))
      for (const [i, lead] of minutes.entries()) {
        const [low, middle, high] = [p05[i] as number, p50[i] as number, p95[i] as number]
        assert.ok(low <= middle && middle <= high, 'quantiles do not cross')
        const l = anchors.findIndex((anchor) => anchor >= lead)
        const [a, b] = [quantiles[Math.max(0, l - 1) * count] as number, quantiles[l * count] as number]
        if (anchors[l] === lead) assert.equal(low, b)
        else assert.ok(low >= Math.min(a, b) - 1e-9 && low <= Math.max(a, b) + 1e-9)
      }
    }),
  )
})

test('what is kept of a forecast is what it says an hour, six and a day ahead', () => {
  const said = Float64Array.from(anchors.flatMap((lead) => Array.from({ length: count }, (_, i) => lead + i)))
  assert.deepEqual(
    fixedForecasts({ quantiles: said, count }, 0, exact).map(({ lead, t, p05, p50, p95 }) => [lead, t, p05, p50, p95]),
    [60, 360, 1440].map((lead) => [`${lead / 60}h`, lead * 60_000, lead, lead + 9, lead + 18]),
  )
})

test('what is told is possible, in order, and at first no surer than what is known of such quantities', () => {
  fc.assert(
    fc.property(quantiles, fc.integer({ min: 0, max: 100 }), (quantiles, age) => {
      const told = quantiles.slice()
      sober('humidity', age, anchors, told)
      for (let i = 0; i < told.length; i++) {
        assert.ok((told[i] as number) >= 0 && (told[i] as number) <= 100)
        if (i % count > 0) assert.ok((told[i] as number) >= (told[i - 1] as number))
      }
    }),
  )
  const first = firstSaid('co2', 800, anchors)
  for (let l = 1; l < anchors.length; l++) {
    const width = (at: number) => (first[at * count + count - 1] as number) - (first[at * count] as number)
    assert.ok(width(l) > width(l - 1) && width(0) > 1)
  }
})
