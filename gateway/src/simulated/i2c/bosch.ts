// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
/** Bosch's sensors: they hold trimming, and what they measure is put through its inverse, as in the real ones. */
import type { Air } from '../../drivers/driver.ts'
import * as bme68x from '../../drivers/i2c/bme68x.ts'
import * as bmp3xx from '../../drivers/i2c/bmp3xx.ts'
import * as bmx280 from '../../drivers/i2c/bmx280.ts'
import { RegisterChip } from './registers.ts'

/** Words of 16 bits, low byte first. */
const le = (...words: number[]) => words.flatMap((word) => [word & 0xff, (word >> 8) & 0xff])

/** Trimming of the worked example of the BMP280 datasheet (1.14, 3.12), and registers 0xA0 and 0xA1. */
export const BME280_LOW = Uint8Array.of(
  ...le(27_504, 26_435, -1_000, 36_477, -10_685, 3_024, 2_855, 140, -7, 15_500, -14_600, 6_000),
  ...[0, 75],
)
/** Humidity as a usual BME280 has it: H2 364, H3 0, H4 321, H5 50, H6 30. */
export const BME280_HIGH = Uint8Array.of(...le(364), 0, 321 >> 4, (321 & 15) | ((50 & 15) << 4), 50 >> 4, 30)
/** Trimming as a usual BME688 has it: t2, t3, a gap, p1 to p5, p7, p6, two gaps, p8, p9, p10. */
export const BME688_LOW = Uint8Array.of(
  ...[...le(26_469), 3, 0, ...le(35_940, -10_289), 88, 0, ...le(7_105, -105)],
  ...[26, 30, 0, 0, ...le(-700, -2_540), 30],
)
/** h2 1021 and h1 778 share a byte; h3 to h7, t1, g2, g1, g3. */
export const BME688_MID = Uint8Array.of(
  ...[1_021 >> 4, ((1_021 & 15) << 4) | (778 & 15), 778 >> 4, 0, 45, 20, 120, -100],
  ...[...le(26_041, -5_969), -30, 18],
)
export const BME688_HEATER = Uint8Array.of(44, 0, 0x16, 0, 0x23)
/** Trimming as a usual BMP388 has it. */
export const BMP388_NVM = Uint8Array.of(
  ...[...le(27_446, 18_776), -10, ...le(-457, -2_754), 35, 0, ...le(25_083, 31_750)],
  ...[-13, -10, ...le(16_259), 22, -60],
)

/** The raw figure from 0 to `top` for which `f`, rising or falling all the way, comes nearest to `wanted`. */
export function inverse(f: (raw: number) => number, wanted: number, top: number): number {
  const rising = f(top) > f(0)
  let [low, high] = [0, top]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (f(middle) < wanted === rising) low = middle
    else high = middle
  }
  return Math.abs(f(low) - wanted) < Math.abs(f(high) - wanted) ? low : high
}

/** Puts 20 bits into three registers. */
function put20(chip: RegisterChip, register: number, raw: number): void {
  chip.registers.set([raw >> 12, (raw >> 4) & 0xff, (raw & 0x0f) << 4], register)
}

/** A chip that measures once when it is told, and takes its time. @param begins true where that register starts it */
function forced(
  chip: RegisterChip,
  begins: (register: number, value: number) => number | undefined,
  state: (busy: boolean, fresh: boolean) => void,
  measure: () => void,
): RegisterChip {
  let due: number | undefined
  chip.written = (register, value, now) => {
    const takes = begins(register, value)
    if (takes === undefined) return
    due = now + takes
    state(true, false)
  }
  chip.refresh = (now) => {
    if (due === undefined || now < due) return
    due = undefined
    measure()
    state(false, true)
  }
  return chip
}

