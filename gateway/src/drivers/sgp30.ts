/**
 * Sensirion SGP30: volatile organic compounds (TVOC), a CO2 equivalent made of them, hydrogen and ethanol.
 * By the datasheet 1.0 (May 2020), table 1 and chapter 6. It learns what clean air is: that baseline is kept over restarts.
 */
import { HabtwinError, points } from '@habtwin/contract'
import { z } from 'zod'
import { absoluteHumidity } from '../conditioning/humid-air.ts'
import { sgp30Chip } from '../simulated/i2c/sgp30.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import { Baseline } from './i2c/baseline.ts'
import { Beside } from './i2c/beside.ts'
import type { I2cBus, I2cWire } from './i2c/bus.ts'
import { ask, Chip, placeKeys } from './i2c/device.ts'
import { fixedPoint, ppmOf } from './i2c/sgp30.ts'
import { wordsOf } from './i2c/words.ts'

const options = z.object({
  ...placeKeys(0x58),
  /** Raw signals in clean air, in ticks, with 0.5 ppm of H2 and 0.4 ppm of ethanol: of this very sensor. */
  reference: z.strictObject({ h2: z.int().min(0).max(65_535), ethanol: z.int().min(0).max(65_535) }).optional(),
})

type Options = z.output<typeof options>

/** Ticks that SIMOC's sensors gave in a room taken for clean: a guess for any other sensor, and marked as one. */
const TYPICAL = { h2: 14_296, ethanol: 20_997 }

/** ms: the algorithm takes one measurement a second (6.3, measure_iaq). */
const SECOND = 1_000
/** ms from the beginning in which it says 400 ppm and 0 ppb, whatever there is (6.3). */
const WARMUP = 15_000

export default defineDriver<Options, unknown, I2cBus>({
  name: 'sgp30',
  simulated: false,
  about: { maker: 'Sensirion', model: 'SGP30', source: 'SGP30 datasheet 1.0, table 1 and 6', settings: 'I2C 0x58' },
  options,
  rides: ['i2c'],
  describe: () => ({
    points: {
      tvoc: { unit: points.tvoc.unit, range: [0, 60_000] },
      eco2: { unit: points.eco2.unit, range: [400, 60_000] },
      h2: { unit: points.h2.unit, range: [0, 1_000] },
      ethanol: { unit: points.ethanol.unit, range: [0, 1_000] },
    },
  }),
  airtime: () => 40,
  standIn: (_, air) => sgp30Chip(air).chip,
  async open(device) {
    const sensor = new Sgp30(device)
    try {
      await sensor.start(device.signal)
    } catch (error) {
      await sensor[Symbol.asyncDispose]()
      throw error
    }
    return { read: (signal) => sensor.read(signal), [Symbol.asyncDispose]: () => sensor[Symbol.asyncDispose]() }
  },
})

class Sgp30 implements AsyncDisposable {
  readonly #device: DeviceContext<Options, I2cBus>
  readonly #chip: Chip
  readonly #baseline: Baseline
  readonly #pulse: Beside
  #begun = 0
  /** What it measured last, and whether that was handed out. */
  #last: { eco2: number; tvoc: number; given: boolean } | undefined
  /** g/m³ in 8.8 fixed point, as it was told last. */
  #humidity: number | undefined

  constructor(device: DeviceContext<Options, I2cBus>) {
    this.#device = device
    this.#chip = new Chip(device)
    this.#baseline = new Baseline(device.clock, device.state)
    this.#pulse = new Beside(device.clock, (signal) => this.#measure(signal))
  }

