/** What a broker keeps for its clients, and for whom: sessions, retained messages, wills. */
import { join } from 'node:path'
import { messageOf } from '@habtwin/contract'
import type { Principal } from '@habtwin/runtime/access'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import type { Client, ConnectPacket, PublishPacket } from 'aedes'
import type { Log } from './counters.ts'
import { type Client5, speaks5 } from './engine.ts'
import type { Limits } from './options.ts'
import { Courier, type Recipient } from './persistence/courier.ts'
import { BrokerJournal } from './persistence/journal.ts'
import { Persistence } from './persistence/persistence.ts'
import type { Packet } from './persistence/queue.ts'
import type { KeptSession } from './persistence/session.ts'
import type { Will } from './persistence/wills.ts'
import { publishBytes } from './properties.ts'
import type { Rules } from './rules.ts'

export interface KeeperParts {
  /** Folder of the journal; undefined where nothing is to outlive the process. */
  readonly folder: string | undefined
  readonly limits: Limits
  readonly rules: Rules
  readonly clock: Clock
  readonly log: Log | undefined
  readonly mayReceive: (recipient: Recipient, topic: string) => boolean
  readonly mayPublish: (recipient: Recipient, topic: string) => boolean
}

/** What is kept, and what became of it. */
export interface KeptFigures {
  readonly retained: number
  readonly retainedBytes: number
  readonly sessions: number
  /** Messages that wait for them. */
  readonly waiting: number
  readonly waitingBytes: number
  /** Messages that were given up for want of room, and messages and sessions that grew too old. */
  readonly dropped: number
  readonly expired: number
  /** Bytes of the journal on disk; what it has written, how often, and how often it could not. */
  readonly journalBytes: number
  readonly records: number
  readonly commits: number
  readonly failures: number
  readonly damaged: number
}

/** Bytes of a segment of the journal. */
const SEGMENT = 4_000_000
/** ms between two looks for what has waited too long. */
const EXPIRY = 60_000

/** Why a session cannot be kept as it is asked for. */
export type NoSession = 'client-id' | 'sessions'

export class Keeper {
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #rules: Rules
  readonly persistence: Persistence
  readonly courier: Courier
  readonly #journal: BrokerJournal | undefined
  /** Who has each session now. */
  readonly #there = new Map<string, Client>()
  #timer: Timer | undefined

  constructor({ folder, limits, rules, clock, log, mayReceive, mayPublish }: KeeperParts) {
    this.#clock = clock
    this.#log = log
    this.#rules = rules
    const journal =
      folder === undefined
        ? undefined
        : new BrokerJournal({
            folder: join(folder, 'sessions'),
            clock,
            log,
            segment: SEGMENT,
            state: () => this.persistence.recall.state(),
            live: (message) => this.persistence.recall.live(message),
            liveBytes: () => this.persistence.liveBytes,
          })
    this.#journal = journal
    this.persistence = new Persistence({
      clock,
      limits,
      journal,
      waiting: (client, entry) => this.courier.waits(client, entry),
      mayWill: (client, topic) => mayPublish(client as unknown as Recipient, topic),
      livingWill: (id) => {
        const client = this.#there.get(id)
        return client?.closed === false ? (client as Client & { will?: unknown }).will : undefined
      },
    })
    const { sessions } = this.persistence
    this.courier = new Courier({
      clock,
      window: (client) => Math.min(limits.inflight, receiveMaximum(client as unknown as Client)),
      backlog: limits.backlog,
      session: (client) => sessions.get(client),
      takes: (client, packet) => fits(client as unknown as Client, packet) && mayReceive(client, packet.topic),
      drop: (session, entry) => sessions.drop(session, entry),
      expired: () => sessions.counts.expired++,
    })
  }

  /**
   * Takes up what an earlier process has left. Where the disk does not let it, the broker is open all the same: what
   * cannot be kept is refused until it can.
   */
  async start(): Promise<void> {
    try {
      await this.#journal?.replay((record) => this.persistence.recall.replay(record))
      await this.#journal?.start()
    } catch (error) {
      this.#log?.warn({ err: error }, messageOf(error))
    }
    this.#expire()
  }

