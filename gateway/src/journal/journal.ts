/**
 * The gateway's journal: every reading, alert, result and event gets a number here before anything else happens
 * to it, and stays until every consumer has confirmed that it is durable there.
 *
 *   append ─► head (memory) ─────────────► released once all consumers' marks have passed
 *                │ not confirmed after a tick, or the recorder has gone; by a bridge, after 1,000 or 15 s
 *                ▼
 *              chunks (disk) ────────────► dropped once all marks have passed
 *
 * Its id is new at every start, so a number that was given but never reached a disk is never given again. The
 * journals of earlier processes are only drained.
 */
import { randomBytes } from 'node:crypto'
import { type Mark, type Range, topic } from '@habtwin/contract'
import { type Clock, type Log, RangeSet } from '@habtwin/runtime'
import { Consumer } from './consumer.ts'
import { type Entry, isUrgent, type JournalDisk } from './disk.ts'
import { type Held, held, highest } from './held.ts'
import { Moments } from './moments.ts'
import { SavedMarks } from './saved-marks.ts'
import { Stock, type StockLimits } from './stock.ts'
import type { Tail } from './tail.ts'
import { takeUp } from './takeup.ts'

export interface JournalLimits extends StockLimits {
  /** ms: an entry that is older than this is confirmed or on disk. */
  readonly tick: number
}

export interface JournalContext {
  readonly disk: JournalDisk
  readonly clock: Clock
  readonly log: Log
  /** Names of those whose confirmation is waited for: recorders … */
  readonly consumers: readonly string[]
  /** … and bridges; `marks` where the far side says itself what it has. */
  readonly bridges?: readonly { readonly name: string; readonly marks: boolean }[]
  /** Keeps for bridges what a kill would take, until it is on disk. */
  readonly tail?: Tail | undefined
  /** Told of each entry as it is taken, and whether it is published live. */
  readonly onEntry?: (entry: Entry, live: boolean) => void
  readonly limits: JournalLimits
  /** Publishes a retained message on a relative topic; an empty payload clears it. */
  readonly retain: (topic: string, payload: string) => void
  /** Told when entries had to be given up. */
  readonly onLost?: (count: number) => void
}

/** How long after its live message an entry is sent again, ms: what is under way must not be doubled. */
const PATIENCE = 2_000
/** What a bridge has not confirmed is written after this many entries or ms: each commit costs flash. */
const BRIDGE_ENTRIES = 1_000
const BRIDGE_WAIT = 15_000

export class Journal {
  readonly id = randomBytes(16).toString('hex')
  readonly #at: JournalContext
  readonly #consumers: ReadonlyMap<string, Consumer>
  readonly #stock: Stock
  /** Entries of this journal that were not sent live: late ones, and those skipped under load. */
  readonly #unsent = new RangeSet()
  readonly #moments: Moments
  readonly #marks: SavedMarks
  /** What bridges have confirmed since the last tick. */
  readonly #confirmed = new Map<Held, RangeSet>()
  #announced = ''
  #waiting: (() => void)[] = []
  #ending = false
  readonly #counts = { appended: 0, refusedMarks: 0 }

