/**
 * A serial line with one owner. It is opened when it is first needed, and again after it was lost; whoever listens
 * hears every byte, and is told once when the line goes.
 */
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Bus } from '../driver.ts'
import type { SerialPort, SerialSettings } from './port.ts'

/** Requests without a byte, after which the port is opened anew. */
const DOUBT = 4

export interface Listener {
  data(bytes: Uint8Array): void
  lost(reason: HabtwinError): void
}

export class SerialBus implements Bus {
  readonly settings: SerialSettings
  /** What devices remember from one opening to the next, by their id: the number of a sensor, say. */
  readonly memory = new Map<string, string>()
  #openPort: (signal: AbortSignal) => Promise<SerialPort>
  #port: SerialPort | undefined
  #opening: Promise<SerialPort> | undefined
  #closing: Promise<void> | undefined
  #listeners = new Set<Listener>()
  #closed = false
  /** Requests since the last byte. */
  #silent = 0

  /** @param openPort opens the port; rejects with a `device/*` error */
  constructor(settings: SerialSettings, openPort: (signal: AbortSignal) => Promise<SerialPort>) {
    this.settings = settings
    this.#openPort = openPort
  }

  /** Opens the port where it is not open. Throws device/unreachable. */
  async connect(signal: AbortSignal): Promise<void> {
    if (this.#port !== undefined) return
    this.#opening ??= this.#open(signal).finally(() => {
      this.#opening = undefined
    })
    await this.#opening
  }

  /** Hears every byte from now on, until disposed. */
  listen(listener: Listener): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Throws device/unreachable where the port is not open, or lost meanwhile. */
  async write(bytes: Uint8Array): Promise<void> {
    const port = this.#port
    if (port === undefined) throw new HabtwinError('device/unreachable', `${this.settings.path} is not open`)
    try {
      await port.write(bytes)
    } catch (error) {
      // it may take a while until the port itself tells of its end
      await port.close()
      if (isHabtwinError(error)) this.#lost(port, error)
      throw error
    }
  }

  /**
   * A request found no answer. After some of them without a byte the port itself is in doubt, be it an adapter that
   * hangs or a connection whose far end is no more, and is opened anew when it is needed next.
   */
  unanswered(): void {
    if (++this.#silent >= DOUBT) this.drop('nothing has come for long')
  }

  /** Closes the port; whoever listens is told that it is lost. */
  drop(why: string): void {
    const port = this.#port
    if (port === undefined) return
    this.#lost(port, new HabtwinError('device/unreachable', `${this.settings.path}: ${why}; it is opened anew`))
    this.#closing = port.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#closing
    await this.#opening?.catch(() => {}) // told to who asked for it
    const port = this.#port
    this.#port = undefined
    await port?.close()
  }

  async #open(signal: AbortSignal): Promise<SerialPort> {
    await this.#closing // a port cannot be opened twice
    const port = await this.#openPort(signal)
    this.#silent = 0
    if (this.#closed) {
      await port.close()
      throw new HabtwinError('device/unreachable', 'the gateway is stopping')
    }
    port.onData = (bytes) => {
      this.#silent = 0
      for (const listener of [...this.#listeners]) listener.data(bytes)
    }
    port.onClose = (reason) => this.#lost(port, reason)
    this.#port = port
    return port
  }

  #lost(port: SerialPort, reason: HabtwinError): void {
    if (this.#port !== port) return
    this.#port = undefined
    for (const listener of [...this.#listeners]) listener.lost(reason)
  }
}
