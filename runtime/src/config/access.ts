/** `access` and `public` of the configuration: how often somebody may guess, and what everybody may see. */
import { id } from '@habtwin/contract'
import { z } from 'zod'
import { duration } from './quantity.ts'

/** Users, passwords and tokens are not here: they are in `{data}/access`, and `habtwin user` changes them. */
export const access = z.strictObject({
  /** Wrong passwords of one name, and from one address, before the next try has to wait. */
  tries: z.int().min(1).max(1_000).default(5),
  tries_per_address: z.int().min(1).max(10_000).default(20),
  /** The first wait, doubled with each further mistake up to the longest, ms. */
  wait: duration('30 s').default(30_000),
  longest_wait: duration('15 min').default(900_000),
  /** A login at the panel that is not used for so long is over, ms. */
  session: duration('12 h').default(43_200_000),
  /** What whoever does not log in may see, beyond this machine: nothing, or what `public` publishes. */
  anonymous: z.enum(['none', 'public']).default('none'),
})

/** What is published for everyone, at `public/{zone}/{point}`. */
export const publicly = z.strictObject({
  /** Zone → points. */
  points: z.record(id, z.array(id).min(1)).default({}),
  /** How old it has to be by then, and how often it is told, ms. */
  delay: duration('10 min').default(600_000),
  every: duration('1 min').default(60_000),
})
