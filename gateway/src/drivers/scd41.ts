/** Sensirion SCD41: CO2 by photoacoustics, temperature, humidity. By the SCD4x datasheet 1.3, chapter 3. */
import { HabtwinError, points } from '@habtwin/contract'
import { quantity } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { scd41Chip } from '../simulated/i2c/scd41.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import { Beside } from './i2c/beside.ts'
import type { I2cBus, I2cWire } from './i2c/bus.ts'
import { ask, Chip, Freshness, placeKeys, without } from './i2c/device.ts'
import { wordsOf } from './i2c/words.ts'

const options = z.object({
  ...placeKeys(0x62),
  /** Measures each 5 s, each 30 s, or only for each reading (single-shot, which saves current and warms least). */
  mode: z.enum(['periodic', 'low-power', 'single-shot']).default('periodic'),
  /** How much warmer it is than the air, by its own heat. */
  temperature_offset: quantity('K', '4 K').pipe(z.number().min(0).max(20)).default(4),
  /** Takes the lowest CO2 of each week for that of outdoor air: wrong in a sealed habitat. */
  self_calibration: z.boolean().default(false),
  /** Height above the sea, m: compensates by it instead of by the pressure of a barometer nearby. */
  altitude: quantity('m', '1200 m').pipe(z.number().min(0).max(3_000)).optional(),
  /** Tests itself for 10 s each time it is opened. */
  self_test: z.boolean().default(false),
})

type Options = z.output<typeof options>

const measured = ['co2', 'temperature', 'humidity'] as const

/** ms: three measurements and some, without anything new. */
const PATIENCE = { periodic: 20_000, 'low-power': 95_000 }
/** ms that a single shot takes (3.10.1), and the margin before the reading that fetches it. */
const SHOT = 5_000
const MARGIN = 500
/** ms (3.9.3). */
const SELF_TEST = 10_000

export default defineDriver<Options, unknown, I2cBus>({
  name: 'scd41',
  simulated: false,
  about: { maker: 'Sensirion', model: 'SCD41, SCD40', source: 'SCD4x datasheet 1.3, 3', settings: 'I2C 0x62' },
  options,
  rides: ['i2c'],
  describe({ mode }, _bus, every) {
    if (mode === 'single-shot' && every < SHOT + 2 * MARGIN) {
      throw new HabtwinError('config/invalid', 'a single shot takes 5 s: every must be 6 s or more', { where: 'every' })
    }
    return {
      points: {
        co2: { unit: points.co2.unit, range: [0, 40_000] },
        temperature: { unit: points.temperature.unit, range: [-10, 60] },
        humidity: { unit: points.humidity.unit, range: [0, 100] },
      },
    }
  },
  airtime: () => 5,
  standIn: (_, air) => scd41Chip(air),
  async open(device) {
    const sensor = new Scd41(device)
    await sensor.start(device.signal)
    return { read: (signal) => sensor.read(signal), [Symbol.asyncDispose]: () => sensor[Symbol.asyncDispose]() }
  },
})

class Scd41 implements AsyncDisposable {
  readonly #device: DeviceContext<Options, I2cBus>
  readonly #chip: Chip
  readonly #freshness: Freshness
  readonly #shots: Beside
  #pressure = 0
  /** Monotonic ms at which its self-test will be over. */
  #testing: number | undefined

  constructor(device: DeviceContext<Options, I2cBus>) {
    const { mode } = device.options
    this.#device = device
    this.#chip = new Chip(device)
    this.#shots = new Beside(device.clock, (signal) => this.#shoot(signal))
    const patience = mode === 'single-shot' ? device.every * 3 : PATIENCE[mode]
    this.#freshness = new Freshness(device.clock, patience, device.id)
  }