  async start(signal: AbortSignal): Promise<void> {
    const { where } = this.#chip
    await this.#chip.meet(signal, async (wire) => {
      const [features = 0] = await ask(wire, where, { command: 0x202f, wait: 10, count: 1 })
      // the upper four bits are the type of the product: 0 is SGP30, 1 SGPC3 (6.3, get_feature_set)
      if (features >> 12 !== 0) this.#chip.expect('SGP30', features >> 12 === 1 ? 'SGPC3' : 'relative of it')
      await ask(wire, where, { command: 0x2032, wait: 0 })
    })
    // its self-test (6.3, measure_test); others may have the bus meanwhile
    await this.#chip.sleep(220, signal)
    await this.#chip.converse(signal, async (wire) => {
      const [found] = wordsOf(await wire.read(3), where)
      if (found !== 0xd400) {
        throw new HabtwinError('device/defect', `its self-test found a fault (${found?.toString(16)})`, { where })
      }
      await ask(wire, where, { command: 0x2003, wait: 10 })
      const kept = this.#baseline.restore()
      // read as [CO2eq, TVOC], but set the other way round (6.3, set_iaq_baseline)
      if (kept !== undefined) await ask(wire, where, { command: 0x201e, words: [kept.tvoc, kept.eco2], wait: 10 })
    })
    this.#begun = this.#device.clock.mono()
    this.#pulse.every(SECOND)
  }

  async read(signal: AbortSignal): Promise<Sample> {
    this.#pulse.check()
    const [h2, ethanol] = await this.#chip.converse(signal, async (wire) => {
      await this.#compensate(wire)
      const raw = await ask(wire, this.#chip.where, { command: 0x2050, wait: 25, count: 2 })
      if (this.#baseline.due()) {
        const [eco2, tvoc] = await ask(wire, this.#chip.where, { command: 0x2015, wait: 10, count: 2 })
        this.#baseline.keep({ eco2: eco2 as number, tvoc: tvoc as number })
      }
      return raw
    })
    const reference = this.#device.options.reference
    const { h2: pure, ethanol: sober } = reference ?? TYPICAL
    const sample: Sample & { quality: Record<string, string> } = {
      values: {
        tvoc: null,
        eco2: null,
        h2: ppmOf('h2', h2 as number, pure),
        ethanol: ppmOf('ethanol', ethanol as number, sober),
      },
      quality: reference === undefined ? { h2: 'uncertain:uncalibrated', ethanol: 'uncertain:uncalibrated' } : {},
    }
    this.#air(sample)
    return sample
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pulse[Symbol.asyncDispose]()
  }

  /** Puts in what the algorithm says, once. */
  #air({ values, quality }: { values: Sample['values']; quality: Record<string, string> }): void {
    const last = this.#last
    const cold = this.#device.clock.mono() - this.#begun < WARMUP
    const why = cold ? 'bad:warmup' : last === undefined || last.given ? 'bad:not-ready' : undefined
    for (const point of ['tvoc', 'eco2'] as const) {
      if (why !== undefined || last === undefined) quality[point] = why ?? 'bad:not-ready'
      else {
        values[point] = last[point]
        if (!this.#baseline.settled) quality[point] = 'uncertain:baseline'
      }
    }
    if (last !== undefined) last.given = true
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const exchange = { command: 0x2008, wait: 12, count: 2 }
    const [eco2, tvoc] = await this.#chip.converse(signal, (wire) => ask(wire, this.#chip.where, exchange))
    this.#last = { eco2: eco2 as number, tvoc: tvoc as number, given: false }
  }

  /** Tells it the humidity that a sensor nearby measures; 0 switches the compensation off (6.3). */
  async #compensate(wire: I2cWire): Promise<void> {
    const temperature = this.#device.nearby('temperature')
    const humidity = this.#device.nearby('humidity')
    const known = temperature !== undefined && humidity !== undefined
    // nobody has told it anything: it goes by what it came with
    if (!known && this.#humidity === undefined) return
    const word = known ? fixedPoint(absoluteHumidity(temperature, humidity)) : 0
    if (word === this.#humidity) return
    await ask(wire, this.#chip.where, { command: 0x2061, words: [word], wait: 10 })
    this.#humidity = word
  }
}
