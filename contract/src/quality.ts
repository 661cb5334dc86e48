/** What a person reads of `uncertain:<why>` and `bad:<why>`: short enough to stand beside a figure. */

const reasons: Readonly<Record<string, string>> = {
  // what the gateway itself finds (gateway/src/conditioning)
  range: 'out of range',
  rate: 'changed too fast',
  flat: 'does not move',
  warmup: 'warming up',
  stale: 'repeats an old value',
  'not-a-number': 'no number',
  'no-value': 'no value',
  // what drivers find
  crc: 'garbled',
  stuck: 'does not move',
  baseline: 'still learning its zero',
}

/**
 * The reason of a quality, in words: `bad:no-outlet-power` → `no outlet power`, `bad:stale-outlet-power` → `outlet power
 * is old`.
 * @param quality with or without what stands before its colon
 */
export function qualityWords(quality: string): string {
  const why = quality.slice(quality.indexOf(':') + 1)
  if (Object.hasOwn(reasons, why)) return reasons[why] as string
  if (why.startsWith('stale-')) return `${why.slice('stale-'.length).replaceAll('-', ' ')} is old`
  return why.replaceAll('-', ' ')
}
