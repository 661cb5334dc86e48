/** Gives the samples of one device their times: never two alike, never one before the other. */
import type { Clock } from '@habtwin/runtime'

/** What a sample is stamped with: its time, and what that is to be put right by later. */
export interface Stampable {
  t?: number
  clock?: { boot: string; mono: number }
}

/** A time this much before the last one is of a clock that was put back: the last is not final, or was wrong. */
const PUT_BACK = 500

export class Stamper {
  readonly #clock: Clock
  #t = Number.NEGATIVE_INFINITY
  #mono = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Stamps a sample that has no time of its own. */
  stamp<T extends Stampable>(sample: T): T & { t: number } {
    const t = this.#clock.now()
    this.#t = t > this.#t || t < this.#t - PUT_BACK ? t : this.#t + 1
    sample.t = this.#t
    const doubt = this.#clock.doubt?.()
    if (doubt !== undefined) {
      this.#mono = Math.max(Math.floor(doubt.mono), this.#mono + 1)
      sample.clock = { boot: doubt.boot, mono: this.#mono }
    }
    return sample as T & { t: number }
  }
}
