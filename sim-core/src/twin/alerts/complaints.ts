/** What innovations complain of: a zone and quantity that is not what was expected any more. */
import { type Alarm, chi, cusum, follow, newWatch, type Watch } from './watch.ts'

/** How far an instrument's minute was from what the filter expected. */
export interface Innovation {
  readonly device: string
  readonly zone: string
  readonly point: string
  /** In standard deviations of what was expected. */
  readonly z: number
  readonly accepted: boolean
  readonly reason?: string | undefined
}

/** Innovations of one zone and point that are not what they were. */
export interface Complaint extends Alarm {
  readonly zone: string
  readonly point: string
  /** It is not known to which side. */
  readonly either: boolean
  readonly chi: number
}

/** One that has been silent so long complains of nothing, ms. */
const SILENT = 10 * 60_000

/** Follows innovations, one watch a zone and point: the mean of its instruments. */
export function followAll(watches: Map<string, Watch>, t: number, innovations: readonly Innovation[]): void {
  const sums = new Map<string, { sum: number; n: number }>()
  for (const { zone, point, z, reason } of innovations) {
    // what was left out because it does not move is no news of the air
    if (!Number.isFinite(z) || /stale|frozen|stuck|silent/.test(reason ?? '')) continue
    const key = `${zone}/${point}`
    const one = sums.get(key) ?? { sum: 0, n: 0 }
    one.sum += z
    one.n++
    sums.set(key, one)
  }
  for (const [key, { sum, n }] of sums) {
    let watch = watches.get(key)
    if (watch === undefined) {
      watch = newWatch()
      watches.set(key, watch)
    }
    follow(watch, t, sum / n)
  }
}

/** @param excused true for a zone and point whose instruments are known to be at fault */
export function complaintsOf(
  watches: ReadonlyMap<string, Watch>,
  t: number,
  excused: (zone: string, point: string) => boolean,
): Complaint[] {
  const found: Complaint[] = []
  for (const [key, watch] of watches) {
    const [zone = '', point = ''] = key.split('/')
    if (t - watch.t > SILENT || excused(zone, point)) continue
    const side = cusum(watch)
    const either = chi(watch)
    if (Math.max(side.evidence, either) < 1) continue
    // χ² tells no side: then either may be
    found.push({ ...side, zone, point, either: side.evidence < 1, chi: either })
  }
  return found
}

export function strongest(complaints: readonly Complaint[]): Complaint | undefined {
  let most: Complaint | undefined
  for (const one of complaints) if (most === undefined || one.evidence > most.evidence) most = one
  return most
}
