/** Bosch BMP388 (and BMP390): pressure and temperature. By the datasheet 1.7 (BST-BMP388-DS001), chapters 3, 4 and 8. */
import { points } from '@habtwin/contract'
import { z } from 'zod'
import { bmp388Chip } from '../simulated/i2c/bosch.ts'
import { defineDriver, type Sample } from './driver.ts'
import * as compensation from './i2c/bmp3xx.ts'
import { Block, boschChip } from './i2c/bosch.ts'
import type { I2cBus } from './i2c/bus.ts'
import { Chip, Freshness, Mark, placeKeys } from './i2c/device.ts'

const options = z.object(placeKeys(0x77, 0x76))

type Options = z.output<typeof options>

const measured = ['pressure', 'temperature'] as const

/** ms with oversampling 8 and 1: 0.234 + 0.392 + 8·2.02 + 0.163 + 2.02 (3.9.2), and a fifth more for its own clock. */
const CONVERSION = 23
/** Both are ready (STATUS). */
const READY = 0b110_0000

/** How often it would measure by itself, which it does not here (ODR). */
const mark = new Mark(0x1d, 0x05)

export default defineDriver<Options, unknown, I2cBus>({
  name: 'bmp388',
  simulated: false,
  about: {
    maker: 'Bosch',
    model: 'BMP388, BMP390',
    source: 'BST-BMP388-DS001 1.7',
    settings: 'I2C 0x76 or 0x77, by its pin SDO',
  },
  options,
  rides: ['i2c'],
  describe: () => ({
    points: {
      pressure: { unit: points.pressure.unit, range: [300, 1_250] },
      temperature: { unit: points.temperature.unit, range: [-40, 85] },
    },
  }),
  airtime: () => CONVERSION + 3,
  standIn: ({ address }, air) => bmp388Chip(air, address),
  async open(device) {
    const chip = new Chip(device)
    const trimming = await chip.meet(device.signal, async (wire) => {
      const found = await boschChip(wire)
      chip.expect('BMP388', found === 'BMP390' ? 'BMP388' : found) // the same registers and formulas
      await mark.set(wire)
      return compensation.trimmingOf(await wire.readFrom(0x31, 21))
    })
    const freshness = new Freshness(device.clock, 3 * device.every, device.id)
    return {
      async read(signal): Promise<Sample> {
        await chip.converse(signal, async (wire) => {
          await mark.check(wire, chip.where)
          await wire.write(Uint8Array.of(0x1f, 0)) // no filter
          await wire.write(Uint8Array.of(0x1c, 0b000_011)) // temperature once, pressure eight times
          await wire.write(Uint8Array.of(0x1b, 0b01_0011)) // both, once
        })
        await chip.sleep(CONVERSION, signal)
        const block = new Block(await chip.converse(signal, (wire) => wire.readFrom(0x03, 7)), 0x03)
        if ((block.u8(0x03) & READY) !== READY) return freshness.nothing(measured)
        freshness.seen()
        const temperature = compensation.temperature(trimming, block.u24(0x07))
        const pressure = compensation.pressure(trimming, block.u24(0x04), temperature)
        return {
          values: { pressure: Number((pressure / 100).toFixed(3)), temperature: Number(temperature.toFixed(2)) },
        }
      },
      async [Symbol.asyncDispose]() {}, // it sleeps between measurements
    }
  },
})
