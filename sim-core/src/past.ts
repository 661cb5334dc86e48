/** What a start of sim looks up in the store, so that it goes on where it ended. */
import { type Estimate, isHabtwinError } from '@habtwin/contract'
import { hasOwnTime } from './data-clock.ts'
import type { Store } from './store/index.ts'
import type { TwinHistory } from './twin/index.ts'

/** How much of the past the twin goes through, ms. */
const PAST = 48 * 3_600_000
const MINUTE = 60_000
const ESTIMATE = 'twin/estimate/'

/** Up to when estimates were made, ms: by zone and quantity, and in all; −∞ where there is none. */
export function madeUpTo(store: Store): { all: number; of: (zone: string, quantity: string) => number } {
  const made = store.latest(ESTIMATE) as Map<string, Estimate>
  const all = Math.max(Number.NEGATIVE_INFINITY, ...[...made.values()].map(({ t }) => t))
  return { all, of: (zone, quantity) => made.get(`${ESTIMATE}${zone}/${quantity}`)?.t ?? Number.NEGATIVE_INFINITY }
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
 * The minute means of the last two days, of every point that is measured in a zone.
 * @param wall ms; a habitat with a clock of its own is taken up where its last estimate was made
 */
export async function pastOf(store: Store, wall: number): Promise<TwinHistory[]> {
  const devices = store.devices()
  const now = hasOwnTime(devices) ? madeUpTo(store).all : wall
  const past: TwinHistory[] = []
  if (!Number.isFinite(now)) return past
  for (const { device, zone, points } of devices) {
    for (const point of Object.keys(points)) {
      const series = { kind: 'reading', device, point } as const
      const { t, value } = await store.history({ series, from: now - PAST, to: now, every: MINUTE })
      if (t.length > 0) past.push({ device, zone, point, t, value })
    }
  }
  return past
}
