/** What the twin says, in the shapes that the broker and the store take. */
import { type FixedLead, type Forecast, fixedLeads, forecastLeads, pointInfo } from '@habtwin/contract'
import type { Channel } from './channel.ts'
import { projectionIndex } from './models/balance.ts'
import { relativeHumidity, saturation } from './models/vapour.ts'

/** How far the twin looks ahead, ms. */
const HORIZON = 24 * 3_600_000

/** The mean and standard deviation of a quantity at `t`, in its unit. */
export interface ZoneEstimate {
  readonly zone: string
  readonly quantity: string
  readonly t: number
  readonly mean: number
  readonly sd: number
  /** True of what is said at once, from the first readings alone: worth showing, not worth keeping. */
  readonly provisional?: true
}

/** What was said about the moment `t` one lead before. */
export interface FixedForecast {
  readonly lead: FixedLead
  readonly t: number
  readonly p05: number
  readonly p50: number
  readonly p95: number
}

export interface ZoneForecast {
  readonly zone: string
  readonly quantity: string
  /** The latest, on the grid of the contract. */
  readonly forecast: Forecast
  /** Of every minute that was gone through, oldest first. */
  readonly fixed: readonly FixedForecast[]
}

export interface TwinOutput {
  readonly estimates: readonly ZoneEstimate[]
  readonly forecasts: readonly ZoneForecast[]
}

/** How the model's numbers become what an instrument would read. */
export interface Scale {
  /** @returns mean and sd now */
  now(level: number, sd: number): { mean: number; sd: number }
  /** @returns p05, p50, p95 at an index of the projection */
  at(index: number, median: number, half: number): readonly [number, number, number]
}

/** The model's numbers as they are, within what is physically possible. */
export function plainScale(quantity: string): Scale {
  const [low, high] = pointInfo(quantity).range
  const clamp = (value: number) => Math.min(high, Math.max(low, value))
  return {
    now: (level, sd) => ({ mean: clamp(level), sd }),
    at: (_, median, half) => [clamp(median - half), clamp(median), clamp(median + half)],
  }
}

/** Relative change of the saturation pressure by temperature, 1/K, at room temperature. */
const STEEPNESS = 0.062

/**
 * Vapour pressure (Pa) as relative humidity (%). It follows the forecast of the temperature where there is one.
 * @param air temperature in the zone now, °C
 */
export function humidityScale(air: number, temperature: Channel | undefined): Scale {
  const warm = temperature === undefined || temperature.silent ? undefined : temperature
  return {
    now: (level, sd) => ({ mean: relativeHumidity(level, air), sd: (100 * sd) / saturation(air) }),
    at(index, median, half) {
      const later = warm === undefined ? air : air + ((warm.medians[index] as number) - warm.level)
      const middle = relativeHumidity(median, later)
      const doubt = warm === undefined ? 0 : middle * STEEPNESS * (warm.halves[index] as number)
      const width = Math.hypot((100 * half) / saturation(later), doubt)
      return [Math.max(0, middle - width), middle, Math.min(100, middle + width)]
    },
  }
}

const grid = forecastLeads(HORIZON).map((lead) => ({ lead, index: projectionIndex(lead) }))
const fixed = Object.entries(fixedLeads).map(([name, lead]) => ({
  name: name as FixedLead,
  lead,
  index: projectionIndex(lead),
}))

/** The channel's forecast on the grid of the contract. */
export function gridForecast(channel: Channel, scale: Scale, made: number): Forecast {
  const forecast: Forecast = { made, t: [], p05: [], p50: [], p95: [] }
  for (const { lead, index } of grid) {
    const [p05, p50, p95] = quantiles(channel, scale, index)
    forecast.t.push(made + lead)
    forecast.p05.push(p05)
    forecast.p50.push(p50)
    forecast.p95.push(p95)
  }
  return forecast
}

/** The channel's forecasts at the leads that are kept. */
export function fixedForecasts(channel: Channel, scale: Scale, made: number): FixedForecast[] {
  return fixed.map(({ name, lead, index }) => {
    const [p05, p50, p95] = quantiles(channel, scale, index)
    return { lead: name, t: made + lead, p05, p50, p95 }
  })
}

function quantiles(channel: Channel, scale: Scale, index: number): readonly [number, number, number] {
  return scale.at(index, channel.medians[index] as number, channel.halves[index] as number)
}
