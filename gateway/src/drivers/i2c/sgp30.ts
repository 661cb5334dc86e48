/** What the SGP30's raw signals and its humidity mean. */

/** ppm in clean air (SGP30 datasheet 1.0, table 1). */
const CLEAN = { h2: 0.5, ethanol: 0.4 } as const

/**
 * A concentration by the raw signal: ln(c / c_ref) = (s_ref − s) / 512 (SGP30 datasheet 1.0, table 1).
 * @param signal ticks
 * @param reference ticks in clean air
 * @returns ppm, to four digits
 */
export function ppmOf(gas: keyof typeof CLEAN, signal: number, reference: number): number {
  return Number((CLEAN[gas] * Math.exp((reference - signal) / 512)).toPrecision(4))
}

/** 8.8 fixed point, from the least that does not switch the compensation off to the most (SGP30 datasheet 1.0, 6.3). */
export function fixedPoint(grams: number): number {
  return Math.min(0xffff, Math.max(1, Math.round(grams * 256)))
}