  constructor(context: JournalContext) {
    this.#at = context
    this.#moments = new Moments(Math.max(2 * PATIENCE + context.limits.tick, BRIDGE_WAIT))
    this.#marks = new SavedMarks(context.disk)
    this.#consumers = new Map([
      ...context.consumers.map((name): [string, Consumer] => [name, new Consumer(name)]),
      ...(context.bridges ?? []).map((one): [string, Consumer] => [
        one.name,
        new Consumer(one.name, 'bridge', one.marks),
      ]),
    ])
    this.#stock = new Stock(held(this.id, context.clock.now()), context)
  }

  /** Makes the journal known on disk, takes up those of earlier processes, and tells both. */
  start(): void {
    const { disk, tail, log } = this.#at
    const { live } = this.#stock
    const { journals, unsaved } = takeUp({ disk, tail, log, consumers: this.#consumers, id: this.id })
    for (const [id, earlier] of journals) this.#stock.journals.set(id, earlier)
    if (unsaved) this.#saveMarks()
    tail?.done()
    for (const earlier of journals.values()) {
      disk.close(earlier.id, earlier.next, earlier.cut)
      this.#release(earlier)
    }
    disk.begin(this.id, live.since)
    this.#stock.journals.set(this.id, live)
    this.announce()
  }

  /** One of those whose confirmation is waited for. */
  consumer(name: string): Consumer | undefined {
    return this.#consumers.get(name)
  }

  /** Every journal that is still held, oldest first. */
  get journals(): Iterable<Readonly<Pick<Held, 'id' | 'next' | 'since' | 'urgent'>>> {
    return this.#stock.journals.values()
  }

  /** The number of the next entry. */
  get next(): number {
    return this.#stock.live.next
  }

  /** True where nothing below a number is lost with this process: every consumer has it, or the disk. */
  isSafe(below: number): boolean {
    return [...this.#consumers.values()].every((consumer) =>
      this.#unconfirmed(consumer, below).every(([a, b]) => this.#stock.live.onDisk.missing(a, b).length === 0),
    )
  }

  get bytes(): { readonly memory: number; readonly disk: number } {
    return this.#stock.bytes
  }

  get counts(): Readonly<Record<'appended' | 'refusedMarks' | 'spilled' | 'lost', number>> {
    return { ...this.#counts, ...this.#stock.counts }
  }

  /**
   * Takes an entry.
   * @param relative topic below `hab/{habitat}/`
   * @param body the message, to which the journal's id and number are added
   * @param live false where it will not be published at once (late data): it is sent again without waiting
   */
  append(relative: string, body: object, live = true): Entry {
    const own = this.#stock.live
    const seq = own.next++
    const entry = { seq, topic: relative, payload: JSON.stringify({ journal: this.id, seq, ...body }) }
    this.#counts.appended++
    this.#at.tail?.add(entry)
    if (!live) this.#unsent.add(seq)
    if (isUrgent(relative)) own.urgent.add(seq)
    this.#stock.push(entry)
    this.#at.onEntry?.(entry, live)
    return entry
  }

  /** An entry was not published live after all. */
  skipped(seq: number): void {
    if (seq >= this.#stock.head.first) this.#unsent.addRange(seq, seq)
  }

  /** Writes what lies between two numbers at once. @returns false where the disk did not take all of it */
  secure(from: number, to: number): boolean {
    const { live } = this.#stock
    this.#stock.spill(from, to)
    return live.onDisk
      .missing(from, to)
      .every(([a, b]) =>
        [...this.#consumers.values()].every((consumer) => consumer.word(this.id).done.missing(a, b).length === 0),
      )
  }

  /** Resolves when there is room for a burst: for sources that can wait, such as a recording. */
  async room(): Promise<void> {
    if (this.#ending || this.#stock.isRoomy) return
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The process is about to end: nobody waits for room any more, for the recorder may be gone for good. */
  ending(): void {
    this.#ending = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Four times a tick: what is unconfirmed goes to disk, so that nothing older than a tick is in memory only. */
  tick(): void {
    for (const consumer of this.#consumers.values()) this.#spillFor(consumer)
    this.#moments.note(this.#at.clock.mono(), this.#stock.live.next)
    for (const [journal, ranges] of [...this.#confirmed]) this.#release(journal, ranges)
    this.#confirmed.clear()
    this.#shed()
    if (this.#marks.isDue(this.#at.clock.mono())) this.#saveMarks()
    this.#at.tail?.tick(
      (below) => this.isSafe(below),
      () => this.#marks.changed && this.#saveMarks(),
    )
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
    // links come and go
    if (consumer.kind === 'recorder') this.#spillUnmarked()
  }

  /** A consumer without marks of its own has what is between two numbers, or will never get it. */
  confirm(name: string, id: string, from: number, to: number): void {
    const journal = this.#stock.journals.get(id)
    if (journal === undefined) return
    this.#consumers.get(name)?.confirm(id, from, to)
    this.#at.tail?.confirm(name, id, from, to)
    this.#marks.changed = true
    const ranges = this.#confirmed.get(journal) ?? new RangeSet()
    ranges.addRange(from, to)
    this.#confirmed.set(journal, ranges)
  }

  /**
   * A consumer's mark.
   * @returns why it was refused, or undefined
   */
  mark(name: string, id: string, mark: Mark): string | undefined {
    const refuse = (why: string) => {
      this.#counts.refusedMarks++
      return why
    }
    const consumer = this.#consumers.get(name)
    if (!consumer?.marks) return refuse(`there is no consumer ${name} in the configuration that has marks`)
    const journal = this.#stock.journals.get(id)
    if (journal === undefined) return undefined // long drained, or not ours
    if (!this.#adopted(name, mark)) return refuse(`store ${mark.store} was not adopted`)
    if (highest(mark) >= journal.next) {
      if (!journal.cut) return refuse(`it confirms ${highest(mark)}, but only ${journal.next - 1} were given`)
      // nobody else knows how far a process came that was killed
      journal.next = highest(mark) + 1
    }
    consumer.connected = true
    const before = consumer.word(id).done
    consumer.hear(id, mark, true)
    this.#marks.changed = true
    this.#release(
      journal,
      [...consumer.word(id).done].flatMap(([a, b]) => before.missing(a, b)),
    )
    this.#shed()
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
    const journal = this.#stock.journals.get(id)
    if (journal === undefined) return []
    const old = journal === this.#stock.live ? this.#numberAt(PATIENCE) : journal.next
    const out: Entry[] = []
    for (const [a, b] of consumer.lacks(id, 1, journal.next - 1)) {
      for (let seq = a; seq <= b && out.length < most; ) {
        if (seq >= old && !this.#unsent.has(seq)) {
          // jump to the next that was not sent live
          const next = this.#unsent.firstFrom(seq)
          if (next > b) break
          seq = next
          continue
        }
        const from = this.#stock.supply(journal, seq)
        if (from.length === 0) {
          const next = this.#stock.nextHeld(journal, seq)
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

  /** The entry of a number and those after it that are at hand; nothing where it is gone. */
  read(id: string, seq: number): readonly Entry[] {
    const journal = this.#stock.journals.get(id)
    if (journal === undefined) return []
    const entries = this.#stock.supply(journal, seq)
    const skip = seq - (entries[0]?.seq ?? seq)
    return skip === 0 ? entries : entries.slice(skip)
  }

  /** The one entry of a number. */
  entry(id: string, seq: number): Entry | undefined {
    const journal = this.#stock.journals.get(id)
    const entries = journal === undefined ? [] : this.#stock.supply(journal, seq)
    return entries[seq - (entries[0]?.seq ?? seq)]
  }

  /** The numbers around one that is gone, of those between two, that are gone as well. */
  gone(id: string, seq: number, from: number, to: number): Range {
    const journal = this.#stock.journals.get(id)
    if (journal === undefined) return [from, to]
    const above = this.#stock.nextHeld(journal, seq) ?? journal.next
    return [Math.max(from, journal.onDisk.lastUpTo(seq) + 1), Math.min(to, above - 1)]
  }

  /** Tells, retained, of every journal whose state has changed. */
  announce(): void {
    const states = [...this.#stock.journals.values()].map((journal) => this.#stock.state(journal))
    const all = JSON.stringify(states.map(({ next, ...rest }) => (rest.closed ? { next, ...rest } : rest)))
    if (all === this.#announced) return
    this.#announced = all
    for (const state of states) this.#at.retain(topic.journal(state.journal), JSON.stringify(state))
  }

  /** Ends the journal in good order: all that is unconfirmed is on disk when this returns. */
  close(): void {
    this.#spillUnmarked()
    this.#saveMarks()
    this.#stock.live.closed = true
    // what a full disk did not take is found in memory by the next process
    if (this.isSafe(this.#stock.live.next)) this.#at.tail?.done()
    this.#at.disk.close(this.id, this.#stock.live.next, false)
    this.announce()
    this.ending()
  }

  /** What a consumer has not even in memory, of the numbers below one. */
  #unconfirmed(consumer: Consumer, below: number): Range[] {
    const word = consumer.word(this.id)
    return (consumer.connected ? word.got : word.done).missing(this.#stock.head.first, below - 1)
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

  /**
   * Lets go of what every consumer has: what lies below all marks, and of the ranges that were just confirmed, so that
   * a backlog that goes newest first makes room as it goes. The cost does not grow with what is held.
   */
  #release(journal: Held, ranges: Iterable<Range> = []): void {
    const words = [...this.#consumers.values()].map((consumer) => consumer.word(journal.id).done)
    const done = Math.min(...words.map((word) => word.contiguous))
    this.#stock.drop(journal, [...ranges, [1, done]], ([a, b]) =>
      words.every((word) => word.missing(a, b).length === 0),
    )
    journal.urgent.removeRange(1, done)
    if (journal === this.#stock.live) {
      this.#unsent.removeRange(1, done)
    } else if (
      done >= journal.next - 1 &&
      [...this.#consumers.values()].every(
        (consumer) => consumer.heard(journal.id) && (!journal.cut || consumer.noted(journal.id)),
      )
    ) {
      this.#forget(journal)
    }
  }

  /** Lets go of memory: what recorders have made durable, and bridges have, or can be given from disk. */
  #shed(): void {
    const { live, head } = this.#stock
    const recorders = [...this.#consumers.values()].filter(({ kind }) => kind === 'recorder')
    let below = Math.min(live.next, ...recorders.map((one) => one.word(this.id).done.contiguous + 1))
    for (const consumer of this.#consumers.values()) {
      if (consumer.kind === 'recorder' || below <= head.first) continue
      for (const [a, b] of consumer.word(this.id).done.missing(head.first, below - 1)) {
        const first = live.onDisk.freeFrom(a)
        if (first > b) continue
        below = first
        break
      }
    }
    head.release(below)
    if (this.#stock.isRoomy) for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #forget(journal: Held): void {
    this.#at.disk.forget(journal.id)
    this.#stock.journals.delete(journal.id)
    for (const consumer of this.#consumers.values()) consumer.forget(journal.id)
    this.#at.retain(topic.journal(journal.id), '')
  }

  #spillUnmarked(): void {
    const words = [...this.#consumers.values()].map((consumer) => consumer.word(this.id).done)
    const first = Math.min(...words.map((word) => word.contiguous)) + 1
    this.#stock.spill(first, this.#stock.live.next - 1)
  }

  /** What is old enough and not confirmed goes to disk: at once for a recorder, a chunk at a time for a bridge. */
  #spillFor(consumer: Consumer): void {
    const missing = this.#unconfirmed(consumer, this.#numberAt(this.#at.limits.tick / 2))
    const first = missing[0]
    const last = missing.at(-1)
    if (first === undefined || last === undefined) return
    const atOnce = consumer.kind === 'recorder' || this.#at.tail?.ok !== true
    const unsaved = missing.flatMap(([a, b]) => this.#stock.live.onDisk.missing(a, b))
    const count = unsaved.reduce((n, [a, b]) => n + b - a + 1, 0)
    const oldest = unsaved[0]?.[0] ?? Number.POSITIVE_INFINITY
    if (atOnce) this.#stock.spill(first[0], last[1])
    else if (count >= BRIDGE_ENTRIES || oldest < this.#numberAt(BRIDGE_WAIT)) this.#stock.spill(oldest, last[1])
  }

  #saveMarks(): void {
    this.#marks.save(this.#consumers.values(), this.#stock.journals.keys(), this.#at.clock.mono())
  }

  /** The number that was next `age` ms ago: all below are older. */
  #numberAt(age: number): number {
    return this.#moments.numberAt(this.#at.clock.mono() - age)
  }
}
