/**
 * Readings on their way out live. Where the link is too narrow for all, the newest of each device goes now, and the
 * others are left to the backlog: a screen far away must not stand still on an old figure.
 */
import { RangeSet } from '@habtwin/runtime'
import type { Entry } from '../journal/index.ts'

/** Readings that wait, and how long one may before a newer one of the same device takes its place, ms. */
const MOST = 4_096
const FRESH = 500

interface Waiting {
  readonly entry: Entry
  /** Monotonic ms. */
  readonly at: number
}

export class Live {
  #waiting: Waiting[] = []
  #head = 0
  /** The newest of each device, whether it waits or not. */
  readonly #newest = new Map<string, Entry>()
  /** Numbers of those that wait: no backlog yet. */
  readonly numbers = new RangeSet()
  skipped = 0

  get waiting(): number {
    return this.#waiting.length - this.#head
  }

  /**
   * A reading was taken.
   * @param now monotonic ms
   * @param open whether it may go now; else it is only remembered as the newest of its device
   */
  offer(entry: Entry, now: number, open: boolean): void {
    this.#newest.set(entry.topic, entry)
    if (!open) return
    if (this.waiting >= MOST) this.#leave()
    this.#push(entry, now)
  }

  /** After a connect: how each device is now comes first. @param lacks whether the other side lacks a number */
  begin(now: number, lacks: (seq: number) => boolean): void {
    for (const entry of this.#newest.values()) if (lacks(entry.seq) && !this.numbers.has(entry.seq)) this.#push(entry, now) // biome-ignore format: one thought
  }

  /** Takes what goes next. @param now monotonic ms */
  next(now: number): Entry | undefined {
    while (this.#head < this.#waiting.length) {
      const { entry, at } = this.#waiting[this.#head] as Waiting
      if (now - at > FRESH && this.#newest.get(entry.topic) !== entry) this.#leave()
      else {
        this.#shift()
        return entry
      }
    }
    return undefined
  }

  /** The connection is gone: all of it is backlog now. */
  clear(): void {
    this.#waiting = []
    this.#head = 0
    this.numbers.removeRange(1, Number.MAX_SAFE_INTEGER)
  }

  #push(entry: Entry, at: number): void {
    this.#waiting.push({ entry, at })
    this.numbers.add(entry.seq)
  }

  /** Leaves the one that waits longest to the backlog. */
  #leave(): void {
    this.skipped++
    this.#shift()
  }

  #shift(): void {
    const { entry } = this.#waiting[this.#head++] as Waiting
    this.numbers.removeRange(entry.seq, entry.seq)
    if (this.#head < 1_024 || this.#head * 2 < this.#waiting.length) return
    this.#waiting = this.#waiting.slice(this.#head)
    this.#head = 0
  }
}
