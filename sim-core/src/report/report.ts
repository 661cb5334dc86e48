/**
 * The report of a day:
 *
 *   store ─► series by the minute ─► power · water · air · forecasts · data ─┐
 *        └─► alerts · events · what the crew wrote ──────────────────────────┴─► Report ─► JSON · Markdown · CSV
 */
import type { Report, ReportDay } from '@habtwin/contract'
import { airOf } from './air.ts'
import { alertsOf } from './alerts.ts'
import { byHandOf } from './by-hand.ts'
import { dataOf } from './data.ts'
import { forecastsOf } from './forecasts.ts'
import { powerOf } from './power.ts'
import { DaySeries } from './series.ts'
import type { ReportSource } from './source.ts'
import type { Written } from './texts.ts'
import { waterOf } from './water.ts'

/** @throws the signal's reason where nobody waits any more */
export async function reportOf(
  day: ReportDay,
  source: ReportSource,
  written: Written,
  signal: AbortSignal,
): Promise<Report> {
  const series = new DaySeries(source, day, signal)
  await series.leaveOutAbsent()
  const { id, label, timezone } = source.habitat
  const devices = source.devices()
  return {
    habitat: { id, label, timezone, simulated: devices.some((info) => info.simulated) },
    zones: Object.fromEntries(source.zones().map((zone) => [zone.id, zone.label])),
    day,
    made: source.now(),
    power: await powerOf(series, day),
    water: await waterOf(series, day),
    air: await airOf(series, day, source),
    byHand: byHandOf(day, source),
    forecasts: await forecastsOf(series, day, source, signal),
    alerts: alertsOf(day, source),
    events:
      day.until > day.from ? [...source.events({ from: day.from, to: day.to - 1 })].sort((a, b) => a.t - b.t) : [],
    data: await dataOf(series, day, source),
    texts: written.texts,
    versions: [...written.versions],
  }
}
