/**
 * More people than before. The ensemble counts those present by the CO2 that they give off, wherever they are; most
 * of what that count does is no news:
 *
 *   exercise      +5.9 a person for half an hour: too much, and soon over
 *   getting up    +0.37 a person, once a day: up to what was usual within a day
 *   a walk to the greenhouse: the sum stays
 *   a scrubber that is used up looks the same at first, but does not heat the air: a person awake gives off 91 W at
 *                 once (BVAD table 3.22), some 0.07 °C where air is conditioned
 */
import type { Parameter } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import type { Standing } from './standing.ts'
import { localTime, movedText } from './text.ts'

const MINUTE = 60_000
/** Minutes over which the count is smoothed. */
const SMOOTH = 8
/**
 * People beyond what was a while before, from which and up to which somebody may have come, and below which they have
 * gone; and beyond what is usual within a day, so that it is not the morning.
 */
const COME = 1.2
const EVEN = 0.5
const MOST = 4
const GONE = 0.6
/** Minutes for which they must be there, or be gone; and after which nobody can tell any more what warmed the air. */
const COME_FOR = 15
const WARM_UNTIL = 45
const GONE_FOR = 10
/** Before: the median of this span. Usual: a level that is passed in 40 % of a day. Minutes before now. */
const RECENT = [200, 20] as const
const DAY = [1_560, 120] as const
const OFTEN = 0.6
const LEAST = 780
/** °C that the air must have warmed by beyond its trend, and the spans that tell it, minutes before it began. */
const WARMER = 0.035
const BEFORE = [18, 6] as const
const EARLIER = [60, 48] as const
/** A trend of an hour is half gone within the next. */
const TREND = 0.7
/** Minutes after which company is family. */
const FAMILY = 1_440
const SLOTS = 1_600

/** Kept over a restart: plain data. */
export interface CompanyMemory {
  /** The minute written last, whole minutes since the epoch. */
  minute: number
  /** Smoothed count, and °C where people live, by minute. */
  count: Float32Array
  air: Float32Array
  /** Since when there have been more, minutes; what was before, and what is usual. */
  since: number | undefined
  before: number
  usual: number
  /** Since when there have been no more. */
  gone: number | undefined
}

export function newCompanyMemory(): CompanyMemory {
  const empty = () => new Float32Array(SLOTS).fill(Number.NaN)
  const minute = Number.NEGATIVE_INFINITY
  return {
    minute,
    count: empty(),
    air: empty(),
    since: undefined,
    before: Number.NaN,
    usual: Number.NaN,
    gone: undefined,
  }
}

export interface CompanyContext {
  readonly standing: Standing
  readonly timezone: string
  readonly memory: CompanyMemory
}

const ID = alertId('habitat', 'crew-load', 'present')

/**
 * @param present people by the CO2 of the moment
 * @param air °C where they live; NaN where nobody measures it: then it is not asked for
 */
export function checkCompany(t: number, present: Parameter | undefined, air: number, context: CompanyContext): void {
  const { memory, standing, timezone } = context
  const minute = Math.floor(t / MINUTE)
  if (present === undefined || minute <= memory.minute) return
  note(memory, minute, present.mean, air)
  const now = memory.count[minute % SLOTS] as number
  const stands = standing.alerts.has(ID)
  // while somebody seems to have come, what was before stays what it was
  if (memory.since === undefined && minute % 5 === 0) {
    const { recent, daily } = counts(memory, minute)
    memory.before = recent
    memory.usual = daily
  }
  const more = now - memory.before
  const tell = (since: number) =>
    movedText(present, memory.before, now, localTime(since * MINUTE, t, timezone), undefined)
  if (stands) {
    const since = memory.since ?? minute
    memory.gone = more < GONE ? (memory.gone ?? minute) : undefined
    const over = memory.gone !== undefined && minute - memory.gone >= GONE_FOR
    if (!over && minute - since < FAMILY) raise(standing, t, present, memory.before, now, since, tell(since))
    else {
      standing.clear(ID, t, over ? 'As many people as before' : 'So many people count as usual now', now)
      memory.since = undefined
    }
    return
  }
  memory.gone = undefined
  if (!(more > COME && more < MOST && now > memory.usual + EVEN)) {
    memory.since = undefined
    return
  }
  memory.since ??= minute
  const { since } = memory
  const length = minute - since
  if (length < COME_FOR || length > WARM_UNTIL || warmed(memory, since, minute) === false) return
  raise(standing, t, present, memory.before, now, since, tell(since))
}

