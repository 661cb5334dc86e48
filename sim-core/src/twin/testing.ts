/** For tests: a twin that is listened to, and a series that is always the same. */
import { Gatherer } from './live/gather.ts'
import type { MindParts } from './mind.ts'
import type { TwinOutput, ZoneEstimate, ZoneForecast } from './output.ts'
import { Twin, type TwinHistory } from './twin.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const START = Date.UTC(2026, 10, 20)
export const DAY = 1_440

export interface Listening {
  readonly twin: Twin
  readonly said: TwinOutput[]
  /** Estimates that are worth keeping. */
  readonly kept: () => ZoneEstimate[]
  readonly forecasts: () => ZoneForecast[]
}

/** Collects what a twin says. */
export function listening(parts: MindParts = {}): Listening {
  const said: TwinOutput[] = []
  const twin = new Twin({ ...parts, emit: (output) => said.push(output) })
  return {
    twin,
    said,
    kept: () => said.flatMap((output) => output.estimates).filter((one) => !one.provisional),
    forecasts: () => said.flatMap((output) => output.forecasts),
  }
}

export interface From {
  readonly device?: string
  readonly zone?: string
  readonly quality?: Record<string, string>
}

/** Gives a twin a reading, as it comes from the line. */
export function read(twin: Twin, t: number, values: Record<string, number | null>, from: From = {}): void {
  const { device = 'air', zone = 'crew', quality } = from
  const gatherer = new Gatherer()
  gatherer.add(device, zone, { t, values, ...(quality ? { quality } : {}) })
  for (const sums of gatherer.take()) twin.readings(sums)
}

/** Gives it the diurnal CO2 of minutes `from` to `to`, not included. */
export function live(twin: Twin, from: number, to: number): void {
  for (let minute = from; minute < to; minute++) read(twin, START + minute * MINUTE, { co2: diurnal(minute) })
}

/** The same as the store keeps it. */
export function stored(from: number, to: number): TwinHistory {
  const minutes = Array.from({ length: to - from }, (_, i) => from + i)
  const t = minutes.map((minute) => START + minute * MINUTE)
  return { device: 'air', zone: 'crew', point: 'co2', t, value: minutes.map(diurnal) }
}

/** Ticks until all that can be said was said. */
export function settle(twin: Twin, dataNow: number): void {
  for (let i = 0; i < 8; i++) while (twin.tick(dataNow));
}

/** A day of people and lamps: 800 ppm ± 250, with noise that is always the same. */
export function diurnal(minute: number): number {
  return 800 + 250 * Math.sin((2 * Math.PI * minute) / DAY) + 8 * noise(minute)
}

/** Between −½ and ½, without a course of its own. */
export function noise(i: number): number {
  const far = Math.sin(i * 12.9898) * 43758.5453
  return far - Math.floor(far) - 0.5
}
