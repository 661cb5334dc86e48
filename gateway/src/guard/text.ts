/** What an alert says to the crew: one plain sentence with the figure, the limit and the place. */
import { pointInfo, ucum } from '@habtwin/contract'
import type { Direction, Finding } from './monitor.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A place as it stands in a sentence: `Crew quarters` → `the crew quarters`; a name with capitals stays. */
export function place(label: string): string {
  return /^[A-Z][a-z]+( [a-z]+)*$/.test(label) ? `the ${label.toLowerCase()}` : label
}

/** A figure with its unit and grouped digits: `3,120 ppm`. */
export function figure(point: string, value: number): string {
  const { digits, unit } = pointInfo(point)
  const text = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const sign = ucum(unit)
  return sign === '' ? text : `${text} ${sign}`
}

/** `90 s`, `15 min`, `1 h`. */
export function span(ms: number): string {
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`
  return ms >= 2 * MINUTE ? `${Math.round(ms / MINUTE)} min` : `${Math.round(ms / 1000)} s`
}

/** Something stands beyond a limit. */
export function limitText(point: string, zone: string, direction: Direction, finding: Finding): string {
  const { value, limit, mean } = finding
  const what = `${pointInfo(point).label} in ${place(zone)}`
  if (direction === 'rising' || direction === 'falling') {
    const speed = `${figure(point, Math.abs(value))} a minute`
    return `${what} is ${direction} by ${speed}, ${Math.abs(value) > Math.abs(limit) ? 'faster than' : 'near'} ${figure(point, Math.abs(limit))}`
  }
  const verb = mean === undefined ? 'is' : 'was'
  const over = mean === undefined ? '' : ` in the mean of ${span(mean)}`
  const beyond = direction === 'high' ? value > limit : value < limit
  const relation = !beyond ? 'not yet clear of' : direction === 'high' ? 'above' : 'below'
  if (point === 'smoke' && beyond) return `Smoke in ${place(zone)}`
  return `${what} ${verb} ${figure(point, value)}${over}, ${relation} ${figure(point, limit)}`
}

/** It does not any more. */
export function clearText(point: string, zone: string): string {
  return `${pointInfo(point).label} in ${place(zone)} is within its limits again`
}
