/**
 * What of the journal has yet to cross a bridge: lacking, not under way, and not waiting to go live.
 *
 *   1 ──────────────────────────────── next          done: confirmed · away: sent, not confirmed
 *   done done ░░░░░ away ░░░░░ done ░░ live          ░: what this finds, oldest or newest first
 *
 * Each step is a look-up in ranges: its cost does not grow with the backlog.
 */
import { type Clock, RangeSet } from '@habtwin/runtime'
import type { Entry, Journal } from '../journal/index.ts'

export interface LedgerParts {
  readonly journal: Journal
  readonly name: string
  readonly clock: Clock
  /** True where the far side says itself what it has; else what is acknowledged is done. */
  readonly marks: boolean
  readonly newestFirst: boolean
  /** Numbers of this process's journal that wait to go live. */
  readonly live: RangeSet
}

/** A place in a journal. */
export interface Place {
  readonly journal: string
  readonly seq: number
}

interface Sent {
  readonly journal: string
  readonly from: number
  to: number
  /** Monotonic ms. */
  readonly at: number
}

/** What was sent within this time is remembered as one, ms. */
const TOGETHER = 50

/** Urgent entries that are counted at most, when it is told how many wait. */
const COUNTED = 10_000

export class Ledger {
  readonly #at: LedgerParts
  /** Sent and not confirmed, by journal. */
  readonly #away = new Map<string, RangeSet>()
  /** Given up: they are nowhere any more. */
  readonly #gone = new Map<string, RangeSet>()
  readonly #aside = new Map<string, RangeSet>()
  /** Urgent entries below are done or under way. */
  readonly #urgentFrom = new Map<string, number>()
  /** In the order of sending, where marks tell: what is not confirmed after long is sent again. */
  #sent: Sent[] = []
  /** Entries that were given up before they could cross, and that were sent again. */
  readonly counts = { gaps: 0, again: 0 }

  readonly #tables = [this.#away, this.#gone, this.#aside]

  constructor(parts: LedgerParts) {
    this.#at = parts
  }

