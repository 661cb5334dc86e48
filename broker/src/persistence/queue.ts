/**
 * What waits for one session, in order: messages not sent, and those sent that were not acknowledged. Each is found
 * by its number in the broker, in the journal or on the wire at once, however many there are.
 */
import { type Properties, propertyBytes } from '../properties.ts'
import type { Pending } from './journal.ts'

/** A message, or the PUBREL that took its place (MQTT 3.1.1, section 4.3.3). */
export interface Packet {
  cmd: string
  brokerId?: string | undefined
  brokerCounter: number
  topic: string
  payload: Buffer | string
  qos: number
  retain: boolean
  dup: boolean
  messageId?: number | undefined
  /** Of MQTT 5. */
  properties?: Properties | undefined
}

/** What the journal was told of a message. */
export interface Kept {
  readonly seq: number
  /** Sessions that it was noted for. */
  readonly sessions: readonly number[]
  readonly pending: Pending
  /** For how many it still waits; what was said of the others. All is left out if it never reached the disk. */
  left: number
  readonly done: Pending[]
}

/** Under what a message lies in a queue: its number in this broker, or where it came from and its number there. */
export type Key = string | number

export interface Entry {
  readonly key: Key
  packet: Packet
  readonly bytes: number
  /** Its number in the journal; undefined where it is in memory only. */
  readonly seq: number | undefined
  /** Left out for what an earlier process noted. */
  readonly kept?: Kept | undefined
  /** When it came, monotonic ms. */
  readonly at: number
  /** True where it was sent at some time, so that the next time is a repetition. */
  sent: boolean
}

/** What an entry costs beside its payload: objects and places in maps, bytes. */
const OVERHEAD = 450
/** The largest packet identifier (MQTT 3.1.1, section 2.3.1). */
const MOST_IDS = 65_535

/** Bytes of what a message says. */
export function weight({ topic, payload, properties }: Pick<Packet, 'topic' | 'payload' | 'properties'>): number {
  return 2 * topic.length + payload.length + propertyBytes(properties)
}

export class Queue {
  #entries = new Map<Key, Entry>()
  readonly #byId = new Map<number, Entry>()
  readonly #bySeq = new Map<number, Entry>()
  #bytes = 0

  get size(): number {
    return this.#entries.size
  }

  /** Estimated bytes of memory. */
  get bytes(): number {
    return this.#bytes
  }

  get oldest(): Entry | undefined {
    return this.#entries.values().next().value
  }

  values(): Iterable<Entry> {
    return this.#entries.values()
  }

  get(key: Key): Entry | undefined {
    return this.#entries.get(key)
  }

  byId(id: number): Entry | undefined {
    return this.#byId.get(id)
  }

  bySeq(seq: number): Entry | undefined {
    return this.#bySeq.get(seq)
  }

  push(given: Omit<Entry, 'bytes'>): Entry {
    const { packet, seq, key } = given
    const entry: Entry = { ...given, bytes: OVERHEAD + weight(packet) }
    this.#entries.set(key, entry)
    if (seq !== undefined) this.#bySeq.set(seq, entry)
    this.#bytes += entry.bytes
    return entry
  }

  remove(entry: Entry): void {
    if (!this.#entries.delete(entry.key)) return
    this.#bytes -= entry.bytes
    const { messageId } = entry.packet
    if (messageId !== undefined && this.#byId.get(messageId) === entry) this.#byId.delete(messageId)
    if (entry.seq !== undefined) this.#bySeq.delete(entry.seq)
  }

  /**
   * Gives an entry the packet identifier that it is sent under.
   * @returns the identifier: another one where the one that was meant belongs to an entry already
   */
  identify(entry: Entry, wanted: number): number {
    const { packet } = entry
    if (packet.messageId !== undefined) {
      if (packet.messageId === wanted && this.#byId.get(wanted) === entry) return wanted
      if (this.#byId.get(packet.messageId) === entry) this.#byId.delete(packet.messageId)
    }
    let id = wanted
    while (this.#byId.has(id)) id = (id % MOST_IDS) + 1
    packet.messageId = id
    this.#byId.set(id, entry)
    return id
  }

  /** Numbers all entries anew, as a broker does that has them of an earlier one. */
  adopt(brokerId: string, next: () => number): void {
    const entries = [...this.#entries.values()]
    this.#entries = new Map()
    this.#byId.clear()
    this.#bySeq.clear()
    this.#bytes = 0
    for (const entry of entries) {
      const key = next()
      this.push({ ...entry, key, packet: { ...entry.packet, brokerId, brokerCounter: key, messageId: undefined } })
    }
  }
}
