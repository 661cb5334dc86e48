/**
 * What is under way to the other end, in order, each with the moment at which it is there:
 *
 *   push ─► tail ─► packed (deflated, many in one) ─► head ─► shift
 *
 * Twenty minutes of readings are many: those that are not due soon are packed together, to a tenth of their size.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Done, Message } from '../channel.ts'

export interface Held {
  readonly message: Message
  readonly done: Done
  /** When it is there, monotonic ms. */
  readonly at: number
}

interface Packed {
  /** Topic, payload, retain of each; payloads that are no text are in base64. */
  readonly deflated: Buffer
  readonly dones: readonly Done[]
  readonly ats: readonly number[]
}

/** Messages in a pack, and memory that is worth one, bytes. */
const MANY = 256
const MUCH = 65_536
/** What is due sooner is not packed, ms. */
const SOON = 5_000
/** A message takes about so much beside its letters, and one in a pack, bytes. */
const EACH = 200
const EACH_PACKED = 150

export class UnderWay {
  #head: Held[] = []
  #packed: Packed[] = []
  #tail: Held[] = []
  #tailBytes = 0
  #count = 0
  #bytes = 0

  /** How many messages are under way. */
  get count(): number {
    return this.#count
  }

  /** Memory that they take, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** @param now monotonic ms */
  push(held: Held, now: number): void {
    this.#tail.push(held)
    this.#count++
    this.#bytes += sizeOf(held)
    this.#tailBytes += sizeOf(held)
    const isMuch = this.#tail.length >= MANY || this.#tailBytes >= MUCH
    if (isMuch && (this.#tail[0] as Held).at - now > SOON) this.#pack()
  }

  /** The first, which stays. */
  first(): Held | undefined {
    if (this.#head.length === 0) this.#unpack()
    return this.#head[0]
  }

  /** Takes the first away. */
  shift(): void {
    const held = this.#head.shift()
    if (held === undefined) return
    this.#count--
    this.#bytes -= sizeOf(held)
  }

  /** Takes all away, in order. */
  drain(): Held[] {
    const all: Held[] = []
    for (let held = this.first(); held !== undefined; held = this.first()) {
      all.push(held)
      this.shift()
    }
    return all
  }

  #pack(): void {
    const all = this.#tail
    const before = this.#tailBytes
    this.#tail = []
    this.#tailBytes = 0
    const rows = all.map(({ message: { topic, payload, retain } }) => [
      topic,
      typeof payload === 'string' ? payload : payload.toString('base64'),
      retain,
      typeof payload === 'string',
    ])
    const deflated = deflateRawSync(JSON.stringify(rows), { level: 1 })
    this.#packed.push({ deflated, dones: all.map(({ done }) => done), ats: all.map(({ at }) => at) })
    this.#bytes += deflated.length + all.length * EACH_PACKED - before
  }

  #unpack(): void {
    const pack = this.#packed.shift()
    if (pack === undefined) {
      this.#head = this.#tail
      this.#tail = []
      this.#tailBytes = 0
      return
    }
    const rows = JSON.parse(inflateRawSync(pack.deflated).toString()) as [string, string, boolean, boolean][]
    this.#head = rows.map(([topic, text, retain, isText], i) => ({
      message: { topic, payload: isText ? text : Buffer.from(text, 'base64'), retain },
      done: pack.dones[i] as Done,
      at: pack.ats[i] as number,
    }))
    this.#bytes += this.#head.reduce((sum, held) => sum + sizeOf(held), 0) - pack.deflated.length - rows.length * EACH_PACKED // biome-ignore format: one thought
  }
}

function sizeOf({ message: { topic, payload } }: Held): number {
  return EACH + topic.length + payload.length
}
