/** What the twin says: how things stand, and how they will. State, not history: the latest wins. */
import { z } from 'zod'

export const estimate = z.object({ t: z.number(), mean: z.number(), sd: z.number() })

/** Quantiles at the times of `forecastLeads` after `made`. */
export const forecast = z.object({
  made: z.number(),
  t: z.array(z.number()),
  p05: z.array(z.number()),
  p50: z.array(z.number()),
  p95: z.array(z.number()),
})

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
