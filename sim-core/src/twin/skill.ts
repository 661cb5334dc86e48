/**
 * What forecasts already verified teach about those being made, lead by lead: how far the model is to be believed
 * against "it stays as it is", and how wide the band must be.
 *
 *     forecast = x + w (model − x)
 *
 * w is an exponentially weighted regression of what happened on what the model said. The band is the weighted
 * root of the squared errors, scaled until nine in ten fall inside (adaptive conformal inference: Gibbs and
 * Candès, NeurIPS 2021). Until something was verified, the model's own spread stands in for both.
 */
import { projectionIndex } from './models/balance.ts'

const MINUTE = 60_000

/** Leads that are verified, minutes. */
const LEADS = [5, 15, 30, 60, 180, 360, 720, 1440]
/** 90 % of a normal distribution lie within so many standard deviations. */
const NINETY = 1.645
/** Forecasts that the prior counts for: neighbours in time err alike, so many it must be. */
const PRIOR = 60
/** How stubbornly the model is believed before its forecasts are verified, beside its own doubt. */
const BELIEF = 0.02
/** Minutes over which a verified forecast is forgotten. */
const FORGET = 2_880
/** Share of the band's width that is learned from one verified forecast. */
const LEARN = 0.01

interface Lead {
  readonly minutes: number
  readonly index: number
  /** By minute modulo `minutes`: what was said at that minute about one lead later. */
  readonly level: Float32Array
  readonly model: Float32Array
  readonly said: Float32Array
  readonly half: Float32Array
  xy: number
  xx: number
  squares: number
  weight: number
  scale: number
}

export class Skill {
  readonly #leads: Lead[] = LEADS.map((minutes) => ({
    minutes,
    index: projectionIndex(minutes * MINUTE),
    level: new Float32Array(minutes).fill(Number.NaN),
    model: new Float32Array(minutes),
    said: new Float32Array(minutes),
    half: new Float32Array(minutes),
    xy: 0,
    xx: 0,
    squares: 0,
    weight: 0,
    scale: 1,
  }))

  /** Compares what was measured at a minute (number since the epoch) with all that was said about it. */
  verify(minute: number, measured: number): void {
    for (const lead of this.#leads) {
      const at = minute % lead.minutes
      const base = lead.level[at] as number
      if (Number.isNaN(base)) continue
      const forget = 1 - 1 / FORGET
      const said = (lead.model[at] as number) - base
      const came = measured - base
      const error = measured - (lead.said[at] as number)
      lead.xy = lead.xy * forget + said * came
      lead.xx = lead.xx * forget + said * said
      lead.squares = lead.squares * forget + error * error
      lead.weight = lead.weight * forget + 1
      const missed = Math.abs(error) > (lead.half[at] as number)
      lead.scale = Math.min(4, Math.max(0.4, lead.scale * Math.exp(LEARN * (missed ? 0.9 : -0.1))))
    }
  }

  /**
   * Turns a projection of the model into a forecast, and keeps it to be verified.
   * @param model levels at `projectionLeads`; on return the medians
   * @param half on return half the width of the 90 % band, never narrower than at a shorter lead
   * @param spread the model's own standard deviation at a lead (ms)
   */
  apply(
    minute: number,
    level: number,
    model: Float64Array,
    half: Float64Array,
    spread: (lead: number) => number,
  ): void {
    let previous = { index: -1, weight: 1, half: 0 }
    for (const lead of this.#leads) {
      const prior = spread(lead.minutes * MINUTE)
      const doubt = PRIOR * prior * prior
      const weight = Math.min(1, Math.max(0, (lead.xy + doubt * BELIEF) / (lead.xx + doubt * BELIEF)))
      const sd = Math.sqrt((lead.squares + doubt) / (lead.weight + PRIOR))
      const next = { index: lead.index, weight, half: Math.max(previous.half, NINETY * lead.scale * sd) }
      const said = model[lead.index] as number
      for (let i = previous.index + 1; i <= lead.index; i++) {
        const part = (i - previous.index) / (lead.index - previous.index)
        const from = previous.index < 0 ? weight : previous.weight
        model[i] = level + (from + (weight - from) * part) * ((model[i] as number) - level)
        half[i] = previous.half + (next.half - previous.half) * part
      }
      const at = minute % lead.minutes
      lead.level[at] = level
      lead.model[at] = said
      lead.said[at] = model[lead.index] as number
      lead.half[at] = half[lead.index] as number
      previous = next
    }
  }

  /** A minute about which nothing is said, or a silence: what stands there is of another day. */
  skip(minute: number): void {
    for (const lead of this.#leads) lead.level[minute % lead.minutes] = Number.NaN
  }

  /** Forgets what was said and not yet verified, and keeps what was learned. */
  interrupt(): void {
    for (const lead of this.#leads) lead.level.fill(Number.NaN)
  }
}
