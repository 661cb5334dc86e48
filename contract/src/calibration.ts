/**
 * How what an instrument says is mended, as somebody found it against a reference:
 *
 *   what it says ─► points (piecewise linear) ─► × gain + offset ─► what is true
 *
 * All in the point's unit. It is rising throughout, so that what the instrument said can be had back.
 * `calibrate.ts` reckons with it.
 */
import { z } from 'zod'

/** A day, `2026-11-01`. */
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

export const calibration = z.object({
  offset: z.number().optional(),
  gain: z.number().positive().optional(),
  /** What it said beside what was true, rising in both. Beyond the ends the nearest line goes on. */
  points: z.array(z.tuple([z.number(), z.number()])).optional(),
  /** The day on which it was found. */
  date: day.optional(),
  by: z.string().optional(),
  /** The day on which it should be done again. */
  due: day.optional(),
})

export type Calibration = z.infer<typeof calibration>
