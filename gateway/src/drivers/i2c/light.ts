/** What the counts of the light sensors mean. */

/** One step of sensitivity of a TSL2591: gain as typical (datasheet v2-04, CONTROL register), and ms of integration. */
export interface Tsl2591Step {
  readonly gain: number
  readonly ms: number
  /** The CONTROL register. */
  readonly control: number
  /** Counts at which the converter is full: 36 863 in 100 ms, else 65 535 (datasheet, ADC characteristics). */
  readonly full: number
}

/** From bright to dark. */
export const tsl2591Steps: readonly Tsl2591Step[] = [
  { gain: 1, ms: 100, control: 0x00, full: 36_863 },
  { gain: 25, ms: 100, control: 0x10, full: 36_863 },
  { gain: 428, ms: 100, control: 0x20, full: 36_863 },
  { gain: 9_876, ms: 100, control: 0x30, full: 36_863 },
  { gain: 9_876, ms: 400, control: 0x33, full: 65_535 },
]

/** Counts · lx⁻¹ of gain 1 and 1 ms, inverted: 408 for the bare chip. The datasheet has no such figure; Adafruit's. */
const TSL2591_FACTOR = 408

/**
 * Illuminance by the channel of all light and that of infrared.
 * @returns lx; 0 where there is nothing but infrared
 */
export function tsl2591Lux(full: number, infrared: number, { gain, ms }: Tsl2591Step): number {
  if (full === 0 || infrared >= full) return 0
  return ((full - infrared) * (1 - infrared / full) * TSL2591_FACTOR) / (gain * ms)
}

/** One step of sensitivity of a VEML7700: its ALS_CONF register, and lx a count. */
export interface Veml7700Step {
  readonly conf: number
  readonly ms: number
  readonly lux: number
}

/** lx a count with gain 2 and 800 ms (datasheet 84286 rev. 1.7 of 2023; it was 0.0036 until rev. 1.6). */
const VEML7700_FINEST = 0.0042

const veml7700Step = (gain: number, gainBits: number, ms: number, timeBits: number): Veml7700Step => ({
  conf: (gainBits << 11) | (timeBits << 6),
  ms,
  lux: VEML7700_FINEST * (800 / ms) * (2 / gain),
})

/** From bright to dark: gains 1/8, 1/8, 1/4, 1 and 2. */
export const veml7700Steps: readonly Veml7700Step[] = [
  veml7700Step(1 / 8, 0b10, 25, 0b1100),
  veml7700Step(1 / 8, 0b10, 100, 0b0000),
  veml7700Step(1 / 4, 0b11, 100, 0b0000),
  veml7700Step(1, 0b00, 100, 0b0000),
  veml7700Step(2, 0b01, 200, 0b0001),
]

/**
 * Illuminance by the counts. Above 1000 lx the sensor falls behind, which a polynomial makes up for
 * (Vishay, Designing the VEML7700 Into an Application, 84323).
 * @returns lx
 */
export function veml7700Lux(counts: number, { lux }: Pick<Veml7700Step, 'lux'>): number {
  return straightened(counts * lux)
}

function straightened(x: number): number {
  if (x <= 1_000) return x
  return ((6.0135e-13 * x - 9.3924e-9) * x + 8.1488e-5) * x * x + 1.0023 * x
}
