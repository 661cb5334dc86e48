/**
 * What a parameter of the model usually is, and how far from that it stands now.
 *
 * Of each parameter the estimates of the last 48 h are kept, each 5 min. The usual is what it was within a day, up to
 * some time before now, nearly between its extremes: what goes up and down each day is no change. How far out it
 * stands is told in standard deviations, of the filter's own doubt or of how far the estimate wanders within two
 * hours by itself, whichever is more: a filter that is too sure of itself must not cry.
 */
import type { Parameter } from '@habtwin/contract'
import { median } from './trend.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const SLOT = 5 * MINUTE
const SLOTS = (48 * HOUR) / SLOT
/** The usual ends this long before now: what has changed by then is not yet part of it. */
const BEFORE = 2 * HOUR
const WITHIN = 50 * HOUR
/** Less than this tells nothing of the usual, slots. */
const LEAST = (24 * HOUR) / SLOT
/** So many times as unsure as of late it was not known yet. */
const KNOWN = 1.6

/** Kept over a restart: plain data. */
export interface Course {
  /** The slot that was written last, whole slots since the epoch. */
  slot: number
  mean: Float32Array
  sd: Float32Array
}

/** How a parameter stands to what it was. */
export interface Shift {
  readonly parameter: Parameter
  /** The usual, and now. */
  readonly from: number
  readonly to: number
  /** Beyond the usual, in standard deviations; 0 within. */
  readonly size: number
}

export function newCourse(): Course {
  return {
    slot: Number.NEGATIVE_INFINITY,
    mean: new Float32Array(SLOTS).fill(Number.NaN),
    sd: new Float32Array(SLOTS).fill(Number.NaN),
  }
}

/** Notes an estimate. Of a slot the first counts. */
export function note(course: Course, t: number, mean: number, sd: number): void {
  const slot = Math.floor(t / SLOT)
  if (slot <= course.slot || !Number.isFinite(mean)) return
  for (let gone = Math.max(course.slot + 1, slot - SLOTS + 1); gone < slot; gone++)
    write(course, gone, Number.NaN, Number.NaN)
  write(course, slot, mean, sd)
  course.slot = slot
}

function write(course: Course, slot: number, mean: number, sd: number): void {
  course.mean[slot % SLOTS] = mean
  course.sd[slot % SLOTS] = sd
}

/** Estimates within a span (ms), oldest first, of slots that have one. */
export function between(course: Course, from: number, to: number): { t: number; mean: number; sd: number }[] {
  const found = []
  const last = Math.min(course.slot, Math.floor(to / SLOT))
  for (let slot = Math.max(course.slot - SLOTS + 1, Math.ceil(from / SLOT)); slot <= last; slot++) {
    const mean = course.mean[slot % SLOTS] as number
    if (!Number.isNaN(mean)) found.push({ t: slot * SLOT, mean, sd: course.sd[slot % SLOTS] as number })
  }
  return found
}

/** The usual of a parameter, on the scale on which its doubt is even. */
export interface Usual {
  readonly low: number
  readonly middle: number
  readonly high: number
  readonly sd: number
  /** Standard deviation of its change within two hours. */
  readonly wander: number
}

export function usualOf(course: Course, kind: Parameter['kind'], t: number): Usual | undefined {
  const all = between(course, t - WITHIN, t - BEFORE)
  if (all.length < LEAST) return undefined
  // what it was while nothing was known of it yet is not what it usually is
  const late = all.slice(-LEAST / 2)
  const [sure, even] = [median(late.map(({ sd }) => sd)), median(late.map((one) => scaledSd(kind, one.mean, one.sd)))]
  const past = all.filter((one) => one.sd <= KNOWN * sure || scaledSd(kind, one.mean, one.sd) <= KNOWN * even)
  const level = past.map(({ mean }) => scaled(kind, mean)).sort(ascending)
  const sd = past.map((one) => scaledSd(kind, one.mean, one.sd)).sort(ascending)
  const changes = past.flatMap((one, i) => {
    const earlier = past[i - BEFORE / SLOT]
    return earlier ? [Math.abs(scaled(kind, one.mean) - scaled(kind, earlier.mean))] : []
  })
  return {
    low: pick(level, 0.02),
    middle: pick(level, 0.5),
    high: pick(level, 0.98),
    sd: pick(sd, 0.5),
    wander: pick(changes.sort(ascending), 0.9) / 1.645,
  }
}

export function shiftOf(parameter: Parameter, usual: Usual): Shift {
  const { kind, mean, sd } = parameter
  const now = scaled(kind, mean)
  // a change that is too small to matter counts as doubt, so that an estimate that is sure of itself cries at nothing
  const doubt = Math.hypot(Math.max(scaledSd(kind, mean, sd), usual.sd, usual.wander), LEAST_CHANGE[kind] / 4)
  const beyond = now > usual.high ? now - usual.high : now < usual.low ? now - usual.low : 0
  const enough = Math.abs(now - usual.middle) >= LEAST_CHANGE[kind]
  return { parameter, from: unscaled(kind, usual.middle), to: mean, size: enough ? Math.abs(beyond) / doubt : 0 }
}

/** The smallest change that a person should hear of: of kinds that change by factors its logarithm, else in the parameter's unit. */
const LEAST_CHANGE: Record<Parameter['kind'], number> = {
  leak: Math.log(2.1), ventilation: Math.log(2), exchange: Math.log(2), crop: Math.log(1.7),
  'crew-load': 0.8, scrubber: 0.2, heat: 200, bias: Number.POSITIVE_INFINITY,
} // biome-ignore format: a table
/** What is next to nothing of a factor, so that its logarithm does not run away: of a very tight habitat twice the leak is nothing. */
const NOTHING: Partial<Record<Parameter['kind'], number>> = { leak: 0.2, ventilation: 5, exchange: 10, crop: 0.1 }

function scaled(kind: Parameter['kind'], mean: number): number {
  const nothing = NOTHING[kind]
  return nothing === undefined ? mean : Math.log(Math.max(mean, 0) + nothing)
}

function scaledSd(kind: Parameter['kind'], mean: number, sd: number): number {
  const nothing = NOTHING[kind]
  return nothing === undefined ? sd : sd / (Math.max(mean, 0) + nothing)
}

function unscaled(kind: Parameter['kind'], level: number): number {
  const nothing = NOTHING[kind]
  return nothing === undefined ? level : Math.max(0, Math.exp(level) - nothing)
}

function pick(sorted: readonly number[], level: number): number {
  return sorted[Math.round(level * (sorted.length - 1))] as number
}

function ascending(a: number, b: number): number {
  return a - b
}
