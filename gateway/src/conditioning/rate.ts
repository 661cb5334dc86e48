/**
 * One job: to doubt what changes faster than it can. A value that is too far from the one before it, for the time
 * between them, is `uncertain:rate`, and so is what follows within `SPAN`; if it stays where it went, it is believed.
 *
 * It is never bad: a spark in a cable and the first second of a fire look the same, and the guard has to see both.
 *
 * Values are compared over `SPAN` at least, so that the noise of ten readings a second is not taken for a rate, and a
 * ramp is found however finely it is sampled.
 */

/** A tenth of a minute, ms. */
export const SPAN = 6_000
const MINUTE = 60_000

export class Rate {
  readonly #perMs: number
  /** What is compared with, and when it was read. */
  #value = Number.NaN
  #at = 0
  #until = Number.NEGATIVE_INFINITY

  /** @param perMinute the fastest change that can be, in the point's unit */
  constructor(perMinute: number) {
    this.#perMs = perMinute / MINUTE
  }

  /**
   * True where the value is doubted.
   * @param at ms, of any clock that does not go back
   */
  doubts(value: number, at: number): boolean {
    const span = at - this.#at
    // NaN at first: compares as not too fast
    const tooFast = Math.abs(value - this.#value) > this.#perMs * Math.max(span, SPAN)
    if (tooFast) this.#until = at + SPAN
    if (tooFast || span >= SPAN || Number.isNaN(this.#value)) {
      this.#value = value
      this.#at = at
    }
    return at < this.#until
  }
}
