import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ahead, continued, coverage, mergeHistories, parted, spans, upTo } from './series.ts'
import { forecastAt, inAnHour, remember, type Sample, slope, trendOf } from './trend.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const forecast = { made: 0, t: [HOUR / 2, HOUR, 2 * HOUR], p05: [1, 2, 3], p50: [10, 20, 40], p95: [100, 200, 300] }
const ramp = (perMinute: number): Sample[] =>
  [0, 1, 2, 3, 4, 5].map((m) => ({ t: m * MINUTE, value: 800 + m * perMinute }))

test('two devices are one line by the mean of each bucket', () => {
  const a = { unit: '[ppm]', t: [0, 60], value: [800, 810] }
  const b = { unit: '[ppm]', t: [10, 70], value: [900, null] }
  assert.deepEqual(mergeHistories([a, b], 60), { t: [0, 60], value: [850, 810] })
})

test('a gap of more than three buckets breaks the line', () => {
  const line = mergeHistories([{ unit: '', t: [0, 60, 600], value: [1, 2, 3] }], 60)
  assert.deepEqual(line, { t: [0, 60, 120, 600], value: [1, 2, null, 3] })
})

test('what came since is put at the end only where it is newer', () => {
  const line = { t: [0, 10], value: [1, 2] }
  assert.equal(continued(line, [{ t: 10, value: 5 }]), line)
  const since = [
    { t: 9, value: 4 },
    { t: 20, value: 5 },
  ]
  assert.deepEqual(continued(line, since).value, [1, 2, 5])
})

test('a band is open where nothing was forecast, and where it says what cannot be', () => {
  const band = { t: [0, 1, 9, 10], p05: [1, 1, 0, 1], p50: [2, 2, 0, 2], p95: [3, 3, 0, 3] }
  assert.deepEqual(parted(band, 5, 0), {
    t: [0, 1, 2, 9, 10],
    p05: [1, 1, null, null, 1],
    p50: [2, 2, null, null, 2],
    p95: [3, 3, null, null, 3],
  })
})

test('a forecast begins at the present value and ends with the span', () => {
  assert.deepEqual(ahead(forecast, 40 * MINUTE, HOUR, 15), {
    t: [40 * MINUTE, HOUR],
    p05: [15, 2],
    p50: [15, 20],
    p95: [15, 200],
  })
  assert.deepEqual(ahead(forecast, 9 * HOUR, 10 * HOUR, 15).t, [])
})

test('what was said before ends where the present forecast begins', () => {
  const band = { t: [0, 1, 2], p05: [1, 2, 3], p50: [2, 3, 4], p95: [3, 4, 5] }
  assert.deepEqual(upTo(band, 1), { t: [0, 1], p05: [1, 2], p50: [2, 3], p95: [3, 4] })
  assert.equal(upTo(band, 5), band)
})

test('the longest spans show the forecast to its end, 48 h ahead', () => {
  assert.equal(Math.max(...spans.map(({ ahead }) => ahead)), 48 * HOUR)
})

test('coverage counts what came within the band, and is silent on few comparisons', () => {
  const t = Array.from({ length: 20 }, (_, i) => i)
  const band = { t, p05: t.map(() => 0), p50: t.map(() => 5), p95: t.map(() => 10) }
  assert.equal(coverage(band, { t, value: t.map((i) => (i < 5 ? 99 : 5)) }), 0.75)
  assert.equal(coverage(band, { t: [1], value: [5] }), undefined)
})

test('a trend needs three minutes and more than noise', () => {
  assert.equal(trendOf('co2', ramp(5)), 'rising')
  assert.equal(trendOf('co2', ramp(-5)), 'falling')
  assert.equal(trendOf('co2', ramp(0.1)), 'steady')
  assert.equal(trendOf('co2', ramp(5).slice(0, 3)), undefined)
  assert.ok(Math.abs((slope(ramp(5)) ?? 0) - 300) < 1e-9)
})

test('what is remembered is bounded, and a clock that goes back begins anew', () => {
  let samples: readonly Sample[] = []
  for (let t = 0; t < HOUR; t += 1_000) samples = remember(samples, { t, value: 1 })
  assert.ok(samples.length <= 91)
  assert.deepEqual(remember(samples, { t: 5, value: 2 }), [{ t: 5, value: 2 }])
})

test('the figure in an hour lies between the forecast’s points, and an old forecast gives none', () => {
  assert.equal(inAnHour(forecast, HOUR / 2), 30)
  assert.equal(forecastAt(forecast, 3 * HOUR), undefined)
  assert.equal(inAnHour({ ...forecast, made: -2 * HOUR }, 0), undefined)
  assert.equal(inAnHour(undefined, 0), undefined)
})
