/** What a start of sim looks up in the store, so that it goes on where it ended. */
import { type Estimate, isHabtwinError } from '@habtwin/contract'
import { hasOwnTime } from './data-clock.ts'
import type { Store } from './store/index.ts'
import type { TwinHistory } from './twin/index.ts'

/** How much of the past the twin goes through where it knows nothing of it, ms; and the most that it does. */
const PAST = 48 * 3_600_000
const MOST = 14 * 24 * 3_600_000
const MINUTE = 60_000
const ESTIMATE = 'twin/estimate/'

/** Up to when estimates were made, ms, by zone/quantity. */
export function madeUpTo(store: Store): ReadonlyMap<string, number> {
  const made = store.latest(ESTIMATE) as ReadonlyMap<string, Estimate>
  return new Map([...made].map(([name, { t }]) => [name.slice(ESTIMATE.length), t]))
}

/** Times of the rows that a recording has brought before, ms; the store keeps one of its points in any case. */
export async function replayed(store: Store, device: string, point: string): Promise<readonly number[]> {
  const series = { kind: 'reading', device, point } as const
  try {
    return (await store.history({ series, from: -8.64e15, to: 8.64e15 })).t
  } catch (error) {
    if (isHabtwinError(error, 'request/too-large')) return [] // millions of rows: only this run's can be told apart
    throw error
  }
}

/**
 * From when on the twin has to go through the past, and until when, ms; undefined where there is none.
 * @param wall ms; a habitat with a clock of its own is taken up where its last estimate was made
 * @param known up to when the twin knows the past, ms
 */
export function pastSpan(store: Store, wall: number, known: number | undefined) {
  const to = hasOwnTime(store.devices()) ? Math.max(...madeUpTo(store).values()) : wall
  if (!Number.isFinite(to)) return undefined
  return { from: Math.max(known ?? to - PAST, to - MOST), to: Math.max(to, known ?? to) + MOST }
}

/** The minute means of a span, of every point that is measured in a zone. */
export async function* pastOf(
  store: Store,
  { from, to }: { from: number; to: number },
  signal: AbortSignal,
): AsyncGenerator<TwinHistory> {
  for (const { device, zone, points } of store.devices()) {
    for (const point of Object.keys(points)) {
      const series = { kind: 'reading', device, point } as const
      const { t, value } = await store.history({ series, from, to, every: MINUTE }, signal)
      const values = Float64Array.from(value, (one) => one ?? Number.NaN)
      if (t.length > 0) yield { device, zone, point, t: Float64Array.from(t), value: values }
    }
  }
}
