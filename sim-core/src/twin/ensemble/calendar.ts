/** Local hours of the day. */
import { zoneOffset } from '@habtwin/runtime/local-time'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** @param timezone IANA name */
export function localHours(timezone: string): (t: number) => number {
  const offsetAt = zoneOffset(timezone)
  return (t) => ((((t + offsetAt(t)) % DAY) + DAY) % DAY) / HOUR
}
