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

// Factors are those of NIST SP 811 (2008), appendix B.8, exact where that says so.

/** Pascals in a millimetre of mercury, conventional. */
const PASCAL_PER_MMHG = 133.322387415
/** Pascals in a pound-force per square inch: 0.45359237 kg × 9.80665 m/s2 ÷ (0.0254 m)². */
const PASCAL_PER_PSI = 6894.757293168
/** Litres in a US gallon, 231 cubic inches, exactly; and in a cubic foot. */
const LITRE_PER_GALLON = 3.785411784
const LITRE_PER_CUBIC_FOOT = 28.316846592

const table: Record<string, Unit> = {
  // time, base ms
  us: { dimension: 'time', factor: 0.001, sign: 'µs' },
  ms: { dimension: 'time', factor: 1, sign: 'ms' },
  s: { dimension: 'time', factor: 1_000, sign: 's' },
  min: { dimension: 'time', factor: 60_000, sign: 'min' },
  h: { dimension: 'time', factor: 3_600_000, sign: 'h' },
  d: { dimension: 'time', factor: 86_400_000, sign: 'd' },
  Hz: { dimension: 'frequency', factor: 1, sign: 'Hz' },
  kHz: { dimension: 'frequency', factor: 1_000, sign: 'kHz' },
  // mole fraction, base ppm
  '[ppm]': { dimension: 'fraction', factor: 1, sign: 'ppm' },
  '[ppb]': { dimension: 'fraction', factor: 0.001, sign: 'ppb' },
  '%': { dimension: 'fraction', factor: 10_000, sign: '%' },
  '1': { dimension: 'fraction', factor: 1_000_000, sign: '' },
  // pressure, base Pa
  Pa: { dimension: 'pressure', factor: 1, sign: 'Pa' },
  hPa: { dimension: 'pressure', factor: 100, sign: 'hPa' },
  kPa: { dimension: 'pressure', factor: 1_000, sign: 'kPa' },
  MPa: { dimension: 'pressure', factor: 1_000_000, sign: 'MPa' },
  bar: { dimension: 'pressure', factor: 100_000, sign: 'bar' },
  atm: { dimension: 'pressure', factor: 101_325, sign: 'atm' },
  mmHg: { dimension: 'pressure', factor: PASCAL_PER_MMHG, sign: 'mmHg' },
  Torr: { dimension: 'pressure', factor: 101_325 / 760, sign: 'Torr' },
  "[in_i'Hg]": { dimension: 'pressure', factor: PASCAL_PER_MMHG * 25.4, sign: 'inHg' },
  'cm[H2O]': { dimension: 'pressure', factor: 98.0665, sign: 'cmH₂O' },
  "[in_i'H2O]": { dimension: 'pressure', factor: 98.0665 * 2.54, sign: 'inH₂O' },
  '[psi]': { dimension: 'pressure', factor: PASCAL_PER_PSI, sign: 'psi' },
  // temperature, base degree Celsius
  Cel: { dimension: 'temperature', factor: 1, sign: '°C' },
  K: { dimension: 'temperature', factor: 1, offset: -273.15, sign: 'K' },
  '[degF]': { dimension: 'temperature', factor: 5 / 9, offset: -160 / 9, sign: '°F' },
  // length, area, volume
  mm: { dimension: 'length', factor: 0.001, sign: 'mm' },
  cm: { dimension: 'length', factor: 0.01, sign: 'cm' },
  m: { dimension: 'length', factor: 1, sign: 'm' },
  km: { dimension: 'length', factor: 1_000, sign: 'km' },
  '[in_i]': { dimension: 'length', factor: 0.0254, sign: 'in' },
  '[ft_i]': { dimension: 'length', factor: 0.3048, sign: 'ft' },
  m2: { dimension: 'area', factor: 1, sign: 'm²' },
  '[sft_i]': { dimension: 'area', factor: 0.09290304, sign: 'ft²' },
  m3: { dimension: 'volume', factor: 1, sign: 'm³' },
  L: { dimension: 'volume', factor: 0.001, sign: 'L' },
  mL: { dimension: 'volume', factor: 1e-6, sign: 'mL' },
  '[gal_us]': { dimension: 'volume', factor: LITRE_PER_GALLON / 1_000, sign: 'gal' },
  '[cft_i]': { dimension: 'volume', factor: LITRE_PER_CUBIC_FOOT / 1_000, sign: 'ft³' },
  // power, energy, electricity
  mW: { dimension: 'power', factor: 0.001, sign: 'mW' },
  W: { dimension: 'power', factor: 1, sign: 'W' },
  kW: { dimension: 'power', factor: 1_000, sign: 'kW' },
  'V.A': { dimension: 'apparent-power', factor: 1, sign: 'VA' },
  'kV.A': { dimension: 'apparent-power', factor: 1_000, sign: 'kVA' },
  var: { dimension: 'reactive-power', factor: 1, sign: 'var' },
  kvar: { dimension: 'reactive-power', factor: 1_000, sign: 'kvar' },
  'kW.h': { dimension: 'energy', factor: 1, sign: 'kWh' },
  'W.h': { dimension: 'energy', factor: 0.001, sign: 'Wh' },
  'MW.h': { dimension: 'energy', factor: 1_000, sign: 'MWh' },
  J: { dimension: 'energy', factor: 1 / 3.6e6, sign: 'J' },
  kJ: { dimension: 'energy', factor: 1 / 3.6e3, sign: 'kJ' },
  MJ: { dimension: 'energy', factor: 1 / 3.6, sign: 'MJ' },
  mol: { dimension: 'amount', factor: 1, sign: 'mol' },
  mV: { dimension: 'voltage', factor: 0.001, sign: 'mV' },
  V: { dimension: 'voltage', factor: 1, sign: 'V' },
  kV: { dimension: 'voltage', factor: 1_000, sign: 'kV' },
  uA: { dimension: 'current', factor: 1e-6, sign: 'µA' },
  mA: { dimension: 'current', factor: 0.001, sign: 'mA' },
  A: { dimension: 'current', factor: 1, sign: 'A' },
  Ohm: { dimension: 'resistance', factor: 1, sign: 'Ω' },
  kOhm: { dimension: 'resistance', factor: 1_000, sign: 'kΩ' },
  MOhm: { dimension: 'resistance', factor: 1_000_000, sign: 'MΩ' },
  // the rest
  kg: { dimension: 'mass', factor: 1, sign: 'kg' },
  g: { dimension: 'mass', factor: 0.001, sign: 'g' },
  mg: { dimension: 'mass', factor: 1e-6, sign: 'mg' },
  '[lb_av]': { dimension: 'mass', factor: 0.45359237, sign: 'lb' },
  'kg/kg': { dimension: 'mass-ratio', factor: 1, sign: 'kg/kg' },
  'g/kg': { dimension: 'mass-ratio', factor: 0.001, sign: 'g/kg' },
  lx: { dimension: 'illuminance', factor: 1, sign: 'lx' },
  klx: { dimension: 'illuminance', factor: 1_000, sign: 'klx' },
  'umol/m2/s': { dimension: 'photon-flux', factor: 1, sign: 'µmol/m²/s' },
  'ug/m3': { dimension: 'density', factor: 1, sign: 'µg/m³' },
  'mg/m3': { dimension: 'density', factor: 1_000, sign: 'mg/m³' },
  'g/m3': { dimension: 'density', factor: 1_000_000, sign: 'g/m³' },
  'mg/L': { dimension: 'density', factor: 1_000_000, sign: 'mg/L' },
  'kg/m3': { dimension: 'density', factor: 1e9, sign: 'kg/m³' },
  'uS/cm': { dimension: 'conductivity', factor: 1, sign: 'µS/cm' },
  'mS/cm': { dimension: 'conductivity', factor: 1_000, sign: 'mS/cm' },
  'mL/min': { dimension: 'flow', factor: 0.001, sign: 'mL/min' },
  'L/min': { dimension: 'flow', factor: 1, sign: 'L/min' },
  'L/s': { dimension: 'flow', factor: 60, sign: 'L/s' },
  'L/h': { dimension: 'flow', factor: 1 / 60, sign: 'L/h' },
  'm3/h': { dimension: 'flow', factor: 1000 / 60, sign: 'm³/h' },
  'm3/s': { dimension: 'flow', factor: 60_000, sign: 'm³/s' },
  '[gal_us]/min': { dimension: 'flow', factor: LITRE_PER_GALLON, sign: 'gal/min' },
  '[cft_i]/min': { dimension: 'flow', factor: LITRE_PER_CUBIC_FOOT, sign: 'ft³/min' },
  'm/s': { dimension: 'speed', factor: 1, sign: 'm/s' },
  B: { dimension: 'data', factor: 1, sign: 'B' },
  kB: { dimension: 'data', factor: 1_000, sign: 'kB' },
  MB: { dimension: 'data', factor: 1_000_000, sign: 'MB' },
  GB: { dimension: 'data', factor: 1_000_000_000, sign: 'GB' },
}

