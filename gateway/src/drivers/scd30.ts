/** Sensirion SCD30: CO2 by infrared, temperature, humidity. By the Interface Description 1.0 (May 2020), chapter 1.4. */
import { points } from '@habtwin/contract'
import { quantity } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { scd30Chip } from '../simulated/i2c/scd30.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import type { I2cBus, I2cWire } from './i2c/bus.ts'
import { ask, Chip, Freshness, placeKeys } from './i2c/device.ts'

const options = z.object({
  ...placeKeys(0x61),
  /** How much warmer it is than the air, by its own heat: taken off its temperature, and its humidity mended. */
  temperature_offset: quantity('K', '1.5 K').pipe(z.number().min(0).max(100)).default(0),
  /** Takes the lowest CO2 of each week for that of outdoor air: wrong in a sealed habitat. */
  self_calibration: z.boolean().default(false),
  /** Height above the sea, m: compensates by it instead of by the pressure of a barometer nearby. */
  altitude: quantity('m', '1200 m').pipe(z.number().min(0).max(65_535)).optional(),
})

type Options = z.output<typeof options>

const measured = ['co2', 'temperature', 'humidity'] as const

/** The chip asks for 3 ms between command and answer, and takes no repeated start (1.1). */
const WAIT = 3

export default defineDriver<Options, unknown, I2cBus>({
  name: 'scd30',
  simulated: false,
  about: { maker: 'Sensirion', model: 'SCD30', source: 'Interface Description SCD30 1.0, 1.4', settings: 'I2C 0x61' },
  options,
  rides: ['i2c'],
  describe: () => ({
    points: {
      co2: { unit: points.co2.unit, range: [0, 40_000] },
      temperature: { unit: points.temperature.unit, range: [-40, 70] },
      humidity: { unit: points.humidity.unit, range: [0, 100] },
    },
  }),
  airtime: () => 12,
  standIn: (_, air) => scd30Chip(air),
  async open(device) {
    const sensor = new Scd30(device)
    await sensor.start(device.signal)
    return { read: (signal) => sensor.read(signal), async [Symbol.asyncDispose]() {} } // it measures on, as it is meant to
  },
})

class Scd30 {
  readonly #device: DeviceContext<Options, I2cBus>
  readonly #chip: Chip
  /** s between its measurements: at least two to a reading, so that there is always a new one. */
  readonly #interval: number
  readonly #freshness: Freshness
  /** hPa that it compensates by; 0 where it does by altitude. */
  #pressure = 0

  constructor(device: DeviceContext<Options, I2cBus>) {
    this.#device = device
    this.#chip = new Chip(device)
    this.#interval = Math.min(1_800, Math.max(2, Math.floor(device.every / 2_000)))
    this.#freshness = new Freshness(device.clock, this.#interval * 3_000 + 5_000, device.id)
  }

  async start(signal: AbortSignal): Promise<void> {
    const { altitude, temperature_offset, self_calibration } = this.#device.options
    await this.#chip.meet(signal, async (wire) => {
      const [firmware] = await this.#ask(wire, 0xd100, 1)
      if (firmware === 0 || firmware === 0xffff) this.#chip.expect('SCD30', 'chip without a firmware version')
      // all of these are kept in its flash: written only where they differ
      await this.#set(wire, 0x4600, this.#interval)
      await this.#set(wire, 0x5306, self_calibration ? 1 : 0)
      await this.#set(wire, 0x5403, Math.round(temperature_offset * 100))
      if (altitude !== undefined) await this.#set(wire, 0x5102, Math.round(altitude))
      await this.#measure(wire)
    })
  }

  async read(signal: AbortSignal): Promise<Sample> {
    const words = await this.#chip.converse(signal, async (wire) => {
      // a step of the barometer below 2 hPa is 0.2 % of CO2, and each is written to flash (1.4.1)
      if (Math.abs(this.#ambient() - this.#pressure) >= 2) await this.#measure(wire)
      const [ready] = await this.#ask(wire, 0x0202, 1)
      return ready === 1 ? this.#ask(wire, 0x0300, 6) : undefined
    })
    if (words === undefined) return this.#freshness.nothing(measured)
    this.#freshness.seen()
    const [co2, temperature, humidity] = floats(words) as [number, number, number]
    // the first figure after power-up may be 0 ppm, which no air has
    if (co2 === 0) return { values: { co2: null, temperature, humidity }, quality: { co2: 'bad:warmup' } }
    return { values: { co2, temperature, humidity } }
  }

  /** Begins to measure, or goes on by another pressure. */
  async #measure(wire: I2cWire): Promise<void> {
    const pressure = this.#ambient()
    await ask(wire, this.#chip.where, { command: 0x0010, words: [pressure], wait: WAIT })
    this.#pressure = pressure
  }

  /** hPa in whole numbers, within what the chip takes; 0 asks for compensation by altitude. */
  #ambient(): number {
    const { options, nearby, habitat } = this.#device
    if (options.altitude !== undefined) return 0
    return Math.round(Math.min(1_400, Math.max(700, nearby('pressure') ?? habitat.pressure)))
  }

  #ask(wire: I2cWire, command: number, count: number): Promise<number[]> {
    return ask(wire, this.#chip.where, { command, wait: WAIT, count })
  }

  async #set(wire: I2cWire, command: number, value: number): Promise<void> {
    const [now] = await this.#ask(wire, command, 1)
    if (now !== value) await ask(wire, this.#chip.where, { command, words: [value], wait: WAIT })
  }
}

/** Figures of 32 bits out of pairs of words, high word first (1.4.5); six digits are what they are good for. */
function floats(words: readonly number[]): number[] {
  const bytes = Buffer.alloc(words.length * 2)
  words.forEach((word, i) => {
    bytes.writeUInt16BE(word, 2 * i)
  })
  return Array.from({ length: words.length / 2 }, (_, i) => Number(bytes.readFloatBE(4 * i).toPrecision(6)))
}
