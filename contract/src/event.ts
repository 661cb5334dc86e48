/** Events: what people did, or say they did. Never changed once said: a wrong one is withdrawn by another. */
import { z } from 'zod'
import { eventKinds } from './event-words.ts'
import { id } from './reading.ts'

export const event = z.object({
  journal: z.string().optional(),
  seq: z.int().positive().optional(),
  kind: z.enum(eventKinds),
  /** When it was so, ms; may lie before the moment at which it was said. */
  t: z.number(),
  by: z.string(),
  zone: id.optional(),
  /** Of a hatch: the zone on its other side; left out it leads outside. */
  to: id.optional(),
  /** From now on: people (crew, exercise, eva), 1 for open or running and 0 for not, a flow, or what a meter shows. */
  value: z.number().optional(),
  /** Of a meter that was read: what it measures. */
  point: id.optional(),
  /** UCUM. A flow is in m3/h; a meter's is that of its point in the vocabulary, where it has one. */
  unit: z.string().optional(),
  text: z.string().optional(),
  /** The event that this one takes back; where it says nothing else, nothing comes in its place. */
  withdraws: id.optional(),
})

/** An event with its name (the last level of its topic), as REST tells it. */
export const loggedEvent = event.omit({ journal: true, seq: true }).extend({
  id,
  /** Who took it back, when, and by which event. */
  withdrawn: z.object({ by: z.string(), t: z.number(), id }).optional(),
})

export type Event = z.infer<typeof event>
export type LoggedEvent = z.infer<typeof loggedEvent>
