/** What had been forecast for this day, beside what came: the crew sees for itself how far to trust the next one. */
import { type FixedLead, fixedLeads, type Report, type ReportDay } from '@habtwin/contract'
import { zoneMinutes } from './air.ts'
import { type DaySeries, MINUTE, type Minutes } from './series.ts'
import type { ReportSource } from './source.ts'

type Row = Report['forecasts'][number]

/** Compared each so many ms. */
const EVERY = 5 * MINUTE
/** Fewer comparisons say nothing: an hour's. */
const LEAST = 12
const ESTIMATE = 'twin/estimate/'

export async function forecastsOf(
  series: DaySeries,
  day: ReportDay,
  source: ReportSource,
  signal: AbortSignal,
): Promise<Row[]> {
  if (day.until <= day.from) return []
  const said = new Set([...source.latest(ESTIMATE).keys()].map((topic) => topic.slice(ESTIMATE.length)))
  const rows: Row[] = []
  for (const { id: zone, label } of source.zones()) {
    for (const quantity of [...said]
      .filter((name) => name.startsWith(`${zone}/`))
      .map((name) => name.slice(zone.length + 1))) {
      const came = buckets(await zoneMinutes(series, zone, quantity))
      if (came.size === 0) continue
      const unit = series.devices.find((info) => info.zone === zone && info.points[quantity])?.points[quantity]?.unit
      for (const lead of Object.keys(fixedLeads) as FixedLead[]) {
        const band = await bandOf(source, day, { zone, quantity, lead }, signal)
        const row = band && judge(band, came, fixedLeads[lead])
        if (row) rows.push({ zone, label, quantity, unit: unit ?? '1', lead, ...row })
      }
    }
  }
  return rows
}

type Band = ReadonlyMap<number, { readonly p05: number; readonly p50: number; readonly p95: number }>

async function bandOf(
  source: ReportSource,
  { from, to, until }: ReportDay,
  of: { zone: string; quantity: string; lead: FixedLead },
  signal: AbortSignal,
): Promise<Band | undefined> {
  const fields = []
  for (const field of ['p50', 'p05', 'p95'] as const) {
    const series = { kind: 'forecast', ...of, field } as const
    const { t, value } = await source.history({ series, from, to: Math.min(until, to - 1), every: EVERY }, signal)
    if (t.length === 0) return undefined
    fields.push(new Map(t.map((at, i) => [at, value[i] as number])))
  }
  const [p50 = new Map(), p05 = new Map(), p95 = new Map()] = fields
  return new Map(
    [...p50].flatMap(([t, mid]) => {
      const [low, high] = [p05.get(t), p95.get(t)]
      return low === undefined || high === undefined ? [] : [[t, { p05: low, p50: mid, p95: high }] as const]
    }),
  )
}

/** Means of five minutes, by their begin. */
function buckets({ t, mean }: Minutes): Map<number, number> {
  const sums = new Map<number, { sum: number; n: number }>()
  for (const [i, at] of t.entries()) {
    const key = Math.floor(at / EVERY) * EVERY
    const one = sums.get(key) ?? { sum: 0, n: 0 }
    sums.set(key, { sum: one.sum + (mean[i] as number), n: one.n + 1 })
  }
  return new Map([...sums].map(([key, { sum, n }]) => [key, sum / n]))
}

function judge(band: Band, came: ReadonlyMap<number, number>, lead: number) {
  let [n, error, inside, both, own, flat] = [0, 0, 0, 0, 0, 0]
  for (const [t, { p05, p50, p95 }] of band) {
    const value = came.get(t)
    if (value === undefined) continue
    n++
    error += Math.abs(value - p50)
    if (value >= p05 && value <= p95) inside++
    const before = came.get(Math.floor((t - lead) / EVERY) * EVERY)
    if (before === undefined) continue
    both++
    own += Math.abs(value - p50)
    flat += Math.abs(value - before)
  }
  if (n < LEAST) return undefined
  const fair = both >= LEAST
  return {
    n,
    mae: error / n,
    persistence: fair ? flat / both : null,
    // on the same moments, or it would compare two different days
    skill: fair && flat > 0 ? 1 - own / flat : null,
    coverage90: inside / n,
  }
}
