/** One zone: its streams, and who forecasts them. */
import type { Ahead } from './ahead.ts'
import { Forecaster, type ForecasterOptions } from './forecast/forecaster.ts'
import { levels } from './forecast/intervals.ts'
import { anchors } from './output.ts'
import { Stream, type StreamState } from './stream.ts'

/** Quantities of a zone's air and light, and of its battery; all others belong to a device (power, flow …) or are no measurement. */
const quantities: ReadonlySet<string> = new Set([
  'co2', 'co', 'h2', 'o2', 'temperature', 'humidity', 'humidity-ratio', 'pressure', 'pressure-difference',
  'light', 'par', 'tvoc', 'pm25', 'occupancy', 'charge',
]) // biome-ignore format: a list

/** Quantities that were met together: the later ones look at the earlier. */
interface Group {
  readonly names: readonly string[]
  readonly beside: readonly string[]
  readonly forecaster: Forecaster
}

export interface ZoneState {
  readonly id: string
  readonly streams: readonly StreamState[]
  readonly groups: readonly {
    readonly names: readonly string[]
    readonly beside: readonly string[]
    readonly forecaster: Uint8Array
  }[]
}

export class Zone {
  readonly id: string
  /** What is forecast … */
  readonly spoken = new Map<string, Stream>()
  /** … and what only a model of the habitat looks at. */
  readonly beside = new Map<string, Stream>()
  readonly #groups: Group[] = []
  readonly #ahead: Ahead | undefined

  /** @param ahead where there is a model of the habitat: what it foresees */
  constructor(id: string, ahead: Ahead | undefined) {
    this.id = id
    this.#ahead = ahead
  }

  /** One that goes on where another ended; undefined where its forecaster cannot. */
  static restore(state: ZoneState, ahead: Ahead | undefined): Zone | undefined {
    const zone = new Zone(state.id, ahead)
    for (const stream of state.streams) zone.spoken.set(stream.name, new Stream(state.id, stream.name, levels, stream))
    for (const { names, beside, forecaster: bytes } of state.groups) {
      const forecaster = Forecaster.restore(bytes, zone.#options(names, beside))
      if (forecaster === undefined) return undefined
      zone.#groups.push({ names, beside, forecaster })
    }
    return zone
  }

  get state(): ZoneState {
    return {
      id: this.id,
      streams: [...this.spoken.values()].map((stream) => stream.state),
      groups: this.#groups.map((group) => ({ ...group, forecaster: group.forecaster.snapshot() })),
    }
  }

  /** The stream of a point, begun where there is none; undefined where nobody would look at it. */
  stream(point: string): Stream | undefined {
    const isSpoken = quantities.has(point)
    if (!isSpoken && this.#ahead === undefined) return undefined
    const streams = isSpoken ? this.spoken : this.beside
    let stream = streams.get(point)
    if (stream === undefined) {
      stream = new Stream(this.id, point, levels)
      streams.set(point, stream)
    }
    return stream
  }

  *all(): Generator<Stream> {
    yield* this.spoken.values()
    yield* this.beside.values()
  }

  /** Goes through a minute. What was measured in it must have been shown to the model of the habitat before. */
  step(minute: number): void {
    const values: Record<string, number | undefined> = {}
    for (const stream of this.spoken.values()) values[stream.name] = stream.take(minute)
    for (const stream of this.beside.values()) stream.minutes.take(minute)
    this.#join()
    for (const { forecaster, names } of this.#groups) {
      const forecasts = forecaster.step(values)
      for (const name of names) this.spoken.get(name)?.say(minute, forecasts.get(name)?.quantiles as Float64Array)
    }
  }

  /** Minutes have gone by in which nobody looked. */
  skip(minutes: number): void {
    for (const stream of this.spoken.values()) stream.level.interrupt()
    for (const { forecaster } of this.#groups) forecaster.skip(minutes)
  }

  get size(): number {
    return this.spoken.size
  }

  /** Quantities that nobody forecasts yet get a forecaster together. */
  #join(): void {
    const beside = this.#groups.flatMap(({ names }) => names)
    const names = [...this.spoken.keys()].filter((name) => !beside.includes(name))
    if (names.length === 0) return
    this.#groups.push({ names, beside, forecaster: new Forecaster(this.#options(names, beside)) })
  }

  #options(quantities: readonly string[], beside: readonly string[]): ForecasterOptions {
    const ahead = this.#ahead
    const options = { stepMinutes: 1, leads: anchors, quantities, beside }
    if (ahead === undefined) return options
    return { ...options, experts: (quantity, scene) => [ahead.expert(this.id, quantity, scene)] }
  }
}
