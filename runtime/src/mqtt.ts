/**
 * Our own end of an MQTT connection. It comes up when it can, again and again, subscribes anew each time, and says
 * when it is up and down. It keeps nothing back for later: what must not be lost has a journal and marks, and a
 * queue here would only hide from its owner that nobody listens.
 */
import './lean-mqtt.ts'
import { EventEmitter } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Clock, systemClock, type Timer } from './clock.ts'
import { type ClientTls, connectReason } from './tls/client.ts'
import { FilterTable } from './topic-filter.ts'

export interface LinkOptions {
  /** The broker's Unix socket … */
  readonly socketPath?: string
  /** … or its address: `mqtt://host:port`, `mqtts://…`, `ws://host:port/mqtt`; of a cluster several, tried in turn. */
  readonly url?: string | readonly string[]
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** For TLS: whose signature the broker must show, and what this end shows of itself. Asked for at each attempt. */
  readonly tls?: ClientTls | (() => ClientTls)
  /** Whether the broker is to keep what comes for this end while it is away (QoS 1). */
  readonly kept?: boolean
  /** What the broker publishes when this end is lost without a word. */
  readonly will?: { readonly topic: string; readonly payload: string; readonly qos?: 0 | 1; readonly retain?: boolean }
  /** Seconds between signs of life; a connection that stalls in silence is given up after 1.5 of these. */
  readonly keepalive?: number
  /** Milliseconds that the broker may take to answer when there is a connection: the way may be long. */
  readonly answer?: number
  /** Milliseconds before the second attempt, and the most that doubling makes of it. */
  readonly retry?: { readonly first: number; readonly cap: number }
  readonly clock?: Clock
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number
}

export type LinkHandler = (topic: string, payload: Buffer, packet: { readonly retain: boolean }) => void

export interface LinkEvents {
  /** Connected, and every subscription was answered. */
  up: []
  down: [reason: string]
  /** An attempt to connect failed. */
  failed: [reason: string]
  /** The broker does not grant a subscription. The link stays up without it. */
  refused: [filter: string]
}

/** Milliseconds that closing may take before the connection is cut. */
const CLOSING = 500
const CONNECT_TIMEOUT = 5_000

export class Link extends EventEmitter<LinkEvents> implements AsyncDisposable {
  readonly #options: LinkOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #handlers = new FilterTable<LinkHandler>()
  /** QoS by filter. */
  readonly #filters = new Map<string, 0 | 1>()
  /** Publishes that have not been answered; mqtt.js forgets some of them when a connection breaks. */
  readonly #pending = new Set<(error: Error) => void>()
  #client: MqttClient | undefined
  #retry: Timer | undefined
  #attempts = 0
  /** Connections that ended, or never were. */
  #failures = 0
  #up = false
  #closed = false
  #reason = 'not connected yet'
  #renewed: string | undefined
  /** Why it is not to connect, while it is not to. */
  #held: string | undefined

  constructor(options: LinkOptions) {
    super()
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
  }

  /** True between `up` and `down`. */
  get up(): boolean {
    return this.#up
  }

