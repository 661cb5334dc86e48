/**
 * The live twin: a balance for each quantity of each zone, beside the instruments, a minute at a time.
 *
 *   reading ─► Minutes (sums) ─► Channel (filter, forecast) ─► emit
 *
 * It follows the clock of the data, not the wall's: a recording replayed in seconds gets the same answers as the
 * hours it took. Nothing here waits or has a timer; the owner calls `tick` about once a second.
 */
import type { Reading } from '@habtwin/contract'
import { vapour } from './models/vapour.ts'
import { gridForecast, type TwinOutput, type ZoneEstimate, type ZoneForecast } from './output.ts'
import { Quantity } from './quantity.ts'

const MINUTE = 60_000
/** Minutes of a quantity gone through in one tick, so that a backlog does not hold up the process. */
const CHUNK = 4_000
/** The data clock went back for good (a recording begun anew), ms. */
const WENT_BACK = 10 * MINUTE

/** Quantities of a zone's air and light; all others belong to a device (power, flow …) or are no measurement. */
const quantities: ReadonlySet<string> = new Set([
  'co2', 'co', 'h2', 'o2', 'temperature', 'humidity', 'humidity-ratio', 'pressure', 'pressure-difference',
  'light', 'par', 'tvoc', 'pm25', 'occupancy',
]) // biome-ignore format: a list

/** What the twin needs of a reading. */
export interface TwinReading {
  readonly device: string
  readonly zone: string
  readonly reading: Pick<Reading, 't' | 'values' | 'quality'>
}

/** A point's history as the store keeps it, for a start: `t` in ms and ascending, minute means will do. */
export interface TwinHistory {
  readonly device: string
  readonly zone: string
  readonly point: string
  readonly t: ArrayLike<number>
  readonly value: ArrayLike<number | null>
}

export interface TwinOptions {
  /** Takes what the twin says; called at most once a tick. */
  readonly emit: (output: TwinOutput) => void
  /** Length of the mission's day, ms. */
  readonly day?: number
}

export class Twin {
  readonly #emit: (output: TwinOutput) => void
  readonly #day: number
  readonly #zones = new Map<string, Map<string, Quantity>>()
  #dataNow = Number.NEGATIVE_INFINITY

  constructor({ emit, day = 86_400_000 }: TwinOptions) {
    this.#emit = emit
    this.#day = day
  }

  /** Takes a reading, live or from a backlog. What is older than the minutes gone through is ignored. */
  reading({ device, zone, reading }: TwinReading): void {
    const { t, values, quality } = reading
    const minute = Math.floor(t / MINUTE)
    for (const point in values) {
      const value = values[point]
      if (value === null || value === undefined || !Number.isFinite(value) || !quantities.has(point)) continue
      const doubt = quality?.[point]
      if (doubt?.startsWith('bad')) continue
      const trust = doubt === undefined ? 'good' : 'uncertain'
      const quantity = this.#quantity(zone, point)
      if (quantity.air === undefined) quantity.add(device, minute, value, trust, 0)
      else {
        const air = values.temperature ?? this.#air(zone)
        quantity.add(device, minute, vapour(value, air), trust, air)
      }
    }
  }

  /**
   * Goes through the minutes that are complete, and says what there is to say.
   * @param dataNow the newest reading's time, ms
   * @returns true where there is more to go through at once: call again soon
   */
  tick(dataNow: number): boolean {
    // all that was taken before the last tick has arrived by now, but for what is lost or late
    const horizon = Math.min(this.#dataNow, dataNow)
    if (dataNow < this.#dataNow - WENT_BACK) this.#zones.clear()
    this.#dataNow = dataNow
    const estimates: ZoneEstimate[] = []
    const forecasts: ZoneForecast[] = []
    let left = CHUNK
    for (const zone of this.#zones.values()) {
      for (const quantity of zone.values()) quantity.wait(dataNow)
      left -= this.#follow(zone, horizon, left)
      const temperature = zone.get('temperature')?.channel
      for (const quantity of zone.values()) {
        const { name } = quantity
        const first = quantity.first(dataNow, this.#day)
        if (first !== undefined) {
          estimates.push(first.estimate)
          forecasts.push({ zone: quantity.zone, quantity: name, forecast: first.forecast, fixed: [] })
        }
        const made = quantity.estimates.at(-1)?.t
        if (made === undefined) continue
        for (const estimate of quantity.estimates) estimates.push(estimate)
        const forecast = gridForecast(quantity.channel, quantity.scale(temperature), made)
        forecasts.push({ zone: quantity.zone, quantity: name, forecast, fixed: quantity.fixed })
        quantity.estimates = []
        quantity.fixed = []
      }
    }
    if (estimates.length > 0) this.#emit({ estimates, forecasts })
    return left <= 0
  }

  /**
   * Rebuilds the state after a restart, from what the store keeps of the last days; the next ticks go through it.
   * @param made up to when (ms) estimates of a zone's quantity are stored: nothing is said about that again
   */
  warmUp(history: Iterable<TwinHistory>, made: (zone: string, quantity: string) => number): void {
    for (const reading of rows(history)) this.reading(reading)
    for (const [zone, entries] of this.#zones) {
      for (const quantity of entries.values()) quantity.resume(Math.floor(made(zone, quantity.name) / MINUTE) - 1)
    }
  }

  /** Goes through a zone's minutes in order of time, the temperature first: humidity looks at it. */
  #follow(zone: ReadonlyMap<string, Quantity>, horizon: number, most: number): number {
    const temperature = zone.get('temperature')
    const ordered = [...zone.values()].sort((a, b) => Number(b === temperature) - Number(a === temperature))
    let done = 0
    while (done < most) {
      let minute = Number.POSITIVE_INFINITY
      const next = ordered.map((quantity) => quantity.next(horizon))
      for (const one of next) if (one !== undefined && one < minute) minute = one
      if (minute === Number.POSITIVE_INFINITY) break
      for (const [i, quantity] of ordered.entries()) {
        if (next[i] !== minute) continue
        quantity.step(temperature?.channel)
        done++
      }
    }
    return done
  }

  #quantity(zone: string, name: string): Quantity {
    let entries = this.#zones.get(zone)
    if (entries === undefined) {
      entries = new Map()
      this.#zones.set(zone, entries)
    }
    let quantity = entries.get(name)
    if (quantity === undefined) {
      quantity = new Quantity(zone, name, this.#day)
      entries.set(name, quantity)
    }
    return quantity
  }

  /** The zone's temperature for a hygrometer that does not say its own, °C. */
  #air(zone: string): number {
    const level = this.#zones.get(zone)?.get('temperature')?.channel.level
    return level === undefined || Number.isNaN(level) ? 20 : level
  }
}

/** Puts the points of each device beside each other again, row by row. */
function* rows(history: Iterable<TwinHistory>): Generator<TwinReading> {
  const devices = new Map<string, { device: string; zone: string; rows: Map<number, Record<string, number | null>> }>()
  for (const { device, zone, point, t, value } of history) {
    const key = `${zone}/${device}`
    const entry = devices.get(key) ?? { device, zone, rows: new Map() }
    devices.set(key, entry)
    for (let i = 0; i < t.length; i++) {
      const at = t[i] as number
      const row = entry.rows.get(at) ?? {}
      row[point] = value[i] ?? null
      entry.rows.set(at, row)
    }
  }
  for (const { device, zone, rows } of devices.values()) {
    for (const [t, values] of rows) yield { device, zone, reading: { t, values } }
  }
}
