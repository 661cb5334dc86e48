/** Relative humidity and water vapour: of the two only vapour has a balance. */

/**
 * Saturation pressure of water vapour over water, Pa (Buck 1996, Model CR-1A manual, appendix 1).
 * @param temperature °C, −40 to 50
 */
export function saturation(temperature: number): number {
  return 611.21 * Math.exp((18.678 - temperature / 234.5) * (temperature / (257.14 + temperature)))
}

/** Pressure of the water vapour, Pa, at a relative humidity in %. */
export function vapour(humidity: number, temperature: number): number {
  return (humidity / 100) * saturation(temperature)
}

/** Relative humidity in %, at most 100: what is beyond that condenses. */
export function relativeHumidity(pressure: number, temperature: number): number {
  return Math.min(100, Math.max(0, (100 * pressure) / saturation(temperature)))
}
