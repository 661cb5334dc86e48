/** What the scenario page shows, as the address says it: `#/scenarios?preset=garden&runs=4f2a,99c1`. */

export interface Place {
  readonly preset: string | undefined
  /** Ids of jobs, in the order in which they are compared. */
  readonly runs: readonly string[]
}

/** Runs that are told apart at a glance; more colours are not. */
export const MOST_RUNS = 6

export function placeOf(hash: string): Place {
  const query = new URLSearchParams(hash.split('?').slice(1).join('?'))
  const runs = (query.get('runs') ?? '').split(',').filter((id) => /^[\w-]{1,64}$/.test(id))
  return { preset: query.get('preset') || undefined, runs: [...new Set(runs)].slice(0, MOST_RUNS) }
}

export function hashOf({ preset, runs }: Place): string {
  const parts = [
    ...(preset === undefined ? [] : [`preset=${encodeURIComponent(preset)}`]),
    ...(runs.length === 0 ? [] : [`runs=${runs.join(',')}`]),
  ]
  return `#/scenarios${parts.length === 0 ? '' : `?${parts.join('&')}`}`
}
