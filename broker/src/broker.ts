/**
 * The embedded broker:
 *
 *                                       ┌─ doorman (may it? too much? too slow?)
 *   entrance (doors, sizes) ─► Aedes ◄──┤
 *                                       └─ publishFast, subscribe (this process)
 *
 * Sessions are kept for whoever has logged in and asks for one, with what waits for them, and so are retained messages
 * and wills: see keeper.ts. The gateway's own retained messages live in memory; it publishes them anew when it starts.
 */
import '@habtwin/runtime/lean-mqtt'
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { House, Principal, Role } from '@habtwin/runtime/access'
import { type Clock, systemClock } from '@habtwin/runtime/clock'
import type { Aedes, AedesPublishPacket, Client, PublishPacket } from 'aedes'
import { type Counts, type Log, newCounts, type Refusal, Refusals } from './counters.ts'
import { deliverWhole } from './deliver.ts'
import { dispatchBy } from './dispatch.ts'
import { type Accept, Doorman } from './doorman.ts'
import { Emitter, type Take } from './emitter.ts'
import { type Announced5, expel, makeEngine, reasonCodes } from './engine.ts'
import { type Door, Entrance } from './entrance.ts'
import { takeWhole } from './intake.ts'
import { Keeper, type KeptFigures } from './keeper.ts'
import type { Secured } from './listen.ts'
import type { Doors } from './login.ts'
import { type BrokerOptions, defaultLimits, type Limits } from './options.ts'
import { Patience } from './patience.ts'
import type { Recipient } from './persistence/courier.ts'
import { houseRules, openRules } from './rules.ts'
import { type Session, Sessions } from './sessions.ts'
import { Slim } from './slim.ts'
import { Turn } from './turn.ts'
import { Unspoken } from './unspoken.ts'

/** Who published what a handler is given. Undefined where it was this process. */
export interface Sender {
  readonly role: Role
  readonly clientId: string
  /** Who logged in there. */
  readonly user?: string
}

export type Handler = (topic: string, payload: Buffer, sender: Sender | undefined) => void

export interface BrokerEvents {
  /** A process of the house came in by the service socket, or went; `left` is how many of them remain. */
  serviceConnected: [clientId: string]
  serviceDisconnected: [clientId: string, left: number]
}

export interface BrokerParts {
  readonly clock?: Clock
  readonly log?: Log
  /** Who may log in. Without it nobody can, and only this machine is let in. */
  readonly access?: Doors
  /** Told of every refusal. */
  readonly refused?: (reason: Refusal, detail: object) => void
}

/** ms that this process waits for the slowest to take a message. */
const PATIENCE = 50

