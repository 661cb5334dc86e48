/** What the drivers of all I2C chips share: where the chip is, and its conversations. */
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'
import type { DeviceContext, Sample } from '../driver.ts'
import type { I2cBus, I2cWire, Place } from './bus.ts'
import { placeName } from './faults.ts'
import { frame, wordsOf } from './words.ts'

/** A multiplexer TCA9548A: address and channel. */
const mux = z.strictObject({
  /** 0x70 to 0x77, by its three pins. */
  address: z.int().min(0x70).max(0x77).default(0x70),
  channel: z.int().min(0).max(7),
})

/**
 * The keys of every device on I2C.
 * @param addresses those that the chip can have; the first is the usual one
 */
export function placeKeys(first: number, ...others: number[]) {
  const all = z.union([first, ...others].map((address) => z.literal(address)))
  return {
    /** 7 bits, as `0x61`. */
    address: all.default(first),
    /** Where it stands behind a multiplexer. */
    mux: mux.optional(),
  }
}

/** What every such device has in its options. */
export interface PlaceOptions {
  readonly address: number
  readonly mux?: { readonly address: number; readonly channel: number } | undefined
}

/** A chip at its place. */
export class Chip {
  readonly clock: Clock
  readonly place: Place
  readonly #bus: I2cBus

  constructor({
    id,
    clock,
    options,
    bus,
  }: Pick<DeviceContext<PlaceOptions, I2cBus>, 'id' | 'clock' | 'options' | 'bus'>) {
    this.clock = clock
    this.place = { address: options.address, mux: options.mux, where: id }
    this.#bus = bus
  }

  get where(): string {
    return this.place.where
  }

  /** `0x61`, or with the multiplexer it is behind. */
  get at(): string {
    return placeName(this.place)
  }

  /** Has the bus for itself until `talk` is over. Throws `device/*`. */
  converse<T>(signal: AbortSignal, talk: (wire: I2cWire) => Promise<T>): Promise<T> {
    return this.#bus.converse(this.place, signal, talk)
  }

  /**
   * The first conversation. Nobody there is device/unreachable here: unlike waiting for one that is slow, to find that
   * takes no time of the bus, so it is looked for again soon.
   */
  async meet<T>(signal: AbortSignal, talk: (wire: I2cWire) => Promise<T>): Promise<T> {
    try {
      return await this.converse(signal, talk)
    } catch (error) {
      if (!isHabtwinError(error, 'device/timeout')) throw error
      throw new HabtwinError('device/unreachable', error.message, { where: this.where, cause: error })
    }
  }

  /** Waits while others have the bus, and no part of a millisecond less. */
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.clock.sleep(ms + 1, signal)
  }

  garbled(message: string): HabtwinError {
    return new HabtwinError('device/garbled', message, { where: this.where })
  }

  /** Throws device/mismatch unless what answers is what the driver is for. */
  expect(wanted: string, found: string): void {
    if (found === wanted) return
    const message = `at ${this.at} answers ${article(found)}, not ${article(wanted)}`
    throw new HabtwinError('device/mismatch', message, { where: this.where })
  }
}

function article(name: string): string {
  return name.startsWith('a ') || name.startsWith('no ') ? name : `a ${name}`
}

/**
 * A register that changes nothing, with a value that the chip forgets without power: while it is there, the chip is the
 * one whose trimming was read. Somebody may put another in its place between two readings.
 */
export class Mark {
  readonly #register: number
  readonly #value: number

  constructor(register: number, value: number) {
    this.#register = register
    this.#value = value
  }

  set(wire: I2cWire): Promise<void> {
    return wire.write(Uint8Array.of(this.#register, this.#value))
  }

  /** Throws device/unreachable where it is gone, so that the chip is opened anew. */
  async check(wire: I2cWire, where: string): Promise<void> {
    const [found] = await wire.readFrom(this.#register, 1)
    if (found === this.#value) return
    throw new HabtwinError('device/unreachable', 'it was without power, or is another one than before', { where })
  }
}

/** One command of a chip that speaks in words with CRC. */
export interface Exchange {
  readonly command: number
  readonly words?: readonly number[]
  /** ms until it is carried out. */
  readonly wait: number
  /** Words of the answer; none where left out. */
  readonly count?: number
}

/** Sends a command, waits, and reads the answer; device/garbled where its CRC does not agree. */
export async function ask(
  wire: I2cWire,
  where: string,
  { command, words, wait, count = 0 }: Exchange,
): Promise<number[]> {
  await wire.write(frame(command, words))
  await wire.pause(wait)
  return count === 0 ? [] : wordsOf(await wire.read(3 * count), where)
}

/** Tells a chip that has nothing new just now from one that has stopped measuring. */
export class Freshness {
  readonly #clock: Clock
  readonly #limit: number
  readonly #where: string
  #last: number

  /** @param limit ms without anything new after which the chip counts as stopped */
  constructor(clock: Clock, limit: number, where: string) {
    this.#clock = clock
    this.#limit = limit
    this.#where = where
    this.#last = clock.mono()
  }

  /** Something new was measured. */
  seen(): void {
    this.#last = this.#clock.mono()
  }

  /** No value, and why: the last one is not given again. Throws device/timeout where that goes on too long. */
  nothing(points: readonly string[], why = 'bad:not-ready'): Sample {
    const silent = this.#clock.mono() - this.#last
    if (silent > this.#limit) {
      const message = `it answers, but has measured nothing new for ${Math.round(silent / 1_000)} s`
      throw new HabtwinError('device/timeout', message, { where: this.#where })
    }
    return without(points, why)
  }
}

/** A sample that says why there is no value. */
export function without(points: readonly string[], why: string): Sample {
  const values: Record<string, null> = {}
  const quality: Record<string, string> = {}
  for (const point of points) {
    values[point] = null
    quality[point] = why
  }
  return { values, quality }
}
