/**
 * The gateway's journal: every reading, alert, result and event gets a number here before anything else happens
 * to it, and stays until every consumer has confirmed that it is durable there.
 *
 *   append ─► head (memory) ─────────────► released once all consumers' marks have passed
 *                │ not confirmed after a tick, or a consumer has gone
 *                ▼
 *              chunks (disk) ────────────► dropped once all marks have passed
 *
 * Its id is new at every start, so a number that was given but never reached a disk is never given again. The
 * journals of earlier processes are only drained.
 */
import { randomBytes } from 'node:crypto'
import { type JournalState, type Mark, messageOf, type Range, topic } from '@habtwin/contract'
import { type Clock, type Log, RangeSet } from '@habtwin/runtime'
import { Consumer } from './consumer.ts'
import type { Entry, JournalDisk } from './disk.ts'
import { Head } from './head.ts'
import { firstOf, type Held, held, highest } from './held.ts'

export interface JournalLimits {
  /** Bytes of memory for entries that nobody has confirmed. */
  readonly memory: number
  /** Bytes of disk. */
  readonly disk: number
  /** ms: an entry that is older than this is confirmed or on disk. */
  readonly tick: number
}

export interface JournalContext {
  readonly disk: JournalDisk
  readonly clock: Clock
  readonly log: Log
  /** Names of those whose confirmation is waited for. */
  readonly consumers: readonly string[]
  readonly limits: JournalLimits
  /** Publishes a retained message on a relative topic; an empty payload clears it. */
  readonly retain: (topic: string, payload: string) => void
  /** Told when entries had to be given up. */
  readonly onLost?: (count: number) => void
}

/** How long after its live message an entry is sent again, ms: what is under way must not be doubled. */
const PATIENCE = 2_000

export class Journal {
  readonly id = randomBytes(16).toString('hex')
  readonly #at: JournalContext
  readonly #consumers: ReadonlyMap<string, Consumer>
  readonly #head = new Head()
  readonly #live: Held
  readonly #held = new Map<string, Held>()
  /** Entries of this journal that were not sent live: late ones, and those skipped under load. */
  readonly #unsent = new RangeSet()
  /** Where `next` stood at past moments: tells which numbers are older than some time. */
  #moments: { mono: number; next: number }[] = []
  #dirtyMarks = false
  #marksSaved = 0
  #announced = ''
  #waiting: (() => void)[] = []
  #ending = false
  readonly counts = { appended: 0, spilled: 0, lost: 0, refusedMarks: 0 }

  constructor(context: JournalContext) {
    this.#at = context
    this.#consumers = new Map(context.consumers.map((name) => [name, new Consumer(name)]))
    this.#live = held(this.id, context.clock.now())
  }

