// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** ams TSL2591: light, by two channels whose sensitivity follows the light. By the datasheet v2-04 (2018). */
import { points } from '@habtwin/contract'
import { z } from 'zod'
import { tsl2591Chip } from '../simulated/i2c/light.ts'
import { type DeviceContext, defineDriver, type Sample } from './driver.ts'
import { Block } from './i2c/bosch.ts'
import type { I2cBus } from './i2c/bus.ts'
import { Chip, Freshness, placeKeys } from './i2c/device.ts'
import { tsl2591Steps as steps, type Tsl2591Step, tsl2591Lux } from './i2c/light.ts'

const options = z.object(placeKeys(0x29))

type Options = z.output<typeof options>

const measured = ['light', 'visible', 'infrared'] as const

/** A normal transaction with this register (COMMAND register). */
const at = (register: number) => 0xa0 | register
const [ENABLE, CONTROL, ID] = [0x00, 0x01, 0x12]
/** Its clock may be slower than ours by this. */
const SLACK = 1.15

export default defineDriver<Options, unknown, I2cBus>({
  name: 'tsl2591',
  simulated: false,
  about: { maker: 'ams', model: 'TSL2591', source: 'TSL2591 datasheet v2-04', settings: 'I2C 0x29' },
  options,
  rides: ['i2c'],
  describe: () => ({
    points: {
      light: { unit: points.light.unit, range: [0, 88_000] },
      // counts at gain 1 in 100 ms, whatever the sensor was set to
      visible: { unit: '1', label: 'Visible light, counts', range: [0, 65_535] },
      infrared: { unit: '1', label: 'Infrared, counts', range: [0, 65_535] },
    },
  }),
  airtime: () => 120,
  standIn: (_, air) => tsl2591Chip(air),
  async open(device) {
    const sensor = new Tsl2591(device)
    await sensor.start(device.signal)
    return { read: (signal) => sensor.read(signal), async [Symbol.asyncDispose]() {} } // it sleeps between measurements
  },
})

class Tsl2591 {
  readonly #chip: Chip
  readonly #freshness: Freshness
  #step = 1

  constructor(device: DeviceContext<Options, I2cBus>) {
    this.#chip = new Chip(device)
    this.#freshness = new Freshness(device.clock, 3 * device.every, device.id)
  }

  async start(signal: AbortSignal): Promise<void> {
    const [id] = await this.#chip.meet(signal, (wire) => wire.readFrom(at(ID), 1))
    const known: Record<number, string> = { 0x50: 'TSL2591', 0x44: 'TCS34725', 0x4d: 'TCS34727' }
    this.#chip.expect('TSL2591', known[id as number] ?? 'chip that is not known')
  }

  async read(signal: AbortSignal): Promise<Sample> {
    let step = this.#step
    let counts = await this.#measure(signal, step)
    // too bright for this step: at once with the least sensitive, which tells how bright it is
    if (counts?.saturated && step > 0) {
      step = 0
      counts = await this.#measure(signal, step)
    }
    if (counts === undefined) return this.#freshness.nothing(measured)
    this.#freshness.seen()
    if (counts.saturated) return this.#freshness.nothing(measured, 'bad:saturated')
    const { full, infrared } = counts
    const used = steps[step] as Tsl2591Step
    this.#step = bestFor(full, used)
    const plain = (value: number) => Number(((value * 100) / (used.gain * used.ms)).toPrecision(5))
    return {
      values: {
        light: Number(tsl2591Lux(full, infrared, used).toPrecision(5)),
        visible: plain(Math.max(0, full - infrared)),
        infrared: plain(infrared),
      },
    }
  }

  async #measure(signal: AbortSignal, index: number) {
    const step = steps[index] as Tsl2591Step
    const set = (register: number, value: number) => Uint8Array.of(at(register), value)
    await this.#chip.converse(signal, async (wire) => {
      await wire.write(set(ENABLE, 0b00)) // off first: what it still has from before is not taken for new
      await wire.write(set(CONTROL, step.control))
      await wire.write(set(ENABLE, 0b11)) // power, and both converters
    })
    await this.#chip.sleep(step.ms * SLACK, signal)
    const block = await this.#chip.converse(signal, async (wire) => {
      const bytes = await wire.readFrom(at(ID), 6)
      await wire.write(set(ENABLE, 0b00))
      return new Block(bytes, ID)
    })
    // AVALID: a whole cycle since it was switched on (STATUS register)
    if ((block.u8(0x13) & 1) === 0) return undefined
    const [full, infrared] = [block.u16(0x14), block.u16(0x16)]
    return { full, infrared, saturated: full >= step.full || infrared >= step.full }
  }
}

/** The most sensitive step at which this light stays below two thirds of what the converter takes. */
function bestFor(full: number, { gain, ms }: Tsl2591Step): number {
  const light = Math.max(full, 1) / (gain * ms)
  const index = steps.findLastIndex((step) => light * step.gain * step.ms < (step.full * 2) / 3)
  return Math.max(0, index)
}
