/** What the recorder has of one journal: what is durable, what is only in memory, what will never come. */
import type { JournalState, Mark, Range } from '@habtwin/contract'
import { RangeSet } from '@habtwin/runtime'

/** How many moments are remembered, to say later between which times a hole lies. */
const MOMENTS = 4_096

export class Tracker {
  readonly journal: string
  /** Durable, or passed over for good. */
  readonly done = new RangeSet()
  /** In memory, not durable: readings, and what is passed over. */
  #got = new RangeSet()
  state: JournalState | undefined
  /** Devices seen in this journal: time of their first and last reading here, ms. */
  readonly devices = new Map<string, { first: number; last: number }>()
  /** True where the gateway has not been told yet. */
  changed = true
  /** True where the next commit changes what is durable. */
  unsaved = false
  /** True once it is durable that the journal was cut, with the gaps that this left. */
  noted = false
  readonly #moments: { seq: number; t: number }[] = []

  constructor(journal: string, done: readonly Range[] = []) {
    this.journal = journal
    this.done.addAll(done)
  }

  /** Takes a number; false where it was had before. */
  take(seq: number): boolean {
    if (this.done.has(seq) || !this.#got.add(seq)) return false
    this.changed = true
    this.unsaved = true
    return true
  }

  has(seq: number): boolean {
    return this.done.has(seq) || this.#got.has(seq)
  }

  /** A number that is known and will not be stored: refused, or lost. */
  pass(a: number, b: number): void {
    // durable only with the commit that tells its gap: until then it is had in memory, like a reading
    this.#got.addRange(a, b)
    this.changed = true
    this.unsaved = true
  }

  /** What would be durable if everything in memory were committed now. */
  afterCommit(): Pick<Mark, 'seq' | 'have'> {
    const all = new RangeSet([...this.done])
    all.addAll(this.#got)
    return { seq: all.contiguous, have: all.above(all.contiguous) }
  }

  /** The commit has succeeded. */
  committed(): void {
    this.unsaved = false
    if (this.#got.size === 0) return
    this.done.addAll(this.#got)
    this.#got = new RangeSet()
    this.changed = true
  }

  get uncommitted(): boolean {
    return this.#got.size > 0
  }

  mark(): Pick<Mark, 'seq' | 'have' | 'got' | 'noted'> {
    const seq = this.done.contiguous
    const said = { seq, have: this.done.above(seq), got: this.#got.above(seq) }
    return this.noted ? { ...said, noted: true } : said
  }

  /** A reading of a device was taken. @param t ms */
  seen(device: string, t: number): void {
    const span = this.devices.get(device)
    if (span === undefined) this.devices.set(device, { first: t, last: t })
    else if (t > span.last) span.last = t
    else if (t < span.first) span.first = t
  }

  /** What the gateway says it can no longer supply, and this side does not have. */
  unobtainable(): Range[] {
    const { state } = this
    if (state === undefined) return []
    const there = new RangeSet([...this.done])
    there.addAll(this.#got)
    const holes = there.missing(1, Math.min(state.first, state.next) - 1)
    for (const [a, b] of state.lost) holes.push(...there.missing(a, b))
    return holes
  }

  /** True once nothing more can come of it. */
  get complete(): boolean {
    return this.state?.closed === true && this.done.contiguous >= this.state.next - 1
  }

  /** Remembers where the journal stood at a time of its data. */
  moment(t: number): void {
    const seq = Math.max(this.done.max, this.#got.max)
    if (this.#moments.at(-1)?.seq === seq) return
    this.#moments.push({ seq, t })
    if (this.#moments.length > MOMENTS) this.#moments.splice(0, MOMENTS / 4)
  }

  /** Between which times a range of numbers was given, as closely as is known. */
  span([a, b]: Range, now: number): { from: number; to: number } {
    // devices are asked side by side, so a reading may be a little older than one that was numbered before it: the
    // moment before the last one that is surely earlier
    const before = this.#moments[this.#moments.findLastIndex((moment) => moment.seq < a) - 1]
    const after = this.#moments.find((moment) => moment.seq > b)
    return { from: before?.t ?? this.state?.since ?? now, to: after?.t ?? now }
  }
}