export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  readonly #options: BrokerOptions
  readonly #limits: Limits
  readonly #counts: Counts = newCounts()
  readonly #refusals: Refusals
  readonly #sessions = new Sessions()
  readonly #services = new Set<Session>()
  readonly #entrance: Entrance
  readonly #emitter = new Emitter()
  readonly #turn = new Turn()
  readonly #doorman: Doorman
  #aedes: Aedes | undefined
  readonly #clock: Clock
  readonly #keeper: Keeper
  readonly #patience: Patience
  readonly #slim: Slim
  #accept: Accept = () => undefined
  readonly #access: Doors | undefined
  readonly #house: { readonly habitat: House['habitat']; demo: House['demo'] }
  #revoked: Disposable | undefined
  /** True once Aedes can take messages, and what was retained before that. */
  #ready = false
  readonly #early = new Map<string, string | Buffer>()

  constructor(options: BrokerOptions, parts: BrokerParts = {}) {
    super()
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    const clock = parts.clock ?? systemClock
    this.#access = parts.access
    this.#refusals = new Refusals(this.#counts, clock, parts.log, parts.refused)
    const { habitat } = options
    this.#house = { habitat, demo: options.demo && new Set(options.demo) }
    const rules = options.open === undefined ? houseRules : openRules(options.open)
    const mayReceive = ({ conn }: Recipient, topic: string) => {
      const who = this.#sessions.of(conn)?.principal
      return who !== undefined && rules.mayReceive(who, topic, this.#house)
    }
    const mayPublish = ({ conn }: Recipient, topic: string) => {
      const who = this.#sessions.of(conn)?.principal
      return who !== undefined && rules.mayPublish(who, topic, this.#house)
    }
    const { folder } = options
    const limits = this.#limits
    this.#clock = clock
    this.#patience = new Patience(clock, PATIENCE)
    this.#slim = new Slim(clock)
    this.#keeper = new Keeper({ folder, limits, rules, clock, log: parts.log, mayReceive, mayPublish })
    this.#doorman = new Doorman({
      house: this.#house,
      rules,
      keeper: this.#keeper,
      accept: (topic, payload, who) => this.#accept(topic, payload, who),
      limits: this.#limits,
      sessions: this.#sessions,
      counts: this.#counts,
      refusals: this.#refusals,
      doors: parts.access,
      unspoken: options.mqtt5 ? undefined : new Unspoken(parts.log),
    })
    const { access } = parts
    const [sessions, counts, refusals] = [this.#sessions, this.#counts, this.#refusals]
    this.#entrance = new Entrance({
      ...{ options, limits, sessions, counts, refusals, clock, access },
      handle: (conn) => this.#handle(conn),
      gone: (session) => this.#gone(session),
    })
  }

  /**
   * Opens every listener of the options that speaks no TLS. Where one fails, those already open are closed again and what is retained
   * stays, so it may be called again.
   * Throws config/insecure, config/invalid, listen/address-in-use, listen/impossible.
   */
  async start(): Promise<void> {
    if (!this.#ready) await this.#prepare()
    try {
      await this.#entrance.open()
    } catch (error) {
      await this.#entrance.close()
      throw error
    }
  }

  async #prepare(): Promise<void> {
    const aedes = await this.#engine()
    this.#aedes = aedes
    if (!this.#options.mqtt5) this.#doorman.publishBy(dispatchBy(aedes, this.#emitter, this.#keeper.persistence))
    // Aedes' own failures of a client; its connection has been closed by then
    aedes.on('clientError', (client, error) => this.#clientError(client, error))
    aedes.on('connectionError', (client, error) => this.#clientError(client, error))
    aedes.on('client', (client) => this.#registered(client))
    aedes.on('clientReady', (client) => this.#welcome(client))
    aedes.on('clientDisconnect', (client) => this.#farewell(client))
    aedes.on('subscribe', (subscriptions, client) => {
      this.#keeper.persistence.isFor(client)
      // refused by Aedes itself, without asking us
      for (const { topic, qos } of subscriptions)
        if (Number(qos) === SHARED) this.#refusals.add('subscribe', { clientId: client.id, filter: topic })
    })
    aedes.on('unsubscribe', (filters, client) => {
      const session = this.#sessions.of(client.conn)
      for (const filter of filters) session?.filters.delete(filter)
    })
    aedes.on('ack', (_packet, client) => this.#keeper.acknowledged(client))
    await this.#keeper.start()
    await aedes.listen()
    this.#mourn(aedes)
    this.#revoked = this.#access?.onChange(() => this.#reconsider())
    this.#ready = true
    for (const [topic, payload] of this.#early) this.publishFast(topic, payload, true, nothing)
    this.#early.clear()
  }

  #engine(): Promise<Aedes> {
    const options = { ...this.#doorman.hooks(), mq: this.#emitter, persistence: this.#keeper.persistence }
    const { packet, inbound, sessionAge, sessions } = this.#limits
    const five: Announced5 = {
      maximumPacketSize: packet,
      receiveMaximum: inbound,
      sessionExpiryIntervalLimit: Math.max(1, Math.floor(sessionAge / 1_000)),
      pendingSessionsLimit: sessions,
    }
    return makeEngine(options, this.#options.mqtt5 ? five : undefined, (client) => {
      this.#refusals.add('malformed-properties', { clientId: client.id, from: this.#sessions.of(client.conn)?.from })
    })
  }

  /**
   * Opens the listeners that speak TLS, once the others are open: nothing else waits for a certificate that cannot be
   * read. Where one fails it may be called again.
   * Throws listen/address-in-use, listen/impossible.
   */
  secure(identity: Secured): Promise<void> {
    return this.#entrance.secure(identity)
  }

  /** Publishes the last wills of those whose connections the end of an earlier process has cut. */
  #mourn(aedes: Aedes): void {
    for (const will of this.#keeper.orphans()) {
      const { clientId = '', topic, payload, qos, retain, properties } = will
      const more = properties === undefined ? {} : { properties }
      const packet = { cmd: 'publish', topic, payload, qos: qos as 0 | 1 | 2, retain, dup: false, ...more } as PublishPacket // biome-ignore format: one thought
      void this.#keeper.publish(packet)?.catch(nothing)
      aedes.publish(packet, nothing)
      void this.#keeper.persistence.delWill({ id: clientId })
    }
  }

  /** Whoever takes what must be kept elsewhere before its sender is told that it was taken. */
  acceptBy(accept: Accept): void {
    this.#accept = accept
  }

  /** Counts a connection that came to nothing before it was one, at a listener that shares this one's counts. */
  get turnedAway(): (reason: Refusal, from: string) => void {
    return this.#entrance.turnedAway
  }

  /** Other devices from now on that a viewer may disturb; see the options. */
  disturbable(devices: readonly string[] | undefined): void {
    this.#house.demo = devices && new Set(devices)
  }

  /** Closes the connection of a client; it may come again. */
  disconnect(clientId: string): void {
    const client = this.#sessions.byId(clientId)?.client
    if (client) expel(client, reasonCodes.administrativeAction)
  }

  /** Where a listener is to be found, `127.0.0.1:1883`; undefined where there is none. */
  address(listener: Door): string | undefined {
    return this.#entrance.address(listener)
  }

  get counts(): Readonly<Counts> {
    this.#counts.connections = this.#entrance.connections
    return this.#counts
  }

  /** What is kept for clients, and in which journal. */
  get kept(): KeptFigures {
    return this.#keeper.figures
  }

  /** Everyone who is connected, but for processes of the house. */
  *connected(): Iterable<{ client: string; name: string; role: Role; via: Principal['via']; from: string }> {
    for (const { principal, id, from } of this.#sessions.named()) {
      if (principal === undefined || principal.role === 'service') continue
      const { name, role, via } = principal
      yield { client: id ?? '', name, role, via, from }
    }
  }

  /** Processes of the house that are connected. */
  get services(): number {
    return this.#services.size
  }

  /**
   * Publishes in-process, past the rules for clients, at QoS 0.
   * @param topic the full topic
   * @param done called once everyone was given it who is fast enough: what is in flight is what was not called back.
   *   Before `start` there is nobody to be given it, and only what is retained is kept
   */
  publishFast(topic: string, payload: string | Buffer, retain: boolean, done: (error?: Error) => void): void {
    const aedes = this.#aedes
    if (!this.#ready || aedes === undefined) {
      if (retain) this.#early.set(topic, payload)
      setImmediate(done)
      return
    }
    this.#counts.publishedIn++
    const packet: PublishPacket = { cmd: 'publish', topic, payload, qos: 0, retain, dup: false }
    this.#keeper.inside(packet)
    aedes.publish(packet, this.#patience.limit(done))
  }

  /** As `publishFast`, with a promise. An empty payload with `retain` takes the retained message away. */
  publish(
    topic: string,
    payload: string | Buffer,
    { retain = false, qos = 0 }: { retain?: boolean; qos?: 0 | 1 } = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => (error ? reject(error) : resolve())
      const aedes = this.#aedes
      if (qos === 0 || !this.#ready || aedes === undefined) {
        this.publishFast(topic, payload, retain, done)
        return
      }
      this.#counts.publishedIn++
      const packet: PublishPacket = { cmd: 'publish', topic, payload, qos, retain, dup: false }
      this.#keeper.inside(packet)
      aedes.publish(packet, done)
    })
  }

  /**
   * Listens in-process to what is published from now on; retained messages are not repeated to it.
   * What a handler throws is a bug and ends the process.
   */
  subscribe(filter: string, handler: Handler): Disposable {
    const inside = !filter.startsWith('$')
    const deliver: Take = (emitted, done) => {
      const packet = emitted as AedesPublishPacket
      // [MQTT-4.7.2-1]
      if (inside && packet.topic.startsWith('$')) {
        done()
        return
      }
      const { clientId } = packet as { clientId?: string }
      const session = clientId === undefined ? undefined : this.#sessions.byId(clientId)
      const sender = clientId === undefined ? undefined : senderOf(session?.principal, clientId)
      handler(packet.topic, asBuffer(packet.payload), sender)
      done()
    }
    this.#emitter.on(filter, deliver)
    return { [Symbol.dispose]: () => void this.#emitter.removeListener(filter, deliver) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#revoked?.[Symbol.dispose]()
    await this.#entrance.close()
    const aedes = this.#aedes
    if (this.#ready && aedes) await new Promise<void>((resolve) => aedes.close(resolve))
    this.#patience.end()
    this.#slim.end()
    await this.#keeper.close()
  }

  #handle(conn: Duplex): Client | undefined {
    const client = this.#aedes?.handle(conn)
    this.#slim.note(this.#entrance.connections)
    if (client === undefined || this.#options.mqtt5) return client
    takeWhole(client)
    deliverWhole(client, this.#doorman.forward, this.#turn)
    return client
  }

  /** Disconnects who may not be in any more; who may, goes on as what it is now. */
  #reconsider(): void {
    for (const session of [...this.#sessions.named()]) {
      const who = session.principal
      if (who === undefined) continue
      session.principal = this.#access?.current(who)
      if (session.principal !== undefined) continue
      this.#refusals.add('revoked', { clientId: session.id, user: who.name, role: who.role, from: session.from })
      if (session.client) expel(session.client, reasonCodes.notAuthorized)
    }
  }

  #registered(client: Client): void {
    const session = this.#sessions.of(client.conn)
    if (session) session.registered = true
    // it went while its last will was written down, and Aedes would have it for ever
    const aedes = this.#aedes as unknown as Forgetful
    if (client.closed) setImmediate(() => aedes.clients[client.id] === client && aedes.unregisterClient(client))
  }

  #welcome(client: Client): void {
    this.#keeper.ready(client)
    const session = this.#sessions.of(client.conn)
    if (session?.principal?.role !== 'service' || session.conn.destroyed) return
    this.#services.add(session)
    this.emit('serviceConnected', client.id)
  }

  /** Only now is its name forgotten: its last will was published under it. */
  #farewell(client: Client): void {
    this.#keeper.gone(client)
    const session = this.#sessions.of(client.conn)
    if (session) this.#sessions.unname(session)
  }

  #gone(session: Session): void {
    this.#slim.note(this.#entrance.connections)
    session.pace.end()
    this.#sessions.close(session)
    if (!session.registered) {
      this.#sessions.unname(session)
      if (session.client) this.#keeper.gone(session.client)
    }
    if (this.#services.delete(session)) this.emit('serviceDisconnected', session.id ?? '', this.#services.size)
  }

  #clientError(client: Client, error: Error): void {
    // a connection that breaks is none (its error has a system code), nor is what was counted as a refusal (ours)
    if ('code' in error || 'returnCode' in error || error.message === 'connection closed') return
    this.#refusals.add('client-error', { clientId: client.id, error: error.message })
  }
}

/** A broker that `start` opens; until then it keeps what is retained, and nobody can connect. */
export function createBroker(options: BrokerOptions, parts: BrokerParts = {}): Broker {
  return new Broker(options, parts)
}

/** What Aedes calls by itself where a client went in the usual way. */
interface Forgetful {
  readonly clients: Readonly<Record<string, Client>>
  unregisterClient(client: Client): void
}

/** In a SUBACK of MQTT 5: there are no shared subscriptions. */
const SHARED = 0x9e

/** Of a client that has gone by now nothing is known. */
function senderOf(who: Principal | undefined, clientId: string): Sender {
  const role = who?.role ?? 'viewer'
  const named = who !== undefined && role !== 'viewer' && role !== 'service'
  return named ? { role, clientId, user: who.name } : { role, clientId }
}

function asBuffer(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

function nothing(): void {}
