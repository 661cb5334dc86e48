/** Calls back later, all together: one `setImmediate` a turn of the event loop, and not one for each. */
export class Turn {
  #waiting: (() => void)[] = []

  after(done: () => void): void {
    if (this.#waiting.push(done) === 1) setImmediate(this.#run)
  }

  readonly #run = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const done of waiting) done()
  }
}
