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
import { fromJson, isOver, living, type Properties, passedOn, toJson } from '../properties.ts'
import { Incoming } from './incoming.ts'
import { type Entry, type Kept, type Packet, weight } from './queue.ts'
import type { JournalRecord, MessageRecord, Subscription, WillRecord } from './records.ts'
import { RetainedStore } from './retained.ts'
import { type KeptSession, monoOf, wallOf } from './session.ts'
import { KeptSessions, type Notes, type Row, type SessionLimits } from './sessions.ts'

export interface PersistenceLimits extends SessionLimits {
  /** Retained messages, and their bytes, beyond which clients may retain no more. */
  readonly retained: number
  readonly retainedBytes: number
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

interface RetainedMessage extends Packet {
  /** Its number in the journal; undefined where whoever published it will do so again. */
  readonly seq?: number | undefined
  /** When it came, monotonic ms, where it does not live for ever. */
  readonly at?: number
}

export type Will = Packet & { clientId?: string }

interface Bearer {
  readonly id: string
  counter: number
}

export class Persistence {
  readonly #clock: Clock
  readonly #limits: PersistenceLimits
  readonly #journal: Notes | undefined
  readonly #waiting: PersistenceParts['waiting']
  readonly #mayWill: PersistenceParts['mayWill']
  readonly #livingWill: PersistenceParts['livingWill']
  readonly sessions: KeptSessions
  #broker: Bearer = { id: '', counter: 0 }
  readonly #retained = new RetainedStore<RetainedMessage>()
  readonly incoming: Incoming
  readonly #wills = new Map<string, Will>()
  /** By payload, which is the one thing of a message that goes through Aedes as it is. */
  readonly #kept = new WeakMap<Buffer, Kept>()
  /** Who published it, where that client does not want to hear itself. */
  readonly #authors = new WeakMap<Buffer, string>()
  /** A SUBSCRIBE whose filters are being judged. */
  #asked: { readonly client: string; readonly all: readonly Subscription[]; readonly noted: Promise<void> } | undefined
  readonly #noting = new Map<KeptSession, Promise<void>>()
  #seq = 0
  #keptBytes = 0

  constructor({ clock = systemClock, limits, journal, waiting, mayWill, livingWill }: PersistenceParts) {
    this.#mayWill = mayWill
    this.#livingWill = livingWill
    this.#clock = clock
    this.#limits = limits
    this.#journal = journal
    this.#waiting = waiting
    this.incoming = new Incoming(limits.inbound)
    this.sessions = new KeptSessions(clock, limits, journal, (client) => this.incoming.clear(client))
  }

  // What the broker asks.

