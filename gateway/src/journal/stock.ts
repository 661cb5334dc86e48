/**
 * Where the journals' entries lie: this process's newest in memory (the head), those before, and all of earlier
 * processes, in chunks on disk; how they get from one to the other, and what goes when both are full.
 */
import { type JournalState, messageOf, type Range } from '@habtwin/contract'
import type { Log } from '@habtwin/runtime'
import type { Entry, JournalDisk } from './disk.ts'
import { Head } from './head.ts'
import { firstOf, type Held } from './held.ts'

export interface StockLimits {
  /** Bytes of memory for entries that nobody has confirmed. */
  readonly memory: number
  /** Bytes of disk. */
  readonly disk: number
}

export interface StockContext {
  readonly disk: JournalDisk
  readonly log: Log
  readonly limits: StockLimits
  /** Told when entries had to be given up. */
  readonly onLost?: ((count: number) => void) | undefined
}

export class Stock {
  readonly live: Held
  readonly head = new Head()
  /** Every journal that is still held, oldest first. */
  readonly journals = new Map<string, Held>()
  readonly counts = { spilled: 0, lost: 0 }
  readonly #at: StockContext

  /** @param live this process's journal */
  constructor(live: Held, context: StockContext) {
    this.live = live
    this.#at = context
  }

  get bytes(): { readonly memory: number; readonly disk: number } {
    return { memory: this.head.bytes, disk: this.#at.disk.bytes }
  }

  push(entry: Entry): void {
    this.head.push(entry)
    if (this.head.bytes > this.#at.limits.memory) this.#makeRoom()
  }

  /** True where there is room in memory for a burst. */
  get isRoomy(): boolean {
    return this.head.bytes < this.#at.limits.memory / 2
  }

  /** Writes what is not on disk yet of a range of this journal. */
  spill(from: number, to: number): void {
    for (const [a, b] of this.live.onDisk.missing(Math.max(from, this.head.first), to)) {
      const entries = this.head.slice(a, b)
      if (entries.length === 0) continue
      try {
        this.#at.disk.spill(this.live.id, entries)
      } catch (error) {
        this.#at.log.error({ err: error }, `the journal stays in memory only: ${messageOf(error)}`)
        return
      }
      this.live.onDisk.addRange(a, b)
      this.counts.spilled += entries.length
    }
    this.#boundDisk()
  }

  /**
   * Drops the chunks on disk that lie in some ranges, where nobody needs them any more.
   * @param isDone whether all between two numbers can go
   */
  drop(journal: Held, ranges: Iterable<Range>, isDone: (chunk: Range) => boolean): void {
    if (journal.onDisk.size === 0) return
    const { disk } = this.#at
    const first = firstOf(journal.onDisk)
    const chunks = [...ranges]
      .filter(([a, b]) => b >= Math.max(a, first))
      .flatMap(([a, b]) => disk.chunks(journal.id, Math.max(a, first), b))
      .filter(isDone)
    if (chunks.length === 0) return
    disk.drop(
      journal.id,
      chunks.map(([from]) => from),
    )
    for (const [a, b] of chunks) {
      journal.onDisk.removeRange(a, b)
      journal.urgent.removeRange(a, b)
    }
  }

  /** The entry of a number, with its neighbours where it lies on disk; nothing where it is gone. */
  supply(journal: Held, seq: number): readonly Entry[] {
    const here = journal === this.live ? this.head.get(seq) : undefined
    if (here) return [here]
    return journal.onDisk.has(seq) ? this.#at.disk.read(journal.id, seq) : []
  }

  /** The next number after one that is gone. */
  nextHeld(journal: Held, seq: number): number | undefined {
    const onDisk = journal.onDisk.firstFrom(seq + 1)
    const inMemory = journal === this.live ? this.head.first : Number.POSITIVE_INFINITY
    const next = Math.min(onDisk, inMemory > seq ? inMemory : Number.POSITIVE_INFINITY)
    return Number.isFinite(next) ? next : undefined
  }

  /** What is told of a journal: from where it can be supplied, and what of it is gone. */
  state(journal: Held): JournalState {
    const inMemory = journal === this.live ? this.head.first : journal.next
    const first = Math.min(firstOf(journal.onDisk), inMemory)
    return {
      journal: journal.id,
      first,
      next: journal.next,
      closed: journal.closed,
      lost: journal.onDisk.missing(first, inMemory - 1),
      since: journal.since,
      ...(journal.cut ? { cut: true } : {}),
    }
  }

  /** Memory is full: the older half goes to disk, or, where there is no room either, the oldest go for good. */
  #makeRoom(): void {
    const { head } = this
    const middle = head.first + Math.ceil((head.next - head.first) / 2)
    this.spill(head.first, middle - 1)
    for (const [a, b] of this.live.onDisk.missing(head.first, middle - 1)) {
      this.#lose(b - a + 1, 'memory and disk are full')
    }
    head.release(middle)
  }

  #boundDisk(): void {
    const { disk, limits } = this.#at
    while (disk.bytes > limits.disk) {
      const oldest = [...this.journals.values()].find((journal) => journal.onDisk.size > 0)
      const chunk = oldest && disk.first(oldest.id)
      if (!oldest || !chunk) return
      const [first, last] = chunk
      disk.drop(oldest.id, [first])
      oldest.onDisk.removeRange(first, last)
      const inMemory = oldest === this.live ? Math.max(0, last - Math.max(first, this.head.first) + 1) : 0
      this.#lose(last - first + 1 - inMemory, 'the disk space of the journal is used up')
    }
  }

  #lose(count: number, why: string): void {
    if (count <= 0) return
    this.counts.lost += count
    this.#at.onLost?.(count)
    this.#at.log.error({ count, lost: this.counts.lost }, `the oldest readings are given up: ${why}`)
  }
}
