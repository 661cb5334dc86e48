/** All kept sessions: who wants what, what waits for whom, and the bounds of both. */
import type { Clock } from '@habtwin/runtime/clock'
import { FilterTrie } from '../filter-trie.ts'
import { isOver } from '../properties.ts'
import type { Pending } from './journal.ts'
import type { Entry, Kept, Key, Packet } from './queue.ts'
import type { JournalRecord, SessionRecord, Subscription } from './records.ts'
import { KeptSession, monoOf } from './session.ts'

export interface SessionLimits {
  /** Sessions, of clients that are there and of those that are away. */
  readonly sessions: number
  /** Messages that wait for one session, and their bytes. */
  readonly queue: number
  readonly queueBytes: number
  /** Bytes that wait for all sessions together. */
  readonly queuedBytes: number
  /** ms after which a message waits no more. */
  readonly queueAge: number
  /** ms after which a session whose client has not come back is forgotten. */
  readonly sessionAge: number
}

/** What is needed of the journal. */
export interface Notes {
  append(record: JournalRecord): Pending
  commit(record?: Pending): Promise<void>
}

export interface Row {
  readonly session: KeptSession
  readonly subscription: Subscription
}

/** What comes into a queue. */
export interface Arrival {
  readonly key: Key
  readonly packet: Packet
  readonly seq: number | undefined
  readonly kept?: Kept | undefined
  readonly at: number
  readonly sent: boolean
}

export class KeptSessions {
  readonly #clock: Clock
  readonly #limits: SessionLimits
  readonly #journal: Notes | undefined
  readonly #byClient = new Map<string, KeptSession>()
  readonly #byNumber = new Map<number, KeptSession>()
  readonly #trie = new FilterTrie<Row>()
  readonly #rows = new Map<KeptSession, Map<string, Row>>()
  #number = 0
  #queuedBytes = 0
  readonly counts = { dropped: 0, expired: 0 }
  readonly #ended: (client: string) => void

  /** @param ended told of each session that has ended */
  constructor(clock: Clock, limits: SessionLimits, journal: Notes | undefined, ended: (client: string) => void) {
    this.#clock = clock
    this.#limits = limits
    this.#journal = journal
    this.#ended = ended
  }

