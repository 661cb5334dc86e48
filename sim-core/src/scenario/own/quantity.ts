/** Figures with their units, as scenarios write them: `0.816 kg/d`, `4.96 kWh/kg`, `77 g/m2/d`, `1 kW`. */
import { convert, convertible, parseQuantity, unitCode } from '@habtwin/contract/units'

/** Figures beyond this are slips of the pen, and nothing could be reckoned with them. */
const MOST = 1e15

/** What a currency is counted in. */
export type CountUnit = 'kg' | 'kWh' | 'mol'

/** A figure that does not fit; the message says why and what would. */
export class FigureFault extends Error {}

/** A coefficient of a flow: so much an hour, or so much for each unit of what the process is reckoned by. */
export interface Coefficient {
  readonly value: number
  readonly per: 'hour' | 'basis'
}

/** Hours of a unit of time; undefined for other units. */
function hours(unit: string): number | undefined {
  return convertible(unit, 'h') ? convert(1, unit, 'h') : undefined
}

/** The figure and the parts of its unit: `77 g/m2/d` → 77, [g, m2, d]. */
function parts(text: string): { value: number; units: string[] } {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S.*?)\s*$/i.exec(text)
  if (!match) throw new FigureFault(`"${text}" is no figure with a unit; write for example \`0.816 kg/d\``)
  return { value: Number(match[1]), units: (match[2] as string).split('/').map((unit) => unit.trim()) }
}

/**
 * A coefficient of a flow.
 * @param unit what the currency is counted in
 * @param individual the unit of one individual of the agent, by which a figure may be given too: `m2` of a crop
 * @param basis what the process is reckoned by, where it is: then figures may be given for each unit of that
 * @throws FigureFault
 */
export function coefficient(text: string, unit: CountUnit, individual: string, basis?: CountUnit): Coefficient {
  const { value, units } = parts(text)
  const [what = '', ...pers] = units
  if (pers.length === 0 && unit === 'kWh' && convertible(what, 'W')) {
    return { value: convert(value, what, 'kW'), per: 'hour' }
  }
  if (!convertible(what, unit)) {
    throw new FigureFault(
      `"${text}" is not in ${unit}, which this currency is counted in; write for example \`1 ${unit}/h\``,
    )
  }
  let figure = convert(value, what, unit)
  let per: Coefficient['per'] | undefined
  let isPerIndividual = false
  for (const one of pers) {
    const time = hours(one)
    const isBasis = basis !== undefined && convertible(one, basis)
    if (time !== undefined && per === undefined) {
      figure /= time
      per = 'hour'
    } else if (isBasis && per === undefined) {
      figure /= convert(1, one, basis)
      per = 'basis'
    } else if (unitCode(one) === unitCode(individual) && unitCode(one) !== undefined && !isPerIndividual)
      isPerIndividual = true
    else throw new FigureFault(`"${text}": nothing here is reckoned by "${one}"`)
  }
  if (per === undefined) {
    const or = basis === undefined ? '' : ` or \`1 ${unit}/${basis}\``
    throw new FigureFault(`"${text}" says how much, but not in which time; write for example \`1 ${unit}/h\`${or}`)
  }
  if (!(Math.abs(figure) <= MOST)) throw new FigureFault(`"${text}" is too much to reckon with`)
  if (!(figure >= 0)) throw new FigureFault(`"${text}" is below zero; turn the flow's direction instead`)
  return { value: figure, per }
}

/**
 * A figure in one unit.
 * @throws FigureFault where it is in none that converts
 */
export function amount(text: string, unit: string): number {
  const parsed = parseQuantity(text)
  if (parsed === undefined || !convertible(parsed.unit, unit)) {
    throw new FigureFault(`"${text}" is not in ${unit}, nor in a unit that converts to it`)
  }
  const value = convert(parsed.value, parsed.unit, unit)
  if (!(Math.abs(value) <= MOST)) throw new FigureFault(`"${text}" is too much to reckon with`)
  return value
}

/** @throws FigureFault */
export function positive(text: string, unit: string): number {
  const value = amount(text, unit)
  if (!(value > 0)) throw new FigureFault(`"${text}" must be above zero`)
  return value
}

/** A figure in one unit that is not below zero. @throws FigureFault */
export function atLeastZero(text: string, unit: string): number {
  const value = amount(text, unit)
  if (value < 0) throw new FigureFault(`"${text}" must not be below zero`)
  return value
}

/** A part of a whole: 0 to 1. @throws FigureFault */
export function part(text: string): number {
  const value = amount(text, '1')
  if (!(value >= 0 && value <= 1)) throw new FigureFault(`"${text}" must be from 0 % to 100 %`)
  return value
}

/** A figure and its unit where it has one that is known. @throws FigureFault */
export function quantityOf(text: string): { value: number; unit: string } {
  const parsed = parseQuantity(text)
  if (parsed === undefined) throw new FigureFault(`"${text}" is no figure with a unit that habtwin knows`)
  return parsed
}
