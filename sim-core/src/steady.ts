/** Times that a clock which was put must not carry away: what is deleted by age, and what the twin has gone through. */

/** A leap ahead of more than this is believed only after it has stood for as long, ms. */
const DAY = 86_400_000
/** The twin waits for a clock that was put back by less than this, ms; beyond that it begins anew. */
const WAITS = 6 * 3_600_000

interface Clocks {
  readonly now: () => number
  /** Monotonic ms. */
  readonly mono: () => number
}

/**
 * The time by which things grow old enough to be deleted. It follows `now` but for leaps ahead: those are believed a
 * day later, if they still stand. A clock that is twenty years ahead for an hour must not empty the store.
 * @param from the newest time that was known before, ms
 */
export function patientTime({ now, mono }: Clocks, from: number | undefined): () => number {
  let believed = from
  let at = mono()
  let leapt: { since: number; offset: number } | undefined
  return () => {
    const [t, m] = [now(), mono()]
    believed ??= t
    const expected = believed + (m - at)
    if (t <= expected + DAY) leapt = undefined
    else {
      if (leapt === undefined || Math.abs(leapt.offset - (t - m)) > DAY) leapt = { since: m, offset: t - m }
      if (m - leapt.since < DAY) return expected
      leapt = undefined
    }
    believed = t
    at = m
    return t
  }
}

/** The time that the twin goes by: it stands still where the clock was put back a little, until that has passed again. */
export function onwardTime(now: () => number): () => number {
  let newest = Number.NEGATIVE_INFINITY
  return () => {
    const t = now()
    if (t > newest || newest - t > WAITS) newest = t
    return newest
  }
}
