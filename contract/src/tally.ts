/** What mission control really has of a habitat, beside what the habitat took. */
import { z } from 'zod'
import { journalId } from './reading.ts'

/** taken = stored + under way + lost */
export const tally = z.object({
  /** When the rows were counted, ms. */
  t: z.number(),
  /** What the gateway has numbered: readings, alerts, results, events, as far as it has told. */
  taken: z.int().nonnegative(),
  /** When it told that, by its clock, ms; its word on the link is in real time. */
  told: z.number().optional(),
  /** Those of them that are in the store, each counted once. */
  stored: z.int().nonnegative(),
  /** Held by the gateway until they are stored here: on their way, or waiting for it. */
  underWay: z.int().nonnegative(),
  /** By journal that the gateway holds, how many of its numbers are said to be stored here. */
  said: z.record(journalId, z.int().nonnegative()),
  /** Said to be stored, and not there: by nobody to be had any more. */
  lost: z.int().nonnegative(),
  /** There more than once. */
  twice: z.int().nonnegative(),
  /** When the newest reading was taken, ms; null before the first. */
  newest: z.number().nullable(),
})

export type Tally = z.infer<typeof tally>
