/** Which reading stands for a zone's quantity, and how far it can be believed. */
import type { Anchor, Freshness } from './clock.ts'
import { freshness } from './clock.ts'
import type { Habitat } from './habitat.ts'
import type { Measure } from './measures.ts'
import { everyOf, hasFinished } from './recording.ts'

type Standing = 'good' | 'late' | 'uncertain' | 'stale' | 'bad' | 'none'

/** One quantity of one zone as it is shown. */
export interface Figure {
  readonly standing: Standing
  /** In the point's own unit; null where there is none that may be shown. */
  readonly value: number | null
  /** Age of the newest reading that went in, ms; null without a reading. */
  readonly age: number | null
  /** When it was taken, ms of the habitat's clock. */
  readonly t: number | null
  /** Why it is not simply good: `warmup`, `stuck` … */
  readonly reason?: string
  /** The devices that it comes from. */
  readonly devices: readonly string[]
}

interface Candidate {
  readonly device: string
  readonly value: number | null
  readonly quality: string | undefined
  readonly age: number
  readonly t: number
  readonly freshness: Freshness
}

/** The devices that a measure comes from, by name. */
export function devicesOf(habitat: Habitat, { zone, quantity, device }: Measure): string[] {
  return [...habitat.infos.values()]
    .filter((info) => info.zone === zone && Object.hasOwn(info.points, quantity))
    .filter((info) => device === undefined || info.device === device)
    .map((info) => info.device)
    .sort()
}

function candidates(habitat: Habitat, measure: Measure, anchor: Anchor, wall: number): Candidate[] {
  const point = measure.quantity
  return devicesOf(habitat, measure).flatMap((device) => {
    const received = habitat.readings.get(device)
    const info = habitat.infos.get(device)
    if (received === undefined || info === undefined) return []
    const { values, quality, t } = received.reading
    // A reading may leave a point out (a slow register); null says that the instrument failed to give it.
    if (!Object.hasOwn(values, point)) return []
    // The end of a recording is its last word, not a silence.
    const fresh = hasFinished(habitat.health.get(device))
      ? ({ age: 0, freshness: 'fresh' } as const)
      : freshness(received, everyOf(info, received), anchor, wall)
    return [{ device, value: values[point] ?? null, quality: quality?.[point], t, ...fresh }]
  })
}

function mean(of: readonly Candidate[]): number {
  return of.reduce((sum, one) => sum + (one.value ?? 0), 0) / of.length
}

function figure(standing: Standing, of: readonly Candidate[], reason?: string): Figure {
  const newest = of.reduce((a, b) => (b.age < a.age ? b : a))
  return {
    standing,
    value: standing === 'bad' ? null : mean(of),
    age: newest.age,
    t: newest.t,
    ...(reason === undefined ? {} : { reason }),
    devices: of.map((one) => one.device),
  }
}

const why = (quality: string | undefined) => quality?.slice(quality.indexOf(':') + 1)
const isUncertain = (one: Candidate) => one.quality?.startsWith('uncertain') === true
const hasValue = (one: Candidate) => one.value !== null

/**
 * The figure of a zone's quantity: the mean of its good fresh readings; failing these of late ones, of uncertain
 * ones, then the newest stale one, greyed; failing any value, the reason why there is none.
 */
export function figureOf(habitat: Habitat, measure: Measure, anchor: Anchor, wall: number): Figure {
  const all = candidates(habitat, measure, anchor, wall)
  const current = all.filter((one) => one.freshness !== 'stale')
  const good = current.filter((one) => hasValue(one) && !isUncertain(one))
  const fresh = good.filter((one) => one.freshness === 'fresh')
  if (fresh.length > 0) return figure('good', fresh)
  if (good.length > 0) return figure('late', good)
  const uncertain = current.filter((one) => hasValue(one) && isUncertain(one))
  if (uncertain.length > 0) return figure('uncertain', uncertain, why(uncertain[0]?.quality))
  const bad = current.find((one) => !hasValue(one))
  if (bad !== undefined) return figure('bad', [bad], why(bad.quality) ?? 'no value')
  const stale = all.filter(hasValue).sort((a, b) => a.age - b.age)[0]
  if (stale !== undefined) return figure('stale', [stale])
  const silent = all[0]
  if (silent !== undefined) return figure('bad', [silent], why(silent.quality) ?? 'silent')
  const devices = devicesOf(habitat, measure)
  const isDown = devices.length > 0 && devices.every((device) => habitat.health.get(device)?.state === 'down')
  return { standing: 'none', value: null, age: null, t: null, ...(isDown ? { reason: 'no-answer' } : {}), devices }
}
