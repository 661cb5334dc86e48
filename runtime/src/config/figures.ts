/** Figures about a point as a person writes them, brought into the unit of the point. */
import {
  convertDifference,
  convertible,
  convertPoint,
  type ErrorCode,
  parseQuantity,
  pointConvertible,
  ucum,
  unitCode,
} from '@habtwin/contract'
import { z } from 'zod'

/** A figure with its unit; bare only where the point has none. */
export const figure = z.union([z.string(), z.number()])

/** Told what cannot be used, and at which keys below the device. */
export type Complain = (path: readonly (string | number)[], code: ErrorCode, message: string) => void

/** A point, with the unit that figures about it come out in. */
export interface Measured {
  readonly point: string
  readonly unit: string
}

/** `412 ppm` as a value of the point, or `12 ppm` as a difference of two; undefined where it was complained of. */
export function figureIn(
  { point, unit }: Measured,
  written: string | number,
  kind: 'value' | 'difference',
  path: readonly (string | number)[],
  complain: Complain,
): number | undefined {
  const bare = typeof written === 'number' ? written : Number(written)
  if (unit === '1' && Number.isFinite(bare)) return bare
  const parsed = typeof written === 'string' ? parseQuantity(written) : undefined
  if (parsed !== undefined) {
    if (kind === 'value' && pointConvertible(point, parsed.unit, unit))
      return convertPoint(point, parsed.value, parsed.unit, unit)
    // a gas as mass has no offset between its scales
    if (kind === 'difference' && convertible(parsed.unit, unit))
      return convertDifference(parsed.value, parsed.unit, unit)
    if (kind === 'difference' && pointConvertible(point, parsed.unit, unit))
      return convertPoint(point, parsed.value, parsed.unit, unit)
  }
  const sign = ucum(unit) === '' ? unit : ucum(unit)
  const why = Number.isFinite(bare) ? 'has no unit' : 'is no figure of it'
  complain(path, 'config/unit', `"${written}" ${why}; give ${point} in ${sign} or a unit that converts to it`)
  return undefined
}

const PER: Readonly<Record<string, number>> = { s: 60, min: 1, h: 1 / 60, d: 1 / 1_440 }

/** `500 ppm/min`, per minute; undefined where it was complained of. */
export function rateIn(
  measured: Measured,
  written: string,
  path: readonly (string | number)[],
  complain: Complain,
): number | undefined {
  const slash = written.lastIndexOf('/')
  const per = unitCode(written.slice(slash + 1).trim()) ?? ''
  const factor = slash > 0 && Object.hasOwn(PER, per) ? PER[per] : undefined
  if (factor === undefined) {
    complain(path, 'config/unit', `"${written}" is no rate; write for example \`500 ppm/min\``)
    return undefined
  }
  const change = figureIn(measured, written.slice(0, slash).trim(), 'difference', path, complain)
  return change === undefined ? undefined : change * factor
}
