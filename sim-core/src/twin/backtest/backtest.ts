/**
 * How good the forecasts of a recording would have been: it is gone through step by step as if it were live, and each
 * forecast is compared with what came (rolling origin). Forecaster and baselines are given the same readings at the
 * same time, and none that lies later.
 */
import { Autoregression, type Baseline, Persistence, Trend } from '../forecast/baselines.ts'
import { type Forecast, Forecaster, type ForecasterOptions } from '../forecast/forecaster.ts'
import { levels } from '../forecast/intervals.ts'
import { Score } from '../forecast/score.ts'
import type { Grid } from './grid.ts'

export interface BacktestOptions {
  /** Minutes, ascending; each a whole number of steps. */
  readonly horizons: readonly number[]
  /** The first step from which a forecast is scored. */
  readonly from: number
  /** The first step that is not compared with anything; else all are. */
  readonly until?: number
  /** Of the same points and step: what was known before the recording begins. */
  readonly train?: Grid | undefined
  readonly experts?: ForecasterOptions['experts']
}

/** Of one quantity at one horizon; errors in the quantity's unit. */
export interface Line {
  readonly n: number
  readonly mae: number | null
  readonly crps: number | null
  readonly coverage90: number | null
  readonly width: number | null
  /** Mean absolute errors. */
  readonly persistence: number | null
  readonly trend: number | null
  readonly ar30: number | null
  /** 1 − mae / persistence. */
  readonly skill: number | null
}

/** Point → horizon in minutes → scores. */
export type Report = Record<string, Record<number, Line>>

const BASELINES = ['persistence', 'trend', 'ar30'] as const
const ORDER = 30
/** Minutes. */
const QUARTER = 15
const REFIT = 360
const WEEK = 10_080
/** Steps between reports of how far it is. */
const TELL = 50
/** Steps of silence that are passed over at once. */
const SILENCE = 3 * 1_440

/** Yields how many steps were done (those of `train` too), and returns the report. */
export function* backtest(
  grid: Grid,
  { horizons, from, until, train, experts }: BacktestOptions,
): Generator<number, Report> {
  const { step, length } = grid
  const points = Object.keys(grid.values)
  const leads = horizons.map((minutes) => Math.round(minutes / step))
  const forecaster = new Forecaster({ stepMinutes: step, leads, quantities: points, ...(experts && { experts }) })
  const tracks = new Map(points.map((point) => [point, new Track(leads, step)]))
  let done = 0
  const columns = (of: Grid) => points.map((point) => [point, of.values[point] as Float64Array] as const)
  const values: Record<string, number> = {}
  const go = (of: (readonly [string, Float64Array])[], k: number) => {
    for (const [point, column] of of) values[point] = column[k] as number
    return forecaster.step(values)
  }
  if (train) {
    const before = columns(train)
    for (let k = 0; k < train.length; k++) {
      go(before, k)
      for (const [point, column] of before) tracks.get(point)?.see(column[k] as number)
      if (++done % TELL === 0) yield done
    }
    const apart = between(train, grid)
    forecaster.skip(apart)
    for (const track of tracks.values()) track.skip(apart)
  }
  const now = columns(grid)
  for (let k = 0; k < length; k++) {
    const silent = silence(now, k)
    if (silent * step > SILENCE) {
      forecaster.skip(silent)
      for (const track of tracks.values()) track.skip(silent)
      k += silent - 1
      done += silent
      continue
    }
    const forecasts = go(now, k)
    for (const [point, column] of now) {
      const forecast = forecasts.get(point)
      if (forecast)
        tracks
          .get(point)
          ?.step(column[k] as number, k, { counts: k >= from, isCompared: k < (until ?? length) }, forecast)
    }
    if (++done % TELL === 0) yield done
  }
  return Object.fromEntries(
    [...tracks].map(([point, track]) => [
      point,
      Object.fromEntries(horizons.map((minutes, l) => [minutes, track.line(l)])),
    ]),
  )
}

