/** The journal's newest entries, in memory: numbers without a hole, from `first` to `next` − 1. */
import type { Entry } from './disk.ts'

/** What an entry costs beside its text: object, strings' headers, its place in the list. */
const OVERHEAD = 96

export class Head {
  #entries: Entry[] = []
  /** Entries before this index are gone; they are cut off in one go now and then. */
  #start = 0
  #first: number
  #bytes = 0

  /** @param first the number of the entry that is pushed first */
  constructor(first = 1) {
    this.#first = first
  }

  get first(): number {
    return this.#first
  }

  get next(): number {
    return this.#first + this.#entries.length - this.#start
  }

  /** Estimated bytes of memory. */
  get bytes(): number {
    return this.#bytes
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
    this.#bytes += cost(entry)
  }

  get(seq: number): Entry | undefined {
    return seq < this.#first ? undefined : this.#entries[this.#start + seq - this.#first]
  }

  /** The entries from one number to another, both included, as far as they are here. */
  slice(from: number, to: number): Entry[] {
    const begin = this.#start + Math.max(from, this.#first) - this.#first
    return this.#entries.slice(begin, Math.max(begin, this.#start + to + 1 - this.#first))
  }

  /** Lets go of everything below a number. */
  release(below: number): void {
    const end = Math.min(below, this.next)
    for (; this.#first < end; this.#first++) {
      const entry = this.#entries[this.#start++]
      if (entry) this.#bytes -= cost(entry)
    }
    if (this.#start > 1_024 && this.#start > this.#entries.length / 2) {
      this.#entries = this.#entries.slice(this.#start)
      this.#start = 0
    }
  }
}

function cost(entry: Entry): number {
  return OVERHEAD + entry.payload.length + entry.topic.length
}
