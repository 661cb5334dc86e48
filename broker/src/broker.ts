/**
 * The embedded broker:
 *
 *   TCP, TLS ──┐                                 ┌─ doorman (may it? too much? too slow?)
 *   WebSocket ─┼─► gate (frame sizes) ─► Aedes ◄─┤
 *   Unix ──────┘  ◄─ coalesce (writes) ◄──┘      └─ publishFast, subscribe (this process)
 *
 * Sessions are not kept: a client that asks for one is told that there is none [MQTT-3.2.2-3] and subscribes again.
 * What must not be lost goes by the journal, and a queue for someone who may never return would only grow.
 * Retained messages live in memory; the gateway publishes its own anew when it starts.
 */
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Clock, systemClock } from '@habtwin/runtime/clock'
import { Aedes, type AedesPublishPacket, type Client } from 'aedes'
import '@habtwin/runtime/lean-mqtt'
import type { Role } from './access.ts'
import { coalesce } from './coalesce.ts'
import { type Counts, type Log, newCounts, type Refusal, Refusals } from './counters.ts'
import { Doorman } from './doorman.ts'
import { FrameGate, gate } from './frames.ts'
import { type Listener, type ListenSettings, listenTcp, listenTls, listenUnix, listenWebSocket, type Secured } from './listen.ts' // biome-ignore format: one line
import { type BrokerOptions, defaultLimits, type Limits } from './options.ts'
import { type Session, Sessions } from './sessions.ts'

/** Who published what a handler is given. Undefined where it was this process. */
export interface Sender {
  readonly role: Role
  readonly clientId: string
}

export type Handler = (topic: string, payload: Buffer, sender: Sender | undefined) => void

export interface BrokerEvents {
  /** A process of the house came in by the service socket, or went; `left` is how many of them remain. */
  serviceConnected: [clientId: string]
  serviceDisconnected: [clientId: string, left: number]
}

type Door = 'tcp' | 'tls' | 'websocket' | 'service' | 'viewer'

export interface BrokerParts {
  readonly clock?: Clock
  readonly log?: Log
}

export class Broker extends EventEmitter<BrokerEvents> implements AsyncDisposable {
  readonly #options: BrokerOptions
  readonly #limits: Limits
  readonly #counts: Counts = newCounts()
  readonly #refusals: Refusals
  readonly #sessions = new Sessions()
  readonly #services = new Set<Session>()
  readonly #listeners = new Map<Door, Listener>()
  readonly #connections = new Set<Duplex>()
  readonly #aedes: Aedes
  readonly #house: { readonly habitat: string; demo: ReadonlySet<string> | undefined }
  /** True once Aedes can take messages, and what was retained before that. */
  #ready = false
  readonly #early = new Map<string, string | Buffer>()

  constructor(options: BrokerOptions, parts: BrokerParts = {}) {
    super()
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
    const clock = parts.clock ?? systemClock
    this.#refusals = new Refusals(this.#counts, clock, parts.log)
    const { habitat } = options
    this.#house = { habitat, demo: options.demo && new Set(options.demo) }
    const doorman = new Doorman({
      house: this.#house,
      limits: this.#limits,
      sessions: this.#sessions,
      counts: this.#counts,
      refusals: this.#refusals,
      clock,
    })
    this.#aedes = new Aedes(doorman.hooks())
  }

