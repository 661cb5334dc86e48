/**
 * The habitat's "now". Instruments live by the wall clock; a recording, or a habitat whose clock is run faster, has a
 * time of its own, and then everything that grows old grows old by that.
 */
import type { DeviceInfo } from '@habtwin/contract'
import { REPLAY } from './recorder/recorder.ts'

export interface DataClockParts {
  readonly infos: () => Iterable<DeviceInfo>
  /** Time of the newest reading, ms; −∞ before the first. */
  readonly newest: () => number
  /** ms since the epoch. */
  readonly wall: () => number
}

/** Makes the function that says what time it is in the habitat, ms. */
export function dataClock({ infos, newest, wall }: DataClockParts): () => number {
  return () => {
    const t = newest()
    return Number.isFinite(t) && hasOwnTime(infos()) ? t : wall()
  }
}

/** True where the habitat does not live by the wall clock. */
export function hasOwnTime(infos: Iterable<DeviceInfo>): boolean {
  for (const info of infos) if ((info.pace ?? 1) !== 1 || info.driver === REPLAY) return true
  return false
}

/** How fast the habitat's clock runs beside the wall's; 0 for "as fast as it goes". */
export function pace(infos: Iterable<DeviceInfo>): number {
  for (const info of infos) if (info.pace !== undefined && info.pace !== 1) return info.pace
  return 1
}
