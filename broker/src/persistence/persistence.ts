/**
 * The persistence of the broker, with the interface that Aedes asks for: everything in memory, and what must outlive
 * the process in a journal beside it.
 *
 *   authorizePublish ─► keep ─► journal (waited for before PUBACK)
 *          │              └─ who waits for it, whether it is retained
 *          ▼
 *   Aedes ─► storeRetained, outgoingEnqueueCombi ─► retained store, queues ─► courier ─► client
 *
 * Aedes acknowledges before it stores; what was acknowledged is in the journal by then all the same.
 */
import { Readable } from 'node:stream'
import { type Clock, systemClock } from '@habtwin/runtime/clock'
import { Incoming } from './incoming.ts'
import { type Asking, addressed, asBuffer, asking, copy, merge, nothing } from './messages.ts'
import type { Entry, Kept, Packet } from './queue.ts'
import { Recall } from './recall.ts'
import type { Subscription } from './records.ts'
import { type RetainedLimits, RetainedMessages } from './retained-messages.ts'
import { type Asker, RetainedTurns } from './retained-turns.ts'
import { type KeptSession, wallOf } from './session.ts'
import { KeptSessions, type Notes, type Row, type SessionLimits } from './sessions.ts'
import { Subscribing } from './subscribing.ts'
import { type Will, Wills } from './wills.ts'

export interface PersistenceLimits extends SessionLimits, RetainedLimits {
  /** QoS 2 messages of one client for which its PUBREL is awaited. */
  readonly inbound: number
}

export interface PersistenceParts {
  readonly clock?: Clock
  readonly limits: PersistenceLimits
  /** Left out where nothing is to outlive the process. */
  readonly journal?: Notes | undefined
  /** Told that something waits for a client. With it, `outgoingStream` is empty: whoever is told sends it. */
  readonly waiting?: ((client: string, entry: Entry) => void) | undefined
  /** Whether a client may have this last will: one that it may not is not kept. */
  readonly mayWill?: ((client: ClientRef, topic: string) => boolean) | undefined
  /** The last will of whoever is there under this name now. */
  readonly livingWill?: ((client: string) => unknown) | undefined
}

/** What Aedes tells of a client. */
export interface ClientRef {
  readonly id: string
}

interface Bearer {
  readonly id: string
  counter: number
}

export class Persistence {
  readonly #clock: Clock
  readonly #journal: Notes | undefined
  readonly #waiting: PersistenceParts['waiting']
  readonly #mayWill: PersistenceParts['mayWill']
  readonly sessions: KeptSessions
  readonly retained: RetainedMessages
  readonly turns = new RetainedTurns()
  #asker: Asker | undefined
  readonly incoming: Incoming
  readonly #wills: Wills
  /** What the journal is told, and what it tells. */
  readonly recall: Recall
  #broker: Bearer = { id: '', counter: 0 }
  /** By payload, which is the one thing of a message that goes through Aedes as it is. */
  readonly #kept = new WeakMap<Buffer, Kept>()
  /** Who published it, where that client does not want to hear itself. */
  readonly #authors = new WeakMap<Buffer, string>()
  readonly #subscribing: Subscribing

