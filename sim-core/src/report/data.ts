/** How complete the day's readings are, device by device. */
import { type Report, type ReportDay, spacing } from '@habtwin/contract'
import { coveredOf, type DaySeries, type Minutes } from './series.ts'
import type { ReportSource } from './source.ts'

export async function dataOf(series: DaySeries, day: ReportDay, source: ReportSource): Promise<Report['data']> {
  const complete = new Map(source.completeness().map((one) => [one.device, one]))
  const rows: Report['data'] = []
  for (const info of series.devices) {
    let best: Minutes | undefined
    let readings = 0
    for (const point of Object.keys(info.points)) {
      const minutes = await series.minutes(info.device, point)
      const n = minutes.n.reduce((a, b) => a + b, 0)
      // a point may have been out of range for a while: the device was there all the same
      if (best === undefined || n > readings) best = minutes
      readings = Math.max(readings, n)
    }
    const gaps = (complete.get(info.device)?.gaps ?? [])
      .filter(({ from, to }) => to >= day.from && from < day.until)
      .map(({ from, to, count, reason }) => ({ from, to, reason, ...(count === undefined ? {} : { count }) }))
    rows.push({
      device: info.device,
      label: info.label,
      zone: info.zone,
      readings,
      lost: gaps.reduce((sum, { count = 0 }) => sum + count, 0),
      covered: best === undefined ? 0 : coveredOf(best, day, spacing(info)),
      gaps,
    })
  }
  return rows
}
