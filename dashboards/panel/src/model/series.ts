/** What the chart draws, put together from histories and forecasts; times in ms of the habitat's clock. */
import type { Forecast } from '@habtwin/contract/twin'
import type { History, KeptForecast } from './about.ts'
import type { Sample } from './trend.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

export interface Span {
  readonly name: string
  /** ms back, ms ahead, and ms of one point of history. */
  readonly back: number
  readonly ahead: number
  readonly every: number
}

export const spans: readonly [Span, ...Span[]] = [
  { name: '1 h', back: HOUR, ahead: HOUR, every: 10_000 },
  { name: '6 h', back: 6 * HOUR, ahead: 6 * HOUR, every: MINUTE },
  { name: '24 h', back: 24 * HOUR, ahead: 24 * HOUR, every: 5 * MINUTE },
  { name: '48 h', back: 48 * HOUR, ahead: 48 * HOUR, every: 10 * MINUTE },
  { name: '7 d', back: 168 * HOUR, ahead: 48 * HOUR, every: 30 * MINUTE },
]

export interface Line {
  readonly t: readonly number[]
  readonly value: readonly (number | null)[]
}

/**
 * The histories of a zone's devices as one line: the mean of each bucket. Where nothing came for three buckets the
 * line is broken, so that a gap looks like one.
 * @param every ms of a bucket
 */
export function mergeHistories(histories: readonly History[], every: number): Line {
  const buckets = new Map<number, { sum: number; n: number }>()
  for (const history of histories) {
    history.t.forEach((t, i) => {
      const value = history.value[i]
      if (typeof value !== 'number') return
      const key = histories.length === 1 ? t : Math.floor(t / every) * every
      const bucket = buckets.get(key) ?? { sum: 0, n: 0 }
      buckets.set(key, { sum: bucket.sum + value, n: bucket.n + 1 })
    })
  }
  const t: number[] = []
  const value: (number | null)[] = []
  for (const [at, { sum, n }] of [...buckets].sort(([a], [b]) => a - b)) {
    const last = t.at(-1)
    if (last !== undefined && at - last > 3 * every) {
      t.push(last + every)
      value.push(null)
    }
    t.push(at)
    value.push(sum / n)
  }
  return { t, value }
}

/** A band with its middle. */
export type Band = KeptForecast

export const noBand: Band = { t: [], p05: [], p50: [], p95: [] }

/**
 * A band with its gaps open: nothing is drawn across a stretch without forecasts, nor where the twin had seen too
 * little to say anything that can be.
 * @param most ms between two rows that still belong together
 * @param floor a median must lie above this: no room is without pressure
 */
export function parted(band: Band, most: number, floor = Number.NEGATIVE_INFINITY): Band {
  const t: number[] = []
  const columns: Record<'p05' | 'p50' | 'p95', (number | null)[]> = { p05: [], p50: [], p95: [] }
  const add = (at: number, p05: number | null, p50: number | null, p95: number | null) => {
    t.push(at)
    columns.p05.push(p05)
    columns.p50.push(p50)
    columns.p95.push(p95)
  }
  for (const [i, at] of band.t.entries()) {
    const [p05 = null, p50 = null, p95 = null] = [band.p05[i], band.p50[i], band.p95[i]]
    const last = t.at(-1)
    if (last !== undefined && at - last > most) add(last + 1, null, null, null)
    if (p05 === null || p50 === null || p95 === null || p50 <= floor) add(at, null, null, null)
    else add(at, p05, p50, p95)
  }
  return { t, ...columns }
}

/** The part of a band up to a moment: of what is to come the latest forecast says more than any before it. */
export function upTo(band: Band, moment: number): Band {
  const after = band.t.findIndex((t) => t > moment)
  if (after === -1) return band
  const cut = <T>(column: readonly T[]) => column.slice(0, after)
  return { t: cut(band.t), p05: cut(band.p05), p50: cut(band.p50), p95: cut(band.p95) }
}

/** A line with what came since it was fetched. */
export function continued(line: Line, since: readonly Sample[]): Line {
  const end = line.t.at(-1) ?? Number.NEGATIVE_INFINITY
  const after = since.filter(({ t }) => t > end)
  if (after.length === 0) return line
  return { t: [...line.t, ...after.map(({ t }) => t)], value: [...line.value, ...after.map(({ value }) => value)] }
}

/** The part of a forecast between two moments, begun at the present value so that past and future join. */
export function ahead(forecast: Forecast | undefined, now: number, until: number, value: number | null): Band {
  if (forecast === undefined) return noBand
  const from = forecast.t.findIndex((t) => t > now)
  if (from === -1) return noBand
  const after = forecast.t.findIndex((t) => t > until)
  const to = after === -1 ? forecast.t.length : after
  const joined = value === null || now - forecast.made > HOUR ? [] : [value]
  const start = joined.length === 0 ? [] : [now]
  return {
    t: [...start, ...forecast.t.slice(from, to)],
    p05: [...joined, ...forecast.p05.slice(from, to)],
    p50: [...joined, ...forecast.p50.slice(from, to)],
    p95: [...joined, ...forecast.p95.slice(from, to)],
  }
}

/** How often what was measured lay within the band that had been forecast, 0 to 1; undefined under 12 comparisons. */
export function coverage(band: Band, past: Line): number | undefined {
  let within = 0
  let n = 0
  let j = 0
  for (const [i, t] of band.t.entries()) {
    while (j < past.t.length && (past.t[j] ?? 0) < t) j++
    const value = past.value[j]
    const low = band.p05[i]
    const high = band.p95[i]
    if (typeof value !== 'number' || low == null || high == null) continue
    n++
    if (value >= low && value <= high) within++
  }
  return n < 12 ? undefined : within / n
}
