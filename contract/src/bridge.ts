/** What a gateway says of a bridge to another broker: how the link is, and what waits for it. */
import { z } from 'zod'
import { linkPlan } from './link-plan.ts'
import { id, journalId } from './reading.ts'

/** One lane: what waits in it and what went by it since the gateway began. */
const lane = z.object({
  /** Messages that wait. */
  waiting: z.int().nonnegative(),
  /** Messages that were taken over there. */
  sent: z.int().nonnegative(),
  /** Live readings that were left to the backlog, because the link had no room for them. */
  skipped: z.int().nonnegative().optional(),
  /** When the oldest of what waits was said, ms since the epoch. */
  oldest: z.number().optional(),
})

/** A span of time in which the far side can be reached, ms since the epoch. */
const span = z.object({ from: z.number(), to: z.number() })

/** Retained on `link/{bridge}` by its gateway; at most once a second, and at each change of `state`. */
export const bridgeState = z.object({
  t: z.number(),
  bridge: id,
  /** Who is there: a habtwin that says what it has stored, or any broker, which acknowledges. */
  to: z.enum(['habtwin', 'broker']),
  /** `waiting`: for the next contact. */
  state: z.enum(['up', 'down', 'waiting']),
  /** Why it is down, or what the far side does not allow. */
  reason: z.string().optional(),
  /** Since when it is in this state, ms since the epoch. */
  since: z.number(),
  /** The address, without credentials. */
  remote: z.string(),
  /** What a message takes one way now beside the network's own time, ms; 0 where there is no such delay. */
  delay: z.number().nonnegative(),
  /** True where delay and contacts are made here, for the sake of the mission. */
  simulated: z.boolean(),
  /** What is simulated, from which both ends reckon when a message arrives and when an answer can be there. */
  plan: linkPlan.optional(),
  /** Set while the simulated delay, contacts and budget are off, and by whom. */
  emergency: z.object({ by: z.string(), since: z.number() }).optional(),
  /** Set while the link of a virtual habitat is cut, and by whom. */
  cut: z.object({ by: z.string(), since: z.number() }).optional(),
  contact: span.extend({ open: z.boolean() }).optional(),
  /** The next contact. */
  next: span.optional(),
  budget: z
    .object({
      /** bit/s */
      rate: z.number().positive().optional(),
      /** Bytes in one contact, and how many of them are used. */
      contact: z.number().positive().optional(),
      used: z.number().nonnegative().optional(),
    })
    .optional(),
  lanes: z.object({ urgent: lane, live: lane, backlog: lane }),
  /** Entries that were journalled for it since this gateway began, and how many of all it had are confirmed. */
  taken: z.int().nonnegative(),
  confirmed: z.int().nonnegative(),
  /** Entries that were given up before they could cross. */
  gaps: z.int().nonnegative(),
  /** Entries that were sent and are not confirmed. */
  inFlight: z.int().nonnegative(),
  /** The journals that are held, and the number that the next entry of each will get. */
  heads: z.array(z.object({ journal: journalId, next: z.int().positive() })).optional(),
})

export type BridgeState = z.infer<typeof bridgeState>
