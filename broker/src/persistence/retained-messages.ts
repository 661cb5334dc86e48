/** The retained messages of the broker: how many there may be, how long each lives, and which the journal has to keep. */
import type { Clock } from '@habtwin/runtime/clock'
import { isOver, living } from '../properties.ts'
import { detached } from './messages.ts'
import { type Packet, weight } from './queue.ts'
import { RetainedStore } from './retained.ts'

export interface RetainedLimits {
  /** Retained messages, and their bytes, beyond which clients may retain no more. */
  readonly retained: number
  readonly retainedBytes: number
}

interface Message extends Packet {
  /** Its number in the journal; undefined where whoever published it will do so again. */
  readonly seq?: number | undefined
  /** When it came, monotonic ms, where it does not live for ever. */
  readonly at?: number
}

export class RetainedMessages {
  readonly #clock: Clock
  readonly #limits: RetainedLimits
  readonly #store = new RetainedStore<Message>()
  #keptBytes = 0

  constructor(clock: Clock, limits: RetainedLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get count(): number {
    return this.#store.size
  }

  get bytes(): number {
    return this.#store.bytes
  }

  /** Estimated bytes of those that the journal has to keep. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  /** Whether there is room for a message of a client. */
  hasRoom(packet: Pick<Packet, 'topic' | 'payload' | 'properties'>): boolean {
    if (packet.payload.length === 0) return true
    const { retained, retainedBytes } = this.#limits
    const before = this.#store.get(packet.topic)
    if (before === undefined && this.#store.size >= retained) return false
    const more = weight(packet) - (before === undefined ? 0 : weight(before))
    return more <= 0 || this.#store.bytes + more <= retainedBytes
  }

  /**
   * Retains a message; an empty one takes away what was there.
   * @param seq its number in the journal, where it has one
   * @returns true where the journal still has the one before, which is not what counts any more
   */
  store(packet: Packet, seq: number | undefined): boolean {
    const { messageExpiry: _wall, ...plain } = packet as Packet & { messageExpiry?: number }
    const since = packet.properties?.messageExpiryInterval === undefined ? {} : { at: this.#clock.mono() }
    const own = { ...plain, payload: detached(packet.payload), ...since, ...(seq === undefined ? {} : { seq }) }
    const before = this.#set(own)
    return seq === undefined && before?.seq !== undefined
  }

  /** Takes one that an earlier process retained. @param at when it came, monotonic ms */
  restore(packet: Packet, seq: number, at: number): void {
    if ((this.#store.get(packet.topic)?.seq ?? 0) <= seq) this.#set({ ...packet, seq, at })
  }

  /** True where this is the message of the journal that counts. */
  isLatest(topic: string, seq: number): boolean {
    return this.#store.get(topic)?.seq === seq
  }

  /** Those that filters match and whose life is not over, with what is left of it. */
  *match(filters: readonly string[]): Generator<Packet> {
    for (const filter of filters)
      for (const message of this.#store.match(filter)) {
        const properties = living(message.properties, message.at ?? 0, this.#clock.mono())
        if (properties !== undefined) yield message.properties === undefined ? message : { ...message, properties }
      }
  }

  /** Lets go of those whose life is over. */
  expire(): void {
    const now = this.#clock.mono()
    for (const { topic, properties, at } of [...this.#store.values()])
      if (at !== undefined && isOver(properties, at, now)) this.#delete(topic)
  }

  #set(message: Message): Message | undefined {
    if (message.payload.length === 0) return this.#delete(message.topic)
    const before = this.#store.set(message)
    this.#keptBytes += kept(message) - kept(before)
    return before
  }

  #delete(topic: string): Message | undefined {
    const before = this.#store.delete(topic)
    this.#keptBytes -= kept(before)
    return before
  }
}

/** Bytes that the journal has to keep of a message. */
function kept(message: Message | undefined): number {
  return message?.seq === undefined ? 0 : weight(message)
}
