/**
 * How gateway and recorder agree on what is durable. Sequence numbers run from 1; every range is
 * inclusive at both ends, and a list of ranges is sorted, disjoint and not adjacent.
 */
import { z } from 'zod'
import { journalId } from './reading.ts'

export const range = z.tuple([z.int().positive(), z.int().positive()])
export const ranges = z.array(range)

/** Retained on `journal/{id}` by its gateway: what can still be asked of it. */
export const journalState = z.object({
  journal: journalId,
  /** The lowest number that the gateway may still hold; all below is gone. */
  first: z.int().positive(),
  /** The number that the next entry will get; nothing at or above it exists. */
  next: z.int().positive(),
  /** True once its process has ended: `next` is final. */
  closed: z.boolean(),
  /** Numbers from `first` on that the gateway cannot supply any more: gone for whoever does not have them. */
  lost: ranges,
  /** When it was begun, ms. */
  since: z.number(),
  /** True on a closed journal that did not end in good order: up to one tick of its end may be missing. */
  cut: z.boolean().optional(),
})

/** Published on `mark/{consumer}/{journal}` by a consumer, retained. */
export const mark = z.object({
  /** The store that holds the data; marks of a store that was not adopted are refused. */
  store: z.string(),
  /** The damaged stores that this one was begun in place of, newest first. */
  replaces: z.array(z.string()).max(100).optional(),
  /** Every number up to this one is durable, or passed over as lost. 0 where there is none. */
  seq: z.int().nonnegative(),
  /** Durable beyond `seq`. */
  have: ranges,
  /** In the consumer's memory beyond `seq`, not yet durable. */
  got: ranges,
  /** That the journal was cut is durable here, with the gap that this left: until then it is not forgotten. */
  noted: z.boolean().optional(),
})

/** What the journal holds: a message as it went, or would have gone, onto `topic` (below `hab/{habitat}/`). */
export const journalEntry = z.object({ seq: z.int().positive(), topic: z.string(), body: z.unknown() })

/** A batch on `resend/{consumer}/{journal}`. */
export const resend = z.object({ journal: journalId, entries: z.array(journalEntry) })

export type Range = z.infer<typeof range>
export type JournalState = z.infer<typeof journalState>
export type Mark = z.infer<typeof mark>
export type JournalEntry = z.infer<typeof journalEntry>
export type Resend = z.infer<typeof resend>
