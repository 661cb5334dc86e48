/** Whether an instrument is still there: pure, on monotonic time. */

/** Never sooner than this, ms. */
const PATIENCE = 10_000
/** It counts as back after it has been there this long, ms, so that a loose plug is one alert and not twenty. */
const STEADY = 10_000

export class Presence {
  /** How long it may be silent, ms. */
  readonly deadline: number
  #lastSeen: number
  #down = false
  #lost = false
  #steadySince: number | undefined

  /**
   * @param every ms between readings; Infinity where nothing is expected of it
   * @param now monotonic ms
   * @param lost true where it was lost before, and has to be seen again
   */
  constructor(every: number, now: number, lost = false) {
    this.deadline = Math.max(PATIENCE, 3 * every)
    this.#lastSeen = lost ? Number.NEGATIVE_INFINITY : now
    this.#lost = lost
  }

  /** It gave something that can be used. */
  seen(now: number): void {
    this.#lastSeen = now
    this.#down = false
  }

  /** What its driver says of it. */
  health(down: boolean): void {
    this.#down = down
  }

  /** True from when it was lost until it has been back for a while. */
  lost(now: number): boolean {
    const absent = this.#down || now - this.#lastSeen > this.deadline
    if (absent) {
      this.#lost = true
      this.#steadySince = undefined
    } else if (this.#lost) {
      this.#steadySince ??= now
      if (now - this.#steadySince >= STEADY) this.#lost = false
    }
    return this.#lost
  }

  get down(): boolean {
    return this.#down
  }
}
