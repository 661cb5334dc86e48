/** One unit on a Modbus bus: what it is asked and told. */
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Setting } from '../driver.ts'
import type { Block } from './blocks.ts'
import type { ModbusBus, Request } from './bus.ts'
import { isBit, type Register, rawOf } from './registers.ts'
import { encode } from './values.ts'

/** Where a unit is and how it wants to be treated. */
export interface UnitOptions {
  readonly unit: number
  /** ms that it needs between an answer and the next question. */
  readonly pause: number
  /** How one register is set: `single` by function 6, `multiple` by 16, which some devices know alone. */
  readonly write: 'single' | 'multiple'
}

type Send = Request['send']

export class Unit {
  readonly where: string
  #bus: ModbusBus
  #clock: Clock
  #options: UnitOptions
  /** Monotonic ms of the last answer. */
  #answered = Number.NEGATIVE_INFINITY

  /** @param where the device, for errors */
  constructor(bus: ModbusBus, where: string, options: UnitOptions, clock: Clock) {
    this.where = where
    this.#bus = bus
    this.#clock = clock
    this.#options = options
  }

  /** The bytes of a block: two a register, or eight bits to a byte, the lowest first. */
  read({ function: kind, address, count }: Pick<Block, 'function' | 'address' | 'count'>, signal: AbortSignal) {
    const { unit } = this.#options
    const sends: Record<Block['function'], Send> = {
      coil: (client, next) => client.writeFC1(unit, address, count, next),
      discrete: (client, next) => client.writeFC2(unit, address, count, next),
      holding: (client, next) => client.writeFC3(unit, address, count, next),
      input: (client, next) => client.writeFC4(unit, address, count, next),
    }
    return this.#ask(sends[kind], signal)
  }

  /**
   * Sets a point to a value in its own unit, or to a word of its enum.
   * Throws command/refused where it cannot be set to that, or a `device/*` error.
   */
  async set(point: string, entry: Register, value: Setting, signal: AbortSignal): Promise<void> {
    const { where } = this
    const { unit } = this.#options
    if (entry.function === 'input' || entry.function === 'discrete') {
      const message = `${point} is an ${entry.function} register: it can only be read`
      throw new HabtwinError('command/refused', message, { where })
    }
    const figure = typeof value === 'string' ? (rawOf(entry, value) ?? Number(value)) : Number(value)
    if (isBit(entry)) {
      await this.#ask((client, next) => client.writeFC5(unit, entry.address, figure !== 0, next), signal)
      return
    }
    if (entry.bit !== undefined) {
      throw new HabtwinError('command/refused', `${point} is one bit of a register: the others would be lost`, {
        where,
      })
    }
    await this.write(entry.address, this.#bytes(point, entry, value), signal)
  }

  /** Writes registers as they are. */
  async write(address: number, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const { unit, write } = this.#options
    const words = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16BE(2 * i))
    const send: Send = (client, next) => {
      if (words.length === 1 && write === 'single') client.writeFC6(unit, address, words[0] as number, next)
      else client.writeFC16(unit, address, words, next)
    }
    await this.#ask(send, signal)
  }

  #bytes(point: string, entry: Register, value: Setting): Buffer {
    const word = typeof value === 'string' && rawOf(entry, value) !== undefined
    try {
      return encode(point, entry, word ? (value as string) : Number(value))
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause
      throw new HabtwinError('command/refused', `${value} does not fit ${point}`, { where: this.where, cause })
    }
  }

  async #ask(send: Send, signal: AbortSignal): Promise<Buffer> {
    const wait = this.#answered + this.#options.pause - this.#clock.mono()
    if (wait > 0) await this.#clock.sleep(wait, signal)
    try {
      return await this.#bus.ask({ unit: this.#options.unit, where: this.where, send }, signal)
    } finally {
      this.#answered = this.#clock.mono()
    }
  }
}
