/** What a simulated link does with what crosses it: its delay, and when there is contact. What follows is in contact.ts. */
import { z } from 'zod'

/** Windows that come again, all ms: from `epoch + k × period + from` until `epoch + k × period + to`, for every k. */
export const contactPlan = z.object({
  epoch: z.number(),
  period: z.number().positive(),
  windows: z.array(z.tuple([z.number().nonnegative(), z.number().positive()])).min(1),
})

export const linkPlan = z.object({
  /** One way, ms; `mars`: the light time of the moment, Earth being where mission control is. */
  delay: z.union([z.literal('mars'), z.number().nonnegative()]).optional(),
  /** Left out where there is always contact. */
  contacts: contactPlan.optional(),
})

export type ContactPlan = z.infer<typeof contactPlan>
export type LinkPlan = z.infer<typeof linkPlan>
