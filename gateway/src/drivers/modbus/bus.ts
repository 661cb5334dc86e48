/**
 * A bus with Modbus units on it, over TCP or over a serial line. It is opened when it is first needed, and again
 * whenever it is needed and not there.
 *
 *   device ─► ModbusBus.ask ─► modbus-serial (frames, checks) ─► Link: a socket, or a serial port
 *
 * modbus-serial does not tell who waits that the wire was lost, nor that half an answer came, and does not come back
 * by itself (node-modbus-serial#240, #379): hence wires of our own, and one request at a time.
 */
import { HabtwinError, messageOf } from '@habtwin/contract'
import type modbus from 'modbus-serial'
import type { Bus } from '../driver.ts'

export type Client = InstanceType<typeof modbus.default>
type Next = (error: unknown, result?: object) => void

/** An open wire, with the library's client on it. */
export interface Link {
  readonly client: Client
  /** Before a request: nothing of what came before it counts any more. */
  expect(): void
  /** What came since, and is no whole answer, in words; undefined where nothing came. */
  readonly instead: string | undefined
  /** Called once when the wire is lost. */
  onLost: ((reason: HabtwinError) => void) | undefined
  /** Called where what came cannot become an answer any more. */
  onGarbled: (() => void) | undefined
  /** The request is given up; the wire stays. Returns false where it cannot, and has to be made anew. */
  giveUp(): boolean
  close(): Promise<void>
}

/** What the bus runs on. */
export interface Medium {
  /** As people know it: an address, or a path. */
  readonly name: string
  /** Requests in a row without a byte, after which the wire itself is in doubt and made anew. */
  readonly patience: number
  /** What else looks like a unit that does not answer. */
  readonly hint: string
  open(create: () => Client, signal: AbortSignal): Promise<Link>
  /** Lets go of what stands behind it, as simulated instruments. */
  [Symbol.asyncDispose]?(): Promise<void>
}

export interface Request {
  readonly unit: number
  /** Hands the request to the library. */
  readonly send: (client: Client, next: Next) => void
  /** The device, for errors. */
  readonly where: string
}

export class ModbusBus implements Bus {
  #medium: Medium
  #create: () => Client
  #link: Link | undefined
  #opening: Promise<Link> | undefined
  #closing: Promise<void> = Promise.resolve()
  /** Requests in a row that nothing came back for. */
  #silent = 0

  /** @param create makes a fresh client of modbus-serial */
  constructor(medium: Medium, create: () => Client) {
    this.#medium = medium
    this.#create = create
  }

  /** Opens the wire where it is not open. Throws device/unreachable. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#connected(signal)
  }

  /**
   * One request and its answer. Throws device/timeout (no byte came), device/garbled (bytes that make no answer),
   * device/exception (the device says no) or device/unreachable (the wire cannot be opened, or was lost meanwhile).
   */
  async ask({ unit, send, where }: Request, signal: AbortSignal): Promise<Buffer> {
    const link = await this.#connected(signal)
    if (signal.aborted)
      throw new HabtwinError('device/timeout', `there was no time left to ask unit ${unit}`, { where })
    const answer = Promise.withResolvers<Buffer>()
    const unanswered = () => answer.reject(this.#unanswered(link, unit, where))
    link.onLost = ({ message, cause }) => {
      this.#forget(link)
      answer.reject(new HabtwinError('device/unreachable', message, { where, cause }))
    }
    link.onGarbled = unanswered
    signal.addEventListener('abort', unanswered, { once: true })
    try {
      link.expect()
      send(link.client, (error, result) => {
        if (error) answer.reject(this.#refused(link, error, where))
        else answer.resolve(bytesOf(result))
      })
      const bytes = await answer.promise
      this.#silent = 0
      return bytes
    } finally {
      signal.removeEventListener('abort', unanswered)
      link.onLost = () => this.#forget(link)
      link.onGarbled = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => {})
    this.#drop()
    await this.#closing
    await this.#medium[Symbol.asyncDispose]?.()
  }

  #connected(signal: AbortSignal): Link | Promise<Link> {
    if (this.#link !== undefined) return this.#link
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(signal: AbortSignal): Promise<Link> {
    await this.#closing
    const link = await this.#medium.open(this.#create, signal)
    link.onLost = () => this.#forget(link)
    this.#silent = 0
    this.#link = link
    return link
  }

  /** Time is up, or what came can be no answer. */
  #unanswered(link: Link, unit: number, where: string): HabtwinError {
    const { instead } = link
    const kept = link.giveUp()
    if (instead !== undefined) {
      this.#silent = 0
      if (!kept) this.#drop()
      return new HabtwinError('device/garbled', instead, { where })
    }
    this.#silent++
    if (this.#silent >= this.#medium.patience) this.#drop()
    return new HabtwinError('device/timeout', `unit ${unit} did not answer; ${this.#medium.hint}`, { where })
  }

  #refused(link: Link, error: unknown, where: string): HabtwinError {
    const cause = error
    if (exceptionOf(error) !== undefined) {
      this.#silent = 0
      return new HabtwinError('device/exception', messageOf(error), { where, cause })
    }
    if (!link.giveUp()) this.#drop()
    return new HabtwinError('device/garbled', said(error), { where, cause })
  }

  /** A link that was lost is not used again. */
  #forget(link: Link): void {
    if (this.#link === link) this.#link = undefined
  }

  #drop(): void {
    const link = this.#link
    if (link === undefined) return
    this.#link = undefined
    link.onLost = undefined
    this.#closing = link.close()
  }
}

/** The code of an exception, from the library's error or from ours that was made of it. */
export function exceptionOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  if ('modbusCode' in error && typeof error.modbusCode === 'number') return error.modbusCode
  return 'cause' in error ? exceptionOf(error.cause) : undefined
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