/** Steps from the end of one recording to the beginning of the other; at least a step, at most a week, at the same hour. */
function between(train: Grid, grid: Grid): number {
  const week = Math.max(1, Math.round(WEEK / grid.step))
  const apart = Math.round((grid.start - train.start) / (grid.step * 60_000)) - train.length
  return ((apart % week) + week) % week
}

/** Steps from `k` on in which nothing was read. */
function silence(columns: readonly (readonly [string, Float64Array])[], k: number): number {
  let silent = 0
  const isSilent = (at: number) => columns.every(([, column]) => Number.isNaN(column[at]))
  while (isSilent(k + silent)) {
    const [, first] = columns[0] as readonly [string, Float64Array]
    if (k + silent >= first.length) break
    silent++
  }
  return silent
}

/** One quantity: baselines, what was said, scores. */
class Track {
  readonly #leads: readonly number[]
  readonly #baselines: readonly Baseline[]
  readonly #scores: Score[]
  /** By lead, and by step modulo lead: what was said, NaN where it does not count. */
  readonly #said: Float64Array[]
  readonly #others: Float64Array[]

  constructor(leads: readonly number[], step: number) {
    const longest = leads.at(-1) as number
    this.#leads = leads
    this.#baselines = [
      new Persistence(),
      new Trend(Math.max(1, Math.round(QUARTER / step))),
      new Autoregression(ORDER, Math.max(1, Math.round(REFIT / step)), longest),
    ]
    this.#scores = leads.map(() => new Score(BASELINES))
    this.#said = leads.map((lead) => new Float64Array(lead * ENTRY).fill(Number.NaN))
    this.#others = BASELINES.map(() => new Float64Array(leads.length))
  }

  see(value: number): void {
    for (const baseline of this.#baselines) baseline.step(value)
  }

  skip(steps: number): void {
    // no baseline looks farther back than this
    for (let i = 0; i < Math.min(steps, 2 * ORDER + QUARTER); i++) this.see(Number.NaN)
    for (const said of this.#said) said.fill(Number.NaN)
  }

  /**
   * @param counts whether what is said at this step is scored
   * @param isCompared whether what was said before is compared with this step
   */
  step(
    value: number,
    k: number,
    { counts, isCompared }: { counts: boolean; isCompared: boolean },
    { medians, quantiles }: Forecast,
  ): void {
    this.see(value)
    const known = !Number.isNaN(value)
    if (known && isCompared) this.#verify(value, k)
    const asked = known && counts
    if (asked)
      for (const [b, one] of this.#baselines.entries()) one.forecast(this.#leads, this.#others[b] as Float64Array)
    for (const [l, lead] of this.#leads.entries()) {
      const said = this.#said[l] as Float64Array
      const at = (k % lead) * ENTRY
      said[at] = asked ? (medians[l] as number) : Number.NaN
      if (!asked) continue
      for (let i = 0; i < levels.length; i++) said[at + 1 + i] = quantiles[l * levels.length + i] as number
      for (let b = 0; b < BASELINES.length; b++) said[at + 1 + levels.length + b] = this.#others[b]?.[l] as number
    }
  }

  #verify(value: number, k: number): void {
    for (const [l, lead] of this.#leads.entries()) {
      const said = this.#said[l] as Float64Array
      const at = (k % lead) * ENTRY
      if (Number.isNaN(said[at])) continue
      this.#scores[l]?.add(value, said[at] as number, said, at + 1, said, at + 1 + levels.length)
    }
  }

  line(l: number): Line {
    const { n, mae, crps, coverage90, width, baselines } = (this.#scores[l] as Score).scores
    const figure = (value: number | undefined) => (value === undefined || !Number.isFinite(value) ? null : value)
    const { persistence = Number.NaN } = baselines
    return {
      n,
      mae: figure(mae),
      crps: figure(crps),
      coverage90: figure(coverage90),
      width: figure(width),
      persistence: figure(persistence),
      trend: figure(baselines.trend),
      ar30: figure(baselines.ar30),
      // where nothing ever changes there is nothing to be better at
      skill: persistence === 0 && mae === 0 ? 0 : figure(1 - mae / persistence),
    }
  }
}

/** Median, quantiles and baselines. */
const ENTRY = 1 + levels.length + BASELINES.length
