/** Alerts: something that a person should know, for as long as it is so. */
import { z } from 'zod'
import { id } from './reading.ts'

/** From worst to mildest, as on the ISS. */
export const levels = ['emergency', 'warning', 'caution', 'advisory'] as const
export const level = z.enum(levels)

export const alert = z.object({
  /** Where the alert was journalled; absent on an alert of the twin. */
  journal: z.string().optional(),
  seq: z.int().positive().optional(),
  id,
  level,
  zone: id,
  /**
   * The point of the vocabulary; `device` or `sim` for a loss of one of these; of a parameter of the twin that moved
   * its kind.
   */
  quantity: z.string(),
  device: id.optional(),
  value: z.number().nullable(),
  limit: z.number().nullable(),
  /** When it began and when it last changed, ms. */
  since: z.number(),
  t: z.number(),
  /** One sentence for the crew. */
  text: z.string(),
  source: z.enum(['guard', 'twin']),
  /** False in the last message of an alert, which is not retained. */
  active: z.boolean(),
  /** When the limit will be reached: ms from `t`, and the chance that it is within the horizon. */
  forecast: z.object({ p10: z.number(), p50: z.number(), p90: z.number(), odds: z.number() }).optional(),
  /** What the twin found out of the ordinary: a parameter that moved, or an instrument that drifts. */
  anomaly: z
    .object({
      parameter: z.string(),
      from: z.number(),
      to: z.number(),
      unit: z.string(),
      /** Since when, ms; and standardised evidence (CUSUM or χ² over its threshold). */
      since: z.number(),
      evidence: z.number(),
    })
    .optional(),
  /** Name of the habitat's own checklist, served at `/api/checklists/{name}`. */
  checklist: z.string().optional(),
  acknowledged: z.object({ by: z.string(), t: z.number() }).optional(),
})

export type Level = z.infer<typeof level>
export type Alert = z.infer<typeof alert>
