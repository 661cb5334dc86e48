/** Who is connected: one session a connection, found by connection or by client id. */
import type { Duplex } from 'node:stream'
import type { Principal } from '@habtwin/runtime/access'
import type { Clock } from '@habtwin/runtime/clock'
import { topicMatches } from '@habtwin/runtime/topic-filter'
import type { Client, ConnectPacket } from 'aedes'
import type { Limits } from './options.ts'
import { Pace } from './pace.ts'

export class Session {
  /** Who it is where it does not log in; undefined where it must. */
  readonly unnamed: Principal | undefined
  /** Who it is, once the CONNECT was accepted. */
  principal: Principal | undefined
  readonly conn: Duplex
  /** IP address, '' by a Unix socket. */
  readonly from: string
  /** What Aedes makes of the connection. */
  client?: Client | undefined
  /** What it asked for when it came in. */
  connect: ConnectPacket | undefined
  /** Set when the CONNECT was accepted. */
  id?: string
  /** Return code of the CONNACK that refuses it; 0 where it may come in. */
  refuse = 0
  /** True once Aedes knows it, and will say when it goes. */
  registered = false
  /** What it has subscribed to, and with which QoS. */
  readonly filters = new Map<string, number>()
  /** What it was let publish on last. */
  readonly published = new Verdict()
  /** How fast it may publish, and subscribe. */
  readonly pace: Pace
  readonly asking: Pace

  constructor(conn: Duplex, unnamed: Principal | undefined, from: string, clock: Clock, rates: Rates) {
    this.conn = conn
    this.unnamed = unnamed
    this.from = from
    this.pace = new Pace(clock, rates.publish)
    this.asking = new Pace(clock, rates.subscribe)
  }

  /** The highest QoS of its filters that match a topic. */
  granted(topic: string): 0 | 1 | 2 {
    let most = 0
    for (const [filter, qos] of this.filters) if (qos > most && topicMatches(filter, topic)) most = qos
    return most as 0 | 1 | 2
  }
}

/** Remembers a topic that somebody may publish on: most say the next thing there as well. */
class Verdict {
  #who: Principal | undefined
  #topic = ''

  is(who: Principal, topic: string): boolean {
    return this.#who === who && this.#topic === topic
  }

  note(who: Principal, topic: string): void {
    this.#who = who
    this.#topic = topic
  }
}

/** A second. */
export interface Rates {
  readonly publish: number
  readonly subscribe: number
}

/** ms */
const SUM_EVERY = 50

export class Sessions {
  readonly #byConnection = new WeakMap<Duplex, Session>()
  readonly #byId = new Map<string, Session>()
  readonly #perAddress = new Map<string, number>()
  #summed = 0
  #crowded = false

  open(conn: Duplex, unnamed: Principal | undefined, from: string, clock: Clock, rates: Rates): Session {
    const session = new Session(conn, unnamed, from, clock, rates)
    this.#byConnection.set(conn, session)
    this.#perAddress.set(from, this.countFrom(from) + 1)
    return session
  }

  close(session: Session): void {
    const count = this.countFrom(session.from) - 1
    if (count > 0) this.#perAddress.set(session.from, count)
    else this.#perAddress.delete(session.from)
  }

  /** Connections from one address. */
  countFrom(from: string): number {
    return this.#perAddress.get(from) ?? 0
  }

  /**
   * How much may wait to be sent to one client, bytes: less while too much waits for all together. Asked for each
   * message; the sum is taken anew every so often.
   */
  backlog({ backlog, backlogs }: Pick<Limits, 'backlog' | 'backlogs'>): number {
    const now = performance.now()
    if (now - this.#summed > SUM_EVERY) {
      this.#summed = now
      let sum = 0
      for (const { conn } of this.#byId.values()) sum += conn.writableLength
      this.#crowded = sum > backlogs
    }
    return this.#crowded ? backlog / 8 : backlog
  }

  /** Connections of one user. Who has not logged in is nobody in particular, nor is a process of the house. */
  countOf({ role, name }: Principal): number {
    if (role === 'viewer' || role === 'service') return 0
    let count = 0
    for (const { principal } of this.#byId.values()) if (principal?.role === role && principal.name === name) count++
    return count
  }

  of(conn: Duplex): Session | undefined {
    return this.#byConnection.get(conn)
  }

  name(id: string, session: Session): void {
    session.id = id
    this.#byId.set(id, session)
  }

  unname(session: Session): void {
    if (session.id !== undefined && this.#byId.get(session.id) === session) this.#byId.delete(session.id)
  }

  byId(id: string): Session | undefined {
    return this.#byId.get(id)
  }

  /** Everyone whose CONNECT was accepted. */
  named(): Iterable<Session> {
    return this.#byId.values()
  }
}
