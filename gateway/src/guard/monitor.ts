/**
 * One point of one instrument against its limits. Each limit has a switch of its own:
 *
 *   off ──value beyond the limit──► on ──value back by the margin, and on for the hold──► off
 *
 * and the worst limit that is on is the finding. Time is the readings' own.
 */
import { type Level, pointInfo } from '@habtwin/contract'
import { limitsOf } from '@habtwin/runtime/config/default-limits'
import type { PointLimits } from '@habtwin/runtime/config/limits'
import { Window } from './window.ts'

export const directions = ['high', 'low', 'rising', 'falling'] as const
export type Direction = (typeof directions)[number]

/** What stands beyond a limit. `value` and `limit` are per minute for rising and falling. */
export interface Finding {
  readonly level: Level
  readonly value: number
  readonly limit: number
  /** Where the mean over that many ms is judged, not the value. */
  readonly mean: number | undefined
}

interface Switch {
  readonly direction: Direction
  readonly level: Level
  readonly limit: number
  readonly mean: number | undefined
  readonly margin: number
  on: boolean
  since: number
  /** What was judged last. */
  value: number
}

/** A limit that was passed stands at least this long, ms. */
const HOLD = 30_000
/** A margin where none is configured, as a fraction of the limit. */
const MARGIN = 0.02
/** What a rate is taken over, ms, unless readings are rarer than five in it. */
const RATE_SPAN = 300_000
const MEAN_BUCKETS = 60
const RATE_BUCKETS = 10

export class Monitor {
  readonly #switches: readonly Switch[]
  readonly #means = new Map<number, Window>()
  readonly #rate: Window | undefined
  /** Between these a value that nothing remembers needs no second look. */
  readonly #low: number
  readonly #high: number
  readonly #plain: boolean
  #standing = false
  #judgedOnce = false

  /** @param every ms between readings of the instrument */
  constructor(point: string, limits: PointLimits, every: number) {
    this.#switches = switches(point, limits)
    for (const { mean } of this.#switches) {
      if (mean !== undefined) this.#means.set(mean, new Window(mean, MEAN_BUCKETS))
    }
    this.#rate = limits.rate && new Window(Math.max(RATE_SPAN, every * 5), RATE_BUCKETS)
    this.#plain = this.#rate === undefined && this.#means.size === 0
    const bounds = (direction: Direction) => this.#switches.filter((one) => one.direction === direction)
    this.#high = Math.min(...bounds('high').map(({ limit }) => limit))
    this.#low = Math.max(...bounds('low').map(({ limit }) => limit))
  }

  /** Takes a value; true where something stands beyond a limit, or did until now. */
  take(t: number, value: number): boolean {
    if (this.#plain && this.#judgedOnce && !this.#standing && value <= this.#high && value >= this.#low) return false
    this.#judgedOnce = true
    this.#rate?.add(t, value)
    for (const window of this.#means.values()) window.add(t, value)
    const stood = this.#standing
    this.#standing = false
    for (const one of this.#switches) {
      const judged = this.#judged(one, value)
      if (judged !== undefined) turn(one, judged, t)
      if (one.on) this.#standing = true
    }
    return stood || this.#standing
  }

  /** The worst that stands in one direction. */
  finding(direction: Direction): Finding | undefined {
    return this.#switches.find((one) => one.on && one.direction === direction)
  }

  /** True once there was enough to judge every limit of this direction by. */
  decided(direction: Direction): boolean {
    return this.#switches.every((one) => one.direction !== direction || !Number.isNaN(one.value))
  }

  /** Forgets the past, where the instrument's clock was put back. What stands goes on standing. */
  restart(t: number): void {
    this.#rate?.clear()
    for (const window of this.#means.values()) window.clear()
    for (const one of this.#switches) one.since = Math.min(one.since, t)
  }

  #judged(one: Switch, value: number): number | undefined {
    if (one.direction === 'rising' || one.direction === 'falling') return this.#rate?.slope()
    return one.mean === undefined ? value : this.#means.get(one.mean)?.mean()
  }
}

function turn(one: Switch, value: number, t: number): void {
  one.value = value
  const sign = one.direction === 'high' || one.direction === 'rising' ? 1 : -1
  const beyond = sign * (value - one.limit)
  if (!one.on && beyond > 0) {
    one.on = true
    one.since = t
  } else if (one.on && beyond <= -one.margin && t - one.since >= HOLD) one.on = false
}

/** Worst first. */
function switches(point: string, limits: PointLimits): Switch[] {
  const all: Switch[] = []
  const add = (direction: Direction, level: Level, limit: number | undefined, mean?: number) => {
    if (limit === undefined) return
    const margin = margins(point, limits, direction, limit)
    all.push({ direction, level, limit, mean, margin, on: false, since: 0, value: Number.NaN })
  }
  for (const { level, limit } of limitsOf(limits)) {
    add('high', level, limit.above, limit.mean)
    add('low', level, limit.below, limit.mean)
  }
  const { rate } = limits
  if (rate) add(rate.perMinute > 0 ? 'rising' : 'falling', rate.level, rate.perMinute)
  return all
}

function margins(point: string, limits: PointLimits, direction: Direction, limit: number): number {
  // a slope is noisier than a value
  if (direction === 'rising' || direction === 'falling') return Math.abs(limit) / 4
  return limits.hysteresis ?? (limit === 0 ? 10 ** -pointInfo(point).digits : Math.abs(limit) * MARGIN)
}
