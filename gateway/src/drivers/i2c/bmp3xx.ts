/** Compensation of the BMP388 (and BMP390), floating point (BST-BMP388-DS001, appendix, computation formulae). */
import { Block } from './bosch.ts'

/** Trimming of one chip, as floating point. */
export interface Trimming {
  readonly t: readonly [number, number, number]
  readonly p: readonly number[]
}

/** @param bytes registers 0x31 to 0x45 (trimming) */
export function trimmingOf(bytes: Uint8Array): Trimming {
  const nvm = new Block(bytes, 0x31)
  return {
    t: [nvm.u16(0x31) * 2 ** 8, nvm.u16(0x33) / 2 ** 30, nvm.s8(0x35) / 2 ** 48],
    p: [
      (nvm.s16(0x36) - 2 ** 14) / 2 ** 20,
      (nvm.s16(0x38) - 2 ** 14) / 2 ** 29,
      nvm.s8(0x3a) / 2 ** 32,
      nvm.s8(0x3b) / 2 ** 37,
      nvm.u16(0x3c) * 2 ** 3,
      nvm.u16(0x3e) / 2 ** 6,
      nvm.s8(0x40) / 2 ** 8,
      nvm.s8(0x41) / 2 ** 15,
      nvm.s16(0x42) / 2 ** 48,
      nvm.s8(0x44) / 2 ** 48,
      nvm.s8(0x45) / 2 ** 65,
    ],
  }
}

/** °C. @param raw 24 bits */
export function temperature({ t: [t1, t2, t3] }: Trimming, raw: number): number {
  const above = raw - t1
  return above * t2 + above * above * t3
}

/** Pa. @param raw 24 bits @param t °C, as compensated */
export function pressure({ p }: Trimming, raw: number, t: number): number {
  const [p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11] = p as [
    ...[number, number, number, number, number, number],
    ...[number, number, number, number, number],
  ]
  const offset = p5 + p6 * t + p7 * t ** 2 + p8 * t ** 3
  const slope = raw * (p1 + p2 * t + p3 * t ** 2 + p4 * t ** 3)
  return offset + slope + raw ** 2 * (p9 + p10 * t) + raw ** 3 * p11
}