  /** Entries that were sent and are not confirmed. */
  get away(): number {
    let n = 0
    for (const ranges of this.#away.values()) n += ranges.count
    return n
  }

  lacks(journal: string, seq: number): boolean {
    return ![this.#done(journal), ...this.#tables.map((table) => this.#of(table, journal))].some((set) => set.has(seq))
  }

  /**
   * Whether it may be told what to send: one that has marks must have spoken of a journal first, unless that was begun by
   * this process. Of that it has nothing but what it was sent, and its word may be a light time away.
   */
  #speaks(journal: string): boolean {
    return journal === this.#at.journal.id || this.#at.journal.consumer(this.#at.name)?.heard(journal) === true
  }

  /** The next urgent entry, oldest first. */
  nextUrgent(): (Place & { readonly entry: Entry }) | undefined {
    for (const { id, urgent } of [...this.#at.journal.journals]) {
      if (!this.#speaks(id)) continue
      let seq = urgent.firstFrom(this.#urgentFrom.get(id) ?? 1)
      for (; Number.isFinite(seq); seq = urgent.firstFrom(seq + 1)) {
        this.#urgentFrom.set(id, seq)
        if (!this.lacks(id, seq)) continue
        const entry = this.#at.journal.entry(id, seq)
        if (entry) return { journal: id, seq, entry }
        this.#giveUp(id, seq, seq)
      }
    }
    return undefined
  }

  /** The next entry of the backlog; it and some after it lie in `read` of the journal. */
  nextBacklog(): (Place & { readonly entry: Entry }) | undefined {
    const journals = [...this.#at.journal.journals]
    for (const { id, next } of this.#at.newestFirst ? journals.reverse() : journals) {
      if (!this.#speaks(id)) continue
      for (;;) {
        const seq = this.#at.newestFirst ? this.#highest(id, next - 1) : this.#lowest(id, next - 1)
        if (seq === undefined) break
        const entry = this.#at.journal.entry(id, seq)
        if (entry) return { journal: id, seq, entry }
        const [a, b] = this.#at.journal.gone(id, seq, 1, next - 1)
        for (const [x, y] of this.#done(id).missing(a, b)) this.#giveUp(id, x, y)
      }
    }
    return undefined
  }

  /** How many entries from one on go together, so many at most: those after it, or, newest first, those before it. */
  run({ journal, seq }: Place, most: number): readonly [from: number, to: number] {
    let [from, to] = [seq, seq]
    const free = (n: number) => this.lacks(journal, n) && !this.#waitsLive(journal, n)
    if (this.#at.newestFirst) while (to - from + 1 < most && from > 1 && free(from - 1)) from--
    else while (to - from + 1 < most && free(to + 1)) to++
    return [from, to]
  }

  /** Entries are on their way. */
  send(journal: string, from: number, to: number): void {
    this.#ranges(this.#away, journal).addRange(from, to)
    if (!this.#at.marks) return
    const now = this.#at.clock.mono()
    const last = this.#sent.at(-1)
    if (last?.journal === journal && last.to + 1 === from && now - last.at < TOGETHER) last.to = to
    else this.#sent.push({ journal, from, to, at: now })
  }

  /** The other side has taken them. */
  confirm(journal: string, from: number, to: number): void {
    this.#ranges(this.#away, journal).removeRange(from, to)
    this.#at.journal.confirm(this.#at.name, journal, from, to)
  }

  /** They did not arrive. */
  fail(journal: string, from: number, to: number): void {
    this.#ranges(this.#away, journal).removeRange(from, to)
    this.#urgentFrom.delete(journal)
  }

  /** The far side has said what it has of a journal. @returns how many of those under way it has */
  marked(journal: string): number {
    const away = this.#away.get(journal)
    const before = away?.count ?? 0
    if (away === undefined || before === 0) return 0
    for (const [a, b] of this.#at.journal.consumer(this.#at.name)?.word(journal).got ?? []) away.removeRange(a, b)
    return before - away.count
  }

  /** What was sent so long ago and is not confirmed got lost on the way, ms. @returns how much of it */
  overdue(after: number): number {
    const before = this.#at.clock.mono() - after
    let lost = 0
    while (this.#sent[0] !== undefined && this.#sent[0].at < before) {
      const { journal, from, to } = this.#sent.shift() as Sent
      const away = this.#ranges(this.#away, journal)
      const missing = to - from + 1 - away.missing(from, to).reduce((n, [a, b]) => n + b - a + 1, 0)
      if (missing === 0) continue
      lost += missing
      this.fail(journal, from, to)
    }
    this.counts.again += lost
    return lost
  }

  /** The connection is gone, and all that was under way with it. */
  clear(): void {
    this.#away.clear()
    this.#urgentFrom.clear()
    this.#sent = []
  }

  /** The other side does not take an entry now: it stays, and does not hold up the rest. */
  setAside(journal: string, seq: number): void {
    this.#ranges(this.#aside, journal).addRange(seq, seq)
  }

  /** What was set aside is tried again. */
  tryAgain(): void {
    this.#aside.clear()
    this.#urgentFrom.clear()
  }

  /** How many entries wait, of which urgent, and where the oldest is. */
  waiting(): { readonly all: number; readonly urgent: number; readonly oldest: Place | undefined } {
    let [all, urgentCount] = [0, 0]
    let oldest: Place | undefined
    const there = new Set<string>()
    for (const { id, next, urgent } of this.#at.journal.journals) {
      there.add(id)
      const done = this.#done(id)
      const holes = done.missing(1, next - 1)
      const lacking = holes.reduce((n, [a, b]) => n + b - a + 1, 0)
      all += lacking - this.#of(this.#away, id).count - this.#of(this.#gone, id).count
      const seq = this.#lowest(id, next - 1)
      if (oldest === undefined && seq !== undefined) oldest = { journal: id, seq }
      for (let s = urgent.firstFrom(1); Number.isFinite(s) && urgentCount < COUNTED; s = urgent.firstFrom(s + 1)) {
        if (done.has(s)) s = done.freeFrom(s) - 1
        else if (this.lacks(id, s)) urgentCount++
      }
    }
    for (const table of this.#tables) for (const id of table.keys()) if (!there.has(id)) table.delete(id)
    return { all: Math.max(0, all), urgent: urgentCount, oldest }
  }

  #giveUp(journal: string, from: number, to: number): void {
    this.counts.gaps += to - from + 1
    if (this.#at.marks) this.#ranges(this.#gone, journal).addRange(from, to)
    else this.#at.journal.confirm(this.#at.name, journal, from, to)
  }

  #lowest(id: string, last: number): number | undefined {
    const sets = this.#sets(id)
    let seq = this.#done(id).contiguous + 1
    for (let was = 0; was !== seq; ) {
      was = seq
      for (const set of sets) seq = set.freeFrom(seq)
    }
    return seq <= last ? seq : undefined
  }

  #highest(id: string, last: number): number | undefined {
    const sets = this.#sets(id)
    let seq = last
    for (let was = -1; was !== seq; ) {
      was = seq
      for (const set of sets) seq = set.freeUpTo(seq)
    }
    return seq >= 1 ? seq : undefined
  }

  #sets(id: string): RangeSet[] {
    const sets = [this.#done(id), ...this.#tables.map((table) => this.#of(table, id))]
    return id === this.#at.journal.id ? [...sets, this.#at.live] : sets
  }

  #waitsLive(id: string, seq: number): boolean {
    return id === this.#at.journal.id && this.#at.live.has(seq)
  }

  /** What it has: in its store, or in the memory of its recorder. */
  #done(id: string): RangeSet {
    return this.#at.journal.consumer(this.#at.name)?.word(id).got ?? none
  }

  #of(table: ReadonlyMap<string, RangeSet>, id: string): RangeSet {
    return table.get(id) ?? none
  }

  #ranges(table: Map<string, RangeSet>, id: string): RangeSet {
    const ranges = table.get(id) ?? new RangeSet()
    table.set(id, ranges)
    return ranges
  }
}

const none = new RangeSet()
