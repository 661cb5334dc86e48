/** Where numbers stood at past moments: tells which are older than some time. */

export class Moments {
  readonly #longest: number
  readonly #moments: { readonly mono: number; readonly next: number }[] = []

  /** @param longest the longest age that is asked for, ms */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** @param mono monotonic ms @param next the number that comes next */
  note(mono: number, next: number): void {
    this.#moments.push({ mono, next })
    // one that is older than all that is asked for stays, as an answer to it
    while ((this.#moments[1]?.mono ?? Number.POSITIVE_INFINITY) <= mono - this.#longest) this.#moments.shift()
  }

  /** The number that was next at a moment: all below are older. @param mono monotonic ms */
  numberAt(mono: number): number {
    return this.#moments.findLast((moment) => moment.mono <= mono)?.next ?? 1
  }
}
