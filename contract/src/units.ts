/**
 * Units: UCUM codes on the wire, signs for people, and the conversions a configuration may use.
 * A conversion is linear (value × factor + offset) to the dimension's base unit.
 */

interface Unit {
  readonly dimension: string
  /** base = value × factor + offset */
  readonly factor: number
  readonly offset?: number
  /** What a person reads. */
  readonly sign: string
}

/** Pascals in a millimetre of mercury (NIST SP 811, appendix B.8). */
const PASCAL_PER_MMHG = 133.322387415

const table: Record<string, Unit> = {
  // time, base ms
  ms: { dimension: 'time', factor: 1, sign: 'ms' },
  s: { dimension: 'time', factor: 1_000, sign: 's' },
  min: { dimension: 'time', factor: 60_000, sign: 'min' },
  h: { dimension: 'time', factor: 3_600_000, sign: 'h' },
  d: { dimension: 'time', factor: 86_400_000, sign: 'd' },
  // mole fraction, base ppm
  '[ppm]': { dimension: 'fraction', factor: 1, sign: 'ppm' },
  '[ppb]': { dimension: 'fraction', factor: 0.001, sign: 'ppb' },
  '%': { dimension: 'fraction', factor: 10_000, sign: '%' },
  '1': { dimension: 'fraction', factor: 1_000_000, sign: '' },
  // pressure, base Pa
  Pa: { dimension: 'pressure', factor: 1, sign: 'Pa' },
  hPa: { dimension: 'pressure', factor: 100, sign: 'hPa' },
  kPa: { dimension: 'pressure', factor: 1_000, sign: 'kPa' },
  bar: { dimension: 'pressure', factor: 100_000, sign: 'bar' },
  mmHg: { dimension: 'pressure', factor: PASCAL_PER_MMHG, sign: 'mmHg' },
  // temperature, base degree Celsius
  Cel: { dimension: 'temperature', factor: 1, sign: '°C' },
  K: { dimension: 'temperature', factor: 1, offset: -273.15, sign: 'K' },
  '[degF]': { dimension: 'temperature', factor: 5 / 9, offset: -160 / 9, sign: '°F' },
  // length, area, volume
  m: { dimension: 'length', factor: 1, sign: 'm' },
  m2: { dimension: 'area', factor: 1, sign: 'm²' },
  m3: { dimension: 'volume', factor: 1, sign: 'm³' },
  L: { dimension: 'volume', factor: 0.001, sign: 'L' },
  // power, energy, electricity
  W: { dimension: 'power', factor: 1, sign: 'W' },
  kW: { dimension: 'power', factor: 1_000, sign: 'kW' },
  'kW.h': { dimension: 'energy', factor: 1, sign: 'kWh' },
  'W.h': { dimension: 'energy', factor: 0.001, sign: 'Wh' },
  MJ: { dimension: 'energy', factor: 1 / 3.6, sign: 'MJ' },
  mol: { dimension: 'amount', factor: 1, sign: 'mol' },
  V: { dimension: 'voltage', factor: 1, sign: 'V' },
  A: { dimension: 'current', factor: 1, sign: 'A' },
  // the rest
  kg: { dimension: 'mass', factor: 1, sign: 'kg' },
  g: { dimension: 'mass', factor: 0.001, sign: 'g' },
  'kg/kg': { dimension: 'mass-ratio', factor: 1, sign: 'kg/kg' },
  'g/kg': { dimension: 'mass-ratio', factor: 0.001, sign: 'g/kg' },
  lx: { dimension: 'illuminance', factor: 1, sign: 'lx' },
  'umol/m2/s': { dimension: 'photon-flux', factor: 1, sign: 'µmol/m²/s' },
  'ug/m3': { dimension: 'density', factor: 1, sign: 'µg/m³' },
  'L/min': { dimension: 'flow', factor: 1, sign: 'L/min' },
  'm3/h': { dimension: 'flow', factor: 1000 / 60, sign: 'm³/h' },
  B: { dimension: 'data', factor: 1, sign: 'B' },
  kB: { dimension: 'data', factor: 1_000, sign: 'kB' },
  MB: { dimension: 'data', factor: 1_000_000, sign: 'MB' },
  GB: { dimension: 'data', factor: 1_000_000_000, sign: 'GB' },
}

/** What people write, besides the UCUM code itself. */
const spellings: Record<string, string> = {
  ppm: '[ppm]', ppmv: '[ppm]', ppb: '[ppb]', '°C': 'Cel', C: 'Cel', degC: 'Cel', '°F': '[degF]', F: '[degF]',
  'm³': 'm3', 'm²': 'm2', l: 'L', kWh: 'kW.h', Wh: 'W.h', mbar: 'hPa', lux: 'lx', sec: 's', hour: 'h', hours: 'h',
  day: 'd', days: 'd', minutes: 'min', seconds: 's', 'µmol/m²/s': 'umol/m2/s', 'µg/m³': 'ug/m3', 'm³/h': 'm3/h',
} // biome-ignore format: a table

/** The UCUM code for what a person wrote, or undefined where habtwin does not know the unit. */
export function unitCode(written: string): string | undefined {
  if (Object.hasOwn(table, written)) return written
  return Object.hasOwn(spellings, written) ? spellings[written] : undefined
}

/** The sign that people read for a UCUM code: `[ppm]` → `ppm`, `Cel` → `°C`. */
export function ucum(code: string): string {
  return Object.hasOwn(table, code) ? (table[code] as Unit).sign : code
}

/** True where a value in one unit can be expressed in the other. */
export function convertible(from: string, to: string): boolean {
  const a = table[unitCode(from) ?? '']
  const b = table[unitCode(to) ?? '']
  return a !== undefined && b !== undefined && a.dimension === b.dimension
}

/**
 * A value in another unit of the same dimension. Throws a RangeError where the two do not convert:
 * ask `convertible` first for what a person wrote.
 */
export function convert(value: number, from: string, to: string): number {
  const a = table[unitCode(from) ?? '']
  const b = table[unitCode(to) ?? '']
  if (a === undefined || b === undefined || a.dimension !== b.dimension) {
    throw new RangeError(`${from} does not convert to ${to}`)
  }
  return (value * a.factor + (a.offset ?? 0) - (b.offset ?? 0)) / b.factor
}

/**
 * A partial pressure as a mole fraction of the total pressure (Dalton's law).
 * @param pressure partial pressure, Pa
 * @param total total pressure, Pa
 * @returns ppm by volume
 */
export function partialPressureToPpm(pressure: number, total: number): number {
  return (pressure / total) * 1e6
}

/** A number with a unit as written: `480 m3` → `{value: 480, unit: 'm3'}`; undefined where it is no such thing. */
export function parseQuantity(text: string): { value: number; unit: string } | undefined {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S.*?)\s*$/i.exec(text)
  if (!match) return undefined
  const unit = unitCode(match[2] as string)
  return unit === undefined ? undefined : { value: Number(match[1]), unit }
}
