/** What an instrument said at one moment, and how far it can be believed. */
import { z } from 'zod'

/** Names of habitats, nodes, zones, devices and points, so that each is one level of a topic. */
export const idPattern = /^[a-z0-9-]+$/
export const id = z.string().regex(idPattern, 'lower-case letters, digits and hyphens only').max(64)

/** The random identity of one process's journal: 128 bits in hexadecimal. */
export const journalId = z.string().regex(/^[0-9a-f]{32}$/)

/** `good` is left out on the wire. */
export const quality = z.string().regex(/^(uncertain|bad):[a-z0-9-]+$/)

/** Where the clock could not be trusted, the reading says so, and what is needed to stamp it later. */
export const unsynced = z.object({ boot: z.string(), mono: z.number() })

export const reading = z.object({
  /** The journal it was taken into, and its number there. Together they name the reading for ever. */
  journal: journalId,
  seq: z.int().positive(),
  /** The device's own count of readings within the journal, from 1: what completeness is measured by. */
  n: z.int().positive(),
  /** Taken at the instrument: milliseconds since the Unix epoch, UTC. */
  t: z.number(),
  clock: unsynced.optional(),
  /** One number a point, in the point's unit; null where the instrument gave none that can be used. */
  values: z.record(id, z.number().nullable()),
  quality: z.record(id, quality).optional(),
})

export type Reading = z.infer<typeof reading>
export type Quality = z.infer<typeof quality>
