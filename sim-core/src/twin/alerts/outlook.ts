/**
 * How long limits are off: for each limit of a zone the time until futures first reach it, and how many of them do.
 *
 *   bands, members ─► paths ─► first passage, limit by limit ─► sights ─► `twin/outlook`
 *                                                                 └─► foresight ─► alerts
 */
import type { Forecast, Level, Reach } from '@habtwin/contract'
import { limitsOf, type ZoneLimits } from '@habtwin/runtime/config/default-limits'
import type { PointLimits } from '@habtwin/runtime/config/limits'
import { firstPassage, oddsWithin, type Past, timeAt } from './passage.ts'
import { fromBands, fromMembers, type Members, type Paths } from './paths.ts'

/** One limit, as the futures see it. */
export interface Sight {
  readonly reach: Reach
  readonly level: Level
  readonly direction: 'high' | 'low'
  /** The limit is one of the mean over that many ms. */
  readonly mean: number | undefined
  /** The chance that it is reached within `SOON`. */
  readonly soon: number
  /** What the limit is compared with now: the value, or its mean. */
  readonly value: number
}

const HOUR = 3_600_000
/** What is likely within this time, ms, is worth an alert: long enough to do something about it by day. */
export const SOON = 6 * HOUR
/** Limits with a smaller chance than this are not in the outlook: no more than the odd member reaches them. */
const WORTH = 0.05

export class Outlook {
  readonly #limits: (zone: string) => ZoneLimits
  readonly #past = new Map<string, { t: number[]; value: number[] }>()

  constructor(limits: (zone: string) => ZoneLimits) {
    this.#limits = limits
  }

  /** The value of a minute, for limits on a mean over a time, and as where the futures begin. Times ascend. */
  note(zone: string, quantity: string, t: number, value: number): void {
    if (!Number.isFinite(value)) return
    const key = `${zone}/${quantity}`
    let past = this.#past.get(key)
    if (past === undefined || (past.t.at(-1) as number) > t) {
      past = { t: [], value: [] }
      this.#past.set(key, past)
    }
    if (past.t.at(-1) === t) past.value[past.value.length - 1] = value
    else {
      past.t.push(t)
      past.value.push(value)
    }
    const means = limitsOf(this.#limits(zone)[quantity] ?? {}).map(({ limit }) => limit.mean ?? 0)
    const oldest = t - Math.max(0, ...means)
    while (past.t.length > 1 && (past.t[1] as number) <= oldest) {
      past.t.shift()
      past.value.shift()
    }
  }

  /** What is known of the last while of a quantity; ends at the present. */
  past(zone: string, quantity: string): Past | undefined {
    return this.#past.get(`${zone}/${quantity}`)
  }

  /**
   * Every limit of one quantity that may be reached.
   * @param members futures of the ensemble, where it has any of this quantity
   */
  look(zone: string, quantity: string, forecast: Forecast | undefined, members?: Members): Sight[] {
    const past = this.past(zone, quantity)
    const limits = this.#limits(zone)[quantity]
    if (past === undefined || limits === undefined || (forecast && isFarOff(limits, past, forecast))) return []
    const paths = members
      ? fromMembers(quantity, forecast, members)
      : forecast && forecast.t.length > 0 && fromBands(quantity, forecast)
    return paths ? sights(this.#limits(zone), zone, quantity, past, paths) : []
  }
}

/** The limits of a quantity that paths may reach, worst first. */
export function sights(limits: ZoneLimits, zone: string, quantity: string, past: Past, paths: Paths): Sight[] {
  const found: Sight[] = []
  const [low, high] = bounds(past, paths)
  for (const { level, limit } of limitsOf(limits[quantity] ?? {})) {
    for (const direction of ['high', 'low'] as const) {
      const above = direction === 'high'
      const value = above ? limit.above : limit.below
      if (value === undefined || (above ? value >= high : value <= low)) continue
      const passage = firstPassage(past, paths, value, above, limit.mean)
      const odds = oddsWithin(passage, Number.POSITIVE_INFINITY)
      if (odds < WORTH) continue
      const [p10, p50, p90] = [0.1, 0.5, 0.9].map((at) => whole(timeAt(passage, at))) as [number, number, number]
      found.push({
        reach: { zone, quantity, level, limit: value, above, odds, p10, p50, p90 },
        level,
        direction,
        mean: limit.mean,
        soon: oddsWithin(passage, SOON),
        value: past.value.at(-1) as number,
      })
    }
  }
  return found
}

/** How far the outermost path may lie beyond a band, in its half widths: 1 in 200 of a normal distribution. */
const BEYOND = 1.6

/** True where no path that the bands allow comes near a limit: on most days, of most quantities. */
function isFarOff(limits: PointLimits, past: Past, { p05, p50, p95 }: Forecast): boolean {
  let [low, high] = [Math.min(...past.value), Math.max(...past.value)]
  for (let l = 0; l < p50.length; l++) {
    const middle = p50[l] as number
    low = Math.min(low, middle - BEYOND * (middle - (p05[l] as number)))
    high = Math.max(high, middle + BEYOND * ((p95[l] as number) - middle))
  }
  return limitsOf(limits).every(({ limit: { above, below } }) => !((above ?? high) < high) && !((below ?? low) > low))
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}

/** Nothing of past or future lies outside; a limit beyond needs no look at each path. */
function bounds(past: Past, { values }: Paths): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const list of [past.value, values]) {
    for (let i = 0; i < list.length; i++) {
      const value = list[i] as number
      if (value < low) low = value
      if (value > high) high = value
    }
  }
  return [low, high]
}
