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

const MINUTE = 60_000

/** A length of time to plan by: `8 min`, `2 h 40 min`, `31 h`. */
export function lapse(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / MINUTE))
  if (minutes < 1) return 'under a minute'
  if (minutes < 60) return `${minutes} min`
  if (minutes >= 600) return `${Math.round(minutes / 60)} h`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Whole minutes, from an hour on five at a time: an edge of a band is not known to the minute. */
function rounded(minutes: number): number {
  const step = minutes < 60 ? 1 : 5
  return Math.round(minutes / step) * step
}

/** From one length of time to another: `8 – 25 min`, `1 h 50 – 4 h 10`, `20 – 41 h`. */
export function lapses(low: number, high: number): string {
  const [a, b] = [low, high].map((ms) => rounded(Math.max(0, ms / MINUTE))) as [number, number]
  const short = (minutes: number) => {
    if (minutes < 60) return `${minutes} min`
    if (minutes >= 600) return `${Math.round(minutes / 60)} h`
    return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`
  }
  if (a < 60 && b < 60) return `${a} – ${b} min`
  if (a >= 600) return `${Math.round(a / 60)} – ${Math.round(b / 60)} h`
  return `${short(a)} – ${short(b)}`
}

/** A chance from 0 to 1: `80 %`. None is certain, as it is told from a hundred futures: `> 99 %`. */
export function odds(of: number): string {
  if (of > 0.99) return '> 99 %'
  if (of < 0.01) return '< 1 %'
  return `${Math.round(of * 100)} %`
}

/** A figure of any size to two or three digits that mean something: `0.22`, `3.8`, `120`. */
export function rough(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  return number(value, size >= 20 ? 0 : size >= 1 ? 1 : size >= 0.095 ? 2 : size >= 0.0095 ? 3 : 4)
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

/** The same text, in which a figure and its unit stay on one line. */
export function glued(text: string): string {
  return text
    .replace(/(\d) (?=(%|°|ppm|hPa|Pa|W|mmHg|s|min|h|m³)(\W|$))/g, '$1\u00a0')
    .replace(/(\d\u00a0h) (?=\d)/g, '$1\u00a0')
    .replace(/([<>×]) (?=\d)/g, '$1\u00a0')
}
