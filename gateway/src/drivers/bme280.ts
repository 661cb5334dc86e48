/** Bosch BME280: pressure, temperature, humidity. By the datasheet 1.6 (BST-BME280-DS002), chapters 3 to 5. */
import { points } from '@habtwin/contract'
import { z } from 'zod'
import { bme280Chip } from '../simulated/i2c/bosch.ts'
import { defineDriver, type Sample } from './driver.ts'
import * as compensation from './i2c/bmx280.ts'
import { Block, boschChip } from './i2c/bosch.ts'
import type { I2cBus } from './i2c/bus.ts'
import { Chip, Freshness, Mark, placeKeys } from './i2c/device.ts'

const options = z.object(placeKeys(0x76, 0x77))

type Options = z.output<typeof options>

const measured = ['temperature', 'pressure', 'humidity'] as const

/** ms at most with oversampling 2, 4 and 2: 1.25 + 2.3·2 + 2.3·4 + 0.575 + 2.3·2 + 0.575 (9.1). */
const CONVERSION = 21
/** What the data registers hold where nothing was measured (5.4.7 to 5.4.9). */
const SKIPPED = 0x80000

/** No filter: one measurement stands by itself; and a pause between measurements, which this mode has none of (5.4.6). */
const mark = new Mark(0xf5, 0b101_000_00)

export default defineDriver<Options, unknown, I2cBus>({
  name: 'bme280',
  simulated: false,
  about: {
    maker: 'Bosch',
    model: 'BME280',
    source: 'BST-BME280-DS002 1.6',
    settings: 'I2C 0x76 or 0x77, by its pin SDO',
  },
  options,
  rides: ['i2c'],
  describe: () => ({
    points: {
      temperature: { unit: points.temperature.unit, range: [-40, 85] },
      pressure: { unit: points.pressure.unit, range: [300, 1_100] },
      humidity: { unit: points.humidity.unit, range: [0, 100] },
    },
  }),
  airtime: () => CONVERSION + 4,
  standIn: ({ address }, air) => bme280Chip(air, address),
  async open(device) {
    const chip = new Chip(device)
    const trimming = await chip.meet(device.signal, async (wire) => {
      chip.expect('BME280', await boschChip(wire))
      await mark.set(wire)
      return compensation.trimmingOf(await wire.readFrom(0x88, 26), await wire.readFrom(0xe1, 7))
    })
    const freshness = new Freshness(device.clock, 3 * device.every, device.id)
    return {
      async read(signal): Promise<Sample> {
        await chip.converse(signal, async (wire) => {
          await mark.check(wire, chip.where)
          await wire.write(Uint8Array.of(0xf2, 0b010)) // humidity twice; counts from the next register on (5.4.3)
          await wire.write(Uint8Array.of(0xf4, 0b010_011_01)) // temperature twice, pressure four times, once
        })
        await chip.sleep(CONVERSION, signal)
        const bytes = await chip.converse(signal, (wire) => wire.readFrom(0xf3, 12))
        const block = new Block(bytes, 0xf3)
        const raw = {
          pressure: block.u20(0xf7),
          temperature: block.u20(0xfa),
          humidity: (block.u8(0xfd) << 8) | block.u8(0xfe),
        }
        // still measuring, or copying its trimming (5.4.4)
        const busy = (block.u8(0xf3) & 0b1001) !== 0
        if (busy || raw.temperature === SKIPPED || raw.pressure === SKIPPED) return freshness.nothing(measured)
        freshness.seen()
        return { values: valuesOf(trimming, raw) }
      },
      async [Symbol.asyncDispose]() {}, // it sleeps between measurements
    }
  },
})

function valuesOf(trimming: compensation.Trimming, raw: compensation.Raw): Record<string, number> {
  const fine = compensation.fineTemperature(trimming, raw.temperature)
  return {
    temperature: Number((fine / 5_120).toFixed(2)),
    pressure: Number((compensation.pressure(trimming, raw.pressure, fine) / 100).toFixed(3)),
    humidity: Number(compensation.humidity(trimming, raw.humidity, fine).toFixed(2)),
  }
}
