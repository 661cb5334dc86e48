/** Work that costs memory and time: one at a time, a few waiting, and no more than that. */

export class Queue {
  readonly #most: number
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  /** @param most that wait or are done */
  constructor(most: number) {
    this.#most = most
  }

  get full(): boolean {
    return this.#waiting >= this.#most
  }

  /** Does it when all before it are done. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++
    const before = this.#last
    const done = Promise.withResolvers<void>()
    this.#last = done.promise
    try {
      await before
      return await work()
    } finally {
      this.#waiting--
      done.resolve()
    }
  }
}