export function bme280Chip(air: Air, address = 0x76): RegisterChip {
  const chip = new RegisterChip(address, {
    0x88: BME280_LOW,
    0xe1: BME280_HIGH,
    0xd0: [0x60],
    0xf7: [0x80, 0, 0, 0x80, 0, 0, 0x80, 0],
  })
  const trimming = bmx280.trimmingOf(BME280_LOW, BME280_HIGH)
  return forced(
    chip,
    (register, value) => (register === 0xf4 && (value & 3) === 1 ? 20 : undefined),
    (busy) => {
      chip.registers[0xf3] = busy ? 0b1000 : 0
    },
    () => {
      const t = inverse((raw) => bmx280.temperature(trimming, raw), air('temperature'), 0xfffff)
      const fine = bmx280.fineTemperature(trimming, t)
      const p = inverse((raw) => bmx280.pressure(trimming, raw, fine), air('pressure') * 100, 0xfffff)
      const h = inverse((raw) => bmx280.humidity(trimming, raw, fine), air('humidity'), 0xffff)
      put20(chip, 0xf7, p)
      put20(chip, 0xfa, t)
      chip.registers.set([h >> 8, h & 0xff], 0xfd)
    },
  )
}

/** @param variant 0 is a BME680 */
export function bme688Chip(air: Air, address = 0x77, variant = 1): RegisterChip {
  const chip = new RegisterChip(address, {
    0x00: BME688_HEATER,
    0x8a: BME688_LOW,
    0xe1: BME688_MID,
    0xd0: [0x61],
    0xf0: [variant],
  })
  const trimming = bme68x.trimmingOf(BME688_LOW, BME688_MID, BME688_HEATER)
  const { registers } = chip
  const gas = () => (registers[0x71] as number) & (variant === 0 ? 0b1_0000 : 0b10_0000)
  const wait = () => ((registers[0x64] as number) & 63) * 4 ** ((registers[0x64] as number) >> 6)
  return forced(
    chip,
    (register, value) => (register === 0x74 && (value & 3) === 1 ? 33 + (gas() ? wait() : 0) : undefined),
    (busy, fresh) => {
      registers[0x1d] = (busy ? 0b0010_0000 : 0) | (fresh ? 0b1000_0000 : 0)
    },
    () => {
      const t = inverse((raw) => bme68x.fineTemperature(trimming, raw) / 5_120, air('temperature'), 0xfffff)
      const fine = bme68x.fineTemperature(trimming, t)
      put20(chip, 0x22, t)
      put20(
        chip,
        0x1f,
        inverse((raw) => bme68x.pressure(trimming, raw, fine), air('pressure') * 100, 0xfffff),
      )
      const h = inverse((raw) => bme68x.humidity(trimming, raw, fine), air('humidity'), 0xffff)
      registers.set([h >> 8, h & 0xff], 0x25)
      // range 7, and stable only where the plate was heated
      const hot = gas() !== 0 && (registers[0x5a] as number) > 0 ? 0b11_0000 : 0
      registers.set([0x80, hot | 7], variant === 0 ? 0x2a : 0x2c)
    },
  )
}

export function bmp388Chip(air: Air, address = 0x77): RegisterChip {
  const chip = new RegisterChip(address, { 0x00: [0x50], 0x31: BMP388_NVM })
  const trimming = bmp3xx.trimmingOf(BMP388_NVM)
  return forced(
    chip,
    (register, value) => (register === 0x1b && (value & 0x30) === 0x10 ? 19 : undefined),
    (_, fresh) => {
      chip.registers[0x03] = 0x10 | (fresh ? 0x60 : 0)
    },
    () => {
      const t = inverse((raw) => bmp3xx.temperature(trimming, raw), air('temperature'), 0xffffff)
      const celsius = bmp3xx.temperature(trimming, t)
      const p = inverse((raw) => bmp3xx.pressure(trimming, raw, celsius), air('pressure') * 100, 0xffffff)
      const low = (raw: number) => [raw & 0xff, (raw >> 8) & 0xff, raw >> 16]
      chip.registers.set([...low(p), ...low(t)], 0x04)
    },
  )
}