  /** Makes the journal known on disk, takes up those of earlier processes, and tells both. */
  start(): void {
    const { disk } = this.#at
    for (const row of disk.journals()) {
      const earlier = held(row.id, row.since)
      for (const [a, b] of disk.chunks(row.id)) earlier.onDisk.addRange(a, b)
      earlier.next = Math.max(row.next, earlier.onDisk.max + 1)
      earlier.closed = true
      earlier.cut = !row.closed || row.cut
      this.#held.set(row.id, earlier)
    }
    for (const { consumer, journal, mark } of disk.marks()) {
      this.#consumers.get(consumer)?.hear(journal, { ...mark, got: [] }, false)
      const earlier = this.#held.get(journal)
      if (earlier?.cut) earlier.next = Math.max(earlier.next, highest(mark) + 1)
    }
    for (const earlier of this.#held.values()) disk.close(earlier.id, earlier.next, earlier.cut)
    disk.begin(this.id, this.#live.since)
    this.#held.set(this.id, this.#live)
    this.announce()
  }

  /** Consumers, for whoever sends entries again. */
  get consumers(): Iterable<Consumer> {
    return this.#consumers.values()
  }

  /** Every journal that is still held, oldest first. */
  get journals(): Iterable<{ readonly id: string; readonly next: number }> {
    return this.#held.values()
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#live.next
  }

  /** True where nothing below a number is lost with this process: every consumer has it, or the disk. */
  isSafe(below: number): boolean {
    return [...this.#consumers.values()].every((consumer) =>
      this.#unconfirmed(consumer, below).every(([a, b]) => this.#live.onDisk.missing(a, b).length === 0),
    )
  }

  get bytes(): { memory: number; disk: number } {
    return { memory: this.#head.bytes, disk: this.#at.disk.bytes }
  }

  /**
   * Takes an entry.
   * @param relative topic below `hab/{habitat}/`
   * @param body the message, to which the journal's id and number are added
   * @param live false where it will not be published at once (late data): it is sent again without waiting
   */
  append(relative: string, body: object, live = true): Entry {
    const seq = this.#live.next++
    const entry = { seq, topic: relative, payload: JSON.stringify({ journal: this.id, seq, ...body }) }
    this.#head.push(entry)
    this.counts.appended++
    if (!live) this.#unsent.add(seq)
    if (this.#head.bytes > this.#at.limits.memory) this.#makeRoom()
    return entry
  }

  /** An entry was not published live after all. */
  skipped(seq: number): void {
    if (seq >= this.#head.first) this.#unsent.addRange(seq, seq)
  }

  /** Resolves when there is room for a burst: for sources that can wait, such as a recording. */
  async room(): Promise<void> {
    if (this.#ending || this.#head.bytes < this.#at.limits.memory / 2) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The process is about to end: nobody waits for room any more, for the recorder may be gone for good. */
  ending(): void {
    this.#ending = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Four times a tick: what is unconfirmed goes to disk, so that nothing older than a tick is in memory only. */
  tick(): void {
    const old = this.#numberAt(this.#at.limits.tick / 2)
    for (const consumer of this.#consumers.values()) {
      const missing = this.#unconfirmed(consumer, old)
      const first = missing[0]
      const last = missing.at(-1)
      if (first && last) this.#spill(first[0], last[1])
    }
    this.#moments.push({ mono: this.#at.clock.mono(), next: this.#live.next })
    this.#moments = this.#moments.filter(
      (moment) => this.#at.clock.mono() - moment.mono <= 2 * PATIENCE + this.#at.limits.tick,
    )
    if (this.#dirtyMarks && this.#at.clock.mono() - this.#marksSaved > 15_000) this.#saveMarks()
    this.announce()
  }

  /** A consumer has connected; it is sent nothing before it has said what it has. */
  connected(name: string): void {
    const consumer = this.#consumers.get(name)
    if (consumer) consumer.connected = true
    this.#announced = ''
    this.announce()
  }

  /** A consumer has gone: everything that it has not made durable is written at once. */
  disconnected(name: string): void {
    const consumer = this.#consumers.get(name)
    if (!consumer?.connected) return
    consumer.disconnect()
    this.#spillUnmarked()
  }

  /**
   * A consumer's mark.
   * @returns why it was refused, or undefined
   */
  mark(name: string, id: string, mark: Mark): string | undefined {
    const refuse = (why: string) => {
      this.counts.refusedMarks++
      return why
    }
    const consumer = this.#consumers.get(name)
    if (consumer === undefined) return refuse(`there is no consumer ${name} in the configuration`)
    const journal = this.#held.get(id)
    if (journal === undefined) return undefined // long drained, or not ours
    if (!this.#adopted(name, mark)) return refuse(`store ${mark.store} was not adopted`)
    if (highest(mark) >= journal.next) {
      if (!journal.cut) return refuse(`it confirms ${highest(mark)}, but only ${journal.next - 1} were given`)
      // nobody else knows how far a process came that was killed
      journal.next = highest(mark) + 1
    }
    consumer.connected = true
    consumer.hear(id, mark, true)
    this.#dirtyMarks = true
    this.#release(journal)
    return undefined
  }

  /** Adopts a store in place of another: `habtwin recorder adopt`. */
  adopt(consumer: string, store: string): void {
    this.#at.disk.adopt(consumer, store)
  }

  /**
   * Up to `most` entries of a journal that a consumer lacks and that may be sent again now.
   * @returns in order of number
   */
  lacking(consumer: Consumer, id: string, most: number): Entry[] {
    const journal = this.#held.get(id)
    if (journal === undefined) return []
    const old = journal === this.#live ? this.#numberAt(PATIENCE) : journal.next
    const out: Entry[] = []
    for (const [a, b] of consumer.lacks(id, 1, journal.next - 1)) {
      for (let seq = a; seq <= b && out.length < most; ) {
        if (seq >= old && !this.#unsent.has(seq)) {
          // jump to the next that was not sent live
          const next = this.#unsent.above(seq)[0]?.[0]
          if (next === undefined || next > b) break
          seq = next
          continue
        }
        const from = this.#supply(journal, seq)
        if (from.length === 0) {
          const next = this.#nextHeld(journal, seq)
          if (next === undefined) break
          seq = next
          continue
        }
        // a chunk has no hole: its entries lie at their number's distance from its first
        for (let i = seq - (from[0] as Entry).seq; i < from.length && seq <= b && out.length < most; i++, seq++) {
          out.push(from[i] as Entry)
        }
      }
    }
    return out
  }

  /** Tells, retained, of every journal whose state has changed. */
  announce(): void {
    const states = [...this.#held.values()].map((journal) => this.#state(journal))
    const all = JSON.stringify(states.map(({ next, ...rest }) => (rest.closed ? { next, ...rest } : rest)))
    if (all === this.#announced) return
    this.#announced = all
    for (const state of states) this.#at.retain(topic.journal(state.journal), JSON.stringify(state))
  }

  /** Ends the journal in good order: all that is unconfirmed is on disk when this returns. */
  close(): void {
    this.#spillUnmarked()
    this.#saveMarks()
    this.#live.closed = true
    this.#at.disk.close(this.id, this.#live.next, false)
    this.announce()
    this.ending()
  }

  /** What a consumer has not even in memory, of the numbers below one. */
  #unconfirmed(consumer: Consumer, below: number): Range[] {
    const word = consumer.word(this.id)
    return (consumer.connected ? word.got : word.done).missing(this.#head.first, below - 1)
  }

  #state(journal: Held): JournalState {
    const first = Math.min(firstOf(journal.onDisk), journal === this.#live ? this.#head.first : journal.next)
    const there = new RangeSet([...journal.onDisk])
    if (journal === this.#live) there.addRange(this.#head.first, journal.next - 1)
    return {
      journal: journal.id,
      first,
      next: journal.next,
      closed: journal.closed,
      lost: there.missing(first, journal.next - 1),
      since: journal.since,
      ...(journal.cut ? { cut: true } : {}),
    }
  }

  #adopted(consumer: string, mark: Mark): boolean {
    const store = this.#at.disk.adopted(consumer)
    if (store === mark.store) return true
    if (store !== undefined && !mark.replaces?.includes(store)) return false
    if (store !== undefined)
      this.#at.log.warn(
        { consumer, store: mark.store, was: store },
        `${consumer} has a new store in place of a damaged one; it is adopted`,
      )
    this.#at.disk.adopt(consumer, mark.store)
    return true
  }

  /** Lets go of what every consumer has. */
  #release(journal: Held): void {
    const words = [...this.#consumers.values()].map((consumer) => consumer.word(journal.id).done)
    const done = Math.min(...words.map((word) => word.contiguous))
    for (const [a, b] of journal.onDisk.size > 0 ? this.#at.disk.chunks(journal.id, done) : []) {
      if (words.some((word) => word.missing(a, b).length > 0)) continue
      this.#at.disk.drop(journal.id, a)
      journal.onDisk.removeRange(a, b)
    }
    if (journal === this.#live) {
      this.#head.release(done + 1)
      this.#unsent.removeRange(1, done)
      if (this.#head.bytes < this.#at.limits.memory / 2) for (const resolve of this.#waiting.splice(0)) resolve()
    } else if (
      done >= journal.next - 1 &&
      [...this.#consumers.values()].every(
        (consumer) => consumer.heard(journal.id) && (!journal.cut || consumer.noted(journal.id)),
      )
    ) {
      this.#forget(journal)
    }
  }

  #forget(journal: Held): void {
    this.#at.disk.forget(journal.id)
    this.#held.delete(journal.id)
    for (const consumer of this.#consumers.values()) consumer.forget(journal.id)
    this.#at.retain(topic.journal(journal.id), '')
  }

  #spillUnmarked(): void {
    const words = [...this.#consumers.values()].map((consumer) => consumer.word(this.id).done)
    const first = Math.min(...words.map((word) => word.contiguous)) + 1
    this.#spill(first, this.#live.next - 1)
  }

  /** Writes what is not on disk yet of a range of this journal. */
  #spill(from: number, to: number): void {
    for (const [a, b] of this.#live.onDisk.missing(Math.max(from, this.#head.first), to)) {
      const entries = this.#head.slice(a, b)
      if (entries.length === 0) continue
      try {
        this.#at.disk.spill(this.id, entries)
      } catch (error) {
        this.#at.log.error({ err: error }, `the journal stays in memory only: ${messageOf(error)}`)
        return
      }
      this.#live.onDisk.addRange(a, b)
      this.counts.spilled += entries.length
    }
    this.#boundDisk()
  }

  /** Memory is full: the older half goes to disk, or, where there is no room either, the oldest go for good. */
  #makeRoom(): void {
    const middle = this.#head.first + Math.ceil((this.#head.next - this.#head.first) / 2)
    this.#spill(this.#head.first, middle - 1)
    const unsaved = this.#live.onDisk.missing(this.#head.first, middle - 1)
    for (const [a, b] of unsaved) this.#lose(b - a + 1, 'memory and disk are full')
    this.#head.release(middle)
  }

  #boundDisk(): void {
    const { disk, limits } = this.#at
    while (disk.bytes > limits.disk) {
      const oldest = [...this.#held.values()].find((journal) => journal.onDisk.size > 0)
      const chunk = oldest && disk.first(oldest.id)
      if (!oldest || !chunk) return
      disk.drop(oldest.id, chunk[0])
      oldest.onDisk.removeRange(chunk[0], chunk[1])
      const inMemory = oldest === this.#live ? Math.max(0, chunk[1] - Math.max(chunk[0], this.#head.first) + 1) : 0
      this.#lose(chunk[1] - chunk[0] + 1 - inMemory, 'the disk space of the journal is used up')
    }
  }

  #lose(count: number, why: string): void {
    if (count <= 0) return
    this.counts.lost += count
    this.#at.onLost?.(count)
    this.#at.log.error({ count, lost: this.counts.lost }, `the oldest readings are given up: ${why}`)
  }

  /** The entry of a number, with its neighbours where it lies on disk; nothing where it is gone. */
  #supply(journal: Held, seq: number): Entry[] {
    const here = journal === this.#live ? this.#head.get(seq) : undefined
    if (here) return [here]
    return journal.onDisk.has(seq) ? this.#at.disk.read(journal.id, seq) : []
  }

  /** The next number after one that is gone. */
  #nextHeld(journal: Held, seq: number): number | undefined {
    const onDisk = journal.onDisk.above(seq)[0]?.[0] ?? Number.POSITIVE_INFINITY
    const inMemory = journal === this.#live ? this.#head.first : Number.POSITIVE_INFINITY
    const next = Math.min(onDisk, inMemory > seq ? inMemory : Number.POSITIVE_INFINITY)
    return Number.isFinite(next) ? next : undefined
  }

  #saveMarks(): void {
    const rows = [...this.#consumers.values()].flatMap((consumer) =>
      [...this.#held.keys()].map((journal) => {
        const { done } = consumer.word(journal)
        const store = this.#at.disk.adopted(consumer.name) ?? ''
        return {
          consumer: consumer.name,
          journal,
          mark: { store, seq: done.contiguous, have: done.above(done.contiguous), got: [] },
        }
      }),
    )
    this.#at.disk.saveMarks(rows)
    this.#dirtyMarks = false
    this.#marksSaved = this.#at.clock.mono()
  }

  /** The number that was next `age` ms ago: all below are older. */
  #numberAt(age: number): number {
    const before = this.#at.clock.mono() - age
    let number = 1
    for (const moment of this.#moments) if (moment.mono <= before) number = moment.next
    return number
  }
}
