/**
 * One point of one zone: its readings by minute, its level, what was said of it, and how long to wait for what is
 * missing:
 *
 *   readings ─► minutes ─(complete, or waited for long enough)─► level ─► estimate
 */
import { pointInfo } from '@habtwin/contract/points'
import { Level, type LevelState } from './level.ts'
import { Minutes, type Trust } from './minutes.ts'
import { anchors, type FixedForecast, fixedForecasts, gridForecast, rounding, type ZoneEstimate } from './output.ts'
import { firstSaid, resolutionOf, sober } from './prior.ts'
import { QuantityScores, type ScoresState } from './scores.ts'

const MINUTE = 60_000
/** Ticks that an unusual hole among the readings is waited for … */
const HOLE = 5
/** … and the most that is waited while a backlog goes on arriving. */
export const MOST = 30
/** Minutes of a hole that nobody waits for. */
const SHORT = 2
/** Least time between two estimates within a minute, ms. */
const GLANCE = 1_000

/** How long has been waited, in ticks: since the beginning, and since something of a backlog came. */
export interface Patience {
  readonly ticks: number
  readonly quiet: number
}

export interface StreamState {
  readonly name: string
  readonly made: number
  readonly age: number
  readonly usual: number
  /** The last reading that was believed. */
  readonly last: number
  readonly level: LevelState
  readonly scores: ScoresState
}

export class Stream {
  readonly zone: string
  readonly name: string
  readonly minutes = new Minutes()
  readonly level: Level
  readonly scores: QuantityScores
  /** Quantiles by anchor and level, as last said. */
  readonly quantiles: Float64Array
  /** Nothing is said about minutes up to this one: it was, before a restart. */
  made: number
  /** Collected since what there was to say was taken. */
  estimates: ZoneEstimate[] = []
  fixed: FixedForecast[] = []
  /** The last minute of which something was said, to whomever. */
  said = Number.NEGATIVE_INFINITY
  /** True from the first word about it on. */
  spoke = false
  readonly #levels: readonly number[]
  readonly #round: (value: number) => number
  /** Minutes with a reading so far. */
  #age: number
  /** The last that was believed. */
  #last: number
  /** Minutes between readings, where there are more than one. */
  #usual: number
  /** The hole that is being waited for, and since which tick. */
  #hole = { minute: Number.NaN, since: 0 }
  /** When it was last looked at within a minute (monotonic ms), and whether something came since. */
  #glanced = Number.NEGATIVE_INFINITY
  #touched = false
  /** Time of the newest reading, ms. */
  #newest = Number.NEGATIVE_INFINITY

  /** @param levels of the quantiles of a forecast */
  constructor(zone: string, name: string, levels: readonly number[], state?: StreamState) {
    this.zone = zone
    this.name = name
    this.level = new Level(resolutionOf(name), state?.level)
    this.scores = new QuantityScores(levels, state?.scores)
    this.quantiles = new Float64Array(anchors.length * levels.length).fill(Number.NaN)
    this.made = state?.made ?? Number.NEGATIVE_INFINITY
    this.spoke = state !== undefined
    this.#levels = levels
    this.#round = rounding(name)
    this.#age = state?.age ?? 0
    this.#usual = state?.usual ?? SHORT
    this.#last = state?.last ?? Number.NaN
  }

  get state(): StreamState {
    const { name, made, level, scores } = this
    return {
      name,
      made,
      age: this.#age,
      usual: this.#usual,
      last: this.#last,
      level: level.state,
      scores: scores.state,
    }
  }

