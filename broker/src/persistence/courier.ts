/**
 * Sends to clients what waits in their sessions: in order, and never more at once than is acknowledged again. A client
 * that is slow has its messages wait in its session, which has bounds, and not in its socket.
 */
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import { living } from '../properties.ts'
import type { Entry, Packet } from './queue.ts'
import type { KeptSession } from './session.ts'

/** What is needed of a client of Aedes. */
export interface Recipient {
  readonly id: string
  readonly conn: Duplex
  deliverQoS(packet: object, done: () => void): void
}

export interface CourierParts {
  readonly clock: Clock
  /** Messages that may be under way to a client. */
  readonly window: (recipient: Recipient) => number
  /** Bytes that may wait in the socket of one client. */
  readonly backlog: number
  readonly session: (client: string) => KeptSession | undefined
  /** False where it may not hear of a topic any more, or cannot take so large a message. */
  readonly takes: (recipient: Recipient, packet: Packet) => boolean
  readonly drop: (session: KeptSession, entry: Entry) => void
  /** Told of a message whose life was over before its turn came. */
  readonly expired: () => void
}

interface Round {
  readonly recipient: Recipient
  readonly session: KeptSession
  /** Messages that may be under way. */
  readonly window: number
  waiting: Entry[]
  head: number
  /** Sent on this connection and not acknowledged. */
  readonly underWay: Set<Entry>
  retry: Timer | undefined
}

/** ms after which a socket that was full is looked at again. */
const PATIENCE = 50

export class Courier {
  readonly #at: CourierParts
  readonly #rounds = new Map<string, Round>()
  #sending = false

  constructor(parts: CourierParts) {
    this.#at = parts
  }

  /** True while what is forwarded comes from here, and was judged here. */
  get sending(): boolean {
    return this.#sending
  }

  /** A client with a session is there: what waits for it is sent. */
  connected(recipient: Recipient): void {
    const session = this.#at.session(recipient.id)
    if (session === undefined) return
    this.#rounds.get(recipient.id)?.retry?.cancel()
    const waiting = [...session.queue.values()]
    const window = this.#at.window(recipient)
    const round: Round = { recipient, session, window, waiting, head: 0, underWay: new Set(), retry: undefined }
    this.#rounds.set(recipient.id, round)
    this.#send(round)
  }

  gone(recipient: Recipient): void {
    const round = this.#rounds.get(recipient.id)
    if (round?.recipient !== recipient) return
    round.retry?.cancel()
    this.#rounds.delete(recipient.id)
  }

  /** Something waits for a client. */
  waits(client: string, entry: Entry): void {
    const round = this.#rounds.get(client)
    if (round === undefined) return
    round.waiting.push(entry)
    if (round.head > 1_024) round.waiting.splice(0, round.head)
    if (round.head > 1_024) round.head = 0
    this.#send(round)
  }

  /** A client has acknowledged something. */
  acknowledged(client: string): void {
    const round = this.#rounds.get(client)
    if (round === undefined) return
    const full = round.underWay.size >= round.window
    for (const entry of round.underWay) {
      if (round.session.queue.get(entry.key) !== entry) round.underWay.delete(entry)
      else if (!full) break // most are acknowledged in order [MQTT-4.6.0-2]
    }
    this.#send(round)
  }

  /**
   * True where a message is not to be sent as it comes: it waits in the session, and is sent from there.
   * @param packet as it is about to be forwarded
   */
  holds(client: string, packet: Pick<Packet, 'qos' | 'brokerCounter'> & { brokerId?: string | undefined }): boolean {
    if (packet.qos === 0 || !packet.brokerId) return false
    return this.#at.session(client)?.queue.get(packet.brokerCounter) !== undefined
  }

  #send(round: Round): void {
    const { recipient, session, underWay, window } = round
    const { clock, backlog, takes, drop } = this.#at
    while (round.head < round.waiting.length) {
      if (underWay.size >= window || recipient.conn.destroyed) return
      if (recipient.conn.writableLength > backlog) {
        this.#later(round)
        return
      }
      const entry = round.waiting[round.head++] as Entry
      if (session.queue.get(entry.key) !== entry) continue // given up meanwhile
      const { packet } = entry
      const properties = living(packet.properties, entry.at, clock.mono())
      if (properties === undefined) this.#at.expired()
      if (packet.cmd === 'publish' && (properties === undefined || !takes(recipient, packet))) {
        drop(session, entry)
        continue
      }
      underWay.add(entry)
      this.#sending = true
      // without its broker's id Aedes does not take it for one that it has sent already; what is marked as retained it
      // would not number, which is put right in `outgoingUpdate`
      const own = { brokerId: undefined, retain: false, qos: packet.qos || 1 }
      recipient.deliverQoS({ ...packet, ...own, ...(packet.properties && { properties }) }, nothing)
      this.#sending = false
    }
    round.waiting = []
    round.head = 0
  }

  #later(round: Round): void {
    if (round.retry !== undefined) return
    round.retry = this.#at.clock.after(PATIENCE, () => {
      round.retry = undefined
      this.#send(round)
    })
  }
}

function nothing(): void {}
