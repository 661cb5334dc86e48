/** What is in the air of a room: from volume, pressure, temperature and mole fractions to kg of each gas. */

/** J/(mol K). CODATA 2018, exact. */
const GAS_CONSTANT = 8.314462618
/** °C to K. */
const KELVIN = 273.15

export interface Air {
  /** m³ */
  readonly volume: number
  /** Pa */
  readonly pressure: number
  /** °C */
  readonly temperature: number
  /** 0 to 1 */
  readonly humidity: number
  /** Mole fractions of dry air. */
  readonly co2: number
  readonly o2: number
}

/** Saturation vapour pressure over water, Pa (A. L. Buck, model CR-1A user's manual, 1996). @param t °C */
export function saturation(t: number): number {
  return 611.21 * Math.exp(((18.678 - t / 234.5) * t) / (257.14 + t))
}

/** kmol of gas at a pressure. */
export function kmoles(pressure: number, { volume, temperature }: Pick<Air, 'volume' | 'temperature'>): number {
  return (pressure * volume) / (GAS_CONSTANT * (temperature + KELVIN)) / 1000
}

/** kg of vapour at a relative humidity. @param molar of water, g/mol */
export function vapour(humidity: number, air: Pick<Air, 'volume' | 'temperature'>, molar: number): number {
  return kmoles(humidity * saturation(air.temperature), air) * molar
}

/** kg by gas. @param molar g/mol by gas */
export function contents(air: Air, molar: (gas: string) => number): Record<string, number> {
  const all = kmoles(air.pressure, air)
  const h2o = kmoles(air.humidity * saturation(air.temperature), air)
  const dry = all - h2o
  return {
    o2: dry * air.o2 * molar('o2'),
    co2: dry * air.co2 * molar('co2'),
    n2: dry * (1 - air.o2 - air.co2) * molar('n2'),
    h2o: h2o * molar('h2o'),
  }
}
