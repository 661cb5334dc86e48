/**
 * One TCP connection to a Modbus server, made anew whenever it is needed and not there.
 *
 * modbus-serial frames and checks; the socket is ours, because the library neither tells who waits that the
 * connection was lost nor shows that half an answer came (node-modbus-serial#240, #379).
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type modbus from 'modbus-serial'
import type { Bus } from '../driver.ts'

type Client = InstanceType<typeof modbus.default>
type Next = (error: unknown, result?: object) => void

/** After so many requests in a row without a byte, the connection itself is in doubt. */
const SILENT = 3

interface Link {
  readonly socket: Socket
  readonly client: Client
  /** Bytes since the last request. */
  received: number
  /** Requests in a row that nothing came back for. */
  silent: number
  /** Tells whoever waits that the connection is gone. */
  lost?: (() => void) | undefined
}

export interface Request {
  readonly unit: number
  /** Hands the request to the library. */
  readonly send: (client: Client, next: Next) => void
  readonly where: string
}

export class ModbusTcp implements Bus {
  #host: string
  #port: number
  #create: () => Client
  #link: Link | undefined

  /** @param create makes a fresh client of modbus-serial */
  constructor(host: string, port: number, create: () => Client) {
    this.#host = host
    this.#port = port
    this.#create = create
  }

  /** Connects where there is no connection. Throws device/unreachable. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#connected(signal)
  }

  /**
   * One request and its answer. Throws device/timeout (no byte came), device/garbled (bytes that make no answer),
   * device/exception (the device says no) or device/unreachable (no connection, or it was closed meanwhile).
   */
  async ask({ unit, send, where }: Request, signal: AbortSignal): Promise<Buffer> {
    const link = await this.#connected(signal)
    if (signal.aborted)
      throw new HabtwinError('device/timeout', `there was no time left to ask unit ${unit}`, { where })
    const answer = Promise.withResolvers<Buffer>()
    const interrupted = () => answer.reject(this.#unanswered(link, unit, where))
    link.received = 0
    link.lost = () =>
      answer.reject(new HabtwinError('device/unreachable', `${this.#name} closed the connection`, { where }))
    signal.addEventListener('abort', interrupted, { once: true })
    try {
      send(link.client, (error, result) => {
        if (error) answer.reject(this.#refused(link, error, where))
        else answer.resolve(bytesOf(result))
      })
      const bytes = await answer.promise
      link.silent = 0
      return bytes
    } finally {
      signal.removeEventListener('abort', interrupted)
      link.lost = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drop()
  }

  get #name(): string {
    return `${this.#host}:${this.#port}`
  }

  async #connected(signal: AbortSignal): Promise<Link> {
    if (this.#link !== undefined) return this.#link
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, keepAlive: true })
    // an error is always followed by close, which is where it is dealt with; unheard it would end the process
    socket.on('error', () => {})
    try {
      signal.throwIfAborted()
      await once(socket, 'connect', { signal })
    } catch (cause) {
      socket.destroy()
      const why = signal.aborted ? 'it does not answer' : messageOf(cause)
      throw new HabtwinError('device/unreachable', `cannot connect to ${this.#name}: ${why}`, {
        where: this.#name,
        cause,
      })
    }
    const client = this.#create()
    client.on('error', () => {})
    await client.linkTCP(socket, { port: this.#port })
    const link: Link = { socket, client, received: 0, silent: 0 }
    socket.on('data', (data) => {
      link.received += data.length
    })
    socket.on('close', () => {
      if (this.#link === link) this.#link = undefined
      link.lost?.()
    })
    this.#link = link
    return link
  }

  /** Time is up: half an answer would be taken for the beginning of the next, so the connection goes with it. */
  #unanswered(link: Link, unit: number, where: string): HabtwinError {
    if (link.received > 0) {
      this.#drop()
      return new HabtwinError('device/garbled', `unit ${unit} sent ${link.received} bytes that are no whole answer`, {
        where,
      })
    }
    link.silent++
    if (link.silent >= SILENT) this.#drop()
    return new HabtwinError('device/timeout', `unit ${unit} did not answer`, { where })
  }

  #refused(link: Link, error: unknown, where: string): HabtwinError {
    const cause = error
    if (typeof error === 'object' && error !== null && 'modbusCode' in error) {
      link.silent = 0
      return new HabtwinError('device/exception', messageOf(error), { where, cause })
    }
    this.#drop()
    return new HabtwinError('device/garbled', said(error), { where, cause })
  }

  #drop(): void {
    const link = this.#link
    this.#link = undefined
    link?.socket.destroy()
  }
}

/** The library throws some errors that are no Error. */
function said(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  return String(message)
}

/** What an answer carries; that to a write carries nothing. */
function bytesOf(result: object | undefined): Buffer {
  return result !== undefined && 'buffer' in result && Buffer.isBuffer(result.buffer) ? result.buffer : Buffer.alloc(0)
}
