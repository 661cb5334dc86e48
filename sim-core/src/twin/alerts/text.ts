/** What the twin's alerts say to the crew: one plain sentence with the figures, the place and the time. */
import { type Parameter, pointInfo, ucum } from '@habtwin/contract'
import { figure, place, span, withUnit } from '@habtwin/runtime/alert-words'
import { isRelative } from './instrument.ts'
import type { Sight } from './outlook.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `CO₂ in the crew quarters reaches 4,549 ppm in 2 h 40 min, P10–P90 1 h 50 – 4 h 10` */
export function reachText(sight: Sight, zone: string): string {
  const { quantity, limit, p10, p50, p90 } = sight.reach
  const what = `${pointInfo(quantity).label} in ${place(zone)}`
  const mean = sight.mean === undefined ? '' : ` in the mean of ${span(sight.mean)}`
  const verb = sight.direction === 'high' ? 'reaches' : 'falls to'
  const when = (p50 ?? 0) < MINUTE ? 'within a minute' : `in ${wait(p50 ?? 0)}`
  return `${what} ${verb} ${figure(quantity, limit)}${mean} ${when}, P10–P90 ${range(p10 ?? 0, p90 ?? 0)}`
}

/** It is not likely any more. */
export function unlikelyText(sight: Pick<Sight, 'direction'>, quantity: string, zone: string): string {
  const limit = sight.direction === 'high' ? 'upper' : 'lower'
  return `${pointInfo(quantity).label} in ${place(zone)} is not expected to reach its ${limit} limit any more`
}

/** The guard has said it. */
export function reachedText(quantity: string, zone: string): string {
  return `${pointInfo(quantity).label} in ${place(zone)} has reached the limit`
}

