/** Commands, and what became of them. */
import { z } from 'zod'
import { id } from './reading.ts'

export const command = z.object({
  id,
  value: z.union([z.number(), z.string(), z.boolean()]),
  by: z.string().min(1).max(128),
  /** As what its sender is logged in: written by the broker, and by sim; what a client says of itself is taken out. */
  role: z.string().max(32).optional(),
  /** Not acted on after this moment, ms. */
  expires: z.number(),
  /** When it was sent, ms, by the clock of its sender. */
  sent: z.number().optional(),
})

export const commandState = z.enum(['waiting', 'accepted', 'refused', 'done', 'expired', 'failed'])

export const commandResult = z.object({
  journal: z.string().optional(),
  seq: z.int().positive().optional(),
  id,
  state: commandState,
  reason: z.string().optional(),
  readback: z.union([z.number(), z.string(), z.boolean()]).optional(),
  /** What was asked, by whom, and when it came to this, ms: so that results alone tell what was done. */
  device: z.string().optional(),
  point: z.string().optional(),
  value: z.union([z.number(), z.string(), z.boolean()]).optional(),
  by: z.string().optional(),
  t: z.number().optional(),
  /** The crew member who confirmed it, where it came from afar. */
  confirmed: z.string().optional(),
})

/** How a writable point stands, retained: what the gateway set it to, for how long, and why it may not be set now. */
export const controlState = z.object({
  t: z.number(),
  /** What was set last, by whom and when. */
  value: z.union([z.number(), z.string()]).optional(),
  by: z.string().optional(),
  since: z.number().optional(),
  /** When it falls back to its safe value unless it is set again, ms. */
  until: z.number().optional(),
  /** Why no value but the safe one would be taken now. */
  refused: z.string().optional(),
})

/** The end of a gateway's audit log: whoever keeps it can tell later whether the log was changed. */
export const auditHead = z.object({
  seq: z.int().positive(),
  /** SHA-256 of that entry, hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  t: z.number(),
})

export type Command = z.infer<typeof command>
export type CommandResult = z.infer<typeof commandResult>
export type ControlState = z.infer<typeof controlState>
export type AuditHead = z.infer<typeof auditHead>
