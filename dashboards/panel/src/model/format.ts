/** Figures, ages and spans as a person reads them. */
import { isPoint, pointInfo } from '@habtwin/contract/points'
import { convert, ucum } from '@habtwin/contract/units'

/** What the viewer chose to read in. */
export interface UnitChoice {
  readonly co2: 'ppm' | 'mmHg'
  readonly temperature: 'Cel' | '[degF]'
}

/** A point as it is shown: how its values convert, and the sign beside them. */
export interface Scale {
  readonly unit: string
  readonly digits: number
  readonly of: (value: number) => number
}

/** Units whose fractions say nothing to a person. */
const coarse: ReadonlySet<string> = new Set(['W', '%', 'lx', 'hPa', 'Pa', '[ppm]', '[ppb]'])

const MINUS = '\u2212'

/**
 * How a point is shown under a choice of units.
 * @param pressure the habitat's total pressure, hPa: what turns a mole fraction into a partial pressure (Dalton)
 * @param own UCUM unit that the device declares, for a point outside the vocabulary
 */
export function scaleOf(point: string, choice: UnitChoice, pressure: number, own?: string): Scale {
  const known = pointInfo(point)
  const info = isPoint(point) || own === undefined ? known : { ...known, unit: own, digits: coarse.has(own) ? 0 : 2 }
  if (point === 'co2' && choice.co2 === 'mmHg') {
    const total = convert(pressure, 'hPa', 'mmHg')
    return { unit: 'mmHg', digits: 2, of: (ppm) => (ppm / 1e6) * total }
  }
  if (info.unit === 'Cel' && choice.temperature === '[degF]') {
    return { unit: '°F', digits: info.digits, of: (celsius) => convert(celsius, 'Cel', '[degF]') }
  }
  return { unit: ucum(info.unit), digits: info.digits, of: (value) => value }
}

/** A number with grouped thousands, a true minus sign and fixed digits: `1,240`, `−3.5`. */
export function number(value: number, digits: number): string {
  const text = Math.abs(value).toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return value < 0 && Number(value.toFixed(digits)) !== 0 ? MINUS + text : text
}

/** A value in its scale, without the unit; an en dash for none. */
export function scaled(value: number | null | undefined, scale: Scale): string {
  return value === null || value === undefined ? '–' : number(scale.of(value), scale.digits)
}

/** A value in its scale, with the unit. */
export function withUnit(value: number | null | undefined, scale: Scale): string {
  const figure = scaled(value, scale)
  return value === null || value === undefined || scale.unit === '' ? figure : `${figure} ${scale.unit}`
}

/** A length of time in its largest unit: `8 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  const s = Math.max(0, ms) / 1000
  if (s < 90) return `${Math.round(s)} s`
  if (s < 90 * 60) return `${Math.round(s / 60)} min`
  if (s < 36 * 3600) return `${Math.round(s / 3600)} h`
  return `${Math.round(s / 86_400)} d`
}

/** A share as a percentage that says 100 only where nothing at all is missing. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '–'
  if (part >= whole) return '100 %'
  return `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`
}

/** A machine's reason as words: `no-answer` → `no answer`. */
export function words(reason: string): string {
  return reason.replaceAll('-', ' ')
}
