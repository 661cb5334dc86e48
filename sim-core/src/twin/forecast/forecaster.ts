/**
 * The forecaster of one zone: is given the readings of a step, and says what comes, for every quantity and lead.
 *
 *     readings ─► history (cleaned) ─► committee of experts ─► blend, lead by lead ─► median ─► intervals ─► quantiles
 *                                                                ▲                                 ▲
 *                                                                └── what came, once its time has come ──┘
 *
 * It is given nothing that lies later, so that nothing can leak from there; all that it learns it learns as it goes.
 *
 * Live, one serves a zone, at a step of a minute and with some ten leads up to two days; what lies between two leads is
 * interpolated by whoever asks:
 *
 *     const options = { stepMinutes: 1, leads: [5, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880], quantities }
 *     const forecaster = Forecaster.restore(bytes, options) ?? new Forecaster(options)
 *     forecaster.skip(minutes)                     // that nobody looked, since the snapshot; or step through the store's
 *     const said = forecaster.step({ co2: 812 })   // each minute, once it is over: NaN or nothing where nothing was read
 *     said.get('co2').medians[l]; said.get('co2').quantiles[l * levels.length + q]
 *     const bytes = forecaster.snapshot()          // now and then
 *
 * Experts from outside (`experts`) are asked at every step after the readings are known: what they write for a lead
 * competes with all others there, and what is not finite counts as "it stays as it is". They are named: a snapshot
 * made with other names is not taken up. Nothing grows: the last 35 days are kept.
 */
import { type Archive, Reader, Writer } from './archive.ts'
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
/** Of snapshots: raised with every change of what is kept or of how it is meant. */
const VERSION = 3

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
    const live = history.isLive(k)
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
      const median = blend.forecast(k, now, this.#opinions, l * n, context, live, resolution, recent)
      forecast.medians[l] = median
      intervals.forecast(
        k,
        now,
        median,
        blend.spread,
        history.change,
        recent,
        live,
        blend.mood,
        forecast.quantiles,
        l * levels.length,
      )
    }
  }

  /** The names of those whose opinions are weighed. */
  get names(): readonly string[] {
    return this.#committee?.names ?? []
  }

  keep(archive: Archive): void {
    archive.numbers(this.forecast.medians, this.forecast.quantiles)
    this.#committee?.keep(archive)
    for (const blend of this.#blends) blend.keep(archive)
    for (const intervals of this.#intervals) intervals.keep(archive)
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
  readonly #options: ForecasterOptions
  readonly #channels = new Map<string, Channel>()
  readonly #spoken: [string, Channel][] = []
  readonly forecasts: ReadonlyMap<string, Forecast>

  constructor(options: ForecasterOptions) {
    this.#options = options
    const day = Math.max(1, Math.round(1_440 / options.stepMinutes))
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
   * All that it knows, to be taken up again by `restore`: about 2 MB a quantity with leads up to two days. What
   * outside experts know is theirs to keep, unless they have a `keep` of their own.
   */
  snapshot(): Uint8Array {
    const writer = new Writer()
    writer.text(this.#shape())
    this.#keep(writer)
    return writer.bytes
  }

  /**
   * One that goes on exactly as the one that wrote the snapshot would have.
   * @returns undefined where it is damaged, or was written by another version or with other options
   */
  static restore(bytes: Uint8Array, options: ForecasterOptions): Forecaster | undefined {
    const forecaster = new Forecaster(options)
    const reader = new Reader(bytes)
    try {
      if (reader.text() !== forecaster.#shape()) return undefined
      forecaster.#keep(reader)
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
    return reader.isAtEnd ? forecaster : undefined
  }

  #keep(archive: Archive): void {
    for (const channel of this.#channels.values()) channel.history.keep(archive)
    for (const [, channel] of this.#spoken) channel.keep(archive)
  }

  /** What a snapshot must agree in. */
  #shape(): string {
    const { stepMinutes, leads, quantities, beside = [] } = this.#options
    const experts = this.#spoken.map(([, channel]) => channel.names)
    return JSON.stringify({ version: VERSION, stepMinutes, leads, quantities, beside, experts })
  }

  /**
   * Lets steps go by in which nobody looked: after an outage, or between a series to learn from and the one that
   * counts. So many that the hour of the day (and, where it is known, the day of the week) is right again.
   */
  skip(steps: number): void {
    for (const channel of this.#channels.values()) channel.skip(steps)
  }
}
