/** What was not nominal: the alerts that held at some time of the day. */
import type { Report, ReportDay } from '@habtwin/contract'
import type { ReportSource } from './source.ts'

export function alertsOf(day: ReportDay, source: ReportSource): Report['alerts'] {
  if (day.until <= day.from) return []
  const labels = new Map(source.zones().map(({ id, label }) => [id, label]))
  return source
    .episodes({ from: day.from, to: day.until })
    .map(({ first, last, level }) => {
      const ended = last.active ? null : last.t
      const time = Math.min(ended ?? day.until, day.until) - Math.max(last.since, day.from)
      return {
        id: last.id,
        level,
        zone: last.zone,
        label: labels.get(last.zone) ?? last.zone,
        quantity: last.quantity,
        text: first.text,
        source: last.source,
        since: last.since,
        ended,
        time: Math.max(0, time),
        ...(last.acknowledged ? { acknowledged: last.acknowledged } : {}),
      }
    })
    .sort((a, b) => a.since - b.since)
}
