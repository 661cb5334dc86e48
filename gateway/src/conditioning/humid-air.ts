/**
 * Moist air. Saturation vapour pressure over water by the Magnus formula with the coefficients of Sonntag (1990),
 * Z. Meteorol. 70 (5), 340–344, as WMO-No. 8 (CIMO Guide), Annex 4.B gives it for −45 to 60 °C:
 *
 *   e_w(t) = 6.112 hPa · exp(17.62 t / (243.12 °C + t))
 *
 * It is of pure vapour. The enhancement factor of moist air, f(p) = 1.0016 + …, is left out: 0.4 % at sea level, less
 * than any of these sensors knows humidity by, and in the dew point it cancels.
 */

const A = 17.62
/** °C */
const B = 243.12
/** hPa */
const C = 6.112
/** Specific gas constant of water vapour, J/(kg K): 8.314462618 / 0.01801528. */
const R_WATER = 461.52
const KELVIN = 273.15

/** Over water, hPa. @param t °C */
export function saturation(t: number): number {
  return C * Math.exp((A * t) / (B + t))
}

/**
 * Where the air would be saturated, °C.
 * @param t °C
 * @param humidity relative, %
 */
export function dewPoint(t: number, humidity: number): number {
  const x = Math.log(humidity / 100) + (A * t) / (B + t)
  return (B * x) / (A - x)
}

/** Water in the air, g/m3: e / (R_w T). @param t °C @param humidity relative, % */
export function absoluteHumidity(t: number, humidity: number): number {
  const vapour = saturation(t) * humidity // Pa: hPa × % / 100 × 100
  return (vapour / (R_WATER * (t + KELVIN))) * 1_000
}

/** What saturation lacks, kPa; of the air, as nothing here measures a leaf. @param t °C @param humidity relative, % */
export function vapourPressureDeficit(t: number, humidity: number): number {
  return (saturation(t) * (1 - humidity / 100)) / 10
}
