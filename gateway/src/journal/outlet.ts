/**
 * The live way out: each entry is published once, and never more than a few are under way into the broker. Beyond
 * that an entry is skipped, and the marks repair it: publishing without a bound to a subscriber that has stopped
 * fills the memory until the process dies.
 */
import type { Entry } from './disk.ts'

/** Publishes into the broker; `done` is called when every subscriber's socket has taken it. */
export type Publish = (topic: string, payload: string, retain: boolean, done: () => void) => void

const MOST_IN_FLIGHT = 64
const MOST_WAITING = 2_048

export class Outlet {
  readonly #publish: Publish
  readonly #skipped: (seq: number) => void
  readonly #waiting: { entry: Entry; retain: boolean }[] = []
  #head = 0
  #inFlight = 0
  #draining = false
  /** The newest of each topic that was skipped: a screen must not stand still on an old figure when the rush is over. */
  readonly #newest = new Map<string, { entry: Entry; retain: boolean }>()
  readonly counts = { live: 0, skipped: 0 }

  /** @param skipped told of entries that were not published */
  constructor(publish: Publish, skipped: (seq: number) => void) {
    this.#publish = publish
    this.#skipped = skipped
  }

  send(entry: Entry, retain: boolean): void {
    if (this.#waiting.length - this.#head >= MOST_WAITING) {
      this.counts.skipped++
      this.#skipped(entry.seq)
      this.#newest.set(entry.topic, { entry, retain })
      return
    }
    this.#newest.delete(entry.topic)
    this.#waiting.push({ entry, retain })
    if (!this.#draining) this.#drain()
  }

  #drain(): void {
    this.#draining = true
    while (this.#inFlight < MOST_IN_FLIGHT && this.#head < this.#waiting.length) {
      const { entry, retain } = this.#waiting[this.#head++] as { entry: Entry; retain: boolean }
      this.#inFlight++
      this.counts.live++
      this.#publish(entry.topic, entry.payload, retain, this.#done)
    }
    if (this.#head > 0 && this.#head === this.#waiting.length) {
      this.#waiting.length = 0
      this.#head = 0
      this.#waiting.push(...this.#newest.values())
      this.#newest.clear()
    }
    this.#draining = false
  }

  readonly #done = (): void => {
    this.#inFlight--
    if (!this.#draining && this.#head < this.#waiting.length) this.#drain()
  }
}
