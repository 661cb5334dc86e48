/** Words and names of alerts that the guard and the twin have in common. */
import { createHash } from 'node:crypto'
import { type Level, levels, pointInfo, ucum } from '@habtwin/contract'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** An id of the parts, of at most 64 characters; a longer one is cut and told apart by a hash. */
export function alertId(...parts: string[]): string {
  const whole = parts.join('-')
  if (whole.length <= 64) return whole
  return `${whole.slice(0, 55)}-${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`
}

/** 0 is the worst. */
export function rank(level: Level): number {
  return levels.indexOf(level)
}

/** A place as it stands in a sentence: `Crew quarters` → `the crew quarters`; a name with capitals stays. */
export function place(label: string): string {
  return /^[A-Z][a-z]+( [a-z]+)*$/.test(label) ? `the ${label.toLowerCase()}` : label
}

/** A figure with its unit and grouped digits: `3,120 ppm`. */
export function figure(point: string, value: number): string {
  const { digits, unit } = pointInfo(point)
  return withUnit(value, digits, unit)
}

/** The same for what is no point: `1.9 m³/h`. @param unit UCUM */
export function withUnit(value: number, digits: number, unit: string): string {
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const sign = ucum(unit)
  return sign === '' ? text : `${text} ${sign}`
}

/** `90 s`, `15 min`, `1 h`. */
export function span(ms: number): string {
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`
  return ms >= 2 * MINUTE ? `${Math.round(ms / MINUTE)} min` : `${Math.round(ms / 1000)} s`
}
