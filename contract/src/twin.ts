/** What the twin says: how things stand, and how they will. State, not history: the latest wins. */
import { z } from 'zod'
import { id } from './reading.ts'

export const estimate = z.object({ t: z.number(), mean: z.number(), sd: z.number() })

/** Quantiles at the times of `forecastLeads` after `made`. */
export const forecast = z.object({
  made: z.number(),
  t: z.array(z.number()),
  p05: z.array(z.number()),
  p50: z.array(z.number()),
  p95: z.array(z.number()),
})

/** How forecasts of one quantity at one lead have done, over those whose time has come. */
export const score = z.object({
  zone: id,
  quantity: z.string(),
  /** Minutes. */
  lead: z.number(),
  /** Forecasts verified; the older weigh less and less. */
  n: z.number(),
  /** Mean absolute error and CRPS, in the quantity's unit. */
  mae: z.number(),
  crps: z.number(),
  /** Share of readings within the 90 % band, from 0 to 1, and its mean width. */
  coverage90: z.number(),
  width: z.number(),
  /** Mean absolute errors of what the forecast must beat; null where it had nothing to say. */
  persistence: z.number().nullable(),
  trend: z.number().nullable(),
  seasonal: z.number().nullable(),
  /** 1 − mae / persistence. */
  skill: z.number(),
})
export const scores = z.object({ t: z.number(), scores: z.array(score) })

/** A figure of the habitat that nobody measures, as the twin knows it by now. */
export const parameter = z.object({
  /** Unique: `leak`, `crew-load/crew`, `bias/crew-air/co2` … */
  id: z.string(),
  kind: z.enum(['leak', 'ventilation', 'crew-load', 'scrubber', 'exchange', 'crop', 'bias', 'heat']),
  zone: id.optional(),
  device: id.optional(),
  point: z.string().optional(),
  /** As the crew reads it: `Leak`, `CO₂ scrubber efficiency`. */
  label: z.string(),
  unit: z.string(),
  mean: z.number(),
  sd: z.number(),
  p05: z.number(),
  p95: z.number(),
  /** Before any reading was seen. */
  prior: z.object({ mean: z.number(), sd: z.number() }),
})

/** What the twin goes by: its parameters, what it took for granted, and what it left out of account. */
export const twinModel = z.object({
  t: z.number(),
  parameters: z.array(parameter),
  /** Sentences: what was assumed because nobody said or measured it. */
  assumptions: z.array(z.string()),
  /** Readings that were not believed, by device and point, newest first. */
  ignored: z.array(
    z.object({
      device: id,
      point: z.string(),
      t: z.number(),
      count: z.number(),
      /** Null where the instrument gave no number. */
      value: z.number().nullable(),
      reason: z.string(),
    }),
  ),
})

/** Something that is done in a what-if; from `after` minutes on (default at once), for `minutes` (default for good). */
const timing = { after: z.number().min(0).max(2_880).optional(), minutes: z.number().positive().max(2_880).optional() }
export const whatifChange = z.discriminatedUnion('what', [
  /** People more (or fewer) in a zone. */
  z.strictObject({ what: z.literal('crew'), zone: id, add: z.number().min(-20).max(20), ...timing }),
  z.strictObject({ what: z.literal('scrubber'), zone: id, set: z.enum(['off', 'on', 'auto']), ...timing }),
  /** Light as a share of what is planned; 0 is dark. */
  z.strictObject({ what: z.literal('lamps'), zone: id, factor: z.number().min(0).max(2), ...timing }),
  /** Outside air blown in, m3/h. */
  z.strictObject({ what: z.literal('blower'), zone: id, flow: z.number().min(0).max(5_000), ...timing }),
  /** Air let out to, or in from, the outside, m3/h both ways. */
  z.strictObject({ what: z.literal('valve'), zone: id, flow: z.number().min(0).max(5_000), ...timing }),
  /** A door between two zones, or to the outside where `to` is left out, stands open. */
  z.strictObject({ what: z.literal('hatch'), zone: id, to: id.optional(), ...timing }),
])
export const whatifRequest = z.strictObject({
  changes: z.array(whatifChange).max(50),
  /** Hours, at most 48. */
  hours: z.number().min(1).max(48).default(48),
})

/** When a limit will be reached, as far as it can be said. */
export const reach = z.object({
  zone: id,
  quantity: z.string(),
  level: z.string(),
  limit: z.number(),
  above: z.boolean(),
  /** Chance that it is reached within the horizon, from 0 to 1. */
  odds: z.number(),
  /** ms from `made` until it is; of those members that reach it. Null where none does. */
  p10: z.number().nullable(),
  p50: z.number().nullable(),
  p90: z.number().nullable(),
})

const bands = z.object({ p05: z.array(z.number()), p50: z.array(z.number()), p95: z.array(z.number()) })
export const whatifAnswer = z.object({
  made: z.number(),
  t: z.array(z.number()),
  /** Zone → quantity → bands at `t`: with the changes, and as it stands. */
  changed: z.record(id, z.record(z.string(), bands)),
  base: z.record(id, z.record(z.string(), bands)),
  reached: z.object({ changed: z.array(reach), base: z.array(reach) }),
  assumptions: z.array(z.string()),
})

/** How long limits are off, by zone and quantity. */
export const outlook = z.object({ made: z.number(), reached: z.array(reach) })

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The grid of a forecast to a horizon: each 5 min to 1 h, 15 min to 6 h, 1 h beyond (ms after `made`). */
export function forecastLeads(horizon: number): number[] {
  const leads: number[] = []
  for (let lead = 5 * MINUTE; lead <= horizon; ) {
    leads.push(lead)
    lead += lead < HOUR ? 5 * MINUTE : lead < 6 * HOUR ? 15 * MINUTE : HOUR
  }
  return leads
}

/** Forecasts at these leads are kept, so that anyone can see what was said before (name → ms). */
export const fixedLeads = { '1h': HOUR, '6h': 6 * HOUR, '24h': 24 * HOUR } as const

export type Estimate = z.infer<typeof estimate>
export type Forecast = z.infer<typeof forecast>
export type FixedLead = keyof typeof fixedLeads
export type Score = z.infer<typeof score>
export type Scores = z.infer<typeof scores>
export type Parameter = z.infer<typeof parameter>
export type TwinModel = z.infer<typeof twinModel>
export type WhatifChange = z.infer<typeof whatifChange>
export type WhatifRequest = z.infer<typeof whatifRequest>
export type WhatifAnswer = z.infer<typeof whatifAnswer>
export type Reach = z.infer<typeof reach>
export type Outlook = z.infer<typeof outlook>
