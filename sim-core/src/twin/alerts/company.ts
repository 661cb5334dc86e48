/**
 * More people than before: the balance of CO2 rises by some people's worth at once, stays there, and the air warms.
 * What else it does is no news:
 *
 *   exercise      as of six people more, unsteady, and about this time on other days
 *   getting up    +0.37 a person, about this time on other days
 *   a walk to the greenhouse: the sum stays
 *   a scrubber that is used up: does not warm the air (`spent.ts`)
 */
import type { Parameter } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import { type BalanceMemory, mean, onset, stepAt, wasFarAbove, yesterday } from './balance.ts'
import type { Standing } from './standing.ts'
import { localTime, movedText } from './text.ts'

const MINUTE = 60_000
/** Minutes for which they must be there, the longest after which they are still noticed, and those that were before. */
const COME_FOR = 18
const NOTICED = 30
const STRIDE = 3
/** People at least and at most, how even it must be, and how far above what was about this time yesterday. */
const LEAST = 1.3
const MOST = 3.2
const STEADY = 1.2
const UNUSUAL = 1
/**
 * About this time: minutes, and the level of these that is passed by a quarter of them; longer and rarer where nobody
 * knows when the scrubber ran, which makes steps of its own.
 */
const ABOUT = { within: 40, level: 0.75 }
const ABOUT_UNTOLD = { within: 60, level: 0.9 }
/** People's worth shortly before, as of one who exercises. */
const EXERCISE = 4
/**
 * °C a person at least: 91 W where a heat pump works against it; and at most, share of what 91 W would do to air that
 * nothing cools.
 */
const WARMS = 0.0115
const HEAT = 91
/** J/(m³ K), of the air inside a dry building at altitude. */
const AIR = 1_040
/** They have gone where there is less than this more than yesterday, for so long; about this time: minutes, level. */
const GONE = 0.6
const GONE_FOR = 20
const ABOUT_GONE = 60
const SELDOM = 0.25
/** Minutes after which company is family. */
const FAMILY = 1_440

/** Kept over a restart: plain data. */
export interface CompanyMemory {
  /** Since when there are more, whole minutes since the epoch; and how many there were before and are now. */
  since: number | undefined
  from: number
  to: number
  /** Since when there are no more. */
  gone: number | undefined
}

export function newCompanyMemory(): CompanyMemory {
  return { since: undefined, from: Number.NaN, to: Number.NaN, gone: undefined }
}

export interface CompanyContext {
  readonly standing: Standing
  readonly timezone: string
  readonly memory: CompanyMemory
  readonly balance: BalanceMemory
  /** m³·ppm of CO2 a minute of a person awake. */
  readonly breath: number
  /** m³ where people live. */
  readonly volume: number
  /** False where there is a scrubber that does not tell when it runs. */
  readonly told: boolean
}

export const COMPANY = alertId('habitat', 'crew-load', 'present')

/** @param present people by the CO2 of the moment, as the ensemble has it: for the figures that are told */
export function checkCompany(t: number, present: Parameter | undefined, context: CompanyContext): void {
  const { memory, standing } = context
  const minute = Math.floor(t / MINUTE)
  if (memory.since !== undefined && standing.alerts.has(COMPANY)) stay(t, minute, memory.since, context)
  else if (present !== undefined) look(t, minute, present, context)
}

function look(t: number, minute: number, present: Parameter, context: CompanyContext): void {
  const { memory, balance, breath, volume, told, standing, timezone } = context
  const about = told ? ABOUT : ABOUT_UNTOLD
  const level = yesterday(balance, minute, about.within, about.level) + UNUSUAL * breath
  for (let length = COME_FOR; length <= NOTICED; length += STRIDE) {
    const at = minute - length
    const { before, after, unsteady, warmer } = stepAt(balance, at, minute, COME_FOR)
    const people = (after - before) / breath
    // false where any of it is not known
    const even = people >= LEAST && people <= MOST && unsteady <= STEADY * breath && after >= level
    if (!even || !isWarmth(warmer, people, length, volume)) continue
    if (wasFarAbove(balance, at, before, EXERCISE * breath)) continue
    const { since, more } = onset(balance, minute, COME_FOR)
    if (more > MOST * breath) continue
    const from = Math.max(0, present.mean - more / breath)
    Object.assign(memory, { since, from, to: present.mean, gone: undefined })
    const began = since * MINUTE
    standing.raise(COMPANY, t, {
      level: 'advisory',
      zone: 'habitat',
      quantity: 'crew-load',
      value: memory.to,
      limit: null,
      since: began,
      text: movedText(present, memory.from, memory.to, localTime(began, t, timezone), undefined),
      anomaly: {
        parameter: present.id,
        from: memory.from,
        to: memory.to,
        unit: present.unit,
        since: began,
        evidence: people / LEAST,
      },
    })
    return
  }
}

/** Where nobody measures it, it is not asked for. */
function isWarmth(warmer: number, people: number, minutes: number, volume: number): boolean {
  if (Number.isNaN(warmer)) return true
  const most = (people * HEAT * minutes * 30) / (AIR * volume)
  return warmer >= WARMS * people && warmer <= Math.max(most, 8 * WARMS * people)
}

function stay(t: number, minute: number, since: number, { memory, standing, balance, breath }: CompanyContext): void {
  const usual = yesterday(balance, minute, ABOUT_GONE, SELDOM)
  const isLess = mean(balance.came, minute - 14, minute + 1) < usual + GONE * breath
  memory.gone = isLess ? (memory.gone ?? minute) : undefined
  const over = memory.gone !== undefined && minute - memory.gone >= GONE_FOR
  if (!over && minute - since < FAMILY) return
  standing.clear(COMPANY, t, over ? 'As many people as before' : 'So many people count as usual now', memory.to)
  memory.since = undefined
}
