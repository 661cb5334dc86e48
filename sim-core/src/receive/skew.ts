/**
 * How far the clock of a habitat is ahead of the one here. How its link stands is told past every simulated delay, with
 * the moment at which it was told; it is heard later than that, by what the way takes, and never sooner. So of the last
 * few the one that seems to have come soonest is the nearest to the truth (the clock filter of RFC 5905, 10, goes by the
 * shortest way as well). What lay somewhere for hours tells nothing, and one that came from the future tells all.
 */

/** Words that are compared, and how long they count, ms: a clock that was put right is believed then. */
const WORDS = 8
const COUNTS = 600_000
/** A clock is said to be behind only after so many: a single word may have lain somewhere. */
const ENOUGH = 3
/** Less is what the way takes, ms. */
const WAY = 1_000

export class Skew {
  #words: { readonly ahead: number; readonly at: number }[] = []

  /**
   * Something was heard that is told in real time.
   * @param t when it was told, by the clock there, ms
   * @param now by the clock here, ms
   * @param mono ms
   */
  heard(t: number, now: number, mono: number): void {
    this.#words = [...this.#words.filter(({ at }) => mono - at <= COUNTS), { ahead: t - now, at: mono }].slice(-WORDS)
  }

  /** Clock there − clock here, ms, as nearly as is known; 0 while nothing is. */
  get ms(): number {
    if (this.#words.length === 0) return 0
    const ahead = Math.max(...this.#words.map((word) => word.ahead))
    if (Math.abs(ahead) < WAY) return 0
    return ahead > 0 || this.#words.length >= ENOUGH ? ahead : 0
  }
}
