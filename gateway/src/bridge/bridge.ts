/**
 * One bridge to another broker, behind a link that may be slow, narrow and gone for weeks:
 *
 *   journal ─► ledger (what has yet to cross) ─► lanes ─► budget, window ─► channel ─► link ─► other broker
 *   state  ──────────────────────────────────────┘                            │
 *   marks, commands, words of safety ◄────────────────────────────────────────┘
 *
 * It keeps nothing that the journal does not: a link that is lost, or this process, costs nothing but what was under way,
 * which is sent again. To a plain broker what it acknowledged is done; a habtwin says itself what it has stored.
 */
import { type BridgeState, pack, topic } from '@habtwin/contract'
import type { BridgeConfig, Clock, Log, Timer } from '@habtwin/runtime'
import { topicMatches } from '@habtwin/runtime/topic-filter'
import { compress } from '@habtwin/runtime/zstd'
import type { Entry, Journal } from '../journal/index.ts'
import { Budget, publishBytes } from './budget.ts'
import type { Channel, Message } from './channel.ts'
import { Inbound, type InboundParts } from './inbound.ts'
import { type Item, type Lane, Lanes } from './lanes.ts'
import { Ledger } from './ledger.ts'
import { Live } from './live.ts'
import { Refused } from './refused.ts'
import { Window } from './window.ts'

export interface BridgeParts extends Pick<InboundParts, 'onCommand' | 'onSafety'> {
  readonly name: string
  readonly habitat: string
  readonly config: Pick<
    BridgeConfig,
    'to' | 'prefix' | 'in' | 'out' | 'qos' | 'bundle' | 'backlog' | 'rate' | 'per_contact'
  >
  readonly journal: Journal
  readonly channel: Channel
  readonly clock: Clock
  readonly log: Log
}

/** Messages that are taken from the lanes in one turn, so that nothing else waits long. */
const TURN = 256
/** What goes together at most, bytes, so that the packet stays below what brokers take. */
const TOGETHER = 65_536
/** A window for a link whose delay is in minutes, bytes. */
const FAR = 16_777_216
/** Nothing is answered for this long while something is under way: the connection is given up, ms. */
const STALLED = 30_000
/** What a habtwin does not confirm within this time is sent again, ms; doubled while nothing is confirmed at all. */
const OVERDUE = 5_000
const OVERDUE_MOST = 300_000
/** Answers are waited for so long when it ends, ms. */
const CLOSING = 1_000
/** How often the figures of a link are told over it, ms; over one that is narrow, less often. */
const LINK_TOLD = 5_000
const LINK_TOLD_SELDOM = 30_000
/** A wait for the budget shorter than this is not worth a timer, ms. */
const SHORTEST = 2

export class Bridge implements AsyncDisposable {
  readonly name: string
  readonly #at: BridgeParts
  readonly budget: Budget
  readonly window = new Window()
  readonly live = new Live()
  readonly ledger: Ledger
  readonly lanes: Lanes
  readonly refused = new Refused()
  readonly inbound: Inbound
  readonly #marks: boolean
  /** Bytes of every topic beside its part below `hab/{habitat}/`. */
  readonly #before: number
  #closing = false
  #drained: (() => void) | undefined
  readonly #linksTold = new Map<string, { readonly text: string; readonly at: number }>()
  #pumping = false
  #soon = false
  #timer: Timer | undefined
  #wasUp = false
  #wasOpen = false
  /** Changes with each connection: what was under way on an older one says nothing of this one. */
  #connection = 0
  #connectedAt = 0
  #answeredAt = 0
  #overdue = OVERDUE
  /** How many times smaller bundles are than what is in them. */
  #ratio = 3
  /** Messages taken over there, by lane, and entries journalled for it since the beginning. */
  readonly sent: Record<Lane, number> = { urgent: 0, live: 0, state: 0, backlog: 0 }
  readonly counts = { bytes: 0, stalls: 0, connections: 0, taken: 0 }
  /** Told when `up`, `open` or what is refused changes. */
  onChange: () => void = () => undefined

