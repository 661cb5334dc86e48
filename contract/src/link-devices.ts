/** How much of each device has crossed a bridge: its gateway's word, at home. It does not cross the bridge itself. */
import { z } from 'zod'
import { id } from './reading.ts'

const gap = z.object({
  /** Between these times lies what was given up, ms since the epoch. */
  from: z.number(),
  to: z.number(),
  count: z.int().positive(),
})

export const linkDevices = z.object({
  t: z.number(),
  bridge: id,
  /** Since when it is counted, ms: what waited then is counted as well. */
  since: z.number(),
  devices: z.record(
    id,
    z.object({
      /** Readings that were taken for the other side. */
      taken: z.int().nonnegative(),
      /** Of those, what the other side has stored, or, where it is any broker, acknowledged. */
      confirmed: z.int().nonnegative(),
      /** Given up before they could cross: they will never come. */
      lost: z.int().nonnegative(),
      /** The newest of these spans, oldest first. */
      gaps: z.array(gap).optional(),
    }),
  ),
  /** Given up, of journals of which nobody knows any more whose readings they held. */
  unknown: z.array(gap).optional(),
})

export type LinkDevices = z.infer<typeof linkDevices>
export type LinkGap = z.infer<typeof gap>
