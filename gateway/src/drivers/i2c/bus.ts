/**
 * One I2C bus with one owner. A device has it for a whole conversation (command, wait, answer), so that nobody speaks
 * in between; behind a multiplexer its channel is selected first.
 *
 *   driver ─► converse (waits for its turn) ─► multiplexer ─► I2cPort: i2c-bus, or simulated
 *
 * The kernel cannot be interrupted in a transfer. Who is, goes at once; the bus is free when the kernel gives it back.
 */
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Bus } from '../driver.ts'
import { errnoOf, faultOf, hanging, isOfTransfer } from './faults.ts'

/** The wire itself: rejects with an error that has a code of errno (`EREMOTEIO` where nobody answers). */
export interface I2cPort {
  write(address: number, bytes: Uint8Array): Promise<void>
  read(address: number, length: number): Promise<Uint8Array>
  /** Sends the number of a register and reads on after a repeated start; 32 bytes at most (SMBus block). */
  writeRead(address: number, register: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

/** Where a multiplexer (TCA9548A) stands, and behind which of its channels a device does. */
export interface Mux {
  readonly address: number
  readonly channel: number
}

/** Where a device is on its bus. */
export interface Place {
  /** 7 bits. */
  readonly address: number
  readonly mux?: Mux | undefined
  /** Name of the device, for errors. */
  readonly where: string
}

/** What a conversation may do. Each throws `device/*`, and rejects when the signal aborts. */
export interface I2cWire {
  write(bytes: Uint8Array): Promise<void>
  read(length: number): Promise<Uint8Array>
  /** @param length any; fetched in pieces of 32 bytes, of registers that follow each other */
  readFrom(register: number, length: number): Promise<Uint8Array>
  /** Keeps the bus for some ms: for a wait between command and answer. */
  pause(ms: number): Promise<void>
}

export class I2cBus implements Bus {
  readonly #path: string
  readonly #clock: Clock
  readonly #open: () => Promise<I2cPort>
  #port: I2cPort | undefined
  #closed = false
  /** Resolves when the bus is free. */
  #tail: Promise<void> = Promise.resolve()
  /** The last transfer, which the kernel may not have given back yet, and whom it is with. */
  #pending: Promise<unknown> = Promise.resolve()
  #busy: Place | undefined
  /** Multiplexer → what its control register was last set to; undefined where nobody knows. */
  #muxes = new Map<number, number | undefined>()

  /**
   * @param path for errors: `/dev/i2c-1`
   * @param muxes addresses of the multiplexers on the bus
   * @param open opens the wire, again after an adapter was unplugged
   */
  constructor(path: string, clock: Clock, muxes: Iterable<number>, open: () => Promise<I2cPort>) {
    this.#path = path
    this.#clock = clock
    this.#open = open
    for (const mux of muxes) this.#muxes.set(mux, undefined)
  }

  /** Opens the wire if it is not: throws device/unreachable where it cannot be. */
  async connect(): Promise<void> {
    if (this.#closed) throw new HabtwinError('device/unreachable', 'the bus is closed', { where: this.#path })
    try {
      this.#port ??= await this.#open()
    } catch (cause) {
      if (errnoOf(cause) === undefined) throw cause
      const message = `${this.#path} cannot be opened: ${messageOf(cause)}`
      throw new HabtwinError('device/unreachable', message, { where: this.#path, cause })
    }
  }

  /** Has the bus for itself from the first transfer to the last. */
  async converse<T>(place: Place, signal: AbortSignal, talk: (wire: I2cWire) => Promise<T>): Promise<T> {
    const turn = this.#tail
    const done = Promise.withResolvers<void>()
    this.#tail = done.promise
    try {
      await unlessAborted(turn, signal).catch((error: unknown) => {
        throw this.#busy === undefined ? error : hanging(error, this.#path, this.#busy, place)
      })
      await this.connect()
      const wire = this.#wire(place, signal)
      await this.#select(place, signal)
      return await talk(wire)
    } finally {
      // whoever gave up while waiting still lets the one before go first
      turn.then(() => this.#pending).then(() => done.resolve())
    }
  }

  /** Nobody is let on any more; the wire is closed, at once or when the kernel gives back the last transfer. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const closing = this.#tail.then(() => this.#drop())
    if (this.#busy === undefined) await closing
  }

  #wire(place: Place, signal: AbortSignal): I2cWire {
    const { address } = place
    const transfer = <T>(act: (port: I2cPort) => Promise<T>) => this.#transfer(place, signal, act)
    return {
      write: (bytes) => transfer((port) => port.write(address, bytes)),
      read: (length) => transfer((port) => port.read(address, length)),
      // a timer of the machine may fire a part of a millisecond early, and the chip would not be ready
      pause: (ms) => this.#clock.sleep(ms + 1, signal),
      async readFrom(register, length) {
        const bytes = new Uint8Array(length)
        for (let at = 0; at < length; at += 32) {
          const piece = await transfer((port) => port.writeRead(address, register + at, Math.min(32, length - at)))
          bytes.set(piece, at)
        }
        return bytes
      },
    }
  }

  async #transfer<T>(place: Place, signal: AbortSignal, act: (port: I2cPort) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const port = this.#port
    if (port === undefined) throw new HabtwinError('device/unreachable', 'the bus is closed', { where: place.where })
    const transfer = act(port)
    this.#busy = place
    const over = () => {
      this.#busy = undefined
    }
    this.#pending = transfer.then(over, over)
    try {
      return await unlessAborted(transfer, signal)
    } catch (error) {
      if (signal.aborted) throw hanging(signal.reason, this.#path, place, place)
      // what a multiplexer was set to may have gone with its power
      for (const mux of this.#muxes.keys()) this.#muxes.set(mux, undefined)
      if (!isOfTransfer(error)) await this.#drop()
      throw faultOf(error, place, this.#path)
    }
  }

  /** Opens the one channel that the device is behind, and closes those of all other multiplexers. */
  async #select({ address, mux, where }: Place, signal: AbortSignal): Promise<void> {
    // one that came with a device while the bus was open
    if (mux !== undefined && !this.#muxes.has(mux.address)) this.#muxes.set(mux.address, undefined)
    for (const other of this.#muxes.keys()) {
      // the control register has one bit a channel (TCA9548A datasheet SCPS207, 8.6.2)
      const wanted = other === mux?.address ? 1 << mux.channel : 0
      if (this.#muxes.get(other) === wanted || other === address) continue
      const place = { address: other, where: `${where} (multiplexer)` }
      try {
        await this.#transfer(place, signal, (port) => port.write(other, Uint8Array.of(wanted)))
      } catch (error) {
        signal.throwIfAborted()
        // one that is not there has no channel open either: that is the trouble of those behind it alone
        if (wanted !== 0 || this.#port === undefined) throw error
      }
      this.#muxes.set(other, wanted)
    }
  }

  async #drop(): Promise<void> {
    const port = this.#port
    this.#port = undefined
    // a descriptor whose device is gone may fail to close: it is gone all the same
    await port?.close().catch(() => {})
  }
}

/** The promise, or the reason of the signal as soon as it aborts. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
