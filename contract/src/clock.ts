/** How far a machine's clock can be trusted, and by what its readings are stamped once it can. docs/clock.md */
import { z } from 'zod'
import { journalId } from './reading.ts'

/** Part of a node's status. */
export const clockState = z.object({
  /** True where times are to be believed. */
  synced: z.boolean(),
  /** What vouches for it, or what is waited for. */
  reason: z.string(),
  /** Since when it is so, ms, by the clock of then. */
  since: z.number(),
})

/** From a moment on until the next: `t = mono + offset`. */
const stretch = z.object({
  /** ms since the machine was started. */
  from: z.number().nonnegative(),
  /** Wall clock − monotonic clock, ms. */
  offset: z.number(),
  /** How far off it may be, ms, where the clock was never set and only the boots before and after tell. */
  doubt: z.number().nonnegative().optional(),
})

/** Readings that were stamped by a clock which turned out to have been wrong all along: `t` + `by` is their time. */
const correction = z.object({
  journal: journalId,
  /** Numbers in that journal, both included. */
  from: z.int().positive(),
  to: z.int().positive(),
  /** Only those that say a time between these, ms: whoever has a time of its own is not meant. */
  since: z.number(),
  until: z.number(),
  by: z.number(),
})

/** Retained on `clock/{node}/{boot}`, as soon as it is known: for every boot whose readings may be under way. */
export const bootClock = z.object({
  boot: z.string().min(1),
  /** In the order of time; the first holds from the start of the machine. */
  stretches: z.array(stretch).min(1).max(1_000),
  /** ms since the start of the machine: nothing is said of what was read after it. */
  upTo: z.number(),
  /** In place of those that were told before. */
  corrections: z.array(correction).max(10_000).optional(),
})

export type ClockState = z.infer<typeof clockState>
export type Stretch = z.infer<typeof stretch>
export type Correction = z.infer<typeof correction>
export type BootClock = z.infer<typeof bootClock>

/** The stretch that holds at a moment. @param mono ms since the start of the machine */
export function stretchAt({ stretches }: Pick<BootClock, 'stretches'>, mono: number): Stretch {
  return stretches.findLast(({ from }) => from <= mono) ?? (stretches[0] as Stretch)
}

/** What a reading's time is put right by, ms; 0 where no correction speaks of it. */
export function correctedBy(
  corrections: Iterable<Correction>,
  { journal, seq, t }: { readonly journal: string; readonly seq: number; readonly t: number },
): number {
  for (const one of corrections) {
    if (one.journal === journal && one.from <= seq && seq <= one.to && one.since <= t && t <= one.until) return one.by
  }
  return 0
}
