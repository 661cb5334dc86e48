import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Forecast } from '@habtwin/contract'
import { defaultLimits } from '@habtwin/runtime/config/default-limits'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import { Outlook } from './outlook.ts'
import { firstPassage, oddsWithin, timeAt } from './passage.ts'
import { fromBands, fromMembers, normalQuantile } from './paths.ts'
import { made } from './support.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 10, 21, 12)
const now = { t: [NOW], value: [1_000] }

/** Bands around a straight line, that widen with the root of time. */
function bands(slope: number, width: number, leads: readonly number[]): Forecast {
  const at = (k: number) => leads.map((lead) => 1_000 + (slope * lead) / HOUR + k * width * Math.sqrt(lead / HOUR))
  return { made: NOW, t: leads.map((lead) => NOW + lead), p05: at(-1), p50: at(0), p95: at(1) }
}

const hours = Array.from({ length: 48 }, (_, i) => (i + 1) * HOUR)

describe('paths', () => {
  it('made of bands have the bands as their quantiles, and keep their order', () => {
    const { count, values } = fromBands('co2', bands(50, 100, hours))
    for (const [l, lead] of hours.entries()) {
      const row = values.slice(l * count, (l + 1) * count)
      assert.deepEqual(
        [...row],
        [...row].sort((a, b) => a - b),
      )
      const share = (limit: number) => row.filter((value) => value < limit).length / count
      const h = lead / HOUR
      assert.ok(Math.abs(share(1_000 + 50 * h) - 0.5) < 0.02)
      assert.ok(Math.abs(share(1_000 + 50 * h + 100 * Math.sqrt(h)) - 0.95) < 0.02)
    }
  })

  it('of an ensemble keep their ranks at each lead and take the bands as their spread', () => {
    const seeds = fc.integer({ min: 1, max: 1e6 })
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = made(seed)
        const count = 100
        const values = new Float64Array(hours.length * count)
        for (let i = 0; i < count; i++) {
          let x = 900
          for (let l = 0; l < hours.length; l++) {
            x += random.normal() * 3
            values[l * count + i] = x
          }
        }
        const paths = fromMembers('co2', bands(50, 100, hours), { leads: hours, values })
        for (let l = 0; l < hours.length; l += 7) {
          const order = (all: Float64Array) =>
            Array.from({ length: count }, (_, i) => i).sort(
              (a, b) => (all[l * count + a] ?? 0) - (all[l * count + b] ?? 0),
            )
          assert.deepEqual(order(paths.values), order(values))
          const row = paths.values.slice(l * count, (l + 1) * count).sort()
          const h = l + 1
          const middle = ((row[49] ?? 0) + (row[50] ?? 0)) / 2
          assert.ok(Math.abs(middle - (1_000 + 50 * h)) < 3 * Math.sqrt(h))
          const inside = row.filter((value) => Math.abs(value - (1_000 + 50 * h)) <= 100 * Math.sqrt(h)).length
          assert.equal(inside, 90)
        }
      }),
      { numRuns: runs(20) },
    )
  })

  it('stay within what a quantity can be', () => {
    const wide: Forecast = { made: NOW, t: [NOW + HOUR], p05: [60], p50: [97], p95: [99.9] }
    assert.ok(fromBands('humidity', wide).values.every((value) => value >= 0 && value <= 100))
  })

  it('the normal quantile is that of the tables', () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.95, 1.644853627],
      [0.001, -3.090232306],
      [0.99, 2.326347874],
    ] as const) {
      assert.ok(Math.abs(normalQuantile(p) - z) < 1e-6, `${p}`)
    }
  })
})

