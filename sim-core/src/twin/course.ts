/**
 * Which minute can be gone through next: the one after the last, once it is complete or was waited for long enough.
 * It follows the clock of the data, so that a recording played in seconds is gone through as the hours it took.
 */
import { SILENCE } from './level.ts'
import { MOST, type Stream } from './stream.ts'

const MINUTE = 60_000
const WEEK = 7 * 1_440
/** Ticks that the first readings wait for a backlog to begin, so that the twin starts with it. */
const FIRST = 3
/** How far back a start goes, minutes: two weeks, as of a recording that is played in seconds. */
export const BACK = 20_160
/** The data clock went back for good (a recording begun anew), ms. */
const WENT_BACK = 10 * MINUTE

export class Course {
  readonly #streams: () => Iterable<Stream>
  /** The next minute to go through. */
  cursor: number | undefined
  /** The habitat's time, ms. */
  now = Number.NEGATIVE_INFINITY
  /** All that was taken before this time (ms) should be here. */
  #horizon = Number.NEGATIVE_INFINITY
  #patience = { ticks: 0, quiet: 0 }

  /** @param streams those that are waited for */
  constructor(streams: () => Iterable<Stream>) {
    this.#streams = streams
  }

  /**
   * Once a tick: counts how long has been waited, and begins when what there is has come.
   * @returns false where the clock went back for good: what was gone through is of another life
   */
  wait(now: number): boolean {
    // all that was taken before the last tick has arrived by now, but for what is lost or late
    this.#horizon = Math.min(this.now, now)
    const back = now < Math.max(this.now, (this.cursor ?? 0) * MINUTE) - WENT_BACK
    this.now = now
    if (back) this.cursor = undefined
    let backlog = false
    let newest = Number.NEGATIVE_INFINITY
    for (const { minutes } of this.#streams()) {
      backlog ||= minutes.backlog
      minutes.backlog = false
      newest = Math.max(newest, minutes.newest)
    }
    const ticks = this.#patience.ticks + 1
    const quiet = backlog ? 0 : this.#patience.quiet + 1
    this.#patience = { ticks, quiet }
    if (back || this.cursor !== undefined || newest === Number.NEGATIVE_INFINITY) return !back
    if (ticks > MOST || (ticks >= FIRST && quiet >= FIRST - 1)) {
      this.cursor = Math.min(newest, Math.max(this.oldest(), Math.floor(now / MINUTE) - BACK))
      for (const stream of this.#streams()) stream.minutes.forget(this.cursor)
    }
    return true
  }

  /**
   * The minute that can be gone through now, or undefined.
   * @param skip told where minutes before it are passed over, in which nobody looked
   */
  next(skip: (minutes: number) => void): number | undefined {
    const { cursor } = this
    if (cursor === undefined || this.#isAhead(cursor)) return undefined
    let silent = true
    let present = false
    for (const stream of this.#streams()) {
      if (stream.awaits(cursor, this.#horizon, this.#patience)) return undefined
      silent &&= stream.level.silent
      present ||= stream.minutes.has(cursor)
    }
    if (present) return cursor
    const oldest = this.oldest()
    if (oldest === Number.POSITIVE_INFINITY) return silent ? undefined : cursor
    const length = oldest - cursor
    if (length <= SILENCE && !silent) return cursor
    if (this.#isAhead(oldest)) return undefined
    // of a very long time only the hour of the day and the day of the week count
    skip(length > 2 * WEEK ? WEEK + (length % WEEK) : length)
    return oldest
  }

  /** True of the last minute that can be gone through at present. */
  isLast(minute: number): boolean {
    return this.#isAhead(minute + 1)
  }

  /** The oldest minute that waits; infinite where none does. */
  oldest(): number {
    let oldest = Number.POSITIVE_INFINITY
    for (const { minutes } of this.#streams()) oldest = Math.min(oldest, minutes.oldest())
    return oldest
  }

  #isAhead(minute: number): boolean {
    return (minute + 1) * MINUTE > this.#horizon
  }
}
