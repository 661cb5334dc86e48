/**
 * An instrument that drifts away: from its neighbours, where there are any, else from what the filter expects of it.
 *
 * Two instruments of one place differ by their offsets, by their gains (so the difference goes with the level) and by
 * where they hang. All that has been the same for a day. A difference that goes one way, beyond what its own noise
 * allows, is a drift. Of three or more the one that parts from all others is named; of two one of the two is wrong.
 */
import type { Parameter } from '@habtwin/contract'
import { type Instrument, isRelative, QUARTER, quartersBefore } from './instrument.ts'
import { median, type Trend, trend } from './trend.ts'
import { between, type Course, SLOT } from './usual.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Both are looked through: the shorter finds a fast drift soon, the longer a slow one at all. */
const SHORT = 8 * HOUR
const LONG = DAY
/** What two parted by within such a time on the days before is usual, and no drift until it is so many times that. */
const USUAL = 2
/** The usual ends this long ago, and is looked at in such steps, ms. */
const AGO = 6 * HOUR
const STEP = 2 * HOUR
/** Share of a span that must be there. */
const FULL = 0.75
/** Standard errors that make a drift, and that keep it one. */
const RAISE = 6
const KEEP = 2.5
/** Against each of its neighbours the odd one must part by this much of what makes a drift. */
const SURE = 0.6
/** The filter's own biases wander with its other figures. */
const RAISE_BIAS = 4
/** They are known after such a time, and never better than to this share of what instruments differ by. */
const KNOWN = 36 * HOUR
const DOUBT = 0.5

/** A slower drift than this is left alone; per day, of the value where errors go with it. */
const leastRelative = 0.015
const least: Partial<Record<string, number>> = {
  temperature: 0.5, humidity: 2.5, o2: 0.15, pressure: 1, 'pressure-difference': 3,
} // biome-ignore format: a table

export interface Drift {
  readonly a: Instrument
  /** The neighbour, where nobody knows which of the two it is. */
  readonly b: Instrument | undefined
  /** In the point's unit, of `a`. */
  readonly perDay: number
  readonly value: number
  /** Over its threshold; 1 raises. */
  readonly evidence: number
}

/** A pair's drift, with its sign: how `a` moves against `b`. */
interface Pair {
  readonly a: Instrument
  readonly b: Instrument
  readonly perDay: number
  readonly value: number
  readonly evidence: number
}

/**
 * Drifts among the instruments of one zone and point.
 * @param standing devices whose drift is told already: they need less to stay than to come
 */
export function drifts(instruments: readonly Instrument[], t: number, standing: (device: string) => boolean): Drift[] {
  const pairs: Pair[] = []
  for (const [i, a] of instruments.entries()) {
    for (const b of instruments.slice(i + 1)) pairs.push(part(a, b, t))
  }
  const bar = (pair: Pair) => (standing(pair.a.device) || standing(pair.b.device) ? KEEP / RAISE : 1)
  const apart = pairs.filter((pair) => pair.evidence >= bar(pair))
  const [worst] = apart.sort((x, y) => y.evidence - x.evidence)
  if (worst === undefined) return []
  if (instruments.length === 2) return [worst]
  const odd = instruments.flatMap((one) => oddOne(one, pairs))
  return odd.sort((x, y) => y.evidence - x.evidence).slice(0, 1)
}

/** One that parts from each of its neighbours in the same direction, while they keep together. */
function oddOne(one: Instrument, pairs: readonly Pair[]): Drift[] {
  const its = pairs.filter(({ a, b }) => a === one || b === one)
  const rates = its.map((pair) => (pair.a === one ? pair.perDay : -pair.perDay))
  if (!rates.every((rate) => rate > 0) && !rates.every((rate) => rate < 0)) return []
  const least = Math.min(...its.map(({ evidence }) => evidence))
  const others = Math.max(...pairs.filter((pair) => !its.includes(pair)).map(({ evidence }) => evidence))
  if (least < SURE || others > least / 2) return []
  const value = (its[0] as Pair).value
  return [
    { a: one, b: undefined, perDay: median(rates), value, evidence: Math.max(...its.map(({ evidence }) => evidence)) },
  ]
}