  /**
   * Takes readings of one minute.
   * @param t of the newest, ms
   * @returns false where the minute is closed
   */
  add(device: string, t: number, sum: number, n: number, trust: Trust): boolean {
    if (!this.minutes.add(device, Math.floor(t / MINUTE), sum, n, trust)) return false
    this.#touched = true
    if (t > this.#newest) this.#newest = t
    return true
  }

  /**
   * True where a minute is missing and may still come.
   * @param horizon all that was taken before this time (ms) should be here
   */
  awaits(minute: number, horizon: number, { ticks, quiet }: Patience): boolean {
    if (this.minutes.has(minute)) return false
    const oldest = this.minutes.oldest()
    const open = oldest === Number.POSITIVE_INFINITY
    if (open && this.level.silent) return false
    const length = (open ? Math.floor(horizon / MINUTE) : oldest) - minute
    if (length > 2 * this.#usual) {
      if (this.#hole.minute !== minute) this.#hole = { minute, since: ticks }
      const waited = ticks - this.#hole.since
      if (waited < MOST && (waited < HOLE || quiet < HOLE)) return true
    }
    if (!open) this.#usual = Math.max(this.#usual, length)
    return false
  }

  /** Goes through a minute. @returns its mean, where there is one */
  take(minute: number): number | undefined {
    const measured = this.minutes.take(minute)
    if (measured !== undefined) this.#usual = Math.max(SHORT, this.#usual - 1)
    else if (this.#hole.minute === minute) this.#hole.minute = minute + 1 // the same hole, waited for already
    this.level.step(measured)
    if (measured !== undefined) {
      this.#age++
      if (!this.level.doubted) {
        this.scores.verify(minute, measured)
        this.#last = measured
      }
    }
    return measured
  }

  /** Says what there is to say at the end of a minute. @param forecast quantiles by anchor and level */
  say(minute: number, forecast: Float64Array): void {
    if (this.level.silent || Number.isNaN(forecast[0])) return
    this.quantiles.set(forecast)
    sober(this.name, this.#age, anchors, this.quantiles)
    this.scores.say(minute, this.#last, anchors, this.quantiles)
    this.said = minute
    if (minute <= this.made) return
    this.made = minute
    this.spoke = true
    const t = (minute + 1) * MINUTE
    this.estimates.push(this.#estimate(t, this.level))
    for (const one of fixedForecasts(this.#words, t, this.#round)) this.fixed.push(one)
  }

  /** The forecast that was said last, on the grid of the contract. */
  forecast(): ReturnType<typeof gridForecast> {
    return gridForecast(this.#words, (this.said + 1) * MINUTE, this.#round)
  }

  /** Mean and spread with what has come of the minute that has begun; undefined where nothing did, or just now. */
  glance(now: number): ZoneEstimate | undefined {
    if (!this.#touched || now - this.#glanced < GLANCE) return undefined
    this.#touched = false
    const { newest } = this.minutes
    const measured = this.minutes.peek(newest)
    // while a backlog is being gone through its minutes are said one by one
    if (measured === undefined || !this.spoke || newest > this.made + 2) return undefined
    this.#glanced = now
    return { ...this.#estimate(this.#newest, this.level.peek(measured)), provisional: true }
  }

  /** What can be said at once of a quantity just met, from its first readings alone. Said once. */
  first(dataNow: number) {
    const measured = this.minutes.peek(this.minutes.newest)
    if (this.spoke || measured === undefined) return undefined
    this.spoke = true
    const level = new Level(resolutionOf(this.name))
    level.step(measured)
    const said = { quantiles: firstSaid(this.name, measured, anchors), count: this.#levels.length }
    return {
      estimate: { ...this.#estimate(dataNow, level), provisional: true as const },
      forecast: gridForecast(said, dataNow, this.#round),
    }
  }

  get #words() {
    return { quantiles: this.quantiles, count: this.#levels.length }
  }

  #estimate(t: number, { mean, sd }: { mean: number; sd: number }): ZoneEstimate {
    const [low, high] = pointInfo(this.name).range
    const level = this.#round(Math.min(high, Math.max(low, mean)))
    return { zone: this.zone, quantity: this.name, t, mean: level, sd: Number(sd.toPrecision(6)) }
  }
}
