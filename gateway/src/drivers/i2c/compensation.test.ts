import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  BME280_HIGH,
  BME280_LOW,
  BME688_HEATER,
  BME688_LOW,
  BME688_MID,
  BMP388_NVM,
  inverse,
} from '../../simulated/i2c/bosch.ts'
import * as bme68x from './bme68x.ts'
import * as bmp3xx from './bmp3xx.ts'
import * as bmx280 from './bmx280.ts'
import { tsl2591Lux, tsl2591Steps, veml7700Lux, veml7700Steps } from './light.ts'

/** True where the figure never turns back from one raw figure to the next. */
function monotone(f: (raw: number) => number, low: number, high: number): void {
  const sign = Math.sign(f(high) - f(low))
  fc.assert(
    fc.property(fc.integer({ min: low, max: high - 1 }), fc.nat(high - low), (raw, step) => {
      const next = Math.min(high, raw + 1 + step)
      assert.ok((f(next) - f(raw)) * sign >= 0, `${raw} → ${f(raw)}, ${next} → ${f(next)}`)
    }),
  )
}

describe('BME280 and BMP280', () => {
  const trimming = bmx280.trimmingOf(BME280_LOW, BME280_HIGH)

  it('give the worked example of the datasheet (BMP280 1.14, 3.12): 25.08 °C and 100653.27 Pa', () => {
    const fine = bmx280.fineTemperature(trimming, 519_888)
    assert.equal(Math.trunc(fine), 128_422)
    assert.equal(bmx280.temperature(trimming, 519_888).toFixed(2), '25.08')
    assert.equal(bmx280.pressure(trimming, 415_148, fine).toFixed(2), '100653.27')
  })

  // trimming, counts and results of two real chips, as the tests of elixir-sensors/bmp280 have them
  it('agree with another implementation on real chips', () => {
    const chips: [bmx280.Trimming, bmx280.Raw, [string, string, string]][] = [
      [
        {
          T: [28_189, 26_285, 50],
          P: [36_635, -10_696, 3_024, 11_092, -241, -7, 12_300, -12_000, 5_000],
          H: [75, 338, 0, 370, 60, 30],
        },
        { temperature: 536_368, pressure: 284_052, humidity: 35_181 },
        ['26.7460', '100391.49', '59.2'],
      ],
      [
        {
          T: [28_297, 26_729, 50],
          P: [37_189, -10_580, 3_024, 8_137, -87, -7, 9_900, -10_230, 4_285],
          H: [75, 394, 0, 242, 56, 30],
        },
        { temperature: 516_344, pressure: 316_593, humidity: 26_270 },
        ['20.2649', '100278.40', '64.4'],
      ],
    ]
    for (const [trimming, raw, expected] of chips) {
      const fine = bmx280.fineTemperature(trimming, raw.temperature)
      assert.deepEqual(
        [
          bmx280.temperature(trimming, raw.temperature).toFixed(4),
          bmx280.pressure(trimming, raw.pressure, fine).toFixed(2),
          bmx280.humidity(trimming, raw.humidity, fine).toFixed(1),
        ],
        expected,
      )
    }
  })

  it('unpack the twelve bits with a sign that humidity shares', () => {
    assert.deepEqual(trimming.H, [75, 364, 0, 321, 50, 30])
    const negative = bmx280.trimmingOf(BME280_LOW, Uint8Array.of(0, 0, 0, 0xff, 0xef, 0xff, 0))
    assert.deepEqual(negative.H.slice(3, 5), [-1, -2])
  })

  it('rise or fall all the way with what the chip counts', () => {
    const fine = bmx280.fineTemperature(trimming, 519_888)
    monotone((raw) => bmx280.temperature(trimming, raw), 300_000, 700_000)
    monotone((raw) => bmx280.pressure(trimming, raw, fine), 200_000, 800_000)
    monotone((raw) => bmx280.humidity(trimming, raw, fine), 0, 0xffff)
  })

  it('give no pressure for a trimming of zeros, which no chip has', () => {
    const blank = bmx280.trimmingOf(new Uint8Array(26), new Uint8Array(7))
    assert.ok(Number.isNaN(bmx280.pressure(blank, 400_000, 0)))
  })
})