  constructor(parts: BridgeParts) {
    this.#at = parts
    this.name = parts.name
    const { config, journal, clock, name } = parts
    this.#marks = config.to === 'habtwin'
    this.#before = Buffer.byteLength(`${config.prefix}hab/${parts.habitat}/`)
    this.budget = new Budget(clock, { rate: config.rate, perContact: config.per_contact })
    const newestFirst = config.backlog === 'newest'
    this.ledger = new Ledger({ journal, name, clock, marks: this.#marks, newestFirst, live: this.live.numbers })
    this.lanes = new Lanes({
      ...{ journal, name, ledger: this.ledger, live: this.live, marks: this.#marks },
      crosses: (relative) => config.out.some((filter) => topicMatches(filter, relative)),
      refused: (relative) => this.refused.has(relative),
      sent: this.sent,
      mono: () => clock.mono(),
    })
    this.inbound = new Inbound({ ...parts, marked: (id) => this.#marked(id) })
  }

  get channel(): Channel {
    return this.#at.channel
  }

  start(): void {
    this.counts.taken = this.ledger.waiting().all
    this.#at.channel.start({
      onChange: () => this.#changed(),
      onReceive: (message) => this.inbound.take(message),
    })
  }

  /** An entry was journalled. */
  offer(entry: Entry, live: boolean): void {
    this.counts.taken++
    this.lanes.offer(entry, live, this.#at.channel.open)
    this.#pumpSoon()
  }

  /** The word on a retained topic of this habitat. */
  hear(relative: string, payload: string): void {
    if (relative.startsWith('link/') && !this.#isNews(relative, payload)) return
    this.lanes.hear(relative, payload)
    if (this.#at.channel.up) this.#pumpSoon()
  }

  /** How a link is goes over it when that changes; that it has sent so much more would be what it sends. */
  #isNews(relative: string, payload: string): boolean {
    const {
      lanes: _lanes,
      t: _t,
      taken: _taken,
      confirmed: _confirmed,
      inFlight: _inFlight,
      budget: _budget,
      heads: _heads,
      ...stands
    } = parsed(payload)
    const text = JSON.stringify(stands)
    const last = this.#linksTold.get(relative)
    const now = this.#at.clock.mono()
    if (last?.text === text && now - last.at < (this.#at.config.rate === undefined ? LINK_TOLD : LINK_TOLD_SELDOM)) return false // biome-ignore format: one thought
    this.#linksTold.set(relative, { text, at: now })
    return true
  }

  /** Called four times a second. */
  tick(): void {
    const now = this.#at.clock.mono()
    if (this.refused.tick(now)) this.ledger.tryAgain()
    if (!this.#at.channel.up) return
    const after = this.#overdue + 2 * this.#at.channel.delay + this.window.roundTrip
    if (this.#marks && this.ledger.overdue(after) > 0) this.#overdue = Math.min(OVERDUE_MOST, this.#overdue * 2)
    const moved = Math.max(this.#answeredAt, this.#connectedAt)
    if (this.window.messages > 0 && now - moved > STALLED + 2 * this.#at.channel.delay) {
      this.counts.stalls++
      this.#at.channel.renew('nothing was acknowledged for long')
      return
    }
    this.#pump()
  }

  /** Sends nothing more, and waits a moment for the answers to what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel()
    if (!this.#closing && this.window.messages > 0 && this.#at.channel.up) {
      await new Promise<void>((resolve) => {
        const late = this.#at.clock.after(CLOSING, resolve)
        this.#drained = () => {
          late.cancel()
          resolve()
        }
      })
    }
    this.#closing = true
    await this.#at.channel[Symbol.asyncDispose]()
  }

  #changed(): void {
    const { channel, clock, journal, log, name } = this.#at
    if (channel.up !== this.#wasUp) {
      this.#wasUp = channel.up
      this.#connection++
      if (channel.up) {
        this.counts.connections++
        this.#connectedAt = clock.mono()
        this.#overdue = OVERDUE
        this.refused.begin(clock.mono())
        log.info({ bridge: name }, 'bridge up')
        journal.connected(name)
      } else {
        log.warn({ bridge: name, reason: channel.reason }, 'bridge down')
        const refused = this.refused.lost(clock.mono())
        if (refused !== undefined) log.error({ bridge: name, topic: refused }, 'the other broker does not take this topic: the rest goes on') // biome-ignore format: one thought
        if (!channel.keeps) this.window.reset()
        this.lanes.end(channel.keeps)
        journal.disconnected(name)
      }
    }
    if (channel.open !== this.#wasOpen) {
      this.#wasOpen = channel.open
      if (channel.open) this.lanes.begin()
    }
    this.onChange()
    this.#pumpSoon()
  }

  #marked(id: string): void {
    if (this.ledger.marked(id) > 0) this.#overdue = OVERDUE
    this.#pumpSoon()
  }

  #pumpSoon(): void {
    if (this.#soon) return
    this.#soon = true
    setImmediate(() => {
      this.#soon = false
      this.#pump()
    })
  }

  /** Sends what may go now. */
  #pump(): void {
    if (this.#pumping || this.#closing || this.#drained) return
    this.#pumping = true
    let left = TURN
    for (; left > 0; left--) {
      const item = this.#next()
      if (item === undefined) break
      this.#send(item)
    }
    this.#pumping = false
    if (left === 0) this.#pumpSoon()
  }

  #next(): Item | undefined {
    const { channel, clock, config } = this.#at
    if (!channel.up || !this.refused.maySend(clock.mono(), this.window.messages)) return undefined
    const atOnce = this.lanes.realTime()
    if (atOnce !== undefined) return atOnce
    if (!channel.open || !this.window.hasRoom(channel.delay > 0 ? FAR : 0)) return undefined
    const contact = channel.words().contact?.from
    const wait = channel.unlimited ? 0 : this.budget.wait(contact)
    if (wait > 0) {
      if (Number.isFinite(wait)) this.#later(wait)
      return undefined
    }
    const room = Math.max(this.window.limit / 2, channel.delay > 0 ? TOGETHER : 0)
    const most = Math.max(512, Math.min(TOGETHER, room, channel.unlimited ? TOGETHER : this.budget.portion))
    return config.bundle ? this.#bundle(most * this.#ratio) : this.lanes.next(most)
  }

  /** As much of what waits as goes together, in the order in which it would go. */
  #bundle(most: number): Item | undefined {
    const items: Item[] = []
    for (let bytes = 0; bytes < most; ) {
      const item = this.lanes.next(most - bytes)
      if (item === undefined) break
      items.push(item)
      bytes += item.payload.length + item.topic.length + 12
    }
    const [first] = items
    if (first === undefined) return undefined
    const plain = items.map(({ topic, retain, payload }) => ({ topic, retain, payload: payload.toString() }))
    const payload = Buffer.from(pack(plain, compress))
    const length = plain.reduce((n, one) => n + one.payload.length + one.topic.length + 12, 0)
    if (items.length > 8) this.#ratio += (Math.min(20, length / payload.length) - this.#ratio) / 8
    return {
      ...{ topic: topic.bundle(this.name), payload, retain: false, lane: first.lane },
      entries: items.reduce((n, { entries }) => n + entries, 0),
      arrived: () => {
        for (const item of items) item.arrived()
      },
      failed: () => {
        for (const item of items) item.failed()
      },
    }
  }

  #send(item: Item): void {
    const { channel, clock, config } = this.#at
    const payloadBytes = typeof item.payload === 'string' ? Buffer.byteLength(item.payload) : item.payload.length
    const bytes = publishBytes(this.#before + Buffer.byteLength(item.topic), payloadBytes, config.qos)
    this.budget.spend(bytes)
    this.window.sent(bytes)
    this.counts.bytes += bytes
    const connection = this.#connection
    const at = clock.mono()
    this.refused.sending(item.topic, at)
    const message: Message = { topic: item.topic, payload: item.payload, retain: item.retain }
    channel.send(message, (error) => {
      const now = clock.mono()
      if (connection === this.#connection || channel.keeps) this.window.answered(bytes, now - at, now)
      if (error === undefined) {
        this.#answeredAt = now
        this.refused.taken(item.topic, now)
        item.arrived()
      } else item.failed()
      if (this.#drained && this.window.messages === 0) this.#drained()
      this.#pumpSoon()
    })
  }

  #later(ms: number): void {
    if (this.#timer !== undefined) return
    this.#timer = this.#at.clock.after(Math.max(SHORTEST, ms), () => {
      this.#timer = undefined
      this.#pump()
    })
  }
}

function parsed(payload: string): Partial<BridgeState> {
  try {
    return JSON.parse(payload) as Partial<BridgeState>
  } catch {
    return {} // empty: it was taken away
  }
}
