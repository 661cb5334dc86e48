/** Compensation and heater of the BME680 and BME688, floating point (BST-BME688-DS000 and BST-BME680-DS001, chapter 3). */
import { Block } from './bosch.ts'

/** Trimming of one chip, named as in the datasheet. */
export interface Trimming {
  readonly t: readonly [number, number, number]
  readonly p: readonly [number, number, number, number, number, number, number, number, number, number]
  readonly h: readonly [number, number, number, number, number, number, number]
  readonly g: readonly [number, number, number]
  readonly heaterRange: number
  readonly heaterValue: number
  /** BME680 only. */
  readonly rangeError: number
}

/**
 * @param a registers 0x8A to 0xA0
 * @param b registers 0xE1 to 0xEE
 * @param c registers 0x00 to 0x04
 */
export function trimmingOf(a: Uint8Array, b: Uint8Array, c: Uint8Array): Trimming {
  const low = new Block(a, 0x8a)
  const high = new Block(b, 0xe1)
  const heater = new Block(c, 0x00)
  return {
    t: [high.u16(0xe9), low.s16(0x8a), low.s8(0x8c)],
    p: [
      low.u16(0x8e),
      low.s16(0x90),
      low.s8(0x92),
      low.s16(0x94),
      low.s16(0x96),
      low.s8(0x99),
      low.s8(0x98),
      low.s16(0x9c),
      low.s16(0x9e),
      low.u8(0xa0),
    ],
    h: [
      // twelve bits each; they share 0xE2
      (high.u8(0xe3) << 4) | (high.u8(0xe2) & 0x0f),
      (high.u8(0xe1) << 4) | (high.u8(0xe2) >> 4),
      high.s8(0xe4),
      high.s8(0xe5),
      high.s8(0xe6),
      high.u8(0xe7),
      high.s8(0xe8),
    ],
    g: [high.s8(0xed), high.s16(0xeb), high.s8(0xee)],
    heaterRange: (heater.u8(0x02) >> 4) & 3,
    heaterValue: heater.s8(0x00),
    rangeError: heater.s8(0x04) >> 4,
  }
}

/** Temperature on the fine scale; 5120 a degree. */
export function fineTemperature({ t: [t1, t2, t3] }: Trimming, raw: number): number {
  return (raw / 16_384 - t1 / 1_024) * t2 + (raw / 131_072 - t1 / 8_192) ** 2 * t3 * 16
}

/** Pa; NaN where the trimming cannot be that of a chip. */
export function pressure({ p }: Trimming, raw: number, fine: number): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10] = p
  const half = fine / 2 - 64_000
  const square = (half * half * (p6 / 131_072) + half * p5 * 2) / 4 + p4 * 65_536
  const scale = (1 + ((p3 * half * half) / 16_384 + p2 * half) / 524_288 / 32_768) * p1
  if (scale === 0) return Number.NaN
  const plain = ((1_048_576 - raw - square / 4_096) * 6_250) / scale
  const bend = (p9 * plain * plain) / 2_147_483_648 + plain * (p8 / 32_768) + (plain / 256) ** 3 * (p10 / 131_072)
  return plain + (bend + p7 * 128) / 16
}

/** %, from 0 to 100. */
export function humidity({ h }: Trimming, raw: number, fine: number): number {
  const [h1, h2, h3, h4, h5, h6, h7] = h
  const t = fine / 5_120
  const dry = raw - (h1 * 16 + (h3 / 2) * t)
  const wet = dry * ((h2 / 262_144) * (1 + (h4 / 16_384) * t + (h5 / 1_048_576) * t * t))
  return Math.min(100, Math.max(0, wet + (h6 / 16_384 + (h7 / 2_097_152) * t) * wet * wet))
}

/** Ohm, of a BME688. @param raw 10 bits @param range 4 bits */
export function gasResistance(raw: number, range: number): number {
  return (1_000_000 * (262_144 >> range)) / (4_096 + (raw - 512) * 3)
}

/** Per cent by which each range of the BME680 is off (BST-BME680-DS001, 3.4). */
const OFF_FIRST = [0, 0, 0, 0, 0, -1, 0, -0.8, 0, 0, -0.2, -0.5, 0, -1, 0, 0]
const OFF_SECOND = [0, 0, 0, 0, 0.1, 0.7, 0, -0.8, -0.1, 0, 0, 0, 0, 0, 0, 0]

/** Ohm, of a BME680. @param raw 10 bits @param range 4 bits */
export function gasResistance680({ rangeError }: Trimming, raw: number, range: number): number {
  const first = (1_340 + 5 * rangeError) * (1 + (OFF_FIRST[range] as number) / 100)
  const second = 1 + (OFF_SECOND[range] as number) / 100
  return 1 / (second * 0.000000125 * 2 ** range * ((raw - 512) / first + 1))
}

/**
 * What register res_heat_0 holds for a temperature of the heater.
 * @param target °C, to 400
 * @param ambient °C
 */
export function heaterResistance(
  { g: [g1, g2, g3], heaterRange, heaterValue }: Trimming,
  target: number,
  ambient: number,
): number {
  const base = (g1 / 16 + 49) * (1 + ((g2 / 32_768) * 0.0005 + 0.00235) * Math.min(400, target))
  const warmed = base + (g3 / 1_024) * ambient
  const steps = 3.4 * (warmed * (4 / (4 + heaterRange)) * (1 / (1 + heaterValue * 0.002)) - 25)
  return Math.min(255, Math.max(0, Math.trunc(steps)))
}

/** What register gas_wait_0 holds: six bits, and two for a factor of 1, 4, 16 or 64 (gas_wait_x). @param ms to 4032 */
export function heaterWait(ms: number): number {
  let steps = Math.min(4_032, Math.max(1, Math.round(ms)))
  let factor = 0
  while (steps > 63) {
    steps = Math.floor(steps / 4)
    factor++
  }
  return (factor << 6) | steps
}