function part(a: Instrument, b: Instrument, t: number): Pair {
  let best: Pair = { a, b, perDay: 0, value: 0, evidence: 0 }
  for (const span of [SHORT, LONG]) {
    const found = parting(a, b, t, span)
    if (found === undefined) continue
    let evidence = weigh(a.point, found, found.value, RAISE)
    if (evidence <= best.evidence) continue
    if (evidence >= 1 && span === SHORT && !isUnusual(a, b, t, found.slope)) evidence = Math.min(evidence, 0.99)
    if (evidence > best.evidence) best = { a, b, perDay: found.slope, value: found.value, evidence }
  }
  return best
}

/** Whether two never parted so fast before: places that differ by what people do make a trend of some hours, too. */
function isUnusual(a: Instrument, b: Instrument, t: number, slope: number): boolean {
  let looked = 0
  for (let end = t - AGO; end >= t - 2 * DAY + SHORT; end -= STEP) {
    const before = parting(a, b, end, SHORT)
    if (before === undefined) continue
    looked++
    if (Math.abs(slope) < USUAL * Math.abs(before.slope)) return false
  }
  return looked >= 6
}

/** How two parted within a span that ends at `t`. */
function parting(a: Instrument, b: Instrument, t: number, span: number): (Trend & { value: number }) | undefined {
  const [x, y] = [quartersBefore(a, t, span), quartersBefore(b, t, span)]
  const at = [...x.keys()].filter((i) => !Number.isNaN((x[i] as number) + (y[i] as number)))
  if (at.length < FULL * x.length) return undefined
  const level = at.map((i) => ((x[i] as number) + (y[i] as number)) / 2)
  const difference = at.map((i) => (x[i] as number) - (y[i] as number))
  const value = median(level)
  const found = trend(
    at.map((i) => (i * QUARTER) / DAY),
    difference,
    level,
    isRelative(a.point) && value > 0 ? level.map((one) => one / value) : level.map(() => 1),
  )
  return found && { ...found, value }
}

/** A bias of the filter that goes one way. */
export function biasDrift(
  course: Course,
  parameter: Parameter,
  t: number,
  value: number,
): { perDay: number; evidence: number } {
  let best = { perDay: 0, evidence: 0 }
  if (parameter.point === undefined) return best
  // in its first days the filter is still finding out what the instrument is like
  if (between(course, t - KNOWN, t).length < (FULL * KNOWN) / SLOT) return best
  const unit = parameter.unit === '1' ? value : parameter.unit === '%' ? value / 100 : 1
  for (const span of [12 * HOUR, DAY]) {
    const past = between(course, t - span, t).filter((_, i) => i % 3 === 0)
    if (past.length < (FULL * span) / QUARTER) continue
    const nothing = past.map(() => 0)
    const found = trend(
      past.map((one) => one.t / DAY),
      past.map((one) => one.mean * unit),
      nothing,
      past.map(() => 1),
    )
    if (found === undefined) continue
    // what the filter itself does not know of the bias is no drift
    const sd = Math.max(median(past.map((one) => one.sd)), DOUBT * parameter.prior.sd)
    const doubt = (sd * unit * DAY) / span
    const evidence = weigh(
      parameter.point,
      { slope: found.slope, error: Math.hypot(found.error, doubt / 2) },
      value,
      RAISE_BIAS,
    )
    if (evidence > best.evidence) best = { perDay: found.slope, evidence }
  }
  return best
}

function weigh(point: string, { slope, error }: Trend, value: number, bar: number): number {
  const smallest = isRelative(point) ? leastRelative * value : least[point]
  if (smallest === undefined || Math.abs(slope) < smallest) return 0
  return Math.abs(slope) / error / bar
}
