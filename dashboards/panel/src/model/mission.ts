/** The times that people live by: habitat local time, UTC, the mission's day and elapsed time. */
import type { Mission } from './about.ts'

const DAY = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

function formatter(timezone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = timezone + JSON.stringify(options)
  const known = formats.get(key)
  if (known) return known
  let made: Intl.DateTimeFormat
  try {
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: timezone, hourCycle: 'h23' })
  } catch {
    // A browser that does not know the zone still shows a true time, and says which.
    made = new Intl.DateTimeFormat('en-GB', { ...options, timeZone: 'UTC', hourCycle: 'h23' })
  }
  formats.set(key, made)
  return made
}

/** `14:07` in a time zone. */
export function clock(t: number, timezone: string): string {
  return formatter(timezone, { hour: '2-digit', minute: '2-digit' }).format(t)
}

/** `14:07:32` in a time zone. */
export function clockSeconds(t: number, timezone: string): string {
  return formatter(timezone, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(t)
}

/** `Wed 4 Feb` in a time zone. */
export function date(t: number, timezone: string): string {
  return formatter(timezone, { weekday: 'short', day: 'numeric', month: 'short' }).format(t).replace(',', '')
}

/** `2015-02-04` in a time zone. */
export function isoDate(t: number, timezone: string): string {
  const parts = formatter(timezone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(t)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  return `${of('year')}-${of('month')}-${of('day')}`
}

/** The hour of the day there, 0 to 24, with its fraction. */
export function hourOfDay(t: number, timezone: string): number {
  const [hour = 0, minute = 0] = clock(t, timezone).split(':').map(Number)
  return hour + minute / 60
}

/** `14:07` today, `Tue 3 Feb 14:07` on another day. */
export function moment(t: number, now: number, timezone: string): string {
  const time = clock(t, timezone)
  return isoDate(t, timezone) === isoDate(now, timezone) ? time : `${date(t, timezone)} ${time}`
}

/** The mission's day: `Sol 1` is the first, whose length the mission chooses; before the epoch `T−2 d`. */
export function sol(t: number, mission: Mission): string {
  const days = Math.floor((t - mission.epoch) / mission.day)
  return days < 0 ? `T\u2212${-days} d` : `Sol ${days + 1}`
}

/** Mission elapsed time in Earth's days: `MET 11 d 07:07`; negative before the epoch. */
export function elapsed(t: number, mission: Mission): string {
  const ms = Math.abs(t - mission.epoch)
  const minutes = Math.floor((ms % DAY) / 60_000)
  const two = (n: number) => String(n).padStart(2, '0')
  const sign = t < mission.epoch ? '\u2212' : ''
  return `MET ${sign}${Math.floor(ms / DAY)} d ${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}
