/**
 * How many readings of each device lie between two numbers of a journal, without reading them: counted by blocks of a
 * thousand as they are taken, and when what an earlier process left is read for the first time.
 *
 *   1 ───────── 1024 ───────── 2048 ────── next      a block: readings of each device, and between which times
 *
 * A block costs some hundred bytes, so a backlog of weeks costs a few megabytes; what nobody lacks any more is dropped.
 */
import { deviceOf } from '@habtwin/contract'
import type { Entry, Journal } from '../journal/index.ts'

/** Numbers of one block. */
export const BLOCK = 1_024

/** What a look at the disk costs beside its entries, in entries. */
const READ = 20
/** What it costs to add up a block that is known, in entries. */
const SUMMED = 10

/** The number of what is no reading. */
const NONE = -1

interface Block {
  /** Readings by the number of their device. */
  counts: Uint16Array
  from: number
  to: number
}

/** Readings by device, and between which times. */
export class Sum {
  readonly devices = new Map<string, number>()
  from = Number.POSITIVE_INFINITY
  to = Number.NEGATIVE_INFINITY

  add(device: string, count: number): void {
    if (count > 0) this.devices.set(device, (this.devices.get(device) ?? 0) + count)
  }

  span(from: number, to: number): void {
    this.from = Math.min(this.from, from)
    this.to = Math.max(this.to, to)
  }

  get count(): number {
    let n = 0
    for (const one of this.devices.values()) n += one
    return n
  }
}

export class DeviceIndex {
  readonly #journal: Pick<Journal, 'id' | 'next' | 'read'>
  readonly #journals = new Map<string, Map<number, Block>>()
  readonly #names: string[] = []
  /** By topic. */
  readonly #numbers = new Map<string, number>()

  constructor(journal: Pick<Journal, 'id' | 'next' | 'read'>) {
    this.#journal = journal
  }

  /** An entry was taken by this process: in order, and none is left out. */
  add(entry: Entry): void {
    this.#count(this.#block(this.#journal.id, Math.floor((entry.seq - 1) / BLOCK)), entry)
  }

  /**
   * Adds up what lies between two numbers; between two steps of it others have their turn, as it may read from disk:
   * each says what it cost, in entries.
   * @param there false for what is gone: of a block of which only a part is gone, that part in proportion
   */
  *sum(journal: string, a: number, b: number, there: boolean, into: Sum): Generator<number, void> {
    for (let seq = a; seq <= b; ) {
      const n = Math.floor((seq - 1) / BLOCK)
      const [first, last] = [n * BLOCK + 1, this.#lastOf(journal, n)]
      const end = Math.min(b, last)
      const known = this.#journals.get(journal)?.get(n)
      const whole = seq === first && end === last
      if (known && (whole || !there)) {
        this.#take(known, (seq - first) / (last - first + 1), (end - first + 1) / (last - first + 1), into)
        yield SUMMED
      } else if (there) yield* this.#read(journal, seq, end, whole ? n : undefined, into)
      seq = end + 1
    }
  }

  /** Lets go of what lies below a number of a journal, and of journals that are not among these. */
  prune(lowest: ReadonlyMap<string, number>): void {
    for (const [journal, blocks] of this.#journals) {
      const below = lowest.get(journal) ?? (journal === this.#journal.id ? this.#journal.next : undefined)
      if (below === undefined) this.#journals.delete(journal)
      else for (const n of blocks.keys()) if ((n + 1) * BLOCK < below) blocks.delete(n)
    }
  }

  /** Of the block that is being filled, what has been taken of it. */
  #lastOf(journal: string, n: number): number {
    const last = (n + 1) * BLOCK
    return journal === this.#journal.id ? Math.min(last, this.#journal.next - 1) : last
  }

  /** @param a where the part of the block begins that counts, of 0 … 1 */
  #take({ counts, from, to }: Block, a: number, b: number, into: Sum): void {
    for (const [number, count] of counts.entries())
      if (count > 0) into.add(this.#names[number] ?? '', Math.round(count * (b - a)))
    const at = (part: number) => Math.round(from + part * (to - from))
    if (from <= to) into.span(at(a), at(b))
  }

  /** @param whole the number of the block that this is all of */
  *#read(journal: string, a: number, b: number, whole: number | undefined, into: Sum): Generator<number, void> {
    const block: Block = { counts: new Uint16Array(this.#names.length), from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY } // biome-ignore format: one thought
    let seen = 0
    for (let seq = a; seq <= b; ) {
      const entries = this.#journal.read(journal, seq)
      for (const entry of entries) {
        if (entry.seq > b) break
        this.#count(block, entry)
        seen++
      }
      // what is gone meanwhile is found to be gone by the next look
      seq = Math.max(seq, entries.at(-1)?.seq ?? seq) + 1
      yield entries.length + READ
    }
    this.#take(block, 0, 1, into)
    if (whole !== undefined && seen === b - a + 1) this.#blocks(journal).set(whole, block)
  }

  #count(block: Block, { topic, payload }: Entry): void {
    const number = this.#numberOf(topic)
    if (number === NONE) return
    if (number >= block.counts.length) {
      const wider = new Uint16Array(number + 8)
      wider.set(block.counts)
      block.counts = wider
    }
    block.counts[number] = (block.counts[number] ?? 0) + 1
    const t = timeOf(payload)
    if (t === undefined) return
    block.from = Math.min(block.from, t)
    block.to = Math.max(block.to, t)
  }

  #block(journal: string, n: number): Block {
    const blocks = this.#blocks(journal)
    const block = blocks.get(n) ?? { counts: new Uint16Array(this.#names.length), from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY } // biome-ignore format: one thought
    blocks.set(n, block)
    return block
  }

  #blocks(journal: string): Map<number, Block> {
    const blocks = this.#journals.get(journal) ?? new Map<number, Block>()
    this.#journals.set(journal, blocks)
    return blocks
  }

  #numberOf(topic: string): number {
    const known = this.#numbers.get(topic)
    if (known !== undefined) return known
    const device = deviceOf(topic, 'reading')
    // each alert, event and result has a topic of its own: those are not remembered
    if (device === undefined) return NONE
    const number = this.#names.push(device) - 1
    this.#numbers.set(topic, number)
    return number
  }
}

/** `"t":` of a reading, which stands before anything that was given from outside; ms. Looked for without a parser. */
function timeOf(payload: string): number | undefined {
  const at = payload.indexOf('"t":')
  const t = at < 0 ? Number.NaN : Number.parseFloat(payload.slice(at + 4, at + 24))
  return Number.isFinite(t) ? t : undefined
}