  #expire(): void {
    this.#timer = this.#clock.after(EXPIRY, () => {
      this.persistence.expire()
      this.#expire()
    })
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    await this.#journal?.close()
  }

  get figures(): KeptFigures {
    const { retained, sessions } = this.persistence
    const { bytes = 0, counts = { records: 0, commits: 0, failures: 0, damaged: 0 } } = this.#journal ?? {}
    return {
      retained: retained.count,
      retainedBytes: retained.bytes,
      sessions: sessions.size,
      waiting: sessions.queued,
      waitingBytes: sessions.queuedBytes,
      ...sessions.counts,
      journalBytes: bytes,
      ...counts,
    }
  }

  /**
   * Settles whether a client that comes in has its session kept.
   * @param connect its CONNECT, which is changed where it asks for more than it may have
   * @returns why it may not come in under this name
   */
  enter(client: Client, connect: ConnectPacket, who: Principal): NoSession | undefined {
    const { sessions } = this.persistence
    const kept = sessions.current(client.id)
    const owner = `${who.role}:${who.name}`
    if (kept?.lasting && kept.owner !== owner && !mayTake(kept, client.id, who)) return 'client-id'
    const mayKeep = this.#rules.mayKeep(who)
    const lasts = mayKeep && (speaks5(client) ? client.sessionExpiryInterval > 0 : connect.clean === false)
    const resumes = mayKeep && connect.clean === false && kept?.lasting === true && kept.owner === owner
    if (kept !== undefined && !resumes) this.persistence.forget(kept)
    if (!resumes) this.persistence.incoming.clear(client.id)
    if (speaks5(client) && !lasts) endsWithConnection(client)
    const lasting = lasts || resumes
    // whoever takes only so many at once has the others wait in a session, if it is one that ends with the connection
    const needed = lasting || receiveMaximum(client) < ANY
    if (needed && sessions.begin(client.id, owner, lasting) === undefined) return 'sessions'
    // what there was of it is gone where it begins anew: Aedes is not to do away with the new one
    connect.clean = !needed
    Object.assign(client, { clean: !needed })
    this.#there.set(client.id, client)
    return undefined
  }

  /**
   * Keeps a message that is about to be published, where it must not be lost.
   * @returns resolves when it is kept; undefined where it goes on at once
   * Throws data/unusable, by its promise.
   */
  publish(packet: PublishPacket, from?: Client): Promise<void> | undefined {
    if (from !== undefined) this.persistence.publishedBy(from.id, packet as Packet)
    return this.persistence.keep(packet as Packet, packet.retain && renewed(packet.topic) === undefined, packet.qos > 0)
  }

  /** As `publish`, for a message of this process: with acknowledgements where a session waits for it, but for state. */
  inside(given: PublishPacket): void {
    const packet = given as Packet
    const rows = this.persistence.sessions.wanting(packet.topic)
    if (!rows.some(({ session }) => session.lasting) || renewed(packet.topic) === 'state') return
    packet.qos = Math.max(1, packet.qos)
    this.persistence.keep(packet, false, false)
  }

  /** Whether a message goes to a client now; false where it waits in its session. */
  forwards(client: Client, packet: { qos: number; brokerCounter: number; brokerId?: string | undefined }): boolean {
    return client.clean || !this.courier.holds(client.id, packet)
  }

  /** True where a retained message waits in a session, for a client that takes only so many at once. */
  later(client: Client, packet: { qos: number }): boolean {
    if (client.clean || packet.qos === 0 || receiveMaximum(client) === ANY) return false
    return this.persistence.enqueueRetained(client.id, packet as Packet)
  }

  ready(client: Client): void {
    if (!client.clean) this.courier.connected(client as unknown as Recipient)
  }

  /** A client that was let in has gone, if it ever came so far as to be ready. */
  gone(client: Client): void {
    this.courier.gone(client as unknown as Recipient)
    // another connection may have taken its place by now, and its session
    if (this.#there.get(client.id) !== client) return
    this.#there.delete(client.id)
    const session = this.persistence.sessions.get(client.id)
    if (session === undefined) this.persistence.incoming.clear(client.id)
    else this.#left(client, session)
  }

  #left(client: Client, session: KeptSession): void {
    // it may have asked for another time when it went [MQTT-3.14.2-2]
    session.expiry = speaks5(client) ? client.sessionExpiryInterval * 1_000 : undefined
    if (session.lasting && session.expiry !== 0) this.persistence.away(session)
    else this.persistence.forget(session)
  }

  acknowledged(client: Client): void {
    if (!client.clean) this.courier.acknowledged(client.id)
  }

  /** The wills of those who were connected to an earlier process: they lost their connection when it ended. */
  orphans(): Will[] {
    return this.persistence.orphans()
  }
}

/**
 * True where somebody may do away with a session that another left under this name: the same user in another role, and
 * whoever the name belongs to by now.
 */
function mayTake({ owner }: KeptSession, name: string, who: Principal): boolean {
  return owner.slice(owner.indexOf(':') + 1) === who.name || who.client === name
}

/** True where a client takes so large a message [MQTT-3.1.2-24]. */
export function fits(client: Client, packet: PublishPacket | Packet): boolean {
  if (!speaks5(client) || client.maximumPacketSize === undefined) return true
  return publishBytes(packet as Packet) <= client.maximumPacketSize
}

/** Messages with acknowledgements that a client takes at once. */
function receiveMaximum(client: Client): number {
  return speaks5(client) ? client.receiveMaximum : ANY
}

/** Packet identifiers that there are. */
const ANY = 65_535

/** A session that is not kept, though a client of MQTT 5 may have asked for it: it is told so [MQTT-3.2.2-21]. */
function endsWithConnection(client: Client5): void {
  client._sessionExpiryClamped = client.sessionExpiryInterval > 0
  client.sessionExpiryInterval = 0
  client._connectSessionExpiryInterval = 0
}

/**
 * What is retained on a topic only until it is said again, which is soon or at the next connect: live readings, and
 * state such as estimates and how far somebody is. Keeping it would wear out the card for nothing.
 */
function renewed(topic: string): 'reading' | 'state' | undefined {
  if (!topic.startsWith('hab/')) return undefined
  const [, , kind, second, third] = topic.split('/', 5)
  switch (kind) {
    case 'device':
      return third === 'reading' ? 'reading' : undefined
    case 'twin':
      return second === 'estimate' || second === 'forecast' ? 'state' : undefined
    case 'mark':
    case 'journal':
    case 'clock':
    case 'link':
      return 'state'
    default:
      return undefined
  }
}
