/** A journal as far as it can still be supplied: this process's own, or one of an earlier one that is being drained. */
import type { Mark } from '@habtwin/contract'
import { RangeSet } from '@habtwin/runtime'

export interface Held {
  readonly id: string
  readonly since: number
  readonly onDisk: RangeSet
  /** Numbers of what does not wait for a backlog. */
  readonly urgent: RangeSet
  next: number
  closed: boolean
  cut: boolean
}

/** A journal that begins. @param since ms since the epoch */
export function held(id: string, since: number): Held {
  return { id, since, onDisk: new RangeSet(), urgent: new RangeSet(), next: 1, closed: false, cut: false }
}

/** The lowest number of a set; ∞ where it is empty. */
export function firstOf(set: RangeSet): number {
  return set.firstFrom(1)
}

/** The highest number that a mark speaks of. */
export function highest(mark: Pick<Mark, 'seq' | 'have' | 'got'>): number {
  return Math.max(mark.seq, mark.have.at(-1)?.[1] ?? 0, mark.got.at(-1)?.[1] ?? 0)
}
