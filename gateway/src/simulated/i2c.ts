/**
 * An I2C bus in this process, with chips on it that speak the real bytes. It can hang, lose its adapter, and each
 * chip can keep silent, garble what it says, take its time, stand still, or be pulled off.
 */
import { channel } from 'node:diagnostics_channel'
import type { Clock } from '@habtwin/runtime/clock'
import type { BusContext } from '../drivers/driver.ts'
import type { I2cPort, Mux } from '../drivers/i2c/bus.ts'
import { simulatedAir } from './air.ts'

/** A chip on a simulated bus. */
export interface I2cPeer {
  /** 7 bits. */
  readonly address: number
  /** Monotonic ms from which on it measures nothing new, though it still answers. */
  frozen?: number | undefined
  /** @returns false where it does not acknowledge @param now monotonic ms */
  write(bytes: Uint8Array, now: number): boolean
  /** @returns undefined where it does not acknowledge @param now monotonic ms */
  read(length: number, now: number): Uint8Array | undefined
}

/** What is wrong with one chip. */
export interface I2cFault {
  /** Acknowledges nothing. */
  readonly nack?: boolean
  /** Turns over one bit of each answer. */
  readonly corrupt?: boolean
  /** Time stands still for it: it answers, and measures nothing new. */
  readonly freeze?: boolean
  /** ms that each transfer takes. */
  readonly delay?: number
}

interface Seat {
  readonly peer: I2cPeer
  readonly mux: Mux | undefined
}

/** Says which line was opened, to whoever wants to break it: publishes an I2cLine. */
export const lineOpened = channel('habtwin:simulated-i2c')

export class I2cLine implements I2cPort {
  #clock: Clock
  #seats: Seat[] = []
  /** Control registers of the multiplexers. */
  #muxes = new Map<number, number>()
  #faults = new Map<I2cPeer, I2cFault>()
  #stuck = false
  #plugged = true
  /** Transfers so far, as `address:hex` of what was written, or `address?length` of what was asked for. */
  readonly log: string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Puts a chip on the bus, or behind a channel of a multiplexer that comes along. */
  attach(peer: I2cPeer, mux?: Mux): this {
    this.#seats.push({ peer, mux })
    if (mux !== undefined && !this.#muxes.has(mux.address)) this.#muxes.set(mux.address, 0)
    return this
  }

  /** Pulls every chip of this address off. */
  detach(address: number): void {
    this.#seats = this.#seats.filter(({ peer }) => peer.address !== address)
  }

  /** Every chip of this address has this fault from now on; none where it is left out. */
  fault(address: number, fault: I2cFault = {}): void {
    for (const { peer } of this.#seats) {
      if (peer.address !== address) continue
      this.#faults.set(peer, fault)
      peer.frozen = fault.freeze ? this.#clock.mono() : undefined
    }
  }

  /** Something holds a line down: every transfer ends after a second in ETIMEDOUT, as the kernel has it. */
  stick(on: boolean): void {
    this.#stuck = on
  }

  /** Pulls the adapter out, or puts it back. */
  unplug(): void {
    this.#plugged = false
  }

  replug(): void {
    this.#plugged = true
    for (const address of this.#muxes.keys()) this.#muxes.set(address, 0)
  }

  /** What a bus opens. Throws ENODEV while it is unplugged. */
  open(): I2cPort {
    if (!this.#plugged) throw errno('ENODEV')
    if (lineOpened.hasSubscribers) lineOpened.publish(this)
    return this
  }

  async write(address: number, bytes: Uint8Array): Promise<void> {
    this.log.push(`${address.toString(16)}:${Buffer.from(bytes).toString('hex')}`)
    await this.#transfer(address)
    if (this.#muxes.has(address)) {
      this.#muxes.set(address, bytes[0] ?? 0)
      return
    }
    // all that are listening hear it; the line is low, so acknowledged, where one of them pulls it
    const heard = this.#heard(address).map((peer) => peer.write(bytes, this.#clock.mono()))
    if (!heard.includes(true)) throw errno('EREMOTEIO')
  }

  async read(address: number, length: number): Promise<Uint8Array> {
    this.log.push(`${address.toString(16)}?${length}`)
    await this.#transfer(address)
    const mux = this.#muxes.get(address)
    if (mux !== undefined) return new Uint8Array(length).fill(mux)
    const said = this.#heard(address).flatMap((peer) => this.#said(peer, length) ?? [])
    if (said.length === 0) throw errno('EREMOTEIO')
    // two that speak at once pull the line low together
    return said.reduce((a, b) => a.map((byte, i) => byte & (b[i] ?? 0xff)))
  }

  async writeRead(address: number, register: number, length: number): Promise<Uint8Array> {
    await this.write(address, Uint8Array.of(register))
    return this.read(address, length)
  }

  async close(): Promise<void> {}

  async #transfer(address: number): Promise<void> {
    if (!this.#plugged) throw errno('ENODEV')
    if (this.#stuck) {
      await this.#pass(1_000)
      throw errno('ETIMEDOUT')
    }
    const delay = Math.max(0, ...this.#heard(address).map((peer) => this.#faults.get(peer)?.delay ?? 0))
    if (delay > 0) await this.#pass(delay)
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve))
  }

  /** The chips of this address that are connected just now and do not keep silent. */
  #heard(address: number): I2cPeer[] {
    return this.#seats
      .filter(({ mux }) => mux === undefined || ((this.#muxes.get(mux.address) ?? 0) >> mux.channel) & 1)
      .map(({ peer }) => peer)
      .filter((peer) => peer.address === address && this.#faults.get(peer)?.nack !== true)
  }

  #said(peer: I2cPeer, length: number): Uint8Array | undefined {
    const answer = peer.read(length, this.#clock.mono())
    if (answer !== undefined && answer.length > 0 && this.#faults.get(peer)?.corrupt) {
      const at = this.log.length % answer.length
      return answer.with(at, (answer[at] as number) ^ (1 << (this.log.length % 8)))
    }
    return answer
  }
}

/** A line with what stands in for each device of the bus. */
export function simulatedLine({ clock, passengers }: Pick<BusContext, 'clock' | 'passengers'>): I2cLine {
  const line = new I2cLine(clock)
  for (const [seed, { driver, options }] of passengers.entries()) {
    const peer = driver.standIn?.(options, simulatedAir(clock, seed)) as I2cPeer | undefined
    if (peer !== undefined) line.attach(peer, (options as { mux?: Mux }).mux)
  }
  return line
}

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}
