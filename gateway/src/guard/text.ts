/** What an alert says to the crew: one plain sentence with the figure, the limit and the place. */
import { pointInfo } from '@habtwin/contract'
import { figure, place, span } from '@habtwin/runtime/alert-words'
import type { Direction, Finding } from './monitor.ts'

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
