/** What the chart shows of the past: asked for when the choice changes, and again as time goes on. */
import { effect, signal } from '@preact/signals'
import type { History } from '../model/about.ts'
import { keyOf, type Measure } from '../model/measures.ts'
import { type Band, type Line, mergeHistories, noBand, parted, spans } from '../model/series.ts'
import type { Sample } from '../model/trend.ts'
import { anchor, figureFor, habitat, lead, link, now, spanName } from '../state.ts'
import { get } from './rest.ts'

export interface ChartData {
  readonly past: Line
  /** What came live since `past` was fetched. */
  readonly since: readonly Sample[]
  /** The forecasts that had been made before, at their valid times. */
  readonly said: Band
  /** `none`: no instrument measures it. */
  readonly state: 'loading' | 'there' | 'failed' | 'none'
}

const nothing: ChartData = { past: { t: [], value: [] }, since: [], said: noBand, state: 'loading' }

export const chartData = signal<ChartData>(nothing)

/** Live readings that are kept between two answers; more would only be drawn on top of each other. */
const MOST_SINCE = 600
/** Kept forecasts further apart than this (ms) are two stretches. */
const APART = 30 * 60_000

/** What no habitat is ever without; light may well be 0. */
const neverNone: ReadonlySet<string> = new Set(['co2', 'o2', 'humidity', 'pressure'])

let shown = ''

/** Follows the live figure, so that the line reaches up to now. */
function follow(measure: Measure): () => void {
  return effect(() => {
    const { standing, t, value } = figureFor(measure)
    if (t === null || value === null || (standing !== 'good' && standing !== 'late')) return
    const data = chartData.peek()
    if (t <= (data.since.at(-1)?.t ?? 0)) return
    chartData.value = { ...data, since: [...data.since.slice(1 - MOST_SINCE), { t, value }] }
  })
}

/** What there is of a measure at present. Throws a Problem. */
async function fetchPast(measure: Measure, devices: readonly string[], signal: AbortSignal) {
  const { zone, quantity, device } = measure
  const { back, every } = spans.find(({ name }) => name === spanName.value) ?? spans[0]
  const to = Math.round(now.value)
  const from = to - back
  const kept = { zone, quantity, lead: lead.value, from, to, every }
  const [said, ...histories] = await Promise.all([
    // of what the twin has said nothing yet there is nothing to ask for
    device === undefined && lead.value !== 'off' && habitat.peek().estimates.has(`${zone}/${quantity}`)
      ? get<Band>('api/twin/history', kept, signal).catch(() => noBand)
      : noBand,
    ...devices.map((one) => get<History>('api/history', { device: one, point: quantity, from, to, every }, signal)),
  ])
  return {
    past: mergeHistories(histories, every),
    said: parted(said, Math.max(APART, 3 * every), neverNone.has(quantity) ? 0 : undefined),
  }
}

/** Until the next question, ms: a point's width at the habitat's pace, oftener while the server is away. */
function pause(): number {
  const { every } = spans.find(({ name }) => name === spanName.value) ?? spans[0]
  const isHealthy = link.value.rest || link.value.live
  return isHealthy ? Math.max(5_000, Math.min(60_000, every) / Math.max(1, anchor.value.pace)) : 5_000
}

/** Loads what is wanted, now and again and again; the answer ends that. */
export function load(measure: Measure, devices: readonly string[]): () => void {
  const stop = new AbortController()
  const key = keyOf(measure)
  // The line of another quantity must not stand under this one's name, not for a moment.
  if (key !== shown) chartData.value = nothing
  shown = key
  if (devices.length === 0) {
    chartData.value = { ...nothing, state: 'none' }
    return () => {}
  }
  const unfollow = follow(measure)
  let timer: ReturnType<typeof setTimeout> | undefined
  const again = async () => {
    try {
      const found = await fetchPast(measure, devices, stop.signal)
      if (stop.signal.aborted) return
      const end = found.past.t.at(-1) ?? 0
      const since = chartData.value.since.filter(({ t }) => t > end)
      chartData.value = { ...found, since, state: 'there' }
    } catch {
      if (stop.signal.aborted) return
      const { past } = chartData.value
      chartData.value = { ...chartData.value, state: past.t.length > 0 ? 'there' : 'failed' }
    }
    timer = setTimeout(() => void again(), pause())
  }
  void again()
  return () => {
    stop.abort()
    unfollow()
    clearTimeout(timer)
  }
}
