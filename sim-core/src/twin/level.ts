/**
 * The level of one quantity now, from the minute means of its instruments. A level that drifts:
 *
 *     dx/dt = s,   ds = −s/τ dt + σ √(2/τ) dW        x [unit], s [unit/h], τ [h], σ [unit/h]
 *
 * followed by a Kalman filter of two states. The drift is an Ornstein–Uhlenbeck process (Gardiner, Handbook of
 * Stochastic Methods, 3rd ed., 4.5.4); what the instruments scatter, and how restless the drift is, are learned.
 */
import { MEMORY, SCATTER, UNREST } from './prior.ts'

const STEP = 1 / 60
const FADE = Math.exp(-STEP / MEMORY)
/** Minutes without a measurement after which nothing is said, and the level is taken anew. */
export const SILENCE = 60
/** Beyond so many standard deviations a measurement is an outlier … */
const OUTLIER = 6
/** … until so many in a row agree that the level has stepped. */
const AGREE = 3
/** Minutes over which scatter and unrest are averaged. */
const NOISE_WINDOW = 240
const UNREST_WINDOW = 1_440

/** Everything that it remembers, as plain data. */
export interface LevelState {
  x: number
  s: number
  xx: number
  xs: number
  ss: number
  /** Standard deviation of a minute's mean, unit. */
  noise: number
  /** σ, unit/h. */
  unrest: number
  last: [number, number]
  silent: number
  outliers: number
}

export class Level {
  readonly #resolution: number
  #at: LevelState

  /**
   * @param resolution what the instruments resolve, in the quantity's unit
   * @param state of an earlier one, to go on from
   */
  constructor(resolution: number, state?: LevelState) {
    this.#resolution = resolution
    this.#at = state ?? {
      x: Number.NaN,
      s: 0,
      xx: 0,
      xs: 0,
      ss: 0,
      noise: SCATTER * resolution,
      unrest: UNREST * resolution,
      last: [Number.NaN, Number.NaN],
      silent: 0,
      outliers: 0,
    }
  }

  get state(): LevelState {
    return { ...this.#at, last: [...this.#at.last] }
  }

  get mean(): number {
    return this.#at.x
  }

  get sd(): number {
    return Math.sqrt(this.#at.xx)
  }

  /** True where the last measurement is so old that nothing should be said. */
  get silent(): boolean {
    return Number.isNaN(this.#at.x) || this.#at.silent > SILENCE
  }

  /** The last minute's measurement was not believed. */
  get doubted(): boolean {
    return this.#at.outliers > 0
  }

  /** Goes on by one minute. */
  step(measured: number | undefined): void {
    const at = this.#at
    if (measured === undefined) {
      at.silent++
      at.last = [Number.NaN, Number.NaN]
      if (!this.silent) this.#predict()
    } else if (this.silent) this.#begin(measured)
    else this.#follow(measured)
  }

  /** After a silence so long that it is not worth going through minute by minute. */
  interrupt(): void {
    this.#at.silent = SILENCE + 1
  }

  /** What it would say if the minute that has begun went on as measured so far. Changes nothing. */
  peek(measured: number): { mean: number; sd: number } {
    const next = new Level(this.#resolution, this.state)
    next.step(measured)
    return { mean: next.mean, sd: next.sd }
  }

  #begin(measured: number): void {
    const at = this.#at
    at.x = measured
    at.s = 0
    at.xx = at.noise ** 2
    at.xs = 0
    at.ss = at.unrest ** 2
    at.last = [Number.NaN, measured]
    at.silent = 0
    at.outliers = 0
  }

  #predict(): void {
    const at = this.#at
    const { s, xs, ss } = at
    at.s = s * FADE
    at.x += ((s + at.s) / 2) * STEP
    at.xx += 2 * STEP * xs + STEP * STEP * ss
    at.xs = FADE * (xs + STEP * ss)
    at.ss = FADE * FADE * ss + at.unrest ** 2 * (1 - FADE * FADE)
  }

  #follow(measured: number): void {
    const at = this.#at
    this.#predict()
    at.silent = 0
    const innovation = measured - at.x
    const total = at.xx + at.noise ** 2
    const limit = OUTLIER * Math.sqrt(total)
    if (Math.abs(innovation) > limit && ++at.outliers < AGREE) return
    if (at.outliers >= AGREE) {
      // a step of the level, not of the drift: it begins anew there
      at.x = measured
      at.xx = at.noise ** 2
      at.xs = 0
      at.last = [Number.NaN, measured]
    } else {
      const { xx, xs } = at
      at.x += (xx / total) * innovation
      at.s += (xs / total) * innovation
      at.xx = (xx * at.noise ** 2) / total
      at.xs = (xs * at.noise ** 2) / total
      at.ss -= (xs * xs) / total
      this.#learn(measured, Math.min(Math.abs(innovation), limit))
    }
    at.outliers = 0
  }

  /** Scatter from second differences of the measured (their variance is six times it), unrest from the drift. */
  #learn(measured: number, innovation: number): void {
    const at = this.#at
    const [before, last] = at.last
    const second = measured - 2 * last + before
    at.last = [last, measured]
    if (!Number.isNaN(second)) {
      const seen = Math.min(second ** 2 / 6, (OUTLIER * at.noise) ** 2)
      at.noise = Math.sqrt(Math.max((this.#resolution / 2) ** 2, at.noise ** 2 + (seen - at.noise ** 2) / NOISE_WINDOW))
    }
    // the filter's own doubt about the drift is part of how far it may be from none
    const deviation = at.s ** 2 + at.ss
    const least = this.#resolution ** 2 + (innovation / 4) ** 2
    at.unrest = Math.sqrt(Math.max(least, at.unrest ** 2 + (deviation - at.unrest ** 2) / UNREST_WINDOW))
  }
}