  get retained(): { readonly count: number; readonly bytes: number } {
    return { count: this.#retained.size, bytes: this.#retained.bytes }
  }

  /** Estimated bytes of what the journal has to keep. */
  get liveBytes(): number {
    return this.sessions.queuedBytes + this.#keptBytes
  }

  /** Whether there is room to retain a message of a client. */
  retains(packet: Pick<Packet, 'topic' | 'payload' | 'properties'>): boolean {
    if (packet.payload.length === 0) return true
    const { retained, retainedBytes } = this.#limits
    const before = this.#retained.get(packet.topic)
    const more = weight(packet) - (before === undefined ? 0 : weight(before))
    return (before !== undefined || this.#retained.size < retained) && (more <= 0 || this.#retained.bytes + more <= retainedBytes) // biome-ignore format: one thought
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
    const seq = ++this.#seq
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
    if (session.lasting) this.#journal?.append(this.#roll())
  }

  /** Lets go of what has waited too long. */
  expire(): void {
    if (this.sessions.expire()) this.#journal?.append(this.#roll())
    for (const message of [...this.#retained.values()]) if (this.#isStale(message)) this.#unretain(message.topic)
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

  // The journal's side.

  /** Takes what a record of an earlier process says. */
  replay(record: JournalRecord): void {
    switch (record.kind) {
      case 'message':
        this.#replayMessage(record)
        return
      case 'done': {
        const session = this.sessions.numbered(record.session)
        const entry = session?.queue.bySeq(record.seq)
        if (session !== undefined && entry !== undefined) this.sessions.forget(session, entry)
        return
      }
      case 'session':
        this.sessions.restore(record)
        return
      case 'will':
        if (record.will === undefined) this.#wills.delete(record.client)
        else this.#wills.set(record.client, restored(record.client, record.will))
        return
      case 'roll': {
        const [sessions, wills] = [new Set(record.sessions), new Set(record.wills)]
        for (const session of [...this.sessions.values()]) if (!sessions.has(session.number)) this.sessions.remove(session) // biome-ignore format: one thought
        for (const client of [...this.#wills.keys()]) if (!wills.has(client)) this.#wills.delete(client)
      }
    }
  }

  #replayMessage({ seq, t, qos, retain, topic, payload, sessions, properties }: MessageRecord): void {
    this.#seq = Math.max(this.#seq, seq)
    const more = properties === undefined ? {} : { properties }
    const packet = { cmd: 'publish', brokerCounter: 0, topic, payload, qos, dup: false, retain, ...more }
    const at = monoOf(this.#clock, t)
    for (const { session, subscription } of this.sessions.wanting(topic)) {
      if (!sessions.includes(session.number)) continue
      const known = session.queue.bySeq(seq)
      if (known !== undefined) {
        merge(known.packet, packet, subscription)
        continue
      }
      // it may have been sent before
      const own = addressed(packet, subscription)
      this.sessions.enqueue(session, { key: `journal:${seq}`, packet: own, seq, at, sent: true })
    }
    if (!retain || (this.#retained.get(topic)?.seq ?? 0) > seq) return
    if (payload.length === 0) this.#unretain(topic)
    else this.#retain({ ...packet, seq, at })
  }

  /** Everything that is known of sessions and wills. */
  state(): JournalRecord[] {
    const sessions = this.#all().map((session) => session.record(this.#clock))
    const wills = [...this.#wills].map(([client, will]) => willRecord(client, will))
    return [...sessions, ...wills, this.#roll()]
  }

  /** What still counts of a message of the journal. */
  live(record: MessageRecord): MessageRecord | undefined {
    const { seq, topic } = record
    const sessions = record.sessions.filter((one) => this.sessions.numbered(one)?.queue.bySeq(seq) !== undefined)
    const retain = record.retain && record.payload.length > 0 && this.#retained.get(topic)?.seq === seq
    return sessions.length > 0 || retain ? { ...record, sessions, retain } : undefined
  }

  #all(): KeptSession[] {
    return [...this.sessions.values()].filter(({ lasting }) => lasting)
  }

  #roll(): JournalRecord {
    const sessions = this.#all().map(({ number }) => number)
    return { kind: 'roll', sessions, wills: [...this.#wills.keys()] }
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
    const { messageExpiry: _wall, ...plain } = packet as Packet & { messageExpiry?: number }
    const since = packet.properties?.messageExpiryInterval === undefined ? {} : { at: this.#clock.mono() }
    const own = { ...plain, payload: detached(payload), ...since, ...(seq === undefined ? {} : { seq }) }
    const before = payload.length === 0 ? this.#unretain(topic) : this.#retain(own)
    if (seq !== undefined || before?.seq === undefined) return
    // this one is said again by whoever said it, but after a restart the one before would come back
    const gone = { seq: ++this.#seq, t: 0, qos: 0, retain: true, topic, payload: nothing, sessions: [] }
    this.#journal?.append({ kind: 'message', ...gone })
  }

  createRetainedStream(filter: string): Readable {
    return Readable.from(this.#matching([filter]))
  }

  createRetainedStreamCombi(filters: readonly string[]): Readable {
    return Readable.from(this.#matching(filters))
  }

  *#matching(filters: readonly string[]): Generator<Packet> {
    for (const filter of filters)
      for (const message of this.#retained.match(filter)) {
        const properties = living(message.properties, message.at ?? 0, this.#clock.mono())
        if (properties !== undefined) yield message.properties === undefined ? message : { ...message, properties }
      }
  }

  #isStale({ properties, at }: RetainedMessage): boolean {
    return at !== undefined && isOver(properties, at, this.#clock.mono())
  }

  /**
   * Aedes calls this for each filter that was granted, and each time with all that were asked for. They are taken once,
   * after the last of them was judged, and without those that were refused.
   */
  addSubscriptions(client: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    if (this.#asked?.all === subscriptions && this.#asked.client === client.id) return this.#asked.noted
    const noted = Promise.resolve().then(() => {
      this.#asked = undefined
      return this.#subscribed(client, subscriptions)
    })
    this.#asked = { client: client.id, all: subscriptions, noted }
    return noted
  }

  async #subscribed(client: ClientRef, subscriptions: readonly Subscription[]): Promise<void> {
    const session = this.sessions.open(client.id)
    for (const { topic, qos, rh, rap, nl, subscriptionIdentifier } of subscriptions) {
      if (qos >= REFUSED) continue
      const more = subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier }
      this.sessions.subscribe(session, { topic, qos, rh, rap, nl, ...more })
    }
    await this.#noted(session)
  }

  async removeSubscriptions(client: ClientRef, topics: readonly string[]): Promise<void> {
    const session = this.sessions.get(client.id)
    if (session === undefined) return
    const had = topics.filter((topic) => session.subscriptions.has(topic))
    for (const topic of had) this.sessions.unsubscribe(session, topic)
    if (had.length > 0) await this.#noted(session)
  }

  /**
   * Like a PUBACK, a SUBACK says what is so. What changes in one turn of the event loop is written once: thousands of
   * packets may come in one, and each record is of the whole session.
   */
  async #noted(session: KeptSession): Promise<void> {
    const journal = this.#journal
    if (journal === undefined || !session.lasting) return
    const noted = this.#noting.get(session) ?? turn().then(() => {
      this.#noting.delete(session)
      return journal.commit(journal.append(session.record(this.#clock)))
    }) // biome-ignore format: one thought
    this.#noting.set(session, noted)
    await noted
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
    this.#wills.set(client.id, will)
    const journal = this.#journal
    if (this.#mayWill?.(client, will.topic) === false) return // it is refused, and counted, when it is to be published
    if (journal !== undefined) await journal.commit(journal.append(willRecord(client.id, will)))
  }

  async getWill(client: ClientRef): Promise<Will | undefined> {
    return this.#wills.get(client.id)
  }

  async delWill(client: ClientRef): Promise<Will | undefined> {
    const will = this.#wills.get(client.id)
    // one that was put out by its own other connection does not take that one's will along
    if (will === undefined || this.#livingWill?.(client.id) === will) return undefined
    this.#wills.delete(client.id)
    this.#journal?.append({ kind: 'will', client: client.id })
    return will
  }

  streamWill(brokers: Readonly<Record<string, number>> = {}): Readable {
    return Readable.from([...this.#wills.values()].filter(({ brokerId = '' }) => !Object.hasOwn(brokers, brokerId)))
  }

  getClientList(topic: string): Readable {
    const sessions = [...this.sessions.values()].filter(({ subscriptions }) => subscriptions.has(topic))
    return Readable.from(sessions.map(({ client }) => client))
  }

  async destroy(): Promise<void> {}

  #retain(message: RetainedMessage): RetainedMessage | undefined {
    const before = this.#retained.set(message)
    this.#keptBytes += kept(message) - kept(before)
    return before
  }

  #unretain(topic: string): RetainedMessage | undefined {
    const before = this.#retained.delete(topic)
    this.#keptBytes -= kept(before)
    return before
  }

  #key({ brokerId, brokerCounter }: Packet): string | number {
    return brokerId === this.#broker.id ? brokerCounter : `${brokerId}:${brokerCounter}`
  }
}

/** Bytes of a retained message that the journal has to keep. */
function kept(message: RetainedMessage | undefined): number {
  return message?.seq === undefined ? 0 : weight(message)
}

/** In the SUBACK, for a filter that was refused; whoever refuses it sets it. */
const REFUSED = 0x80

/** One of the filters that a message matches. */
type Asking = { readonly clientId: string } & Partial<Subscription>

function asking({ session, subscription }: Row): Subscription & { readonly clientId: string } {
  const { topic, qos, rh, rap, nl, subscriptionIdentifier } = subscription
  const more = subscriptionIdentifier === undefined ? {} : { subscriptionIdentifier }
  return { clientId: session.client, topic, qos, rh, rap, nl, ...more }
}

/** A message as it goes to whoever asked for it so. */
function addressed(packet: Packet, { qos = 2, rap, subscriptionIdentifier }: Partial<Subscription>): Packet {
  const own = { ...packet, qos: Math.min(qos, packet.qos), retain: rap === true && packet.retain }
  if (subscriptionIdentifier === undefined) return own
  return { ...own, properties: { ...packet.properties, subscriptionIdentifier } }
}

/** Two filters of one client match: it comes once, as well as either asked for [MQTT-3.3.5-1] [MQTT-3.3.4-4]. */
function merge(known: Packet, packet: Packet, asking: Partial<Subscription>): void {
  const also = addressed(packet, asking)
  known.qos = Math.max(known.qos, also.qos)
  known.retain ||= also.retain
  const ids = [known, also].flatMap(({ properties }) => properties?.subscriptionIdentifier ?? [])
  if (ids.length > 0) known.properties = { ...known.properties, subscriptionIdentifier: [...new Set(ids)] }
}

/** A packet of our own, without a packet identifier. */
function copy(packet: Packet): Packet {
  const { cmd, brokerId, brokerCounter, topic, payload, qos, retain = false, dup = false, properties } = packet
  const more: { properties?: Properties } = properties === undefined ? {} : { properties }
  const own = { cmd, brokerId, brokerCounter, topic, payload: detached(payload), qos, retain, dup }
  return { ...own, messageId: undefined, ...more }
}

/** A payload that does not hold on to the whole of what was read with it. */
function detached(payload: Buffer | string): Buffer | string {
  if (typeof payload === 'string') return payload
  return payload.buffer.byteLength > 2 * payload.length + 64 ? unpooled(payload) : payload
}

function unpooled(payload: Buffer): Buffer {
  const own = Buffer.alloc(payload.length) // `Buffer.from` would take it from a pool again
  payload.copy(own)
  return own
}

function willRecord(client: string, { topic, payload, qos, retain, properties }: Will): WillRecord {
  const more = properties === undefined ? {} : { properties: toJson(passedOn(properties)) }
  return { kind: 'will', client, will: { topic, payload: asBuffer(payload).toString('base64'), qos, retain, ...more } }
}

function restored(client: string, { payload, properties, ...will }: NonNullable<WillRecord['will']>): Will {
  const is = { cmd: 'publish', brokerId: 'earlier', brokerCounter: 0, dup: false, clientId: client }
  const more = properties === undefined ? {} : { properties: fromJson(properties) }
  return { ...is, ...will, payload: Buffer.from(payload, 'base64'), ...more }
}

function asBuffer(payload: Buffer | string): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

const nothing = Buffer.alloc(0)

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Calls back at once, as no promise does. */
const done: PromiseLike<void> = {
  // biome-ignore lint/suspicious/noThenProperty: that is what it is
  // biome-ignore lint/suspicious/noExplicitAny: whatever comes of it
  then: (resolved): any => resolved?.(),
}
