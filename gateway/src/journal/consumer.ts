/** What one consumer (the recorder, a bridge) has confirmed of each journal, and whether it is there. */
import type { Mark, Range } from '@habtwin/contract'
import { RangeSet } from '@habtwin/runtime'

/** A consumer's word on one journal. */
export interface Word {
  /** Durable, or passed over. */
  readonly done: RangeSet
  /** Durable or in its memory. */
  readonly got: RangeSet
}

const nothing: Word = { done: new RangeSet(), got: new RangeSet() }

/** Entries that were sent again and not yet confirmed. */
interface Sent {
  readonly journal: string
  readonly ranges: RangeSet
  /** Monotonic ms. */
  readonly at: number
}

/** `recorder`: at the other end of a socket. `bridge`: beyond a link that may be gone for weeks. */
export type ConsumerKind = 'recorder' | 'bridge'

export class Consumer {
  readonly name: string
  readonly kind: ConsumerKind
  /** True where it speaks for itself, by marks; else what it has is known here from acknowledgements. */
  readonly marks: boolean
  connected = false
  readonly #words = new Map<string, Word>()
  /** Journals of which it has spoken since it connected: only these are sent again. */
  readonly #heard = new Set<string>()
  /** Cut journals whose gap it has made durable. */
  readonly #noted = new Set<string>()
  #sent: Sent[] = []

  constructor(name: string, kind: ConsumerKind = 'recorder', marks = true) {
    this.name = name
    this.kind = kind
    this.marks = marks
  }

  /** Takes its word, which may also move back: a store that was restored from a backup has less than before. */
  hear(journal: string, mark: Pick<Mark, 'seq' | 'have' | 'got' | 'noted'>, live: boolean): void {
    if (mark.noted) this.#noted.add(journal)
    const done = new RangeSet(mark.have)
    if (mark.seq > 0) done.addRange(1, mark.seq)
    const got = new RangeSet(mark.got)
    got.addAll(done)
    this.#words.set(journal, { done, got })
    if (live) this.#heard.add(journal)
    this.#sent = this.#sent.filter((sent) => sent.journal !== journal || !covers(got, sent.ranges))
  }

  /** Notes for one that has no marks of its own that it has, or will never get, what is between two numbers. */
  confirm(journal: string, from: number, to: number): void {
    let word = this.#words.get(journal)
    if (word === undefined) {
      const done = new RangeSet()
      word = { done, got: done }
      this.#words.set(journal, word)
    }
    word.done.addRange(from, to)
    if (word.got !== word.done) word.got.addRange(from, to)
  }

  /** What it last said; nothing where it never spoke. */
  word(journal: string): Word {
    return this.#words.get(journal) ?? nothing
  }

  heard(journal: string): boolean {
    return !this.marks || (this.connected && this.#heard.has(journal))
  }

  /** True where it has told, durably, what the end of a cut journal lacks. */
  noted(journal: string): boolean {
    return !this.marks || this.#noted.has(journal)
  }

  forget(journal: string): void {
    this.#noted.delete(journal)
    this.#words.delete(journal)
    this.#heard.delete(journal)
    this.#sent = this.#sent.filter((sent) => sent.journal !== journal)
  }

  /** It has gone: what it had only in memory is gone with it. */
  disconnect(): void {
    this.connected = false
    this.#heard.clear()
    this.#sent = []
    for (const [journal, word] of this.#words)
      this.#words.set(journal, { done: word.done, got: new RangeSet([...word.done]) })
  }

  /** @param at monotonic ms */
  sent(journal: string, ranges: RangeSet, at: number): void {
    this.#sent.push({ journal, ranges, at })
  }

  /** How many entries are under way; those sent before `since` (monotonic ms) count as lost on the way. */
  underWay(since: number): number {
    this.#sent = this.#sent.filter((sent) => sent.at >= since)
    return this.#sent.reduce((n, sent) => n + sent.ranges.count, 0)
  }

  /** What of a journal it lacks between two numbers and is not under way. */
  lacks(journal: string, from: number, to: number): Range[] {
    const { got } = this.word(journal)
    const sent = this.#sent.filter((one) => one.journal === journal)
    if (sent.length === 0) return got.missing(from, to)
    const flying = new RangeSet()
    for (const one of sent) flying.addAll(one.ranges)
    return got.missing(from, to).flatMap(([a, b]) => flying.missing(a, b))
  }
}

function covers(set: RangeSet, part: RangeSet): boolean {
  for (const [a, b] of part) if (set.missing(a, b).length > 0) return false
  return true
}
