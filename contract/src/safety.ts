/**
 * What is always real time, outside of any simulation: words that are for the people themselves and not for their
 * mission, and the switch that ends the simulation of the link.
 */
import { z } from 'zod'
import { id } from './reading.ts'

/** On `safety/{id}`. */
export const safety = z.object({
  /** Where the habitat journalled it; what mission control sends has none. */
  journal: z.string().optional(),
  seq: z.int().positive().optional(),
  id,
  /** When it was said, ms, by the clock of who said it. */
  t: z.number(),
  by: z.string().min(1).max(128),
  side: z.enum(['crew', 'mission-control']),
  text: z.string().trim().min(1).max(2_000),
})

/**
 * A command that waits for a crew member, retained on `confirm/{id}` until it is confirmed, declined or its time is over.
 */
export const waitingCommand = z.object({
  id,
  device: z.string(),
  point: z.string(),
  value: z.union([z.number(), z.string(), z.boolean()]),
  by: z.string(),
  /** Through what it came: the name of a bridge, or the role of who logged in here. */
  via: z.string(),
  /** When its sender says to have sent it, ms. */
  sent: z.number().optional(),
  /** When it came in, and when its time is over, ms. */
  t: z.number(),
  expires: z.number(),
})

/** Who took the simulated delay, windows and budget off, and when (ms). */
export const emergency = z.object({ by: z.string(), since: z.number() })

export type Safety = z.infer<typeof safety>
export type WaitingCommand = z.infer<typeof waitingCommand>
export type Emergency = z.infer<typeof emergency>

/**
 * True for topics (below `hab/{habitat}/`) that cross at once, whatever delay, windows and budget are simulated: the
 * safety channel, the switch that ends the simulation with its answer, and how the link stands.
 */
export function isRealTime(relative: string): boolean {
  return (
    relative.startsWith('safety/') ||
    relative.startsWith('link/') ||
    relative.startsWith('command/link/') ||
    relative.startsWith('result/link/')
  )
}
