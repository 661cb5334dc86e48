/** Meters that people read: each reading of the day, with the one before it, so that a counter tells what it counted. */
import { type LoggedEvent, pointName, type Report, type ReportDay } from '@habtwin/contract'
import type { ReportSource } from './source.ts'
import { isWater } from './water.ts'

type Row = Report['byHand'][number]

/** A meter that was not read for longer begins anew, ms. */
const BACK = 31 * 86_400_000
const powerful: ReadonlySet<string> = new Set(['power', 'energy', 'charge', 'voltage', 'current'])

export function byHandOf(day: ReportDay, source: ReportSource): Row[] {
  if (day.until <= day.from) return []
  const read = source
    .events({ from: day.from - BACK, to: day.to - 1 })
    .filter((event) => event.kind === 'manual' && event.withdrawn === undefined)
    .sort((a, b) => a.t - b.t)
  const last = new Map<string, LoggedEvent>()
  const rows: Row[] = []
  for (const event of read) {
    const { point = '', unit = '1', value = 0, t, by, zone } = event
    const meter = `${zone}/${point}/${unit}`
    const before = last.get(meter)
    last.set(meter, event)
    if (t < day.from) continue
    const section = isWater.test(point) ? 'water' : powerful.has(point) ? 'power' : 'air'
    rows.push({
      section,
      point,
      name: pointName(point),
      unit,
      value,
      t,
      by,
      ...(zone === undefined ? {} : { zone }),
      // air does not add up
      before: before?.value === undefined || section === 'air' ? null : { value: before.value, t: before.t },
    })
  }
  return rows
}
