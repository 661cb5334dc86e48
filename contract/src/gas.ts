/**
 * A gas as mass in a volume (mg/m3) and as a mole fraction (ppm). What instruments call mg/m3 is meant at their
 * reference of 25 °C and 1013.25 hPa, where a mole of ideal gas takes R·T/p = 24.465 L (R of CODATA 2018); a mass at
 * another temperature and pressure is another fraction.
 */
import { convert, convertible } from './units.ts'

/** Litres that a mole takes at 25 °C and 1013.25 hPa. */
export const MOLAR_VOLUME = (8.314462618 * 298.15 * 1_000) / 101_325

/** g/mol, from the standard atomic weights of IUPAC 2021 (C 12.011, H 1.008, O 15.999). */
const molarMasses: Record<string, number> = {
  co: 28.01,
  co2: 44.009,
  o2: 31.998,
  h2: 2.016,
  ethanol: 46.069,
}

/** g/mol of the gas that a point measures; undefined where it is none of those known. */
export function molarMass(point: string): number | undefined {
  return Object.hasOwn(molarMasses, point) ? molarMasses[point] : undefined
}

/** True where `convertPoint` can bring a value of this point from one unit into the other. */
export function pointConvertible(point: string, from: string, to: string): boolean {
  return convertible(from, to) || (molarMass(point) !== undefined && crosses(from, to))
}

/**
 * A value of a point in another unit; for a gas also from mg/m3 to ppm and back. Throws a RangeError where the two do
 * not convert.
 */
export function convertPoint(point: string, value: number, from: string, to: string): number {
  const mass = molarMass(point)
  if (mass === undefined || !crosses(from, to)) return convert(value, from, to)
  if (convertible(from, 'mg/m3')) return convert((convert(value, from, 'mg/m3') * MOLAR_VOLUME) / mass, '[ppm]', to)
  return convert((convert(value, from, '[ppm]') * mass) / MOLAR_VOLUME, 'mg/m3', to)
}

function crosses(from: string, to: string): boolean {
  return (
    (convertible(from, 'mg/m3') && convertible(to, '[ppm]')) || (convertible(from, '[ppm]') && convertible(to, 'mg/m3'))
  )
}