/** A time to come, as finely as it can be known: `40 min`, `2 h 40 min`, `17 h`. */
export function wait(ms: number): string {
  const minutes = rounded(ms)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** `1 h 50 – 4 h 10`, `20 – 45 min` */
function range(from: number, to: number): string {
  if (rounded(to) < 60) return `${rounded(from)} – ${rounded(to)} min`
  const short = (ms: number) => wait(ms).replace(/(h \d+) min$/, '$1')
  return `${short(from)} – ${short(to)}`
}

/** Minutes: to 5 from an hour on, to 30 from 6 hours on, to the hour from 12 on. */
function rounded(ms: number): number {
  const step = ms < HOUR ? 1 : ms < 6 * HOUR ? 5 : ms < 12 * HOUR ? 30 : 60
  return Math.max(1, Math.round(ms / MINUTE / step) * step)
}

/** Made once: that takes a hundred times as long as to use one. */
const formats = new Map<string, Intl.DateTimeFormat>()

/** `14:05`, or `Fri 14:05` where that was no longer today. */
export function localTime(t: number, now: number, timezone: string): string {
  const format = (options: Intl.DateTimeFormatOptions, at: number) => {
    const name = JSON.stringify([timezone, options])
    const made = formats.get(name) ?? new Intl.DateTimeFormat('en-GB', { timeZone: timezone, ...options })
    formats.set(name, made)
    return made.format(at)
  }
  const time = format({ hour: '2-digit', minute: '2-digit' }, t)
  const day = (at: number) => format({ dateStyle: 'short' }, at)
  if (day(t) === day(now)) return time
  return now - t < 6 * DAY
    ? `${format({ weekday: 'short' }, t)} ${time}`
    : `${format({ day: 'numeric', month: 'short' }, t)} ${time}`
}

/** People count as such, all other bare numbers are shares. */
export function unitOf({ kind, unit }: Pick<Parameter, 'kind' | 'unit'>): string {
  return kind === 'crew-load' && unit === '1' ? 'persons' : unit
}

/** A figure of a parameter: two digits that count; a share as per cent. */
export function parameterFigure(value: number, unit: string): string {
  return unit === '1' ? withUnit(whole(value * 100), 0, '%') : withUnit(value, digitsOf(value), unit)
}

function bare(value: number, unit: string): string {
  return unit === '1' ? String(whole(value * 100)) : withUnit(value, digitsOf(value), '1')
}

function digitsOf(value: number): number {
  const size = Math.abs(value)
  return size >= 10 ? 0 : size >= 0.095 || size < 0.005 ? 1 : 2
}

/** Without a minus before nothing. */
const whole = (value: number) => Math.round(value) + 0

type Told = Pick<Parameter, 'kind' | 'label' | 'unit'>

/** What a parameter is called in a sentence. @param zone its label, where it has one */
export function parameterName({ kind, label }: Told, zone: string | undefined): string {
  if (kind === 'crew-load') return 'CO₂ load of the crew'
  return kind === 'scrubber' ? `CO₂ scrubber${zone === undefined ? '' : ` of ${place(zone)}`}` : label
}

/** A parameter moved: `Leak up from 0.2 to 1.9 m³/h since 14:05`. */
export function movedText(parameter: Told, from: number, to: number, since: string, zone: string | undefined): string {
  const { kind } = parameter
  const unit = unitOf(parameter)
  const name = parameterName(parameter, zone)
  if (kind === 'scrubber') {
    const [now, before] = [parameterFigure(to, unit), parameterFigure(from, unit)]
    return `${name} removes ${now} of what passes; it did ${before} until ${since}`
  }
  const move = `${to > from ? 'up' : 'down'} from ${bare(from, unit)} to ${parameterFigure(to, unit)} since ${since}`
  if (kind !== 'crew-load') return `${name} ${move}`
  const people = Math.round(Math.abs(to - from))
  const many = people === 1 ? 'One person' : `${count(people)} people`
  return `${people === 0 ? '' : `${many} ${to > from ? 'more' : 'fewer'} than before: `}${name} ${move}`
}

function count(n: number): string {
  return ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'][n] ?? String(n)
}

/** What has changed back, or has become the usual. */
export function usualText(name: string, back: boolean): string {
  return back ? `${name} is as it was before` : `${name} has been like this for long; it counts as usual now`
}

/** Something happens that no figure of the model explains. */
export function unexplainedText(point: string, zone: string, up: boolean, since: string): string {
  return `${pointInfo(point).label} in ${place(zone)} has been ${up ? 'higher' : 'lower'} since ${since} than anything known to the twin explains`
}

/** How fast an instrument drifts: in per cent where errors go with the value, else in the point's unit. */
export function driftRate(
  point: string,
  perDay: number,
  value: number,
): { rate: number; unit: string; digits: number } {
  if (isRelative(point) && value > 0) return { rate: (100 * perDay) / value, unit: '% a day', digits: 1 }
  const { unit, digits } = pointInfo(point)
  return { rate: perDay, unit: `${ucum(unit)} a day`, digits: digits + 1 }
}

/** `crew-air's CO₂ drifts away from its neighbours: +4.8 % a day` */
export function driftText(who: string, point: string, perDay: number, value: number, alone: boolean): string {
  const { rate, unit, digits } = driftRate(point, perDay, value)
  const from = alone ? 'from what the twin expects' : 'from its neighbours'
  const sign = rate < 0 ? '−' : '+'
  return `${who}'s ${pointInfo(point).label} drifts away ${from}: ${sign}${Math.abs(rate).toFixed(digits)} ${unit}`
}

/** Two that disagree more and more, where nobody can say which of them is wrong. */
export function partingText(a: string, b: string, point: string, perDay: number, value: number): string {
  const { rate, unit, digits } = driftRate(point, perDay, value)
  const by = `${Math.abs(rate).toFixed(digits)} ${unit}`
  return `${a} and ${b} drift apart in ${pointInfo(point).label}, by ${by}: one of the two is wrong`
}

export function frozenText(who: string, point: string, value: number, since: string): string {
  return `${who}'s ${pointInfo(point).label} has shown ${figure(point, value)} without the least change since ${since}`
}

export function swappedText(a: string, b: string, point: string, since: string): string {
  return `${a} and ${b} look as if they had changed places at ${since}: each shows the other zone's ${pointInfo(point).label}`
}

/** @param early it went off too soon; else it did not come on */
export function idleScrubberText(zone: string, co2: number, point: number, early: boolean, since: string): string {
  const should = early
    ? `it usually runs down to ${figure('co2', point)}`
    : `it should switch on at ${figure('co2', point)}`
  return `The CO₂ scrubber of ${place(zone)} has been off since ${since} though CO₂ is ${figure('co2', co2)}; ${should}`
}

/** The end of an alert about an instrument. */
export function wellText(who: string, point: string): string {
  return `${who}'s ${pointInfo(point).label} is as it should be again`
}
