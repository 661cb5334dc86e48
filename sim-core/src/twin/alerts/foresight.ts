/**
 * When an outlook becomes an alert. Each limit has a switch of its own, so that odds which waver give one alert:
 *
 *   off ──odds of 50 % within 6 h, for 3 min on end──► on ──odds below 25 %, for 10 min on end──► off
 *                                                       └──the guard's own alert stands, or the limit's──► off
 *
 * and each time that it comes back within 6 h it must hold for twice as long. Of several that are on for one
 * quantity and direction the worst is told.
 *
 * What will be is one level milder than what is: a warning calls people from their sleep to act now, and hours ahead
 * there is nothing yet to act on in minutes; a tone that is heard for things that may yet not come is soon not heeded.
 * So a limit of emergency or warning is foretold as a caution, one of caution as an advisory, and one that is an
 * advisory itself is shown in the outlook and is no alert.
 */
import type { Alert, Level } from '@habtwin/contract'
import { alertId, rank } from '@habtwin/runtime/alert-words'
import type { Sight } from './outlook.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Odds from which a limit is foretold. */
const RAISE = 0.5
/** And below these it is taken back. */
export const CLEAR = 0.25
/** How long odds must be above the one, or below the other, ms. */
const RAISE_AFTER = 3 * MINUTE
const CLEAR_AFTER = 10 * MINUTE
/** What was told within this time must hold twice as long to be told again, ms. */
const MEMORY = 6 * HOUR
/** The longest that it must, ms. */
const MOST_PATIENT = 3 * HOUR
/** Odds of which nothing was heard for this long say nothing any more, ms. */
const GAP = 5 * MINUTE

/** Kept over a restart: plain data. */
export interface Switch {
  on: boolean
  /** Since when the odds ask for the other state, ms. */
  since: number | undefined
  /** When it was last looked at. */
  t: number
  /** When it was last told, newest last. */
  told: number[]
}

/** The level at which a limit is foretold; undefined where it is not. */
export function foretold(level: Level): Level | undefined {
  return level === 'advisory' ? undefined : level === 'caution' ? 'advisory' : 'caution'
}

export function newSwitch(): Switch {
  return { on: false, since: undefined, t: Number.NEGATIVE_INFINITY, told: [] }
}

/**
 * Turns a switch by the minute's odds.
 * @param odds that the limit is reached soon
 * @param stands the limit is passed, or the guard says so: there is nothing left to foretell
 */
export function turn(one: Switch, t: number, odds: number, stands: boolean): void {
  if (t - one.t > GAP) one.since = undefined
  one.t = t
  one.told = one.told.filter((at) => t - at < MEMORY)
  if (stands) {
    one.on = false
    one.since = undefined
    return
  }
  if (one.on ? odds >= CLEAR : odds < RAISE) {
    one.since = undefined
    return
  }
  one.since ??= t
  const patience = one.on ? CLEAR_AFTER : Math.min(MOST_PATIENT, RAISE_AFTER * 2 ** one.told.length)
  // the first of three minutes on end is two minutes before the third
  if (t - one.since < patience - MINUTE) return
  one.on = !one.on
  one.since = undefined
  if (one.on) one.told.push(t)
}

/** Whether the guard has said already what a sight foretells. */
export function isTold(sight: Sight, guard: Iterable<Alert>): boolean {
  const { zone, quantity } = sight.reach
  const its = alertId(zone, quantity, sight.direction)
  for (const { id, level } of guard) if (id === its && rank(level) <= rank(sight.level)) return true
  return false
}
