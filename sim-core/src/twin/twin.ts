/**
 * The live twin, a minute at a time: what each instrument said, what the ensemble makes of it, and a forecaster for
 * each zone.
 *
 *   reading ─► Minutes ─┬─► Mind: ensemble ─► futures ─┐             ┌─► alerts, outlook
 *                       └─► Zone: Level, Forecaster ◄──┘ ─► forecast ┴─► emit
 *
 * Nothing here waits or has a timer; the owner calls `tick` about once a second.
 */
import type { Alert, Event } from '@habtwin/contract'
import { BACK, Course } from './course.ts'
import type { Observation } from './ensemble/index.ts'
import { IgnoredReadings } from './ignored.ts'
import { Mind, type MindParts } from './mind.ts'
import type { TwinOutput, ZoneEstimate, ZoneForecast } from './output.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import type { Stream } from './stream.ts'
import type { Standing } from './whatif.ts'
import { Zone } from './zone.ts'

const MINUTE = 60_000
/** Steps (a quantity, a minute) in one tick, so that a backlog does not hold up whoever waits. */
const CHUNK = 24
/** Minutes of quantities that are said at once. */
const MOUTHFUL = 400

/** What instruments said, summed up: within one minute, by device and point. */
export interface Sums {
  readonly device: string
  readonly zone: string
  readonly point: string
  /** Of the newest, ms. */
  readonly t: number
  /** Null where there was no number. */
  readonly sum: number | null
  readonly n: number
  /** `good`, `uncertain`, or why it is not believed. */
  readonly trust: string
}

/** A point's history as the store keeps it, for a start: `t` in ms and ascending, minute means will do. */
export interface TwinHistory {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly t: ArrayLike<number>
  readonly value: ArrayLike<number | null>
}

export interface TwinOptions extends MindParts {
  /** Takes what the twin says. */
  readonly emit: (output: TwinOutput) => void
}

export class Twin {
  readonly #options: TwinOptions
  readonly #ignored = new IgnoredReadings()
  #zones = new Map<string, Zone>()
  #mind: Mind
  #course = new Course(() => this.#spoken())
  /** There is more to go through at once. */
  #busy = false
  /** The minute that is being gone through, as long as what it may bring is thought about. */
  #pending: number | undefined
  #collected = 0
  /** What was said last, beyond estimates and forecasts. */
  #told = { minute: Number.NaN, ignored: 0 }
  /** Alerts since something was said; undefined while the past is gone through again. */
  #alerts: Alert[] | undefined = []
  /** The past has been gone through, and which alerts stand was not told since. */
  #resumed = false
  #outlook: TwinOutput['outlook']
  /** All minutes up to this one were gone through, and told, before a start. */
  #made = Number.NEGATIVE_INFINITY

  constructor(options: TwinOptions) {
    this.#options = options
    this.#mind = new Mind(options)
  }

  /** The habitat's time, ms. */
  get now(): number {
    return this.#course.now
  }

