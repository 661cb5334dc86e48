/**
 * One job: what an instrument says before it is warm is `uncertain:warmup`. Warm is so long after it was opened, as it
 * may have been without power until then; nobody can tell from here.
 */

export class Warmup {
  readonly #span: number
  #until = Number.NEGATIVE_INFINITY

  /** @param span ms */
  constructor(span: number) {
    this.#span = span
  }

  /** @param now monotonic ms */
  opened(now: number): void {
    this.#until = now + this.#span
  }

  isCold(now: number): boolean {
    return now < this.#until
  }
}
