/** Where a quantity is heading: by its last quarter of an hour, and by the twin. */
import type { Forecast } from '@habtwin/contract/twin'

export type Trend = 'rising' | 'falling' | 'steady'

export interface Sample {
  readonly t: number
  readonly value: number
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What is looked back at. */
export const TREND_SPAN = 15 * MINUTE

/** A slope below this (in the point's unit an hour) is noise to a person's eye. */
const noticeable: Readonly<Record<string, number>> = {
  co2: 40,
  o2: 0.1,
  temperature: 0.6,
  humidity: 3,
  pressure: 1,
}

/** Slope by least squares, in units an hour; undefined from fewer than three samples or under 3 minutes. */
export function slope(samples: readonly Sample[]): number | undefined {
  const first = samples[0]
  const last = samples.at(-1)
  if (first === undefined || last === undefined || samples.length < 3 || last.t - first.t < 3 * MINUTE) return undefined
  const meanT = samples.reduce((sum, s) => sum + s.t, 0) / samples.length
  const meanV = samples.reduce((sum, s) => sum + s.value, 0) / samples.length
  let above = 0
  let below = 0
  for (const { t, value } of samples) {
    above += (t - meanT) * (value - meanV)
    below += (t - meanT) ** 2
  }
  return below === 0 ? undefined : (above / below) * HOUR
}

/** The word for a slope, or undefined where nothing is known. */
export function trendOf(point: string, samples: readonly Sample[]): Trend | undefined {
  const perHour = slope(samples)
  if (perHour === undefined) return undefined
  const least = noticeable[point] ?? Number.POSITIVE_INFINITY
  if (Math.abs(perHour) < least) return 'steady'
  return perHour > 0 ? 'rising' : 'falling'
}

/** Samples after one more: in order of time, not beyond `TREND_SPAN`, at most one each 10 s of habitat time. */
export function remember(samples: readonly Sample[], next: Sample): readonly Sample[] {
  const last = samples.at(-1)
  if (last !== undefined && next.t - last.t < 10_000 && next.t >= last.t) return samples
  // A clock that went back (a recording begun again) makes the past meaningless.
  const kept = last !== undefined && next.t < last.t ? [] : samples.filter((s) => next.t - s.t <= TREND_SPAN)
  return [...kept, next]
}

/** The median of a forecast at a moment, between its points; undefined outside them, or when it is over an hour old. */
export function forecastAt(forecast: Forecast | undefined, moment: number): number | undefined {
  if (forecast === undefined) return undefined
  const after = forecast.t.findIndex((t) => t >= moment)
  const t1 = forecast.t[after]
  const v1 = forecast.p50[after]
  const t0 = forecast.t[after - 1]
  const v0 = forecast.p50[after - 1]
  if (t1 === undefined || v1 === undefined) return undefined
  if (t0 === undefined || v0 === undefined) return t1 - moment < 10 * MINUTE ? v1 : undefined
  return v0 + ((v1 - v0) * (moment - t0)) / (t1 - t0)
}

/** The twin's median an hour from now; nothing from a forecast that was made over an hour ago. */
export function inAnHour(forecast: Forecast | undefined, now: number): number | undefined {
  if (forecast === undefined || now - forecast.made > HOUR) return undefined
  return forecastAt(forecast, now + HOUR)
}