/** What people write, besides the UCUM code itself. */
const spellings: Record<string, string> = {
  ppm: '[ppm]', ppmv: '[ppm]', ppb: '[ppb]', '°C': 'Cel', C: 'Cel', degC: 'Cel', '°F': '[degF]', F: '[degF]', degF: '[degF]',
  'm³': 'm3', 'm²': 'm2', l: 'L', kWh: 'kW.h', Wh: 'W.h', MWh: 'MW.h', mbar: 'hPa', lux: 'lx', sec: 's', hour: 'h', hours: 'h',
  day: 'd', days: 'd', minutes: 'min', seconds: 's', 'µmol/m²/s': 'umol/m2/s', 'µg/m³': 'ug/m3', 'm³/h': 'm3/h',
  'mg/m³': 'mg/m3', 'g/m³': 'g/m3', 'kg/m³': 'kg/m3', 'mg/l': 'mg/L', 'm³/s': 'm3/s', 'l/min': 'L/min', 'l/h': 'L/h', 'l/s': 'L/s',
  psi: '[psi]', inHg: "[in_i'Hg]", cmH2O: 'cm[H2O]', inH2O: "[in_i'H2O]", torr: 'Torr', 'mm[Hg]': 'mmHg', 'µs': 'us',
  ohm: 'Ohm', 'Ω': 'Ohm', kohm: 'kOhm', 'kΩ': 'kOhm', 'MΩ': 'MOhm', 'µA': 'uA', VA: 'V.A', kVA: 'kV.A',
  in: '[in_i]', ft: '[ft_i]', ft2: '[sft_i]', 'ft²': '[sft_i]', ft3: '[cft_i]', 'ft³': '[cft_i]', gal: '[gal_us]', lb: '[lb_av]', ml: 'mL',
  'gal/min': '[gal_us]/min', gpm: '[gal_us]/min', 'ft3/min': '[cft_i]/min', 'ft³/min': '[cft_i]/min', cfm: '[cft_i]/min', 'µS/cm': 'uS/cm',
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
  const [a, b] = pair(from, to)
  return (value * a.factor + (a.offset ?? 0) - (b.offset ?? 0)) / b.factor
}

/**
 * A difference (an offset, a margin, a rate) in another unit: 1 K is 1 °C and 1.8 °F of difference, whatever the
 * zero of the scale. Throws a RangeError where the two do not convert.
 */
export function convertDifference(value: number, from: string, to: string): number {
  const [a, b] = pair(from, to)
  return (value * a.factor) / b.factor
}

function pair(from: string, to: string): [Unit, Unit] {
  const a = table[unitCode(from) ?? '']
  const b = table[unitCode(to) ?? '']
  if (a === undefined || b === undefined || a.dimension !== b.dimension) {
    throw new RangeError(`${from} does not convert to ${to}`)
  }
  return [a, b]
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