  /** What was said last of each quantity. */
  get standing(): Iterable<Standing> {
    return [...this.#spoken()]
      .filter((stream) => Number.isFinite(stream.said))
      .map((stream) => ({
        zone: stream.zone,
        quantity: stream.name,
        mean: stream.level.mean,
        forecast: stream.forecast(),
      }))
  }

  get mind(): Mind {
    return this.#mind
  }

  /** Takes readings, live or from a backlog. What is older than the minutes gone through comes too late. */
  readings({ device, zone, point, t, sum, n, trust }: Sums): void {
    let why: string | undefined
    if (trust !== 'good' && trust !== 'uncertain') why = trust
    else if (sum === null || !Number.isFinite(sum)) why = 'it is no number'
    else if (t < this.now - BACK * MINUTE) why = 'its time is long past'
    else if (this.#zone(zone).stream(point)?.add(device, t, sum, n, trust) === false) why = 'it came too late'
    if (why !== undefined) this.#ignored.add(device, point, t, sum === null ? null : sum / n, why)
  }

  /** What somebody said that they did. */
  event(event: Event): void {
    this.#mind.log(event)
  }

  /**
   * Goes through the minutes that are complete, and says what there is to say.
   * @param now the habitat's time, ms
   * @returns true where there is more to go through at once: call again soon
   */
  tick(now: number): boolean {
    if (!this.#busy && !this.#course.wait(now)) this.#begin()
    this.#first()
    let left = CHUNK
    do {
      const done = this.#go()
      this.#busy = done > 0
      left -= done
    } while (this.#busy && left > 0)
    if (!this.#busy || this.#collected >= MOUTHFUL) this.#say()
    return this.#busy
  }

  /**
   * Estimates of what was read since, within the minute that has begun.
   * @param mono monotonic ms
   */
  glance(mono: number): void {
    const estimates: ZoneEstimate[] = []
    for (const stream of this.#spoken()) {
      const seen = stream.glance(mono)
      if (seen !== undefined) estimates.push(seen)
    }
    if (estimates.length > 0) this.#options.emit({ estimates, forecasts: [] })
  }

  /** Takes what the store keeps of the time before a start. */
  history({ device, zone, point, t, value }: TwinHistory): void {
    const stream = this.#zone(zone).stream(point)
    for (let i = 0; i < t.length; i++) {
      const one = value[i]
      if (Number.isFinite(one)) stream?.add(device, t[i] as number, one as number, 1, 'good')
    }
  }

  /**
   * All of the past has come; the next ticks go through it.
   * @param made up to when (ms) estimates of a zone's quantity are stored: nothing is said about that again
   */
  resume(made: (zone: string, quantity: string) => number): void {
    for (const stream of this.#spoken()) {
      stream.made = Math.max(stream.made, Math.floor(made(stream.zone, stream.name) / MINUTE) - 1)
      stream.spoke = true
      this.#made = Math.max(this.#made, stream.made)
    }
    this.#alerts = undefined
    const oldest = this.#course.oldest()
    if (oldest !== Number.POSITIVE_INFINITY) this.#course.cursor ??= oldest
  }

  /** All that was learned; undefined as long as nothing was gone through. @param version of habtwin */
  snapshot(version: string): Uint8Array | undefined {
    while (this.#pending !== undefined) this.#go()
    const { cursor } = this.#course
    if (cursor === undefined) return undefined
    const zones = [...this.#zones.values()].map((zone) => zone.state)
    return writeSnapshot({ cursor, zones, mind: this.#mind.state }, version)
  }

  /**
   * Goes on where another one ended; only one that has not begun may.
   * @returns the next minute to go through, or why the snapshot cannot be used
   */
  restore(bytes: Uint8Array, version: string): { minute: number } | { why: string } {
    const state = readSnapshot(bytes, version)
    if (typeof state === 'string') return { why: state }
    const mind = new Mind(this.#options, state.mind)
    if ((mind.ensemble === undefined) !== (state.mind.ensemble === undefined)) {
      return { why: 'the model of the habitat has changed' }
    }
    this.#mind = mind
    for (const one of state.zones) {
      const zone = Zone.restore(one, mind.ahead)
      if (zone === undefined) return { why: 'the forecaster has changed' }
      this.#zones.set(one.id, zone)
    }
    this.#course.cursor = state.cursor
    for (const stream of this.#spoken()) stream.minutes.forget(state.cursor)
    return { minute: state.cursor }
  }

  #begin(): void {
    this.#zones = new Map()
    this.#mind = new Mind(this.#options)
    this.#pending = undefined
    this.#made = Number.NEGATIVE_INFINITY
  }

  /** Goes through a minute, or thinks about it for a while. @returns how many steps were made; 0: it has to wait */
  #go(): number {
    if (this.#pending === undefined) {
      const minute = this.#course.next((minutes) => this.#skip(minutes))
      if (minute === undefined) return 0
      this.#pending = minute
      this.#mind.begin(minute, this.#observed(minute), this.#course.isLast(minute))
    }
    if (!this.#mind.think()) return CHUNK
    const minute = this.#pending
    this.#pending = undefined
    let steps = 1
    for (const zone of this.#zones.values()) {
      zone.step(minute)
      steps += zone.size
    }
    this.#course.cursor = minute + 1
    this.#collected += steps
    this.#heed(minute)
    return steps
  }

  #skip(minutes: number): void {
    for (const zone of this.#zones.values()) zone.skip(minutes)
  }

  /** Alerts; those of minutes that were told of before a start are not told again, but for what stands after them. */
  #heed(minute: number): void {
    const output = this.#mind.end(this.#spoken())
    if (output === undefined || minute <= this.#made) return
    if (this.#alerts === undefined) {
      this.#alerts = []
      this.#resumed = true
    }
    this.#alerts.push(...output.changes)
    this.#outlook = output.outlook ?? this.#outlook
  }

  /** The means of a minute by device. */
  #observed(minute: number): Observation[] {
    const observed: Observation[] = []
    for (const streams of this.#zones.values()) {
      for (const { zone, name, minutes } of streams.all()) {
        minutes.each(minute, (device, value, trust) => observed.push({ device, zone, point: name, value, trust }))
      }
    }
    return observed
  }

  /** Says what can be said at once of quantities just met. */
  #first(): void {
    const estimates: ZoneEstimate[] = []
    const forecasts: ZoneForecast[] = []
    for (const stream of this.#spoken()) {
      const first = stream.first(this.now)
      if (first === undefined) continue
      estimates.push(first.estimate)
      forecasts.push({ zone: stream.zone, quantity: stream.name, forecast: first.forecast, fixed: [] })
    }
    if (estimates.length > 0) this.#options.emit({ estimates, forecasts })
  }

  #say(): void {
    this.#collected = 0
    const estimates: ZoneEstimate[] = []
    const forecasts: ZoneForecast[] = []
    for (const stream of this.#spoken()) {
      if (stream.estimates.length === 0) continue
      for (const estimate of stream.estimates) estimates.push(estimate)
      // on the way through a backlog only what is kept is said
      const forecast = this.#busy ? {} : { forecast: stream.forecast() }
      forecasts.push({ zone: stream.zone, quantity: stream.name, ...forecast, fixed: stream.fixed })
      stream.estimates = []
      stream.fixed = []
    }
    const also = { ...this.#changed(), ...(this.#busy ? {} : this.#newest()) }
    if (estimates.length > 0 || Object.keys(also).length > 0) this.#options.emit({ estimates, forecasts, ...also })
  }

  #changed(): Pick<TwinOutput, 'alerts'> {
    if (!this.#alerts?.length) return {}
    const alerts = this.#alerts
    this.#alerts = []
    return { alerts }
  }

  /** Scores once a minute; the model whenever that, or what was ignored, has changed. */
  #newest(): Pick<TwinOutput, 'scores' | 'model' | 'outlook' | 'standing'> {
    const minute = this.#course.cursor ?? Number.NaN
    const { version } = this.#ignored
    const isNew = minute !== this.#told.minute && !Number.isNaN(minute)
    if (!isNew && version === this.#told.ignored) return {}
    this.#told = { minute, ignored: version }
    const t = Number.isNaN(minute) ? this.now : minute * MINUTE
    const model = this.#mind.model(t, this.#ignored.list())
    if (!isNew) return { model }
    const scores = [...this.#spoken()].flatMap(({ zone, name, scores }) => scores.list(zone, name))
    const standing = this.#resumed ? { standing: this.#mind.alerts?.active() ?? [] } : {}
    const outlook = this.#outlook ? { outlook: this.#outlook } : {}
    this.#resumed = false
    this.#outlook = undefined
    return { ...standing, ...outlook, model, ...(scores.length > 0 ? { scores: { t, scores } } : {}) }
  }

  *#spoken(): Generator<Stream> {
    for (const zone of this.#zones.values()) yield* zone.spoken.values()
  }

  #zone(id: string): Zone {
    let zone = this.#zones.get(id)
    if (zone === undefined) {
      zone = new Zone(id, this.#mind.ahead)
      this.#zones.set(id, zone)
    }
    return zone
  }
}