  async start(signal: AbortSignal): Promise<void> {
    // while it measures it takes no settings; it needs half a second to stop (3.5.3)
    await this.#chip.meet(signal, (wire) => this.#ask(wire, 0x3f86, 1))
    await this.#chip.sleep(500, signal)
    await this.#chip.converse(signal, async (wire) => {
      const serial = await this.#ask(wire, 0x3682, 1, 3)
      if (serial.every((word) => word === serial[0])) this.#chip.expect('SCD41', 'chip without a serial number')
      if (!this.#device.options.self_test) return this.#begin(wire)
      await this.#ask(wire, 0x3639, 0)
      this.#testing = this.#device.clock.mono() + SELF_TEST
    })
  }

  async read(signal: AbortSignal): Promise<Sample> {
    this.#shots.check()
    if (this.#testing !== undefined) return this.#tested(signal, this.#testing)
    const words = await this.#chip.converse(signal, async (wire) => {
      const [ready = 0] = await this.#ask(wire, 0xe4b8, 1, 1)
      // the lower eleven bits are 0 while there is nothing new (3.8.2)
      const words = (ready & 0x7ff) === 0 ? undefined : await this.#ask(wire, 0xec05, 1, 3)
      if (Math.abs(this.#ambient() - this.#pressure) >= 1) await this.#compensate(wire)
      return words
    })
    if (words === undefined) return this.#freshness.nothing(measured)
    this.#freshness.seen()
    this.#next()
    return { values: valuesOf(words) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#shots[Symbol.asyncDispose]()
  }

  /** Settings (which it forgets without power), and the first measurement. */
  async #begin(wire: I2cWire): Promise<void> {
    const { options } = this.#device
    const set = (command: number, word: number) => ask(wire, this.#chip.where, { command, words: [word], wait: 1 })
    await set(0x241d, Math.round((options.temperature_offset * 65_535) / 175))
    await set(0x2416, options.self_calibration ? 1 : 0)
    if (options.altitude === undefined) await this.#compensate(wire)
    else await set(0x2427, Math.round(options.altitude))
    if (options.mode === 'single-shot') await this.#ask(wire, 0x219d, 0)
    else await this.#ask(wire, options.mode === 'periodic' ? 0x21b1 : 0x21ac, 1)
    this.#freshness.seen()
  }

  /** Tells it the pressure, in hPa; it takes that while it measures as well (3.6.5). */
  async #compensate(wire: I2cWire): Promise<void> {
    const pressure = this.#ambient()
    if (pressure === 0) return
    await ask(wire, this.#chip.where, { command: 0xe000, words: [pressure], wait: 1 })
    this.#pressure = pressure
  }

  /** hPa in whole numbers, within what the chip takes; 0 where altitude is given instead. */
  #ambient(): number {
    const { options, nearby, habitat } = this.#device
    if (options.altitude !== undefined) return 0
    return Math.round(Math.min(1_200, Math.max(700, nearby('pressure') ?? habitat.pressure)))
  }

  /** Has the next single shot ready when it will be asked for. */
  #next(): void {
    const { options, every } = this.#device
    if (options.mode === 'single-shot') this.#shots.once(every - SHOT - MARGIN)
  }

  async #shoot(signal: AbortSignal): Promise<void> {
    await this.#chip.converse(signal, (wire) => this.#ask(wire, 0x219d, 0))
  }

  async #tested(signal: AbortSignal, until: number): Promise<Sample> {
    if (this.#device.clock.mono() < until) return without(measured, 'bad:self-test')
    await this.#chip.converse(signal, async (wire) => {
      const [found] = wordsOf(await wire.read(3), this.#chip.where)
      if (found !== 0) {
        const message = `its self-test found a fault (${found})`
        throw new HabtwinError('device/defect', message, { where: this.#chip.where })
      }
      this.#testing = undefined
      await this.#begin(wire)
    })
    return without(measured, 'bad:self-test')
  }

  #ask(wire: I2cWire, command: number, wait: number, count = 0): Promise<number[]> {
    return ask(wire, this.#chip.where, { command, wait, count })
  }
}

/** The three words of a measurement (3.5.2). */
function valuesOf([co2, temperature, humidity]: readonly number[]): Record<string, number> {
  return {
    co2: co2 as number,
    temperature: Number((-45 + (175 * (temperature as number)) / 65_535).toFixed(2)),
    humidity: Number(((100 * (humidity as number)) / 65_535).toFixed(2)),
  }
}
