/**
 * InfluxDB's line protocol, times in ms.
 *
 *   reading,habitat,node,zone,device   a field per point
 *   estimate,habitat,zone              co2 co2_sd …
 *   forecast,habitat,zone,lead         co2_p05 co2_p50 co2_p95 … at the time that they speak of
 *   alert,habitat,zone,level,quantity,source[,device]   id value limit active text acknowledged
 *   event,habitat,kind[,zone]          by value text point unit to withdraws
 *
 * The same data gives the same lines, so a batch may be sent twice: points are idempotent.
 * Grammar: https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
 */
import {
  type Alert,
  alert,
  type Correction,
  correctedBy,
  type DeviceInfo,
  deviceHealth,
  deviceOf,
  type Event,
  event,
  type Forecast,
  type Scores,
  scores,
  topic,
} from '@habtwin/contract'
import type { LogEntry, LogGroup, SeriesKey, StoredRecord } from '../store/types.ts'

type FieldValue = number | string | boolean | null | undefined

export interface LineContext {
  readonly habitat: string
  /** The description of a device that was valid at `t`. */
  infoAt(device: string, t: number): DeviceInfo | undefined
  /** What times are put right by. */
  corrections?(): readonly Correction[]
}

/** Everything of one entry of the ingest log. Readings whose clock was not set are left out. */
export function linesOf(entry: LogEntry, context: LineContext): string[] {
  const lines: string[] = []
  const corrections = entry.groups.length > 0 ? (context.corrections?.() ?? []) : []
  for (const group of entry.groups) if (!group.unsynced) groupLines(group, context, corrections, lines)
  for (const record of entry.records) for (const made of recordLines(record, context)) lines.push(made)
  return lines
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/**
 * The newest forecast under `lead=latest`, on times that are multiples of 5 min (15 min after an hour, 1 h after
 * six). On a grid that does not move with the hour it was made, each forecast replaces the one before it;
 * values in between are interpolated.
 */
export function latestForecastLines(habitat: string, zone: string, quantity: string, forecast: Forecast): string[] {
  const tags = { habitat, zone, lead: 'latest' }
  const lines: string[] = []
  const last = forecast.t.at(-1) ?? Number.NEGATIVE_INFINITY
  let i = 0
  for (let t = ceil(forecast.t[0] ?? 0, 5 * MINUTE); t <= last; ) {
    while ((forecast.t[i + 1] ?? Number.POSITIVE_INFINITY) <= t) i++
    const fields: Record<string, FieldValue> = {}
    for (const name of ['p05', 'p50', 'p95'] as const)
      fields[`${quantity}_${name}`] = between(forecast.t, forecast[name], i, t)
    const made = line('forecast', tags, fields, t)
    if (made !== undefined) lines.push(made)
    const ahead = t - forecast.made
    t = ahead < HOUR ? t + 5 * MINUTE : ceil(t + 1, ahead < 6 * HOUR ? 15 * MINUTE : HOUR)
  }
  return lines
}

/** One line, or undefined where it would have no field. */
export function line(
  measurement: string,
  tags: Readonly<Record<string, string | undefined>>,
  fields: Readonly<Record<string, FieldValue>>,
  t: number,
): string | undefined {
  let head = measurement
  for (const [name, value] of Object.entries(tags)) if (value) head += `,${name}=${escapeTag(value)}`
  let body = ''
  for (const [name, value] of Object.entries(fields)) {
    const text = fieldText(value)
    if (text !== undefined) body += `${body === '' ? '' : ','}${escapeTag(name)}=${text}`
  }
  return body === '' ? undefined : `${head} ${body} ${Math.round(t)}`
}

function groupLines(group: LogGroup, context: LineContext, corrections: readonly Correction[], lines: string[]): void {
  const first = group.keys[0]
  if (first === undefined) return
  const names = group.keys.map((key) => escapeTag(fieldName(key)))
  const { journal } = group
  let info: DeviceInfo | undefined
  let head = headOf(first, context.habitat, undefined)
  for (let row = 0; row < group.t.length; row++) {
    const given = group.t[row] as number
    const by =
      corrections.length === 0 ? 0 : correctedBy(corrections, { journal, seq: group.seq[row] as number, t: given })
    const t = given + by
    if (first.kind === 'reading') {
      const now = context.infoAt(first.device, t)
      if (now !== info) {
        info = now
        head = headOf(first, context.habitat, info)
      }
    }
    let body = ''
    for (let i = 0; i < names.length; i++) {
      const value = group.values[i]?.[row] as number
      if (Number.isFinite(value)) body += `${body === '' ? '' : ','}${names[i]}=${value}`
    }
    if (body !== '') lines.push(`${head} ${body} ${Math.round(t)}`)
  }
}

function headOf(key: SeriesKey, habitat: string, info: DeviceInfo | undefined): string {
  const tag = (name: string, value: string) => `,${name}=${escapeTag(value)}`
  switch (key.kind) {
    case 'reading': {
      const where = tag('node', info?.node ?? 'unknown') + tag('zone', info?.zone ?? 'unknown')
      return `reading${tag('habitat', habitat)}${where}${tag('device', key.device)}`
    }
    case 'estimate':
      return `estimate${tag('habitat', habitat)}${tag('zone', key.zone)}`
    case 'forecast':
      return `forecast${tag('habitat', habitat)}${tag('zone', key.zone)}${tag('lead', key.lead)}`
  }
}

function fieldName(key: SeriesKey): string {
  if (key.kind === 'reading') return key.point
  if (key.kind === 'estimate') return key.field === 'mean' ? key.quantity : `${key.quantity}_${key.field}`
  return `${key.quantity}_${key.field}`
}

function recordLines(record: StoredRecord, context: LineContext): string[] {
  const { habitat } = context
  if (record.topic.startsWith('alert/')) {
    const told = alert.safeParse(record.body)
    return told.success ? given(alertLine(told.data, habitat)) : []
  }
  if (record.topic.startsWith('event/')) {
    const told = event.safeParse(record.body)
    return told.success ? given(eventLine(told.data, habitat)) : []
  }
  if (record.topic === topic.score) {
    const told = scores.safeParse(record.body)
    return told.success ? scoreLines(told.data, habitat) : []
  }
  const device = deviceOf(record.topic, 'health')
  const health = device === undefined ? undefined : deviceHealth.safeParse(record.body)
  if (device === undefined || !health?.success) return []
  const { state, reason, latency, t } = health.data
  const info = context.infoAt(device, t)
  const tags = { habitat, node: info?.node ?? 'unknown', zone: info?.zone ?? 'unknown', device }
  return given(line('health', tags, { state, reason, latency }, t))
}

function given(made: string | undefined): string[] {
  return made === undefined ? [] : [made]
}

/** One line a zone and lead, with the figures of all quantities. */
function scoreLines({ t, scores }: Scores, habitat: string): string[] {
  const rows = new Map<string, { tags: Record<string, string>; fields: Record<string, FieldValue> }>()
  for (const { zone, quantity, lead, ...figures } of scores) {
    const key = `${zone}/${lead}`
    const row = rows.get(key) ?? { tags: { habitat, zone, lead: `${lead}m` }, fields: {} }
    rows.set(key, row)
    for (const [name, value] of Object.entries(figures)) row.fields[`${quantity}_${name}`] = value
  }
  return [...rows.values()].flatMap(({ tags, fields }) => given(line('score', tags, fields, t)))
}

function alertLine(told: Alert, habitat: string): string | undefined {
  const { zone, level, quantity, source, device } = told
  const { id, value, limit, active, text } = told
  const fields = { id, value, limit, active, text, acknowledged: told.acknowledged?.by }
  return line('alert', { habitat, zone, level, quantity, source, device }, fields, told.t)
}

function eventLine(told: Event, habitat: string): string | undefined {
  const { kind, zone, by, value, text, point, unit, to, withdraws } = told
  return line('event', { habitat, kind, zone }, { by, value, text, point, unit, to, withdraws }, told.t)
}

function fieldText(value: FieldValue): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return undefined
  return `"${value
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll(/[\r\n]+/g, ' ')}"`
}

/** Tags, and names of fields. A backslash at the end would escape what follows. */
function escapeTag(text: string): string {
  if (/^[\w-]+$/.test(text)) return text
  return text
    .replaceAll(/[\r\n\\]+/g, ' ')
    .replaceAll(',', '\\,')
    .replaceAll('=', '\\=')
    .replaceAll(' ', '\\ ')
}

function ceil(t: number, step: number): number {
  return Math.ceil(t / step) * step
}

function between(times: readonly number[], values: readonly number[], i: number, t: number): number | undefined {
  const [t0, t1] = [times[i], times[i + 1]]
  const [a, b] = [values[i], values[i + 1]]
  if (t0 === undefined || a === undefined) return undefined
  return t1 === undefined || b === undefined || t === t0 ? a : a + ((b - a) * (t - t0)) / (t1 - t0)
}
