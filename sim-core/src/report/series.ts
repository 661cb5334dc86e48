/** The day's readings by the minute, each series fetched once. */
import type { DeviceInfo, ReportDay } from '@habtwin/contract'
import type { ReportSource } from './source.ts'

export const MINUTE = 60_000
/** What came before the day: a forecast of a day ahead is compared with how it was when it was made. */
export const BEFORE = 24 * 3_600_000

/** Minutes with a value, in order; `t` is a minute's begin. */
export interface Minutes {
  readonly t: readonly number[]
  readonly mean: readonly number[]
  readonly min: readonly number[]
  readonly max: readonly number[]
  readonly n: readonly number[]
}

const none: Minutes = { t: [], mean: [], min: [], max: [], n: [] }

export class DaySeries {
  readonly #source: ReportSource
  readonly #day: ReportDay
  readonly #signal: AbortSignal
  readonly #known = new Map<string, Minutes>()
  /** Devices as they were described at the end of what is reported. */
  devices: readonly DeviceInfo[]

  constructor(source: ReportSource, day: ReportDay, signal: AbortSignal) {
    this.#source = source
    this.#day = day
    this.#signal = signal
    this.devices = source.devices().map((info) => source.infoAt(info.device, day.until) ?? info)
  }

  /** Leaves out devices that were taken out of the habitat, on days from which there is nothing of them. */
  async leaveOutAbsent(): Promise<void> {
    const there: DeviceInfo[] = []
    for (const info of this.devices) {
      if (this.#source.isPresent(info.device) || (await this.#hasReadings(info))) there.push(info)
    }
    this.devices = there
  }

  async #hasReadings({ device, points }: DeviceInfo): Promise<boolean> {
    for (const point of Object.keys(points)) if ((await this.minutes(device, point)).t.length > 0) return true
    return false
  }

  /** A point of a device over the day; with the day before it where `before` says so. */
  async minutes(device: string, point: string, before = false): Promise<Minutes> {
    const { from, to, until } = this.#day
    if (until <= from) return none
    const name = `${device}/${point}/${before}`
    const known = this.#known.get(name)
    if (known) return known
    const series = { kind: 'reading', device, point } as const
    const span = { from: before ? from - BEFORE : from, to: Math.min(until, to - 1) }
    const {
      t,
      value,
      min = [],
      max = [],
      n = [],
    } = await this.#source.history({ series, ...span, every: MINUTE }, this.#signal)
    const minutes: Minutes = { t, mean: value as number[], min, max, n }
    this.#known.set(name, minutes)
    return minutes
  }
}

/** Several devices of a zone as one: the mean of each minute, the least and greatest of all. */
export function together(all: readonly Minutes[]): Minutes {
  if (all.length <= 1) return all[0] ?? none
  const minutes = new Map<number, { sum: number; devices: number; min: number; max: number; n: number }>()
  for (const { t, mean, min, max, n } of all) {
    for (const [i, at] of t.entries()) {
      const one = minutes.get(at) ?? { sum: 0, devices: 0, min: Infinity, max: -Infinity, n: 0 }
      one.sum += mean[i] as number
      one.devices++
      one.min = Math.min(one.min, min[i] as number)
      one.max = Math.max(one.max, max[i] as number)
      one.n += n[i] as number
      minutes.set(at, one)
    }
  }
  const rows = [...minutes].sort(([a], [b]) => a - b)
  return {
    t: rows.map(([t]) => t),
    mean: rows.map(([, { sum, devices }]) => sum / devices),
    min: rows.map(([, { min }]) => min),
    max: rows.map(([, { max }]) => max),
    n: rows.map(([, { n }]) => n),
  }
}

/** The rows from a moment on. */
export function since({ t, mean, min, max, n }: Minutes, from: number): Minutes {
  const i = t.findIndex((at) => at >= from)
  if (i === -1) return none
  return { t: t.slice(i), mean: mean.slice(i), min: min.slice(i), max: max.slice(i), n: n.slice(i) }
}

/** Begin, end, extremes and mean; null where there is nothing. */
export function courseOf({ mean, min, max }: Minutes) {
  return {
    begin: mean[0] ?? null,
    end: mean.at(-1) ?? null,
    min: min.length === 0 ? null : min.reduce((a, b) => Math.min(a, b)),
    mean: mean.length === 0 ? null : mean.reduce((a, b) => a + b, 0) / mean.length,
    max: max.length === 0 ? null : max.reduce((a, b) => Math.max(a, b)),
  }
}

/**
 * The share of the reported time with readings, from 0 to 1.
 * @param every ms between readings: a device that is asked each 10 min is not missing in between
 */
export function coveredOf({ t }: Minutes, { from, until }: ReportDay, every = 0): number {
  const bucket = MINUTE * Math.max(1, Math.ceil((2 * every) / MINUTE))
  const all = Math.floor((until - from) / bucket)
  if (all < 1) return t.length > 0 ? 1 : 0
  const there = new Set(t.map((at) => Math.floor((at - from) / bucket)).filter((i) => i >= 0 && i < all))
  return there.size / all
}
