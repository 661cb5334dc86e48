/**
 * How far off a forecast may be, for one lead: a model of the usual absolute error (it differs by hour, by unrest, by
 * how much the experts disagree) and, in units of it, quantiles that follow what came. The quantiles are tracked
 * online, each moving by `rate (level − [came below])` once its time has come, so that in the long run the right
 * share lies below whatever the model of the error is worth (Gibbs and Candès, NeurIPS 2021; Angelopoulos, Candès
 * and Tibshirani, NeurIPS 2023: quantile tracking).
 */
import type { Archive } from './archive.ts'
import { Normal } from './linear.ts'

export const levels: readonly number[] = Array.from({ length: 19 }, (_, i) => (i + 1) / 20)
const MEDIAN = 9
/** Of a normal distribution with mean absolute deviation 1. */
const start = [
  -2.06, -1.61, -1.3, -1.05, -0.85, -0.66, -0.48, -0.32, -0.16, 0, 0.16, 0.32, 0.48, 0.66, 0.85, 1.05, 1.3, 1.61, 2.06,
]
/** A prior that is rather too wide than too narrow. */
const WIDE = 1.1
/** By how much the band is widened, by root of and by the share that the lead has in all that was verified. */
const FEW = 0.7
const FEWER = 5
/** Share of what one kind of times teaches about the other. */
const OTHER = 0.2
/**
 * In usual errors: forecasts over a long lead overlap, and one night that nobody foresaw is hundreds of misses in a
 * row, each of which moves the quantile on.
 */
const FARTHEST = 4
/** Half hours of the day. */
const BINS = 48
const SIZE = 7

const UNBOUNDED = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const

export class Intervals {
  readonly #lead: number
  readonly #shorter: Intervals | undefined
  readonly #day: number
  /** For calm times, and for all others. */
  readonly #quantiles = [0, 1].map(() => Float64Array.from(start, (q) => q * WIDE))
  readonly #moods: Uint8Array
  readonly #normal = new Normal(SIZE)
  readonly #coefficients = new Float64Array(SIZE)
  readonly #ridge = new Float64Array(SIZE)
  readonly #rows: Float32Array
  readonly #said: Float64Array
  readonly #sigmas: Float64Array
  readonly #nows: Float64Array
  readonly #hours = new Float64Array(BINS)
  readonly #every: number
  readonly #forget: number
  readonly #slowest: number
  #row = new Float64Array(SIZE)
  /** Usual absolute change within the lead, and errors of late and of just now. */
  #usual = 0
  #long = 0
  #short = 0
  #seen = 0
  #rows0 = 0
  /** Mean of all that was, usual distance from it, and steps that it stands for. */
  #middle = 0
  #away = 0
  #lived = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY

  /**
   * @param lead in steps
   * @param day steps in a day
   * @param shorter those of the next shorter lead: what is known of it serves until something of this one was verified
   */
  constructor(lead: number, day: number, shorter?: Intervals) {
    this.#lead = lead
    this.#shorter = shorter
    this.#day = day
    this.#rows = new Float32Array(lead * SIZE)
    this.#said = new Float64Array(lead).fill(Number.NaN)
    this.#sigmas = new Float64Array(lead)
    this.#moods = new Uint8Array(lead)
    this.#nows = new Float64Array(lead)
    this.#every = Math.max(1, Math.round(day / 144))
    this.#forget = Math.exp(-this.#every / day / 7)
    this.#slowest = Math.min(0.02, Math.max(0.003, 0.6 / (lead + 20)))
  }