  /**
   * Opens every listener of the options that speaks no TLS. Where one fails, those already open are closed again and what is retained
   * stays, so it may be called again.
   * Throws config/insecure, config/invalid, listen/address-in-use, listen/impossible.
   */
  async start(): Promise<void> {
    if (!this.#ready) await this.#prepare()
    try {
      await this.#open()
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  async #prepare(): Promise<void> {
    const aedes = this.#aedes
    // Aedes' own failures of a client; its connection has been closed by then
    aedes.on('clientError', (client, error) => this.#clientError(client, error))
    aedes.on('connectionError', (client, error) => this.#clientError(client, error))
    aedes.on('client', (client) => this.#registered(client))
    aedes.on('clientReady', (client) => this.#welcome(client))
    aedes.on('clientDisconnect', (client) => this.#farewell(client))
    aedes.on('unsubscribe', (filters, client) => {
      const session = this.#sessions.of(client.conn)
      for (const filter of filters) session?.filters.delete(filter)
    })
    await aedes.listen()
    this.#ready = true
    for (const [topic, payload] of this.#early) this.publishFast(topic, payload, true, nothing)
    this.#early.clear()
  }

  async #open(): Promise<void> {
    const { tcp, websocket, sockets } = this.#options
    const viewer = (conn: Duplex, from: string) => this.#admit(conn, 'viewer', from)
    const service = (conn: Duplex, from: string) => this.#admit(conn, 'service', from)
    // a viewer's buffer has room for its backlog and one packet more, so that Aedes never waits for it
    const wide = this.#listenSettings(this.#limits.backlog + this.#limits.packet)
    if (sockets?.service)
      this.#listeners.set('service', await listenUnix(sockets.service, this.#listenSettings(65_536), service))
    if (sockets?.viewer) this.#listeners.set('viewer', await listenUnix(sockets.viewer, wide, viewer))
    if (tcp) this.#listeners.set('tcp', await listenTcp(tcp, wide, viewer))
    if (websocket && websocket.tls !== true) {
      this.#listeners.set('websocket', await listenWebSocket(websocket, wide, viewer, this.turnedAway))
    }
  }

  /**
   * Opens the listeners that speak TLS, once the others are open: nothing else waits for a certificate that cannot be
   * read. Where one fails it may be called again.
   * Throws listen/address-in-use, listen/impossible.
   */
  async secure(identity: Secured): Promise<void> {
    const { tls, websocket } = this.#options
    const wide = this.#listenSettings(this.#limits.backlog + this.#limits.packet)
    const viewer = (conn: Duplex, from: string) => this.#admit(conn, 'viewer', from)
    if (tls && !this.#listeners.has('tls')) {
      this.#listeners.set('tls', await listenTls(tls, wide, identity, viewer, this.turnedAway))
    }
    if (websocket?.tls === true && !this.#listeners.has('websocket')) {
      this.#listeners.set('websocket', await listenWebSocket(websocket, wide, viewer, this.turnedAway, identity))
    }
  }

  /** Counts a connection that came to nothing before it was one, at a listener that shares this one's counts. */
  readonly turnedAway = (reason: Refusal, from: string): void => this.#refusals.add(reason, { from })

  /** Other devices from now on that a viewer may disturb; see the options. */
  disturbable(devices: readonly string[] | undefined): void {
    this.#house.demo = devices && new Set(devices)
  }

  #listenSettings(buffer: number): ListenSettings {
    const { connections, packet, connectTimeout, handshakeTimeout } = this.#limits
    const times = { timeout: connectTimeout, handshake: handshakeTimeout }
    return { connections: connections * 2, buffer, message: packet + 1024, ...times }
  }

  /** Where a listener is to be found, `127.0.0.1:1883`; undefined where there is none. */
  address(listener: Door): string | undefined {
    return this.#listeners.get(listener)?.address
  }

  get counts(): Readonly<Counts> {
    this.#counts.connections = this.#connections.size
    return this.#counts
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
    if (!this.#ready) {
      if (retain) this.#early.set(topic, payload)
      setImmediate(done)
      return
    }
    this.#counts.publishedIn++
    this.#aedes.publish({ cmd: 'publish', topic, payload, qos: 0, retain, dup: false }, done)
  }

  /** As `publishFast`, with a promise. An empty payload with `retain` takes the retained message away. */
  publish(
    topic: string,
    payload: string | Buffer,
    { retain = false, qos = 0 }: { retain?: boolean; qos?: 0 | 1 } = {},
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: Error) => (error ? reject(error) : resolve())
      if (qos === 0 || !this.#ready) {
        this.publishFast(topic, payload, retain, done)
        return
      }
      this.#counts.publishedIn++
      this.#aedes.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, done)
    })
  }

  /**
   * Listens in-process to what is published from now on; retained messages are not repeated to it.
   * What a handler throws is a bug and ends the process.
   */
  subscribe(filter: string, handler: Handler): Disposable {
    const inside = !filter.startsWith('$')
    const deliver = (packet: AedesPublishPacket, done: () => void) => {
      // [MQTT-4.7.2-1]
      if (inside && packet.topic.startsWith('$')) {
        done()
        return
      }
      const { clientId } = packet as { clientId?: string }
      const session = clientId === undefined ? undefined : this.#sessions.byId(clientId)
      const sender = clientId === undefined ? undefined : { role: session?.role ?? 'viewer', clientId }
      handler(packet.topic, asBuffer(packet.payload), sender)
      done()
    }
    this.#aedes.subscribe(filter, deliver, nothing)
    return { [Symbol.dispose]: () => this.#aedes.unsubscribe(filter, deliver, nothing) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    if (this.#ready) await new Promise<void>((resolve) => this.#aedes.close(resolve))
  }

  async #close(): Promise<void> {
    const closed = [...this.#listeners.values()].map((listener) => listener[Symbol.asyncDispose]())
    for (const conn of this.#connections) conn.destroy()
    await Promise.all(closed)
    this.#listeners.clear()
  }

  #admit(conn: Duplex, role: Role, from: string): void {
    // Aedes takes its own listener away when it is done with a connection, and an error may come later
    conn.on('error', nothing)
    if (this.#connections.size >= this.#limits.connections) {
      this.#turnAway(conn, 'connections', from)
      return
    }
    if (from !== '' && this.#sessions.countFrom(from) >= this.#limits.perAddress) {
      this.#turnAway(conn, 'connections-per-address', from)
      return
    }
    const session = this.#sessions.open(conn, role, from, this.#limits.publishRate)
    this.#connections.add(conn)
    this.#counts.accepted++
    conn.once('close', () => this.#gone(session))
    const counts = this.#counts
    const frames = new FrameGate(this.#limits.connect, this.#limits.packet)
    const seen = (bytes: number) => {
      counts.bytesIn += bytes
    }
    const sent = (bytes: number) => {
      counts.bytesOut += bytes
    }
    gate(conn, frames, seen, (fault) => this.#turnAway(conn, fault, from))
    coalesce(conn, sent)
    this.#aedes.handle(conn)
  }

  #turnAway(conn: Duplex, reason: Refusal, from: string): void {
    this.#refusals.add(reason, { from })
    conn.destroy()
  }

  #registered(client: Client): void {
    const session = this.#sessions.of(client.conn)
    if (session) session.registered = true
  }

  #welcome(client: Client): void {
    const session = this.#sessions.of(client.conn)
    if (session?.role !== 'service' || session.conn.destroyed) return
    this.#services.add(session)
    this.emit('serviceConnected', client.id)
  }

  /** Only now is its name forgotten: its last will was published under it. */
  #farewell(client: Client): void {
    const session = this.#sessions.of(client.conn)
    if (session) this.#sessions.unname(session)
  }

  #gone(session: Session): void {
    this.#connections.delete(session.conn)
    this.#sessions.close(session)
    if (!session.registered) this.#sessions.unname(session)
    if (this.#services.delete(session)) this.emit('serviceDisconnected', session.id ?? '', this.#services.size)
  }

  #clientError(client: Client, error: Error): void {
    // a connection that breaks is none (its error has a system code), nor is what was counted as a refusal (ours)
    if ('code' in error || error.message === 'connection closed') return
    this.#refusals.add('client-error', { clientId: client.id, error: error.message })
  }
}

/** A broker that `start` opens; until then it keeps what is retained, and nobody can connect. */
export function createBroker(options: BrokerOptions, parts: BrokerParts = {}): Broker {
  return new Broker(options, parts)
}

function asBuffer(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload
}

function nothing(): void {}
