/** Times and figures of a report, as people read them. */
import { isPoint, pointInfo, ucum } from '@habtwin/contract'

const formats = new Map<string, Intl.DateTimeFormat>()

function parts(t: number, timezone: string): Record<string, string> {
  let format = formats.get(timezone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
    formats.set(timezone, format)
  }
  return Object.fromEntries(format.formatToParts(t).map(({ type, value }) => [type, value]))
}

/** `2026-11-20`, local. */
export function isoDate(t: number, timezone: string): string {
  const { year = '', month, day } = parts(t, timezone)
  return `${year.padStart(4, '0')}-${month}-${day}`
}

/** `14:05`, local. */
export function clockTime(t: number, timezone: string): string {
  const { hour, minute } = parts(t, timezone)
  return `${hour}:${minute}`
}

/** `2026-11-20 14:05`, local. */
export function dateTime(t: number, timezone: string): string {
  return `${isoDate(t, timezone)} ${clockTime(t, timezone)}`
}

/** `14:05`, with the date where it is not that of the day. */
export function within(t: number, date: string, timezone: string): string {
  return isoDate(t, timezone) === date ? clockTime(t, timezone) : dateTime(t, timezone)
}

/** `2 h 05 min`, `12 min`, `under a minute`. */
export function lapse(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  if (minutes < 1) return ms > 0 ? 'under a minute' : '0 min'
  if (minutes < 60) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** Units whose fractions say nothing to a person. */
const coarse: ReadonlySet<string> = new Set(['W', '%', 'lx', 'hPa', 'Pa', '[ppm]', '[ppb]'])

/**
 * A figure of a point with its unit; an en dash for none.
 * @param more digits beyond those that the point is read with
 */
export function withUnit(value: number | null, point: string, unit: string, more = 0): string {
  if (value === null) return '–'
  const digits = (isPoint(point) ? pointInfo(point).digits : coarse.has(unit) ? 0 : 2) + more
  const text = value.toFixed(digits)
  return ucum(unit) === '' ? text : `${text} ${ucum(unit)}`
}

/** A share that says 100 % only where nothing is missing. */
export function percent(share: number): string {
  return `${share >= 1 ? 100 : Math.min(99.9, Math.floor(share * 1_000) / 10)} %`
}
