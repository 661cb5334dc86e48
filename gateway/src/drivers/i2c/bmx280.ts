/**
 * Compensation of the BME280 and BMP280: floating point as in the datasheet
 * (BME280 datasheet 1.6, appendix A 8.1; BMP280 datasheet 1.14, 3.12 has a worked example).
 */
import { Block } from './bosch.ts'

/** Trimming of one chip, named as in the datasheet: T1 … P9 of both, H1 … H6 of the BME280. */
export interface Trimming {
  readonly T: readonly [number, number, number]
  readonly P: readonly [number, number, number, number, number, number, number, number, number]
  readonly H: readonly [number, number, number, number, number, number]
}

/** What the chip measured, before compensation. */
export interface Raw {
  readonly temperature: number
  readonly pressure: number
  readonly humidity: number
}

/**
 * @param low registers 0x88 to 0xA1
 * @param high registers 0xE1 to 0xE7 (BME280, 4.2.2)
 */
export function trimmingOf(low: Uint8Array, high: Uint8Array): Trimming {
  const a = new Block(low, 0x88)
  const b = new Block(high, 0xe1)
  const p = (i: number) => a.s16(0x8e + 2 * i)
  return {
    T: [a.u16(0x88), a.s16(0x8a), a.s16(0x8c)],
    P: [a.u16(0x8e), p(1), p(2), p(3), p(4), p(5), p(6), p(7), p(8)],
    H: [
      a.u8(0xa1),
      b.s16(0xe1),
      b.u8(0xe3),
      // twelve bits each, with a sign; they share 0xE5
      (b.s8(0xe4) << 4) | (b.u8(0xe5) & 0x0f),
      (b.s8(0xe6) << 4) | (b.u8(0xe5) >> 4),
      b.s8(0xe7),
    ],
  }
}

/** Temperature on the fine scale that the others are compensated by; 5120 a degree. */
export function fineTemperature({ T: [t1, t2, t3] }: Trimming, raw: number): number {
  const first = (raw / 16_384 - t1 / 1_024) * t2
  const second = (raw / 131_072 - t1 / 8_192) ** 2 * t3
  return first + second
}

/** °C */
export function temperature(trimming: Trimming, raw: number): number {
  return fineTemperature(trimming, raw) / 5_120
}

/** Pa; NaN where the trimming cannot be that of a chip. */
export function pressure({ P }: Trimming, raw: number, fine: number): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9] = P
  const half = fine / 2 - 64_000
  const square = ((half * half * p6) / 32_768 + half * p5 * 2) / 4 + p4 * 65_536
  const scale = (1 + ((p3 * half * half) / 524_288 + p2 * half) / 524_288 / 32_768) * p1
  if (scale === 0) return Number.NaN
  const plain = ((1_048_576 - raw - square / 4_096) * 6_250) / scale
  return plain + ((p9 * plain * plain) / 2_147_483_648 + (plain * p8) / 32_768 + p7) / 16
}

/** %, from 0 to 100 as the datasheet limits it. */
export function humidity({ H: [h1, h2, h3, h4, h5, h6] }: Trimming, raw: number, fine: number): number {
  const t = fine - 76_800
  const dry = raw - (h4 * 64 + (h5 / 16_384) * t)
  const wet = dry * ((h2 / 65_536) * (1 + (h6 / 67_108_864) * t * (1 + (h3 / 67_108_864) * t)))
  return Math.min(100, Math.max(0, wet * (1 - (h1 * wet) / 524_288)))
}