function raise(
  standing: Standing,
  t: number,
  { id, unit }: Parameter,
  from: number,
  to: number,
  since: number,
  text: string,
): void {
  standing.raise(ID, t, {
    level: 'advisory',
    zone: 'habitat',
    quantity: 'crew-load',
    value: to,
    limit: null,
    since: since * MINUTE,
    text,
    anomaly: { parameter: id, from, to, unit, since: since * MINUTE, evidence: (to - from) / COME },
  })
}

function note(memory: CompanyMemory, minute: number, count: number, air: number): void {
  for (let gone = Math.max(memory.minute + 1, minute - SLOTS + 1); gone < minute; gone++) {
    memory.count[gone % SLOTS] = Number.NaN
    memory.air[gone % SLOTS] = Number.NaN
  }
  const last = memory.count[(minute - 1 + SLOTS) % SLOTS] as number
  const known = memory.minute === minute - 1 && !Number.isNaN(last)
  memory.count[minute % SLOTS] = known ? last + (count - last) / SMOOTH : count
  memory.air[minute % SLOTS] = air
  memory.minute = minute
}

/** The most of what was before and what is usual; NaN as long as too little is known. */
export function usualCount(memory: CompanyMemory, minute: number): number {
  const { recent, daily } = counts(memory, minute)
  return Math.max(recent, daily)
}

function counts({ count }: CompanyMemory, minute: number): { recent: number; daily: number } {
  const day = span(count, minute, DAY)
  const last = span(count, minute, RECENT)
  const known = day.length >= LEAST - DAY[1] && last.length > 0
  return known ? { recent: pick(last, 0.5), daily: pick(day, OFTEN) } : { recent: Number.NaN, daily: Number.NaN }
}

/** The smoothed count of a minute. */
export function smoothed({ minute, count }: CompanyMemory, at: number): number {
  return at === minute ? (count[at % SLOTS] as number) : Number.NaN
}

/** Whether the air has warmed as people warm it; undefined where nobody knows. */
function warmed(memory: CompanyMemory, since: number, minute: number): boolean | undefined {
  const by = warming(memory, since, minute)
  return Number.isNaN(by) ? undefined : by > WARMER
}

/** °C by which the air has warmed beyond its trend; NaN where nobody knows. */
export function warming({ air }: CompanyMemory, since: number, minute: number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const after = mean(span(air, minute, [minute - since, 0]))
  const before = mean(span(air, since, BEFORE))
  const earlier = mean(span(air, since, EARLIER))
  const middle = (of: readonly [number, number]) => (of[0] + of[1]) / 2
  const slope = (before - earlier) / (middle(EARLIER) - middle(BEFORE))
  return after - (before + TREND * slope * ((minute - since) / 2 + middle(BEFORE)))
}

/** What is known of a span of minutes before one. */
function span(values: Float32Array, minute: number, [from, to]: readonly [number, number]): number[] {
  const found: number[] = []
  for (let at = minute - from; at <= minute - to; at++) {
    const value = values[((at % SLOTS) + SLOTS) % SLOTS] as number
    if (!Number.isNaN(value)) found.push(value)
  }
  return found
}

function pick(values: readonly number[], level: number): number {
  return Float64Array.from(values).sort()[Math.floor(level * (values.length - 1))] as number
}
