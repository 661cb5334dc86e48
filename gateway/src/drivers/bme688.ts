/**
 * Bosch BME688 (and BME680): pressure, temperature, humidity, and the resistance of a heated metal oxide, which falls
 * where the air has gases in it. By the datasheet 1.1 (BST-BME688-DS000), chapters 3 and 5.
 */
import { points } from '@habtwin/contract'
import { duration, quantity } from '@habtwin/runtime/config/quantity'
import { z } from 'zod'
import { bme688Chip } from '../simulated/i2c/bosch.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import * as compensation from './i2c/bme68x.ts'
import { Block, boschChip } from './i2c/bosch.ts'
import type { I2cBus, I2cWire } from './i2c/bus.ts'
import { Chip, Freshness, Mark, placeKeys } from './i2c/device.ts'

const options = z.object({
  ...placeKeys(0x77, 0x76),
  /** Measures gas as well: that takes longer, and warms it a little. */
  gas: z.boolean().default(true),
  /** Of the hot plate, °C. */
  heater_temperature: quantity('Cel', '320 °C').pipe(z.number().min(200).max(400)).default(320),
  /** How long it is heated before it is measured, ms. */
  heater_time: duration('150 ms').pipe(z.number().min(20).max(4_032)).default(150),
})

type Options = z.output<typeof options>

/** ms with oversampling 8, 4 and 2: 14 cycles of 1.963, nine of 0.477 to switch, and 1 to wake. */
const CONVERSION = 34
/** ms between two looks, and how often it is looked at a chip that is slower than it should be. */
const [AGAIN, LOOKS] = [10, 4]

/** How long the plate is heated in step 9 of ten, of which only the first is used (gas_wait_9). */
const mark = new Mark(0x6d, 0x55)

export default defineDriver<Options, unknown, I2cBus>({
  name: 'bme688',
  simulated: false,
  about: {
    maker: 'Bosch',
    model: 'BME688, BME680',
    source: 'BST-BME688-DS000 1.1',
    settings: 'I2C 0x76 or 0x77, by its pin SDO',
  },
  options,
  rides: ['i2c'],
  describe: ({ gas }) => ({
    points: {
      temperature: { unit: points.temperature.unit, range: [-40, 85] },
      pressure: { unit: points.pressure.unit, range: [300, 1_100] },
      humidity: { unit: points.humidity.unit, range: [0, 100] },
      ...(gas
        ? { 'gas-resistance': { unit: points['gas-resistance'].unit, range: [100, 200_000_000] as [number, number] } }
        : {}),
    },
  }),
  airtime: ({ gas, heater_time }) => CONVERSION + (gas ? heater_time : 0) + 8,
  standIn: ({ address }, air) => bme688Chip(air, address),
  async open(device) {
    const sensor = new Bme688(device)
    await sensor.start(device.signal)
    return { read: (signal) => sensor.read(signal), async [Symbol.asyncDispose]() {} } // it sleeps between measurements
  },
})

class Bme688 {
  readonly #chip: Chip
  readonly #options: Options
  readonly #points: readonly string[]
  readonly #freshness: Freshness
  #trimming: compensation.Trimming | undefined
  /** The variant of 2020 on has its gas registers elsewhere. */
  #high = true
  /** °C, for the heater. */
  #ambient = 25

  constructor(device: DeviceContext<Options, I2cBus>) {
    this.#chip = new Chip(device)
    this.#options = device.options
    this.#points = ['temperature', 'pressure', 'humidity', ...(device.options.gas ? ['gas-resistance'] : [])]
    this.#freshness = new Freshness(device.clock, 3 * device.every, device.id)
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#trimming = await this.#chip.meet(signal, async (wire) => {
      const found = await boschChip(wire)
      this.#chip.expect('BME688', found === 'BME680' ? 'BME688' : found)
      this.#high = found === 'BME688'
      await mark.set(wire)
      const [a, b, c] = [await wire.readFrom(0x8a, 23), await wire.readFrom(0xe1, 14), await wire.readFrom(0x00, 5)]
      return compensation.trimmingOf(a, b, c)
    })
  }

  async read(signal: AbortSignal): Promise<Sample> {
    const { gas, heater_time } = this.#options
    const trimming = this.#trimming as compensation.Trimming
    await this.#chip.converse(signal, (wire) => this.#trigger(wire, trimming))
    await this.#chip.sleep(CONVERSION + (gas ? heater_time : 0), signal)
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0) await this.#chip.sleep(AGAIN, signal)
      const block = new Block(await this.#chip.converse(signal, (wire) => wire.readFrom(0x1d, 17)), 0x1d)
      // new data, and neither of its two measurements under way (meas_status_0)
      if ((block.u8(0x1d) & 0b1110_0000) !== 0b1000_0000) continue
      this.#freshness.seen()
      return this.#sample(trimming, block)
    }
    return this.#freshness.nothing(this.#points)
  }

  /** Sets it up and lets it measure once: it forgets all without power, so each time anew. */
  async #trigger(wire: I2cWire, trimming: compensation.Trimming): Promise<void> {
    const { gas, heater_temperature, heater_time } = this.#options
    const set = (register: number, value: number) => wire.write(Uint8Array.of(register, value))
    await mark.check(wire, this.#chip.where)
    await set(0x75, 0) // no filter
    await set(0x72, 0b010) // humidity twice
    await set(0x70, gas ? 0 : 0b1000) // heater on, or off
    if (gas) {
      await set(0x5a, compensation.heaterResistance(trimming, heater_temperature, this.#ambient))
      await set(0x64, compensation.heaterWait(heater_time))
    }
    await set(0x71, gas ? (this.#high ? 0b10_0000 : 0b1_0000) : 0) // gas with set point 0
    await set(0x74, 0b100_011_01) // temperature eight times, pressure four times, once
  }

  #sample(trimming: compensation.Trimming, block: Block): Sample {
    const fine = compensation.fineTemperature(trimming, block.u20(0x22))
    const temperature = Number((fine / 5_120).toFixed(2))
    this.#ambient = Math.min(85, Math.max(-40, temperature))
    const sample: Sample = {
      values: {
        temperature,
        pressure: Number((compensation.pressure(trimming, block.u20(0x1f), fine) / 100).toFixed(3)),
        humidity: Number(compensation.humidity(trimming, (block.u8(0x25) << 8) | block.u8(0x26), fine).toFixed(2)),
      },
    }
    if (!this.#options.gas) return sample
    const at = this.#high ? 0x2c : 0x2a
    const [raw, range] = [(block.u8(at) << 2) | (block.u8(at + 1) >> 6), block.u8(at + 1) & 0x0f]
    // a real measurement, with the plate as hot as it was to be (gas_valid_r, heat_stab_r)
    if ((block.u8(at + 1) & 0b11_0000) === 0b11_0000) {
      const resistance = this.#high
        ? compensation.gasResistance(raw, range)
        : compensation.gasResistance680(trimming, raw, range)
      sample.values['gas-resistance'] = Math.round(resistance)
    } else {
      sample.values['gas-resistance'] = null
      sample.quality = { 'gas-resistance': 'bad:heater' }
    }
    return sample
  }
}
