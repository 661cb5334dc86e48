/** The day's air, zone by zone: least, mean and greatest of each quantity, and the time beyond its limits. */
import { type DeviceInfo, levels, pointInfo, type Report, type ReportDay, spacing } from '@habtwin/contract'
import { courseOf, coveredOf, type DaySeries, MINUTE, type Minutes, since, together } from './series.ts'
import type { ReportSource, ZoneLimits } from './source.ts'

type Row = Report['air'][number]

/** What is reported where it is measured, in this order; other points where they have a limit. */
const quantities = [
  'co2', 'o2', 'temperature', 'humidity', 'pressure', 'pressure-difference', 'co', 'h2', 'tvoc', 'pm25', 'smoke',
] // biome-ignore format: a table

/** What has sections of its own. */
const elsewhere: ReadonlySet<string> = new Set(['power', 'energy', 'voltage', 'current', 'charge', 'flow', 'mass'])

/** A zone's quantity by the minute, with the day before: its devices as one. */
export async function zoneMinutes(series: DaySeries, zone: string, quantity: string): Promise<Minutes> {
  const all: Minutes[] = []
  for (const { device } of there(series, zone, quantity)) all.push(await series.minutes(device, quantity, true))
  return together(all)
}

export async function airOf(series: DaySeries, day: ReportDay, source: ReportSource): Promise<Row[]> {
  const rows: Row[] = []
  for (const { id: zone, label, limits } of source.zones()) {
    for (const quantity of measured(series, zone, limits)) {
      const long = await zoneMinutes(series, zone, quantity)
      const minutes = since(long, day.from)
      const { min, mean, max } = courseOf(minutes)
      const bounds = limits[quantity] ?? {}
      const beyond = levels.flatMap((level) => {
        const bound = bounds[level]
        return bound === undefined ? [] : [{ level, time: timeBeyond(long, bound, day.from) }]
      })
      const every = Math.min(...there(series, zone, quantity).map(spacing))
      rows.push({
        zone,
        label,
        quantity,
        ...declared(series, zone, quantity),
        min,
        mean,
        max,
        covered: coveredOf(minutes, day, every),
        beyond,
      })
    }
  }
  return rows
}

function there({ devices }: DaySeries, zone: string, quantity: string): DeviceInfo[] {
  return devices.filter((info) => info.zone === zone && Object.hasOwn(info.points, quantity))
}

function measured(series: DaySeries, zone: string, limits: ZoneLimits): string[] {
  const points = new Set(series.devices.flatMap((info) => (info.zone === zone ? Object.keys(info.points) : [])))
  const more = Object.keys(limits).filter((point) => !quantities.includes(point) && !elsewhere.has(point))
  const order = [...quantities, ...more]
  return order.filter((point) => points.has(point))
}

/** Its unit and name as its first instrument declares them. */
function declared(series: DaySeries, zone: string, quantity: string): { unit: string; name: string } {
  const { unit, label } = pointInfo(quantity)
  const point = there(series, zone, quantity)[0]?.points[quantity]
  return { unit: point?.unit ?? unit, name: point?.label ?? label }
}

/**
 * ms beyond a limit. Where the mean over some time is what counts, each minute is judged by the mean of the time before
 * it, as far as there are readings: so the day before is needed.
 */
export function timeBeyond(
  { t, mean }: Minutes,
  {
    above,
    below,
    mean: over = 0,
  }: { above?: number | undefined; below?: number | undefined; mean?: number | undefined },
  from: number,
): number {
  let [first, sum, count] = [0, 0, 0]
  for (const [i, at] of t.entries()) {
    sum += mean[i] as number
    for (; (t[first] as number) <= at - Math.max(over, MINUTE); first++) sum -= mean[first] as number
    if (at < from) continue
    const value = sum / (i - first + 1)
    if ((above !== undefined && value > above) || (below !== undefined && value < below)) count++
  }
  return count * MINUTE
}