  constructor({ clock = systemClock, limits, journal, waiting, mayWill, livingWill }: PersistenceParts) {
    this.#mayWill = mayWill
    this.#clock = clock
    this.#journal = journal
    this.#waiting = waiting
    this.incoming = new Incoming(limits.inbound)
    this.sessions = new KeptSessions(clock, limits, journal, (client) => this.incoming.clear(client))
    this.#subscribing = new Subscribing(clock, this.sessions, journal)
    this.retained = new RetainedMessages(clock, limits)
    this.#wills = new Wills({ journal, living: livingWill })
    this.recall = new Recall(clock, this.sessions, this.retained, this.#wills)
  }

  // What the broker asks.

  /** Estimated bytes of what the journal has to keep. */
  get liveBytes(): number {
    return this.sessions.queuedBytes + this.retained.keptBytes
  }

  /**
   * Notes a message that is about to be published, where a session waits for it or it is retained.
   * @param retain whether what it retains must outlive the process
   * @param wait whether somebody waits until it is on the disk
   * @returns resolves once it is; undefined where nobody waits or nothing has to be kept
   * Throws data/unusable, by its promise.
   */
  keep(packet: Packet, retain: boolean, wait: boolean): Promise<void> | undefined {
    const journal = this.#journal
    if (journal === undefined) return undefined
    const { topic, qos, properties } = packet
    const sessions = qos > 0 ? this.#lasting(packet) : []
    if (sessions.length === 0 && !retain) return undefined
    const payload = asBuffer(packet.payload)
    packet.payload = payload
    const seq = this.recall.next()
    const t = wallOf(this.#clock, this.#clock.mono())
    const more = properties === undefined ? {} : { properties }
    const pending = journal.append({ kind: 'message', seq, t, qos, retain, topic, payload, sessions, ...more })
    this.#kept.set(payload, { seq, sessions, pending, left: retain ? Number.POSITIVE_INFINITY : sessions.length, done: [] }) // biome-ignore format: one thought
    return wait ? journal.commit(pending) : undefined
  }

  /** Numbers of the sessions that wait for a message and outlive their connections. */
  #lasting(packet: Packet): number[] {
    const rows = this.sessions.wanting(packet.topic)
    if (rows.length === 0) return []
    const own = rows.filter((row) => row.session.lasting && !this.#isOwn(row, packet))
    return [...new Set(own.map(({ session }) => session.number))]
  }

  /** Notes who is about to publish a message, where its session has filters that are not to bring it back. */
  publishedBy(client: string, packet: Packet): void {
    if (this.sessions.get(client)?.noLocal !== true) return
    packet.payload = asBuffer(packet.payload)
    this.#authors.set(packet.payload, client)
  }

  #isOwn({ session, subscription: { nl } }: Row, { payload }: Packet): boolean {
    return nl === true && typeof payload !== 'string' && this.#authors.get(payload) === session.client
  }

  /** The client of a session has gone; how long is counted from now. */
  away(session: KeptSession): void {
    session.away = this.#clock.mono()
    this.#journal?.append(session.record(this.#clock))
  }

  /** A session ends, with all that waits in it. */
  forget(session: KeptSession): void {
    this.sessions.remove(session)
    if (session.lasting) this.#journal?.append(this.recall.roll())
  }

  /** Lets go of what has waited too long. */
  expire(): void {
    if (this.sessions.expire()) this.#journal?.append(this.recall.roll())
    this.retained.expire()
  }

  /** Sends a retained message by the session of a client, where that has to be counted with the others. */
  enqueueRetained(client: string, packet: Packet): boolean {
    const session = this.sessions.get(client)
    if (session === undefined) return false
    const brokerCounter = ++this.#broker.counter
    const own = { ...copy(packet), brokerId: this.#broker.id, brokerCounter, retain: true }
    const arrival = { key: brokerCounter, packet: own, seq: undefined, at: this.#clock.mono(), sent: false }
    this.#waiting?.(client, this.sessions.enqueue(session, arrival))
    return true
  }

  /** Last wills of clients that an earlier process had, given away: whoever asks publishes them. */
  orphans(): Will[] {
    return [...this.#wills.values()].filter(({ brokerId }) => brokerId !== this.#broker.id)
  }

  // What Aedes asks.

  get broker(): Bearer {
    return this.#broker
  }

  async setup(broker: Bearer): Promise<void> {
    this.#broker = broker
    for (const { queue } of this.sessions.values()) queue.adopt(broker.id, () => ++broker.counter)
  }

  /**
   * Done when this returns: Aedes hands the message on at once then. Were it a promise, what is published after it would
   * overtake it, and Aedes takes an older message for one that was delivered already, and drops it.
   */
  storeRetained(packet: Packet): PromiseLike<void> {
    this.#storeRetained(packet)
    return done
  }

  #storeRetained(packet: Packet): void {
    const { topic, payload } = packet
    const seq = typeof payload === 'string' ? undefined : this.#kept.get(payload)?.seq
    if (!this.retained.store(packet, seq)) return
    // this one is said again by whoever said it, but after a restart the one before would come back
    const gone = { seq: this.recall.next(), t: 0, qos: 0, retain: true, topic, payload: nothing, sessions: [] }
    this.#journal?.append({ kind: 'message', ...gone })
  }

  createRetainedStream(filter: string): Readable {
    return Readable.from(this.retained.match([filter]))
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    const asker = this.#asker
    this.#asker = undefined
    const messages = this.retained.match(filters)
    return asker === undefined ? Readable.from(messages) : this.turns.stream(asker, messages)
  }

  /** Says whom the next stream of retained messages is for: Aedes tells of a SUBSCRIBE just before it asks for it. */
  isFor(asker: Asker): void {
    this.#asker = asker
  }

  addSubscriptions({ id }: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    return this.#subscribing.add(id, subscriptions)
  }

  removeSubscriptions({ id }: ClientRef, topics: readonly string[]): Promise<void> {
    return this.#subscribing.remove(id, topics)
  }

  async subscriptionsByClient(client: ClientRef): Promise<Subscription[]> {
    // copies: whoever judges them anew marks those that it refuses
    return [...(this.sessions.get(client.id)?.subscriptions.values() ?? [])].map((one) => ({ ...one }))
  }

  async countOffline(): Promise<{ subsCount: number; clientsCount: number }> {
    const clients = [...this.sessions.values()].filter(({ subscriptions }) => subscriptions.size > 0)
    return { subsCount: this.sessions.subscriptions, clientsCount: clients.length }
  }

  async subscriptionsByTopic(topic: string): Promise<(Subscription & { clientId: string })[]> {
    return this.sessions.wanting(topic).map(asking)
  }

  /** A client begins anew: all that was kept of it goes [MQTT-3.1.2-6]. */
  async cleanSubscriptions(client: ClientRef): Promise<void> {
    const session = this.sessions.get(client.id)
    if (session !== undefined) this.forget(session)
  }

  async outgoingEnqueue(sub: Asking, packet: Packet): Promise<void> {
    this.#enqueue(sub, packet)
  }

  async outgoingEnqueueCombi(subs: readonly Asking[], packet: Packet): Promise<void> {
    this.#enqueueFor(subs, packet)
  }

  /** Has a message wait in all sessions that asked for it. */
  enqueue(packet: Packet): void {
    const rows = this.sessions.wanting(packet.topic)
    if (rows.length > 0) this.#enqueueFor(rows.map(asking), packet)
  }

  #enqueueFor(subs: readonly Asking[], packet: Packet): void {
    if (subs.length === 0) return
    for (const sub of subs) this.#enqueue(sub, packet)
    const kept = typeof packet.payload === 'string' ? undefined : this.#kept.get(packet.payload)
    // who has left since the message was noted is not to find it after a restart
    for (const number of kept?.sessions ?? []) {
      const session = this.sessions.numbered(number)
      if (kept === undefined || session === undefined || session.queue.get(this.#key(packet)) !== undefined) continue
      this.sessions.done(session, kept.seq, kept)
    }
  }

  #enqueue(asking: Asking, packet: Packet): void {
    const { clientId } = asking
    const session = this.sessions.open(clientId)
    if (this.#isOwn({ session, subscription: asking as Subscription }, packet)) return
    const key = this.#key(packet)
    const known = session.queue.get(key)
    if (known !== undefined) {
      merge(known.packet, packet, asking)
      return
    }
    const kept = typeof packet.payload === 'string' ? undefined : this.#kept.get(packet.payload)
    const own = addressed(copy(packet), asking)
    const arrival = { key, packet: own, seq: kept?.seq, kept, at: this.#clock.mono(), sent: false }
    const entry = this.sessions.enqueue(session, arrival)
    this.#waiting?.(clientId, entry)
  }

  async outgoingUpdate(client: ClientRef, packet: Packet): Promise<void> {
    const queue = this.sessions.get(client.id)?.queue
    if (queue === undefined) throw new Error('no such packet')
    if (packet.cmd !== 'publish') {
      const answered = queue.byId(packet.messageId ?? 0)
      if (answered === undefined) throw new Error('no such packet')
      answered.packet = packet
      return
    }
    const entry = queue.get(this.#key(packet))
    if (entry === undefined) return // given up for want of room while it was on its way
    if (packet !== entry.packet) {
      packet.qos = entry.packet.qos
      packet.retain = entry.packet.retain
      // of all its filters that match, those that were found last too
      const { subscriptionIdentifier } = entry.packet.properties ?? {}
      if (subscriptionIdentifier !== undefined) packet.properties = { ...packet.properties, subscriptionIdentifier }
      if (entry.sent) packet.dup = true // [MQTT-3.3.1-1]
    }
    entry.sent = true
    packet.messageId = queue.identify(entry, packet.messageId ?? 1)
  }

  async outgoingClearMessageId(client: ClientRef, { messageId }: { messageId?: number }): Promise<Packet | undefined> {
    const session = this.sessions.get(client.id)
    const entry = messageId === undefined ? undefined : session?.queue.byId(messageId)
    if (session === undefined || entry === undefined) return undefined
    this.sessions.drop(session, entry)
    return entry.packet
  }

  outgoingStream(client: ClientRef): Readable {
    const queue = this.#waiting === undefined ? this.sessions.get(client.id)?.queue : undefined
    return Readable.from(queue === undefined ? [] : [...queue.values()].map(({ packet }) => packet))
  }

  async incomingStorePacket(client: ClientRef, packet: Packet): Promise<void> {
    const { messageId } = packet
    // that it was here is all that is asked of it later
    const kept = this.#waiting === undefined ? packet : { ...packet, payload: nothing, properties: undefined }
    this.incoming.store(client.id, messageId ?? 0, { ...copy(kept), messageId })
  }

  async incomingGetPacket(client: ClientRef, { messageId = 0 }: { messageId?: number }): Promise<Packet> {
    const packet = this.incoming.get(client.id, messageId)
    if (packet === undefined) throw new Error('no such packet')
    return packet
  }

  async incomingDelPacket(client: ClientRef, { messageId = 0 }: { messageId?: number }): Promise<void> {
    this.incoming.delete(client.id, messageId)
  }

  async cleanIncoming(client: ClientRef): Promise<void> {
    this.incoming.clear(client.id)
  }

  async putWill(client: ClientRef, will: Will): Promise<void> {
    will.brokerId = this.#broker.id
    will.clientId = client.id
    // one that is not allowed is refused, and counted, when it is to be published
    await this.#wills.put(client.id, will, this.#mayWill?.(client, will.topic) !== false)
  }

  async getWill(client: ClientRef): Promise<Will | undefined> {
    return this.#wills.get(client.id)
  }

  async delWill(client: ClientRef): Promise<Will | undefined> {
    return this.#wills.delete(client.id)
  }

  streamWill(brokers: Readonly<Record<string, number>> = {}): Readable {
    return Readable.from([...this.#wills.values()].filter(({ brokerId = '' }) => !Object.hasOwn(brokers, brokerId)))
  }

  getClientList(topic: string): Readable {
    const sessions = [...this.sessions.values()].filter(({ subscriptions }) => subscriptions.has(topic))
    return Readable.from(sessions.map(({ client }) => client))
  }

  async destroy(): Promise<void> {}

  #key({ brokerId, brokerCounter }: Packet): string | number {
    return brokerId === this.#broker.id ? brokerCounter : `${brokerId}:${brokerCounter}`
  }
}

/** Calls back at once, as no promise does. */
const done: PromiseLike<void> = {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is
  // biome-ignore lint/suspicious/noExplicitAny: whatever comes of it
  then: (resolved): any => resolved?.(),
}