  /** Begins to connect. Returns at once: a broker that is not there yet is no error, only a link that is down. */
  start(): void {
    if (this.#client === undefined && !this.#closed && this.#held === undefined) this.#connect()
  }

  /**
   * Has a handler called for each message on topics of a filter, from now on and after each reconnection, retained
   * messages included. What a handler throws is a bug and ends the process.
   */
  subscribe(filter: string, handler: LinkHandler, { qos = 0 }: { qos?: 0 | 1 } = {}): Disposable {
    const entry = this.#handlers.add(filter, handler)
    this.#filters.set(filter, Math.max(qos, this.#filters.get(filter) ?? 0) as 0 | 1)
    if (this.#client?.connected) this.#ask(this.#client, [filter], () => {})
    return {
      [Symbol.dispose]: () => {
        entry[Symbol.dispose]()
        if (this.#handlers.has(filter)) return
        this.#filters.delete(filter)
        if (this.#client?.connected) this.#client.unsubscribe(filter)
      },
    }
  }

  /**
   * Publishes. Resolves when it has gone out (QoS 0) or was acknowledged (QoS 1); rejects with link/unavailable
   * where the link is, or goes, down before that.
   */
  publish(
    topic: string,
    payload: string | Buffer,
    { qos = 0, retain = false }: { qos?: 0 | 1; retain?: boolean } = {},
  ): Promise<void> {
    const client = this.#client
    if (client === undefined || !this.#up) return Promise.reject(this.#unavailable())
    return new Promise((resolve, reject) => {
      this.#pending.add(reject)
      client.publish(topic, payload, { qos, retain }, (error) => {
        this.#pending.delete(reject)
        if (error) reject(this.#unavailable(error))
        else resolve()
      })
    })
  }

  /** As `publish`, for whoever sends thousands a second: `done` is called once, never before this returns. */
  send(
    topic: string,
    payload: string | Buffer,
    options: { readonly qos: 0 | 1; readonly retain: boolean },
    done: (error?: Error) => void,
  ): void {
    const client = this.#client
    if (client === undefined || !this.#up) {
      queueMicrotask(() => done(this.#unavailable()))
      return
    }
    this.#pending.add(done)
    client.publish(topic, payload, options, (error) => {
      // what was told of a connection that broke is not told again
      if (this.#pending.delete(done)) done(error ? this.#unavailable(error) : undefined)
    })
  }

  /** Gives a connection up on which nothing moves, and begins a new one. */
  renew(why: string): void {
    this.#renewed = why
    this.#client?.stream.destroy()
  }

  /** Breaks the connection as a pulled cable would, without a word, and makes no other until `release`. */
  hold(why: string): void {
    this.#held = why
    this.#retry?.cancel()
    if (this.#client === undefined) this.emit('failed', why)
    else this.renew(why)
  }

  /** After `hold`: connects at once, and again whenever it has to. */
  release(): void {
    if (this.#held === undefined) return
    this.#held = undefined
    this.#attempts = 0
    this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#retry?.cancel()
    const client = this.#client
    this.#down('closed')
    if (client === undefined) return
    await new Promise<void>((resolve) => {
      const late = this.#clock.after(CLOSING, () => client.stream.destroy())
      client.once('close', () => {
        late.cancel()
        resolve()
      })
      // forced where there is nothing to say goodbye to; a DISCONNECT takes the will back
      client.end(!client.connected)
    })
  }

  #connect(): void {
    const { socketPath } = this.#options
    const url = this.#url()
    let options: IClientOptions
    try {
      options = this.#clientOptions()
    } catch (error) {
      // a file of a certificate that is not there, or half written: it may be better at the next attempt
      if (!isHabtwinError(error)) throw error
      this.#reason = error.message
      this.emit('failed', error.message)
      this.#again()
      return
    }
    const client =
      socketPath === undefined
        ? mqtt.connect(url, options)
        : new mqtt.MqttClient(() => connectSocket(socketPath), options)
    this.#client = client
    // nobody is there, or what asked for a connection was lost: then it is asked for ever more rarely
    const late = this.#clock.after(CONNECT_TIMEOUT, () => {
      if ((client.stream as Partial<Socket>).connecting) client.stream.destroy()
    })
    let reason = 'the connection was closed'
    client.on('error', (error) => {
      reason = connectReason(error)
    })
    client.on('message', (topic, payload, packet) => {
      for (const handler of this.#handlers.match(topic)) handler(topic, payload, packet)
    })
    client.on('connect', () => this.#ask(client, [...this.#filters.keys()], () => this.#isUp(client)))
    client.once('close', () => {
      late.cancel()
      if (this.#client !== client) return
      const why = this.#renewed ?? reason
      this.#renewed = undefined
      if (!this.#up) this.emit('failed', why)
      this.#down(why)
      client.end(true)
      this.#failures++
      this.#again()
    })
  }

  /** The address to be tried now: of several the next after each attempt that failed. */
  #url(): string {
    const { url = 'mqtt://127.0.0.1:1883' } = this.#options
    if (typeof url === 'string') return url
    return url[this.#failures % url.length] ?? ''
  }

  #clientOptions(): IClientOptions {
    const {
      clientId,
      username,
      password,
      tls,
      kept = false,
      will,
      keepalive = 10,
      answer = CONNECT_TIMEOUT,
    } = this.#options
    return {
      clientId,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...(will === undefined
        ? {}
        : { will: { ...will, payload: Buffer.from(will.payload), qos: will.qos ?? 0, retain: will.retain ?? false } }),
      ...(typeof tls === 'function' ? tls() : tls),
      clean: !kept,
      keepalive,
      // otherwise a link that only publishes never asks whether anyone is there
      reschedulePings: false,
      connectTimeout: answer,
      // each connection has a client of its own, and the attempts are ours to space
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      log: () => {},
    }
  }

  /** Subscribes, then goes on; a filter that is not granted (0x80) is reported. */
  #ask(client: MqttClient, filters: readonly string[], then: () => void): void {
    if (filters.length === 0) {
      then()
      return
    }
    const wanted = Object.fromEntries(filters.map((filter) => [filter, { qos: this.#filters.get(filter) ?? 0 }]))
    client.subscribe(wanted, (error, _, answer) => {
      if (this.#client !== client) return
      const refused = filters.filter((_, i) => answer?.granted[i] === REFUSED)
      if (error && refused.length === 0) {
        // no answer, or none that can be read: a new connection asks again
        client.stream.destroy()
        return
      }
      then()
      for (const filter of refused) this.emit('refused', filter)
    })
  }

  #isUp(client: MqttClient): void {
    if (this.#client !== client || !client.connected) return
    this.#up = true
    this.#attempts = 0
    this.emit('up')
  }

  #down(reason: string): void {
    const was = this.#up
    this.#up = false
    this.#client = undefined
    this.#reason = reason
    const pending = [...this.#pending]
    this.#pending.clear()
    for (const reject of pending) reject(this.#unavailable())
    if (was) this.emit('down', reason)
  }

  /** Tries again after a while that doubles up to a cap, less up to half of it so that not all come at once. */
  #again(): void {
    if (this.#closed || this.#held !== undefined) return
    const { first, cap } = this.#options.retry ?? { first: 250, cap: 10_000 }
    const wait = Math.min(cap, first * 2 ** Math.min(this.#attempts++, 30)) * (1 - this.#random() / 2)
    this.#retry = this.#clock.after(wait, () => this.#connect())
  }

  #unavailable(cause?: unknown): HabtwinError {
    const where = this.#options.socketPath ?? this.#url()
    return new HabtwinError('link/unavailable', `The broker cannot be reached: ${this.#reason}`, { where, cause })
  }
}

/** The return code of a SUBACK for a subscription that is not granted. */
const REFUSED = 128
