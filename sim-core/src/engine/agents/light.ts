/** What plants and lamps agree on: when it is day. */
import type { Agent } from '../model.ts'

/** Hours of light a day that a plant wants; it takes all that there are where nothing is said. */
export function photoperiodOf({ properties: { photoperiod } }: Agent): number {
  return typeof photoperiod === 'number' ? photoperiod : 24
}

/**
 * How much brighter the light of a photoperiod is than the day's mean: 24 h / photoperiod inside a window of whole
 * hours around noon, 0 outside.
 * @param hour of the day, whole
 * @param photoperiod h
 */
function daylight(hour: number, photoperiod: number): number {
  const begins = Math.trunc(12 - photoperiod / 2)
  return hour >= begins && hour < begins + photoperiod ? 24 / photoperiod : 0
}

/** `daylight` for every hour of the day. */
export function courseOf(photoperiod: number): Float64Array {
  return Float64Array.from({ length: 24 }, (_, hour) => daylight(hour, photoperiod))
}