  /** Those that outlive their connection. */
  get size(): number {
    let count = 0
    for (const { lasting } of this.#byClient.values()) if (lasting) count++
    return count
  }

  /** Subscriptions with acknowledgements. */
  get subscriptions(): number {
    return this.#trie.size
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get queued(): number {
    let sum = 0
    for (const { queue } of this.#byClient.values()) sum += queue.size
    return sum
  }

  /** Those that the journal has to know. */
  lasting(): KeptSession[] {
    return [...this.#byClient.values()].filter(({ lasting }) => lasting)
  }

  values(): Iterable<KeptSession> {
    return this.#byClient.values()
  }

  get(client: string): KeptSession | undefined {
    return this.#byClient.get(client)
  }

  numbered(number: number): KeptSession | undefined {
    return this.#byNumber.get(number)
  }

  /** Who wants a topic with acknowledgements; what they asked for. */
  wanting(topic: string): readonly Row[] {
    return this.#trie.size === 0 ? nobody : this.#trie.match(topic)
  }

  /** The session that a client comes back to; undefined where it has none, or its time is over. */
  current(client: string): KeptSession | undefined {
    const session = this.#byClient.get(client)
    if (session === undefined || !this.#isOver(session)) return session
    this.counts.expired++
    this.remove(session)
    return undefined
  }

  /**
   * @param lasting whether it outlives the connection
   * @returns undefined where there are too many
   */
  begin(client: string, owner: string, lasting = true): KeptSession | undefined {
    const known = this.#byClient.get(client)
    if (known === undefined && lasting && this.size >= this.#limits.sessions) return undefined
    const session = known ?? this.open(client, owner)
    session.lasting = lasting
    session.away = undefined
    return session
  }

  /** The session of a client, a new one where it has none. */
  open(client: string, owner = ''): KeptSession {
    const known = this.#byClient.get(client)
    return known ?? this.#add(new KeptSession({ number: ++this.#number, client, owner }))
  }

  /** A session as an earlier process had it. */
  restore({ number, client, owner, away, expiry, subscriptions }: SessionRecord): void {
    this.#number = Math.max(this.#number, number)
    const before = this.#byClient.get(client)
    if (before !== undefined && before.number !== number) this.remove(before)
    const session = this.#byNumber.get(number) ?? this.#add(new KeptSession({ number, client, owner }))
    session.away = monoOf(this.#clock, away)
    session.expiry = expiry
    for (const topic of [...session.subscriptions.keys()]) this.unsubscribe(session, topic)
    for (const subscription of subscriptions) this.subscribe(session, subscription)
  }

  remove(session: KeptSession): void {
    for (const topic of [...session.subscriptions.keys()]) this.unsubscribe(session, topic)
    this.#queuedBytes -= session.queue.bytes
    this.#byClient.delete(session.client)
    this.#byNumber.delete(session.number)
    this.#rows.delete(session)
    this.#ended(session.client)
  }

  subscribe(session: KeptSession, subscription: Subscription): void {
    const { topic, qos } = subscription
    this.unsubscribe(session, topic)
    session.subscriptions.set(topic, subscription)
    if (subscription.nl) session.noLocal = true
    if (qos === 0) return
    const row = { session, subscription }
    this.#rows.get(session)?.set(topic, row)
    this.#trie.add(topic, row)
  }

  unsubscribe(session: KeptSession, topic: string): void {
    session.subscriptions.delete(topic)
    const rows = this.#rows.get(session)
    const row = rows?.get(topic)
    if (row === undefined) return
    rows?.delete(topic)
    this.#trie.remove(topic, row)
  }

  /** The oldest goes where too much waits: whoever comes back late has more of what is newest. */
  enqueue(session: KeptSession, arrival: Arrival): Entry {
    const entry = session.queue.push(arrival)
    this.#queuedBytes += entry.bytes
    for (let full = this.#full(session); full !== undefined; full = this.#full(session)) {
      const { oldest } = full.queue
      if (oldest === undefined) break
      this.counts.dropped++
      this.drop(full, oldest)
    }
    return entry
  }

  /** The session that has too much, where one has. */
  #full(session: KeptSession): KeptSession | undefined {
    const { queue, queueBytes, queuedBytes } = this.#limits
    if (session.queue.size > queue || session.queue.bytes > queueBytes) return session
    if (this.#queuedBytes <= queuedBytes) return undefined
    return [...this.#byClient.values()].reduce((most, one) => (one.queue.bytes > most.queue.bytes ? one : most))
  }

  /** An entry waits no more. */
  drop(session: KeptSession, entry: Entry): void {
    this.forget(session, entry)
    if (entry.seq !== undefined) this.done(session, entry.seq, entry.kept)
  }

  /** As `drop`, where the journal says so already. */
  forget(session: KeptSession, entry: Entry): void {
    const before = session.queue.bytes
    session.queue.remove(entry)
    this.#queuedBytes -= before - session.queue.bytes
  }

  /** Notes that a message waits for a session no more. */
  done(session: KeptSession, seq: number, kept?: Kept): void {
    if (this.#journal === undefined) return
    const note = this.#journal.append({ kind: 'done', session: session.number, seq })
    if (kept === undefined || kept.pending.written) return
    kept.done.push(note)
    if (--kept.left > 0) return
    for (const pending of [kept.pending, ...kept.done]) pending.gone = true
  }

  /** Lets go of what has waited too long. @returns whether a session has ended */
  expire(): boolean {
    const now = this.#clock.mono()
    const { queueAge } = this.#limits
    let ended = false
    for (const session of [...this.#byClient.values()]) {
      if (this.#isOver(session)) {
        this.counts.expired++
        this.remove(session)
        ended = true
        continue
      }
      for (let { oldest } = session.queue; oldest !== undefined; { oldest } = session.queue) {
        if (now - oldest.at <= queueAge) break
        this.counts.expired++
        this.drop(session, oldest)
      }
      for (const entry of [...session.queue.values()]) {
        if (!isOver(entry.packet.properties, entry.at, now)) continue
        this.counts.expired++
        this.drop(session, entry)
      }
    }
    return ended
  }

  #isOver({ away, expiry }: KeptSession): boolean {
    const { sessionAge } = this.#limits
    return away !== undefined && this.#clock.mono() - away > Math.min(sessionAge, expiry ?? sessionAge)
  }

  #add(session: KeptSession): KeptSession {
    this.#byClient.set(session.client, session)
    this.#byNumber.set(session.number, session)
    this.#rows.set(session, new Map())
    return session
  }
}

const nobody: readonly Row[] = []
