/** What the twin says, in the shapes that the broker and the store take. */

import type { Alert } from '@habtwin/contract/alert'
import { pointInfo } from '@habtwin/contract/points'
import {
  type FixedLead,
  type Forecast,
  fixedLeads,
  forecastLeads,
  type Outlook,
  type Scores,
  type TwinModel,
} from '@habtwin/contract/twin'

const MINUTE = 60_000
/** How far the twin looks ahead, ms. */
const HORIZON = 48 * 3_600_000

/** The mean and standard deviation of a quantity at `t`, in its unit. */
export interface ZoneEstimate {
  readonly zone: string
  readonly quantity: string
  readonly t: number
  readonly mean: number
  readonly sd: number
  /** True of what is said between the minutes: worth showing, not worth keeping. */
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
  readonly forecast?: Forecast
  /** Of every minute that was gone through, oldest first. */
  readonly fixed: readonly FixedForecast[]
}

export interface TwinOutput {
  readonly estimates: readonly ZoneEstimate[]
  readonly forecasts: readonly ZoneForecast[]
  readonly scores?: Scores
  readonly model?: TwinModel
  readonly outlook?: Outlook
  /** Alerts that were raised, changed or ended, oldest first. */
  readonly alerts?: readonly Alert[]
  /** All alerts of the twin that stand: others that were told before do so no more. */
  readonly standing?: readonly Alert[]
}

/** Leads that are forecast, minutes; in between it is drawn. */
export const anchors: readonly number[] = [5, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880]

/** Quantiles by anchor and level, `count` an anchor. */
export interface Said {
  readonly quantiles: Float64Array
  readonly count: number
}

/** Where a lead lies between two anchors. What moves by chance goes as the root of time. */
interface Place {
  readonly lead: number
  readonly low: number
  readonly share: number
}

const grid: readonly Place[] = forecastLeads(HORIZON).map((lead) => {
  const minutes = lead / MINUTE
  const high = anchors.findIndex((anchor) => anchor >= minutes)
  const low = anchors[high] === minutes ? high : high - 1
  const [a, b] = [anchors[low] as number, anchors[low + 1] ?? Number.POSITIVE_INFINITY]
  const share = a === minutes ? 0 : (Math.sqrt(minutes) - Math.sqrt(a)) / (Math.sqrt(b) - Math.sqrt(a))
  return { lead, low, share }
})
const fixed = Object.entries(fixedLeads).map(([name, lead]) => ({
  name: name as FixedLead,
  lead,
  anchor: anchors.indexOf(lead / MINUTE),
}))

/**
 * A forecast on the grid of the contract. Quantiles do not cross: between two anchors each is a mean of its own.
 * @param round to what means something
 */
export function gridForecast({ quantiles, count }: Said, made: number, round: (value: number) => number): Forecast {
  const forecast: Forecast = { made, t: [], p05: [], p50: [], p95: [] }
  const at = (place: Place, level: number) => {
    const from = quantiles[place.low * count + level] as number
    const to = quantiles[(place.low + 1) * count + level] as number
    return round(place.share === 0 ? from : from + (to - from) * place.share)
  }
  for (const place of grid) {
    forecast.t.push(made + place.lead)
    forecast.p05.push(at(place, 0))
    forecast.p50.push(at(place, count >> 1))
    forecast.p95.push(at(place, count - 1))
  }
  return forecast
}

/** The forecasts at the leads that are kept. */
export function fixedForecasts({ quantiles, count }: Said, made: number, round: (value: number) => number) {
  return fixed.map(({ name, lead, anchor }): FixedForecast => {
    const at = (level: number) => round(quantiles[anchor * count + level] as number)
    return { lead: name, t: made + lead, p05: at(0), p50: at(count >> 1), p95: at(count - 1) }
  })
}

/** Two digits more than a screen shows are kept: beyond that there is nothing but noise, and bytes. */
export function rounding(quantity: string): (value: number) => number {
  const scale = 10 ** (pointInfo(quantity).digits + 2)
  return (value) => Math.round(value * scale) / scale
}
