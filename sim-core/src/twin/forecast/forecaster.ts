/**
 * The forecaster of one zone: is given the readings of a step, and says what comes, for every quantity and lead.
 *
 *     readings ─► history (cleaned) ─► committee of experts ─► blend, lead by lead ─► median ─► intervals ─► quantiles
 *                                                                ▲                                 ▲
 *                                                                └── what came, once its time has come ──┘
 *
 * It is given nothing that lies later, so that nothing can leak from there; all that it learns it learns as it goes.
 */
import { Blend } from './blend.ts'
import { Committee } from './committee.ts'
import type { Expert, Scene } from './experts/expert.ts'
import { History } from './history.ts'
import { Intervals, levels } from './intervals.ts'

export interface ForecasterOptions {
  readonly stepMinutes: number
  /** Leads in steps, ascending. */
  readonly leads: readonly number[]
  /** Quantities that are forecast. */
  readonly quantities: readonly string[]
  /** Quantities that are only looked at. */
  readonly beside?: readonly string[]
  /** More experts for a quantity, such as the ensemble of the twin or a known plan. */
  readonly experts?: (quantity: string, scene: Scene) => readonly Expert[]
}

export interface Forecast {
  /** By lead. */
  readonly medians: Float64Array
  /** By lead and level, `levels.length` a lead. */
  readonly quantiles: Float64Array
}

/** Minutes over which unrest is taken. */
const QUARTER = 15

class Channel {
  readonly history: History
  readonly forecast: Forecast
  #committee: Committee | undefined
  #blends: Blend[] = []
  #intervals: Intervals[] = []
  #opinions = new Float64Array(0)
  readonly #options: ForecasterOptions

  constructor(options: ForecasterOptions, day: number) {
    this.#options = options
    this.history = new History(day)
    const n = options.leads.length
    this.forecast = {
      medians: new Float64Array(n).fill(Number.NaN),
      quantiles: new Float64Array(n * levels.length).fill(Number.NaN),
    }
  }

  connect(name: string, neighbours: readonly History[]): void {
    const { leads, stepMinutes, experts } = this.#options
    const scene = { own: this.history, neighbours, stepMinutes, leads }
    const committee = new Committee(scene, experts?.(name, scene))
    this.#committee = committee
    // those that are at home at some lead may be taken alone; the others only in the mixture
    const single = committee.names.flatMap((name, i) => (/^(relax|yesterday|profile$)/.test(name) ? [] : [i]))
    this.#blends = leads.map((lead) => new Blend(committee.names.length, lead, stepMinutes, single))
    this.#intervals = []
    for (const lead of leads) this.#intervals.push(new Intervals(lead, this.history.day, this.#intervals.at(-1)))
    this.#opinions = new Float64Array(leads.length * committee.names.length)
  }

  step(): void {
    const { history, forecast } = this
    const committee = this.#committee as Committee
    const { leads, stepMinutes } = this.#options
    const { now, k } = history
    if (Number.isNaN(now)) return
    const live = history.live[k] === 1
    const { resolution } = history
    committee.step()
    committee.forecast(this.#opinions)
    const quarter = Math.max(1, Math.round(QUARTER / stepMinutes))
    const recent = Math.abs(now - history.at(k - quarter))
    const unrest = recent / (history.change * Math.sqrt(quarter) + 1e-9)
    const context = unrest < 0.7 ? 0 : unrest < 2.5 ? 1 : 2
    const n = committee.names.length
    for (let l = 0; l < leads.length; l++) {
      const blend = this.#blends[l] as Blend
      const intervals = this.#intervals[l] as Intervals
      if (live) {
        blend.verify(k, now, resolution)
        intervals.verify(k, now)
      }
      const median = blend.forecast(k, now, this.#opinions, l * n, context, live, resolution)
      forecast.medians[l] = median
      intervals.forecast(
        k,
        now,
        median,
        blend.spread,
        history.change,
        recent,
        live,
        forecast.quantiles,
        l * levels.length,
      )
    }
  }

  /** Steps go by in which nobody looks. */
  skip(steps: number): void {
    this.history.skip(steps)
    this.#committee?.interrupt()
    for (const blend of this.#blends) blend.interrupt()
    for (const intervals of this.#intervals) intervals.interrupt()
  }
}

export class Forecaster {
  readonly #channels = new Map<string, Channel>()
  readonly #spoken: [string, Channel][] = []
  readonly forecasts: ReadonlyMap<string, Forecast>

  constructor(options: ForecasterOptions) {
    const day = Math.round(1_440 / options.stepMinutes)
    for (const name of [...options.quantities, ...(options.beside ?? [])]) {
      this.#channels.set(name, new Channel(options, day))
    }
    for (const name of options.quantities) {
      const channel = this.#channels.get(name) as Channel
      channel.connect(
        name,
        [...this.#channels.values()].filter((other) => other !== channel).map((other) => other.history),
      )
      this.#spoken.push([name, channel])
    }
    this.forecasts = new Map(this.#spoken.map(([name, channel]) => [name, channel.forecast]))
  }

  /** Goes on by one step. What is missing is left out or NaN. The forecasts are overwritten by the next step. */
  step(values: Readonly<Record<string, number | undefined>>): ReadonlyMap<string, Forecast> {
    for (const [name, channel] of this.#channels) channel.history.step(values[name] ?? Number.NaN)
    for (const [, channel] of this.#spoken) channel.step()
    return this.forecasts
  }

  /**
   * Lets steps go by in which nobody looked: after an outage, or between a series to learn from and the one that
   * counts. So many that the hour of the day (and, where it is known, the day of the week) is right again.
   */
  skip(steps: number): void {
    for (const channel of this.#channels.values()) channel.skip(steps)
  }
}
