/** Times and differences as people say them. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `2026-11-20 12:00`, UTC. */
export function day(t: number): string {
  return new Date(t).toISOString().slice(0, 16).replace('T', ' ')
}

/** `3.2 s forward`, `61 min back`. */
export function difference(ms: number): string {
  const size = Math.abs(ms)
  const way = ms < 0 ? 'back' : 'forward'
  if (size < 2 * MINUTE) return `${(size / SECOND).toFixed(1)} s ${way}`
  if (size < 2 * HOUR) return `${Math.round(size / MINUTE)} min ${way}`
  return size < 2 * DAY ? `${Math.round(size / HOUR)} h ${way}` : `${Math.round(size / DAY)} d ${way}`
}
