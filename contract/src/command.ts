/** Commands, and what became of them. */
import { z } from 'zod'
import { id } from './reading.ts'

export const command = z.object({
  id,
  value: z.union([z.number(), z.string(), z.boolean()]),
  by: z.string().min(1).max(128),
  /** Not acted on after this moment, ms. */
  expires: z.number(),
})

export const commandState = z.enum(['waiting', 'accepted', 'refused', 'done', 'expired', 'failed'])

export const commandResult = z.object({
  journal: z.string().optional(),
  seq: z.int().positive().optional(),
  id,
  state: commandState,
  reason: z.string().optional(),
  readback: z.union([z.number(), z.string(), z.boolean()]).optional(),
})

export type Command = z.infer<typeof command>
export type CommandResult = z.infer<typeof commandResult>
