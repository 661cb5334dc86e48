/** What is remembered of one point of one instrument: the last hours by the minute, the last two days by the quarter hour. */
import { pointInfo } from '@habtwin/contract'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
export const QUARTER = 15 * MINUTE
const QUARTERS = 192
const MINUTES = 240

/** Kept over a restart: plain data. */
export interface Instrument {
  readonly device: string
  zone: string
  readonly point: string
  /** When it was first seen here, and last; ms. */
  first: number
  t: number
  /** Values by minute; NaN where there was none. */
  minutes: Float32Array
  /** Means by quarter hour, and the one in the making. */
  quarters: Float32Array
  sum: number
  count: number
  /** The value that stands, since when, and the longest that any stood before, ms. */
  still: number
  stillSince: number
  longest: number
}

/** Points of the air that never stand still to the last digit. */
const restless: ReadonlySet<string> = new Set([
  'co2',
  'o2',
  'temperature',
  'humidity',
  'pressure',
  'pressure-difference',
  'tvoc',
])
/** A value that stood still for less is not frozen, ms; nor where it has stood a third as long before. */
const FROZEN = HOUR
const TIMES = 3
/** Before this nobody knows how still it usually is, ms. */
const KNOWN = 20 * HOUR
/** Nothing came for so long that what was before says nothing of now, ms. */
const GONE = 6 * HOUR

export function newInstrument(device: string, zone: string, point: string, t: number): Instrument {
  return {
    device, zone, point, first: t, t: Number.NEGATIVE_INFINITY,
    minutes: new Float32Array(MINUTES).fill(Number.NaN),
    quarters: new Float32Array(QUARTERS).fill(Number.NaN),
    sum: 0, count: 0, still: Number.NaN, stillSince: t, longest: 0,
  } // biome-ignore format: a list
}

/** Takes a minute's mean. Times ascend. */
export function take(one: Instrument, t: number, value: number): void {
  if (!Number.isFinite(value) || t <= one.t) return
  const before = one.t
  clearBetween(one.minutes, before, t, MINUTE)
  one.minutes[index(t, MINUTE, MINUTES)] = value
  const quarter = Math.floor(t / QUARTER)
  if (quarter !== Math.floor(before / QUARTER)) {
    clearBetween(one.quarters, before, t, QUARTER)
    one.sum = 0
    one.count = 0
  }
  one.sum += value
  one.count++
  one.quarters[index(t, QUARTER, QUARTERS)] = one.sum / one.count
  if (value !== one.still || t - before > GONE) {
    if (t - before <= GONE && before !== Number.NEGATIVE_INFINITY)
      one.longest = Math.max(one.longest, before - one.stillSince)
    one.still = value
    one.stillSince = t
  }
  one.t = t
}

/** It shows the same for so long that it cannot be measuring. */
export function isFrozen(one: Instrument, t: number): boolean {
  // nothing is a reading too: dark, no smoke, no difference
  if (!isRestless(one.point) || one.still === 0 || t - one.t > 5 * MINUTE || one.t - one.first < KNOWN) return false
  return one.t - one.stillSince >= Math.max(FROZEN, TIMES * one.longest)
}

/** The value of a minute, NaN where there was none. */
export function minuteAt(one: Instrument, t: number): number {
  return t > one.t || t <= one.t - MINUTES * MINUTE ? Number.NaN : (one.minutes[index(t, MINUTE, MINUTES)] as number)
}

/** Means of the whole quarters of an hour within a span that ends before `t`: value by quarter, NaN where none. */
export function quartersBefore(one: Instrument, t: number, span: number): number[] {
  const last = Math.floor(t / QUARTER) - 1
  const values: number[] = []
  for (let quarter = last - span / QUARTER + 1; quarter <= last; quarter++) {
    const known = quarter * QUARTER <= one.t && quarter > Math.floor(one.t / QUARTER) - QUARTERS
    values.push(known ? (one.quarters[((quarter % QUARTERS) + QUARTERS) % QUARTERS] as number) : Number.NaN)
  }
  return values
}

export function isRestless(point: string): boolean {
  return restless.has(point)
}

/** Errors of these go with the value, those of the others do not. */
export function isRelative(point: string): boolean {
  return ['[ppm]', '[ppb]', 'lx', 'umol/m2/s'].includes(pointInfo(point).unit)
}

function index(t: number, width: number, size: number): number {
  const slot = Math.floor(t / width) % size
  return slot < 0 ? slot + size : slot
}

function clearBetween(ring: Float32Array, before: number, t: number, width: number): void {
  const to = Math.floor(t / width)
  const from = Math.max(Math.floor(before / width) + 1, to - ring.length + 1)
  for (let slot = from; slot <= to; slot++) ring[((slot % ring.length) + ring.length) % ring.length] = Number.NaN
}
