/** How the clock fares, as metrics. */
import type { Metric } from '../http.ts'
import type { HouseClock } from './house.ts'

export function* clockMetrics({ synced, counts }: Pick<HouseClock, 'synced' | 'counts'>): Iterable<Metric> {
  yield ['habtwin_clock_synced', 'Times are final', 'gauge', Number(synced)]
  yield ['habtwin_clock_steps_total', 'Times that the clock was put while it was set', 'counter', counts.steps]
  yield ['habtwin_clock_stepped_seconds_total', 'By how much in all', 'counter', counts.stepped / 1_000]
}
