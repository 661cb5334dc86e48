/**
 * One job: an instrument or converter that keeps a time of its own, and whose time stands still, repeats itself
 * (`uncertain:stale`). Readings that the gateway stamps as they come are as old as they say.
 */

/** A live reading older than so many intervals, and than this many ms, is no live reading. */
const INTERVALS = 3
const LEAST = 10_000

/**
 * @param t of the reading, ms since the epoch
 * @param now ms since the epoch
 * @param every ms between readings
 */
export function isStale(t: number, now: number, every: number): boolean {
  return now - t > Math.max(LEAST, INTERVALS * every)
}