  verify(k: number, came: number): void {
    const slot = k % this.#lead
    const said = this.#said[slot] as number
    if (Number.isNaN(said)) return
    this.#usual +=
      (Math.abs(came - (this.#nows[slot] as number)) - this.#usual) / Math.min(this.#seen + 1, 7 * this.#day)
    this.#learn(slot, came - said, k)
  }

  #learn(slot: number, residual: number, k: number): void {
    const size = Math.abs(residual)
    const sigma = this.#sigmas[slot] as number
    const seen = ++this.#seen
    this.#long += (size - this.#long) / Math.min(seen, 3 * this.#day)
    this.#short += (Math.min(size, 8 * this.#long) - this.#short) / Math.min(seen, 30 + this.#lead / 4)
    const bin = Math.floor(((k % this.#day) * BINS) / this.#day)
    const relative = Math.min(8, size / (this.#long + 1e-12))
    // by the hour of the time meant
    const share = Math.min(0.3, (1.2 * BINS) / this.#day)
    this.#hours[bin] = (this.#hours[bin] as number) + (relative - 1 - (this.#hours[bin] as number)) * share
    // as errors are the larger the larger their scale, each counts in units of it
    const floor = 0.1 * this.#long + 1e-12
    const weight = 1 / Math.max(floor, sigma) ** 2
    const scale = this.#long ** 2
    this.#normal.add(this.#rows, slot * SIZE, Math.min(size, 8 * Math.max(floor, sigma)), weight * scale)
    this.#rows0++
    const u = residual / (sigma + 1e-12)
    const rate = Math.max(this.#slowest, 0.25 / Math.sqrt(seen + 25 + this.#lead))
    for (const [mood, q] of this.#quantiles.entries()) {
      track(q, u, mood === this.#moods[slot] ? rate : OTHER * rate)
    }
  }

  /**
   * @param said the median
   * @param spread mean distance of the experts from it
   * @param change usual absolute change within a step
   * @param recent absolute change over the last quarter of an hour
   * @param mood 0 in calm times, else 1
   * @param out quantiles at `levels`, from `at` on
   */
  forecast(
    k: number,
    now: number,
    said: number,
    spread: number,
    change: number,
    recent: number,
    usable: boolean,
    mood: number,
    out: Float64Array,
    at: number,
  ): void {
    const bin = Math.floor((((k + this.#lead) % this.#day) * BINS) / this.#day)
    const row = this.#row
    row[0] = this.#long
    row[1] = this.#short
    row[2] = this.#long * (this.#hours[bin] as number)
    row[3] = spread
    row[4] = recent
    row[5] = Math.abs(said - now)
    row[6] = change
    if (k % this.#every === 0 && this.#rows0 > 50) {
      this.#normal.forget(this.#forget)
      const shrink = (this.#lead + 30) / Math.max(1, this.#rows0)
      for (let i = 0, g = 0; i < SIZE; g += ++i + 1) {
        this.#ridge[i] = 0.3 * shrink * (this.#normal.gram[g] as number) + 1e-9
      }
      this.#normal.solve(this.#ridge, this.#coefficients)
    }
    // as long as little was verified: the root of the lead, from how much it changes within a step
    const usual = this.#within(now, this.#change(change))
    // experts that disagree wildly have little to go by: that is worth twice the usual doubt at most
    const apart = Math.min(spread, 4 * usual)
    const prior = Math.max(1.3 * usual, 0.5 * apart)
    let model = 0
    for (let i = 0; i < SIZE; i++) model += (this.#coefficients[i] as number) * (row[i] as number)
    model = Math.min(Math.max(model, 0.15 * this.#long, 0.25 * this.#short), 8 * this.#long + apart)
    const trust = this.#seen / (this.#seen + 60 + 2 * this.#lead)
    const sigma = Math.max(trust * model + (1 - trust) * Math.max(prior, this.#long), 1e-9)
    const slot = k % this.#lead
    this.#said[slot] = usable ? said : Number.NaN
    this.#nows[slot] = now
    this.#sigmas[slot] = sigma
    this.#rows.set(row, slot * SIZE)
    const q = this.#quantiles[mood] as Float64Array
    this.#moods[slot] = mood
    // few independent forecasts were verified where the lead is long: their quantiles are too near to what came
    const alone = this.#lead / (this.#seen + this.#lead)
    const wide = sigma * (1 + FEW * Math.sqrt(alone) + FEWER * alone ** 2)
    const [low, high] = this.#possible(said)
    for (let i = 0; i < q.length; i++) out[at + i] = Math.max(low, Math.min(high, said + wide * (q[i] as number)))
    out[at + MEDIAN] = said
    // quantiles that have crossed
    for (let i = MEDIAN + 1; i < q.length; i++) out[at + i] = Math.max(out[at + i] as number, out[at + i - 1] as number)
    for (let i = MEDIAN - 1; i >= 0; i--) out[at + i] = Math.min(out[at + i] as number, out[at + i + 1] as number)
  }

  /** Usual absolute change within the lead, from that of shorter leads as long as little is known. */
  #change(step: number): number {
    const shorter = this.#shorter
    const known = this.#seen / (this.#seen + 30 + this.#lead / 4)
    const before = shorter === undefined ? step : shorter.#change(step)
    const from = shorter === undefined ? 1 : shorter.#lead
    return known * this.#usual + (1 - known) * before * Math.sqrt(this.#lead / from)
  }

  /** Hours ahead: half as far beyond what there ever was as that reaches from end to end, and no farther. */
  #possible(said: number): readonly [low: number, high: number] {
    if (this.#lead < this.#day / 8 || this.#lived < this.#day / 2) return UNBOUNDED
    const beyond = (this.#most - this.#least) / 2
    return [Math.min(said, this.#least - beyond), Math.max(said, this.#most + beyond)]
  }

  /** What is bounded changes no more in a day than between any two moments: known once half a day was seen. */
  #within(now: number, change: number): number {
    this.#least = Math.min(this.#least, now)
    this.#most = Math.max(this.#most, now)
    const memory = Math.min(++this.#lived, 14 * this.#day)
    this.#middle += (now - this.#middle) / memory
    this.#away += (Math.abs(now - this.#middle) - this.#away) / memory
    return this.#lived > this.#day / 2 ? Math.min(change, 2 * this.#away + this.#usual) : change
  }

  keep(archive: Archive): void {
    this.#normal.keep(archive)
    archive.numbers(
      ...this.#quantiles,
      this.#moods,
      this.#coefficients,
      this.#rows,
      this.#said,
      this.#sigmas,
      this.#nows,
      this.#hours,
    )
    this.#usual = archive.number(this.#usual)
    this.#long = archive.number(this.#long)
    this.#short = archive.number(this.#short)
    this.#seen = archive.number(this.#seen)
    this.#rows0 = archive.number(this.#rows0)
    this.#middle = archive.number(this.#middle)
    this.#away = archive.number(this.#away)
    this.#lived = archive.number(this.#lived)
    this.#least = archive.number(this.#least)
    this.#most = archive.number(this.#most)
  }

  interrupt(): void {
    this.#said.fill(Number.NaN)
  }
}

/** Moves quantiles a little towards where the right share of what comes would lie below each. */
function track(quantiles: Float64Array, came: number, rate: number): void {
  for (let i = 0; i < quantiles.length; i++) {
    const level = levels[i] as number
    const at = quantiles[i] as number
    const isBelow = i < MEDIAN ? came < at : came <= at
    // outer quantiles lie where readings are rare, and may move farther
    const moved = at + rate * (1 + Math.abs(at)) * (isBelow ? level - 1 : level)
    quantiles[i] = Math.max(-FARTHEST, Math.min(FARTHEST, moved))
  }
}
