/** Words about a value: `uncertain:<why>` or `bad:<why>`. */
import type { Sample } from '../drivers/driver.ts'

/** Says something of a point of a sample. */
export function mark(sample: Sample, point: string, quality: string): void {
  sample.quality ??= {}
  sample.quality[point] = quality
}

export function isBad(quality: string): boolean {
  return quality.startsWith('bad:')
}

/** The word for a value that is not there: a doubt of it is the reason why. */
export function missing(quality: string | undefined): string {
  if (quality === undefined) return 'bad:no-value'
  return isBad(quality) ? quality : `bad:${quality.slice(quality.indexOf(':') + 1)}`
}