describe('BME688 and BME680', () => {
  const trimming = bme68x.trimmingOf(BME688_LOW, BME688_MID, BME688_HEATER)

  // as the tests of elixir-sensors/bmp280 have it
  it('agree with another implementation on a real chip', () => {
    const real: bme68x.Trimming = {
      t: [26_195, 26_290, 3],
      p: [35_395, -10_405, 88, 4_836, -118, 30, 26, -765, -3_367, 30],
      h: [717, 1_021, 0, 45, 20, 120, -100],
      g: [-30, -5_969, 18],
      ...{ heaterRange: 0, heaterValue: 0, rangeError: 0 },
    }
    const fine = bme68x.fineTemperature(real, 480_732)
    assert.equal((fine / 5_120).toFixed(4), '19.3113')
    assert.equal(bme68x.pressure(real, 393_705, fine).toFixed(2), '100977.52')
    assert.equal(bme68x.humidity(real, 16_820, fine).toFixed(1), '25.2')
    assert.ok(Math.abs(bme68x.gasResistance680(real, 195, 9) / 20_467.26 - 1) < 0.001)
  })

  it('unpack their trimming from where the datasheet has it', () => {
    assert.deepEqual(trimming.t, [26_041, 26_469, 3])
    assert.deepEqual(trimming.p, [35_940, -10_289, 88, 7_105, -105, 30, 26, -700, -2_540, 30])
    assert.deepEqual(trimming.h, [778, 1_021, 0, 45, 20, 120, -100])
    assert.deepEqual(trimming.g, [-30, -5_969, 18])
    assert.deepEqual([trimming.heaterRange, trimming.heaterValue, trimming.rangeError], [1, 44, 2])
  })

  it('rise or fall all the way with what the chip counts', () => {
    const fine = bme68x.fineTemperature(trimming, 500_000)
    monotone((raw) => bme68x.fineTemperature(trimming, raw), 300_000, 700_000)
    monotone((raw) => bme68x.pressure(trimming, raw, fine), 200_000, 800_000)
    monotone((raw) => bme68x.humidity(trimming, raw, fine), 0, 0xffff)
    monotone((raw) => bme68x.gasResistance(raw, 5), 0, 1_023)
    monotone((raw) => bme68x.gasResistance680(trimming, raw, 5), 0, 1_023)
  })

  it('halve the gas resistance from each range to the next, with the middle of the converter at 64 Ω by 2^(15 − range)', () => {
    assert.equal(bme68x.gasResistance(512, 0), 64_000_000)
    for (let range = 1; range < 16; range++) {
      assert.ok(Math.abs(bme68x.gasResistance(512, range) * 2 ** range - 64_000_000) < 1)
    }
  })

  it('write how long the plate is heated in six bits and a factor: 100 ms is 0x59 (datasheet, table of gas_wait)', () => {
    assert.equal(bme68x.heaterWait(100), 0x59)
    assert.equal(bme68x.heaterWait(63), 63)
    assert.equal(bme68x.heaterWait(4_032), 0xff)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_032 }), (ms) => {
        const word = bme68x.heaterWait(ms)
        const held = (word & 63) * 4 ** (word >> 6)
        assert.ok(held <= ms && held > ms * 0.9 - 1, `${ms} ms held as ${held}`)
      }),
    )
  })

  it('heat more for more, and never beyond what the register takes', () => {
    monotone((target) => bme68x.heaterResistance(trimming, target, 25), 200, 400)
    assert.equal(bme68x.heaterResistance(trimming, 900, 25), bme68x.heaterResistance(trimming, 400, 25))
  })
})

describe('BMP388', () => {
  // the datasheet has no worked example; these are the registers of a real chip and its results, as the tests of
  // elixir-sensors/bmp3xx have them
  it('agree with another implementation on a real chip, from its registers on', () => {
    const real = bmp3xx.trimmingOf(Buffer.from('236b5849f65cffcef42300ea636e79f3f6aa4312c4', 'hex'))
    const temperature = bmp3xx.temperature(real, 0x85d873)
    assert.equal(temperature.toFixed(4), '30.4993')
    assert.equal(bmp3xx.pressure(real, 0x6d9f97, temperature).toFixed(3), '100876.006')
  })

  const trimming = bmp3xx.trimmingOf(BMP388_NVM)

  it('rise or fall all the way with what the chip counts', () => {
    monotone((raw) => bmp3xx.temperature(trimming, raw), 6_000_000, 12_000_000)
    monotone((raw) => bmp3xx.pressure(trimming, raw, 22), 2_000_000, 12_000_000)
  })

  it('come back to a pressure within a pascal', () => {
    const raw = inverse((raw) => bmp3xx.pressure(trimming, raw, 22), 87_900, 0xffffff)
    assert.ok(Math.abs(bmp3xx.pressure(trimming, raw, 22) - 87_900) < 1)
  })
})

describe('light', () => {
  it('of a TSL2591 counts what is visible, and is the same at each step of sensitivity', () => {
    for (const step of tsl2591Steps) {
      const counts = 0.01 * step.gain * step.ms
      assert.equal(tsl2591Lux(counts, counts * 0.3, step).toFixed(3), (408 * 0.01 * 0.49).toFixed(3))
    }
    assert.equal(tsl2591Lux(0, 0, tsl2591Steps[0] as (typeof tsl2591Steps)[number]), 0)
    // an infrared lamp alone, at which both channels are the same
    assert.equal(tsl2591Lux(500, 500, tsl2591Steps[0] as (typeof tsl2591Steps)[number]), 0)
  })

  it('of a VEML7700 has the resolutions of the datasheet 1.7, and is mended above 1000 lx alone', () => {
    assert.deepEqual(
      veml7700Steps.map(({ lux }) => Number(lux.toFixed(4))),
      [2.1504, 0.5376, 0.2688, 0.0672, 0.0168],
    )
    assert.equal(veml7700Lux(100, { lux: 5 }), 500)
    assert.equal(veml7700Lux(1_000, { lux: 1 }), 1_000)
    // 6.0135E-13 x⁴ − 9.3924E-9 x³ + 8.1488E-5 x² + 1.0023 x at 10 000 lx
    assert.equal(veml7700Lux(10_000, { lux: 1 }).toFixed(1), '14792.9')
    monotone((counts) => veml7700Lux(counts, { lux: 0.5376 }), 0, 50_000)
  })
})
