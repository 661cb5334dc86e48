/** The habitat's clock as this page sees it, and how old a thing is by it. */
import type { Received } from './habitat.ts'

/** The habitat's clock read `now` when this machine's read `wall`; it runs `pace` times as fast. */
export interface Anchor {
  readonly now: number
  readonly wall: number
  readonly pace: number
}

/** A clock that lives by its readings is carried on for so long without one (wall time), not into the blue. */
const RUN_ON = 10_000

/**
 * The habitat's time, ms. Never from this machine's clock alone: a tablet's may be hours off.
 * At pace 0 (a recording as fast as it goes) the clock stands still between readings.
 */
export function habitatNow(anchor: Anchor, wall: number): number {
  const passed = wall - anchor.wall
  return anchor.now + (anchor.pace === 1 ? passed : Math.min(passed, RUN_ON)) * anchor.pace
}

/** The anchor after a reading: a clock that is not the wall's is carried on by what comes. */
export function reanchor(anchor: Anchor, t: number, wall: number): Anchor {
  if (anchor.pace === 1) return anchor
  return t > habitatNow(anchor, wall) || anchor.pace === 0 ? { ...anchor, now: Math.max(t, anchor.now), wall } : anchor
}

export type Freshness = 'fresh' | 'late' | 'stale'

/** Beside an accelerated clock the network alone takes many readings' time: this much wall time is always allowed. */
const GRACE = 4_000

/**
 * How fresh a reading is. Late from 1.5 × `every`, stale from 3 × `every`.
 * @param every ms between readings on the device's clock
 * @returns the age in ms of the habitat's clock, never negative
 */
export function freshness(
  received: Received,
  every: number,
  anchor: Anchor,
  wall: number,
): { age: number; freshness: Freshness } {
  const waited = Math.max(0, wall - received.at)
  // An unsynced instrument cannot say when; then only our own waiting counts.
  // Nor can a clock that is itself carried on by the readings say that none came.
  const trusted = received.reading.clock === undefined && anchor.pace === 1
  const age = trusted ? Math.max(0, habitatNow(anchor, wall) - received.reading.t) : waited * (anchor.pace || 1)
  const allowed = anchor.pace === 1 ? 0 : GRACE * Math.max(1, anchor.pace)
  if (age > 3 * every + 1_000 + allowed) return { age, freshness: 'stale' }
  return { age, freshness: age > 1.5 * every + 2_000 + allowed ? 'late' : 'fresh' }
}
