/** Which day: a sol of the mission, or a date of the habitat's calendar with its 23, 24 or 25 hours. */
import { HabtwinError, type ReportDay } from '@habtwin/contract'
import { isoDate } from './words.ts'

export interface Calendar {
  readonly timezone: string
  readonly mission: { readonly epoch: number; readonly day: number } | undefined
  /** ms */
  readonly now: number
}

/** A mission of some hundred years. */
const MOST_SOLS = 100_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * The day that is asked for: today where nothing is.
 * @throws HabtwinError request/invalid
 */
export function dayOf(asked: { sol?: number | undefined; date?: string | undefined }, calendar: Calendar): ReportDay {
  const { mission, timezone, now } = calendar
  if (asked.sol !== undefined && asked.date !== undefined) {
    throw new HabtwinError('request/invalid', 'sol: ask for a sol or for a date, not for both')
  }
  if (asked.date !== undefined) return dateDay(asked.date, calendar)
  if (asked.sol === undefined) {
    const sol = mission === undefined ? 0 : Math.floor((now - mission.epoch) / mission.day) + 1
    return sol >= 1 ? solDay(sol, calendar) : dateDay(isoDate(now, timezone), calendar)
  }
  return solDay(asked.sol, calendar)
}

function solDay(sol: number, { mission, timezone, now }: Calendar): ReportDay {
  if (mission === undefined) {
    throw new HabtwinError('request/invalid', 'sol: this habitat has no mission; ask for a date, such as 2026-11-20')
  }
  if (!Number.isInteger(sol) || sol < 1 || sol > MOST_SOLS) {
    throw new HabtwinError('request/invalid', `sol: a whole number from 1 to ${MOST_SOLS}; the first day is 1`)
  }
  const from = mission.epoch + (sol - 1) * mission.day
  const to = from + mission.day
  return { key: `sol-${sol}`, sol, date: isoDate(from, timezone), from, to, ...standing(from, to, now) }
}

function dateDay(date: string, { timezone, now }: Calendar): ReportDay {
  const utc = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN
  // a parser may take 30 February for 2 March
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== date) {
    throw new HabtwinError('request/invalid', `date: ${date} is no date; write it as 2026-11-20`)
  }
  const from = midnight(utc, date, timezone)
  const next = new Date(utc + DAY).toISOString().slice(0, 10)
  const to = midnight(utc + DAY, next, timezone)
  return { key: date, date, from, to, ...standing(from, to, now) }
}

function standing(from: number, to: number, now: number): Pick<ReportDay, 'state' | 'until'> {
  return { state: now < from ? 'future' : now < to ? 'running' : 'over', until: Math.max(from, Math.min(now, to)) }
}

/** The first moment of a date. Zones lie within 14 h of UTC, and change at full quarters of an hour. */
function midnight(utc: number, date: string, timezone: string): number {
  let [low, high] = [utc - 15 * HOUR, utc + 15 * HOUR]
  while (high - low > HOUR / 4) {
    const middle = low + Math.round((high - low) / (HOUR / 2)) * (HOUR / 4)
    if (isoDate(middle, timezone) < date) low = middle
    else high = middle
  }
  return high
}