describe('first passage', () => {
  it('of one straight path is where the line meets the limit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_001, max: 3_000 }),
        fc.double({ min: 1, max: 500, noNaN: true }),
        (limit, slope) => {
          const values = Float64Array.from(hours, (lead) => 1_000 + (slope * lead) / HOUR)
          const passage = firstPassage(now, { leads: hours, count: 1, values }, limit, true)
          const expected = ((limit - 1_000) / slope) * HOUR
          if (expected < 48 * HOUR) assert.ok(Math.abs((timeAt(passage, 0.5) ?? 0) - expected) < 1)
          else assert.equal(passage.times.length, 0)
        },
      ),
    )
  })

  it('what is beyond already has reached it now, and only what gets there counts', () => {
    const flat = { leads: hours, count: 1, values: new Float64Array(48).fill(1_000) }
    assert.deepEqual([...firstPassage(now, flat, 900, true).times], [0])
    assert.deepEqual([...firstPassage(now, flat, 900, false).times], [])
    assert.deepEqual([...firstPassage(now, flat, 1_100, false).times], [0])
  })

  it('of many random walks comes as the reflection principle says', () => {
    // P(max of W up to T > a) = 2 P(W(T) > a)
    const random = made(7)
    const count = 4_000
    const leads = Array.from({ length: 480 }, (_, i) => (i + 1) * MINUTE)
    const values = new Float64Array(leads.length * count)
    for (let i = 0; i < count; i++) {
      let x = 1_000
      for (let l = 0; l < leads.length; l++) {
        x += random.normal()
        values[l * count + i] = x
      }
    }
    const passage = firstPassage(now, { leads, count, values }, 1_000 + Math.sqrt(480), true)
    const odds = oddsWithin(passage, Number.POSITIVE_INFINITY)
    // watched only each minute the walk may slip past the limit and back: a little less than 0.317
    assert.ok(odds > 0.28 && odds < 0.33, `${odds}`)
    assert.ok((timeAt(passage, 0.1) ?? 0) < (timeAt(passage, 0.9) ?? 0))
  })

  it('a limit on the mean of an hour comes after the value has passed it, and never before half an hour of a ramp', () => {
    // the mean over T of a line lags it by T/2
    const past = { t: [] as number[], value: [] as number[] }
    for (let m = -90; m <= 0; m++) {
      past.t.push(NOW + m * MINUTE)
      past.value.push(1_000 + m * 5)
    }
    const leads = Array.from({ length: 36 }, (_, i) => (i + 1) * 10 * MINUTE)
    const values = Float64Array.from(leads, (lead) => 1_000 + (5 * lead) / MINUTE)
    const paths = { leads, count: 1, values }
    const value = timeAt(firstPassage(past, paths, 1_500, true), 0.5) ?? 0
    const mean = timeAt(firstPassage(past, paths, 1_500, true, HOUR), 0.5) ?? 0
    assert.ok(Math.abs(value - 100 * MINUTE) < 1)
    assert.ok(Math.abs(mean - 130 * MINUTE) < 1)
  })

  it('a peak that is over within minutes does not reach a limit on the mean', () => {
    const leads = Array.from({ length: 36 }, (_, i) => (i + 1) * 10 * MINUTE)
    const values = Float64Array.from(leads, (_, l) => (l === 5 ? 2_000 : 1_000))
    const paths = { leads, count: 1, values }
    assert.equal(firstPassage(now, paths, 1_500, true).times.length, 1)
    assert.equal(firstPassage(now, paths, 1_500, true, HOUR).times.length, 0)
  })
})

describe('an outlook', () => {
  const limits = defaultLimits({ crew: 4 }, 879)

  it('says of each limit that may be reached when and how likely, the mean of an hour included', () => {
    const outlook = new Outlook(() => limits)
    outlook.note('crew', 'co2', NOW, 1_000)
    const seen = outlook.look('crew', 'co2', bands(1_000, 500, hours))
    assert.deepEqual(
      seen.map(({ level, direction }) => `${level} ${direction}`),
      ['emergency high', 'warning high', 'caution high', 'advisory high'],
    )
    const [, warning, caution, advisory] = seen
    const at = (sight: typeof caution) => sight?.reach.p50 ?? 0
    assert.ok(at(advisory) < at(caution) && at(caution) < at(warning))
    // 4,549 ppm on a line of 1,000 ppm an hour, half an hour later in the mean of one
    assert.ok(Math.abs(at(caution) - (3.55 + 0.5) * HOUR) < 0.1 * HOUR, `${at(caution) / HOUR}`)
    for (const { reach } of seen) {
      assert.ok((reach.p10 ?? 0) <= (reach.p50 ?? 0) && (reach.p50 ?? 0) <= (reach.p90 ?? 0))
      assert.ok(reach.odds > 0.95)
    }
  })

  it('is silent of what has no limit, of what nobody measures, and of limits that next to nothing reaches', () => {
    const outlook = new Outlook(() => limits)
    assert.deepEqual(outlook.look('crew', 'co2', bands(1_000, 100, hours)), [])
    outlook.note('crew', 'co2', NOW, 1_000)
    outlook.note('crew', 'light', NOW, 1_000)
    assert.deepEqual(outlook.look('crew', 'light', bands(1_000, 100, hours)), [])
    assert.deepEqual(outlook.look('crew', 'co2', bands(0, 50, hours)), [])
    assert.deepEqual(outlook.look('crew', 'co2', undefined), [])
  })
})
