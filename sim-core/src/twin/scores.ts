/**
 * How forecasts have done: each is kept until its time has come, then compared with what was measured, and with what
 * it must beat. Counts fade within a week, so that the scores are of late.
 */
import type { Score } from '@habtwin/contract'

/** Leads that are verified, minutes. */
export const scoredLeads: readonly number[] = [5, 15, 30, 60, 180, 360, 1_440]
/** After so many minutes of verifying, a forecast counts for 1/e. */
const MEMORY = 7 * 1_440
const FADE = Math.exp(-1 / MEMORY)
const DAY = 1_440
/** Minutes over which the trend is taken. */
const QUARTER = 15
/** Enough to look back one day from a lead's begin, and a quarter of an hour beyond. */
const KEPT = DAY + QUARTER + 1
const LEADS = scoredLeads.length
const NEVER = -(2 ** 31)

/** Weight and sums of one lead, all fading. */
const W = 0
const MAE = 1
const CRPS = 2
const COVERED = 3
const WIDTH = 4
const PERSISTENCE = 5
const TREND_W = 6
const TREND = 7
const SEASONAL_W = 8
const SEASONAL = 9
const SUMS = 10

/** All that is remembered, as plain data. */
export interface ScoresState {
  readonly count: number
  readonly minutes: Int32Array
  readonly levels: Float64Array
  readonly made: Int32Array[]
  readonly said: Float32Array[]
  readonly sums: Float64Array
}

/** Of one quantity in one zone. */
export class QuantityScores {
  readonly #levels: readonly number[]
  readonly #at: ScoresState

  /**
   * @param levels of the quantiles that are said, ascending and symmetric about the median
   * @param state of an earlier one, to go on from
   */
  constructor(levels: readonly number[], state?: ScoresState) {
    const count = levels.length
    this.#levels = levels
    this.#at = state ?? {
      count,
      minutes: new Int32Array(KEPT).fill(NEVER),
      levels: new Float64Array(KEPT),
      made: scoredLeads.map((lead) => new Int32Array(lead).fill(NEVER)),
      said: scoredLeads.map((lead) => new Float32Array(lead * count)),
      sums: new Float64Array(LEADS * SUMS),
    }
  }

  get state(): ScoresState {
    return this.#at
  }

  /** Compares a minute's measurement (number since the epoch) with all that was said about it. */
  verify(minute: number, came: number): void {
    const { made, said, sums } = this.#at
    for (let l = 0; l < LEADS; l++) {
      const lead = scoredLeads[l] as number
      const slot = minute % lead
      if (made[l]?.[slot] !== minute - lead) continue
      const now = this.#level(minute - lead)
      const at = l * SUMS
      for (let i = at; i < at + SUMS; i++) sums[i] = (sums[i] as number) * FADE
      this.#add(sums, at, came, said[l] as Float32Array, slot * this.#levels.length)
      add(sums, at + PERSISTENCE, Math.abs(came - now))
      const before = this.#level(minute - lead - QUARTER)
      if (!Number.isNaN(before)) {
        add(sums, at + TREND_W, 1)
        add(sums, at + TREND, Math.abs(came - now - ((now - before) * lead) / QUARTER))
      }
      const yesterday = this.#level(minute - DAY)
      if (!Number.isNaN(yesterday)) {
        add(sums, at + SEASONAL_W, 1)
        add(sums, at + SEASONAL, Math.abs(came - yesterday))
      }
    }
  }

  /**
   * Keeps what was said at the end of a minute.
   * @param level the last that was measured
   * @param leads minutes, of which those that are scored are kept
   * @param quantiles by lead and level
   */
  say(minute: number, level: number, leads: readonly number[], quantiles: Float64Array): void {
    const { minutes, levels, made, said, count } = this.#at
    minutes[minute % KEPT] = minute
    levels[minute % KEPT] = level
    for (let l = 0; l < LEADS; l++) {
      const lead = scoredLeads[l] as number
      const slot = minute % lead
      const from = leads.indexOf(lead) * count
      if (from < 0) continue
      const row = said[l] as Float32Array
      for (let i = 0; i < count; i++) row[slot * count + i] = quantiles[from + i] as number
      ;(made[l] as Int32Array)[slot] = minute
    }
  }

  /** The scores of all leads of which something was verified. */
  list(zone: string, quantity: string): Score[] {
    const { sums } = this.#at
    return scoredLeads.flatMap((lead, l) => {
      const at = l * SUMS
      const of = (sum: number, weight = W) => (sums[at + sum] as number) / (sums[at + weight] as number)
      if ((sums[at + W] as number) < 0.5) return []
      const perhaps = (value: number) => (Number.isFinite(value) ? short(value) : null)
      const [mae, persistence] = [of(MAE), of(PERSISTENCE)]
      return {
        zone,
        quantity,
        lead,
        n: Math.round(sums[at + W] as number),
        mae: short(mae),
        crps: short(of(CRPS)),
        coverage90: short(of(COVERED)),
        width: short(of(WIDTH)),
        persistence: short(persistence),
        trend: perhaps(of(TREND, TREND_W)),
        seasonal: perhaps(of(SEASONAL, SEASONAL_W)),
        // where nothing moved there was nothing to be won
        skill: persistence > 0 ? short(1 - mae / persistence) : 0,
      }
    })
  }

  /** CRPS is twice the mean quantile loss over all levels (Gneiting and Ranjan, J. Bus. Econ. Stat. 29, 2011). */
  #add(sums: Float64Array, at: number, came: number, said: Float32Array, from: number): void {
    const count = this.#levels.length
    let loss = 0
    for (let i = 0; i < count; i++) {
      const apart = came - (said[from + i] as number)
      const level = this.#levels[i] as number
      loss += apart >= 0 ? level * apart : (level - 1) * apart
    }
    const low = said[from] as number
    const high = said[from + count - 1] as number
    add(sums, at + W, 1)
    add(sums, at + MAE, Math.abs(came - (said[from + (count >> 1)] as number)))
    add(sums, at + CRPS, (2 * loss) / count)
    // single precision may put a limit on the wrong side of the very value that it was taken from
    const within = Math.fround(came) >= low && Math.fround(came) <= high
    add(sums, at + COVERED, Number(within))
    add(sums, at + WIDTH, high - low)
  }

  /** The last that was measured at the end of a minute; NaN where nothing was said then. */
  #level(minute: number): number {
    const slot = minute % KEPT
    return this.#at.minutes[slot] === minute ? (this.#at.levels[slot] as number) : Number.NaN
  }
}

/** To what means something: they are told each minute. */
function short(value: number): number {
  return Number(value.toPrecision(4))
}

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] as number) + value
}
