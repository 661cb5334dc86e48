/**
 * A serial line with one owner. It is opened when it is first needed, and again after it was lost; whoever listens
 * hears every byte, and is told once when the line goes.
 */
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Bus } from '../driver.ts'
import type { SerialPort, SerialSettings } from './port.ts'

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
  #listeners = new Set<Listener>()
  #closed = false

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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => {}) // told to who asked for it
    const port = this.#port
    this.#port = undefined
    await port?.close()
  }

  async #open(signal: AbortSignal): Promise<SerialPort> {
    const port = await this.#openPort(signal)
    if (this.#closed) {
      await port.close()
      throw new HabtwinError('device/unreachable', 'the gateway is stopping')
    }
    port.onData = (bytes) => {
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
