/** Alerts, events and results: those in their table, and those that are still in the log. */
import { type Alert, levels } from '@habtwin/contract/alert'
import type { StoreFile } from './file.ts'
import { kindOf } from './state.ts'
import type { StoredRecord } from './types.ts'

interface Span {
  from?: number
  to?: number
  limit?: number
}

const DEFAULT_LIMIT = 1000

/** Records of a kind in a span, the newest first. */
export function recordsOf(file: StoreFile, kind: string, span: Span): StoredRecord[] {
  const limit = span.limit ?? DEFAULT_LIMIT
  const found = [...waiting(file, kind, span)]
  for (const record of stored(file, kind, span)) {
    if (found.length >= 2 * limit + file.state.records.length) break
    found.push(record)
  }
  return found.sort((a, b) => b.t - a.t).slice(0, limit)
}

/** Alerts that changed in a span, each as it last was, the newest first. */
export function alertsOf(file: StoreFile, span: Span): Alert[] {
  const limit = span.limit ?? DEFAULT_LIMIT
  const newest = new Map<string, StoredRecord>()
  const keep = (record: StoredRecord) => {
    const known = newest.get(record.topic)
    if (known === undefined || record.t > known.t) newest.set(record.topic, record)
  }
  // of what waits, later entries come last and win where the times are the same
  for (const record of waiting(file, 'alert', span).reverse()) keep(record)
  const most = newest.size + limit
  for (const record of stored(file, 'alert', span)) {
    if (newest.size >= most) break
    keep(record)
  }
  return [...newest.values()]
    .sort((a, b) => b.t - a.t)
    .slice(0, limit)
    .map((record) => record.body as Alert)
}

/** An alert from when it was raised to how it last was; its level is the worst that it had in the span. */
export interface AlertEpisode {
  readonly first: Alert
  readonly last: Alert
  readonly level: Alert['level']
}

/** Alerts that changed in a span or ended after it, and were raised before its end: each time that one was raised. */
export function episodesOf(file: StoreFile, { from, to }: { from: number; to: number }): AlertEpisode[] {
  const found = new Map<string, AlertEpisode>()
  const take = (first: Alert, last: Alert, seen: readonly string[]) => {
    const key = `${last.id} ${last.since}`
    const known = found.get(key)
    const worst = levels.find((level) => seen.includes(level) || known?.level === level) ?? last.level
    const newer = known === undefined || last.t >= known.last.t ? last : known.last
    found.set(key, { first: known?.first ?? first, last: newer, level: worst })
  }
  const groups = `
    SELECT topic, json_extract(body, '$.since') AS since, max(t) AS last,
           group_concat(DISTINCT CASE WHEN t < ? THEN json_extract(body, '$.level') END) AS levels
    FROM record WHERE kind = 'alert' AND t >= ? AND json_extract(body, '$.since') < ? GROUP BY topic, since`
  const at = (order: 'ASC' | 'DESC') =>
    file.db.prepare(
      `SELECT body FROM record WHERE kind = 'alert' AND t >= ? AND t <= ? AND topic = ? ORDER BY t ${order}, id ${order} LIMIT 1`,
    )
  const [begin, end] = [at('ASC'), at('DESC')]
  for (const row of file.db.prepare(groups).all(to, from, to)) {
    const [topic, since, newest] = [row.topic as string, row.since as number, row.last as number]
    const first = begin.get(since, newest, topic)
    const last = end.get(newest, newest, topic)
    if (first === undefined || last === undefined) continue
    take(JSON.parse(first.body as string), JSON.parse(last.body as string), String(row.levels ?? '').split(','))
  }
  // what is not in its table yet is later than what is
  const raised = new Map<string, Alert>()
  for (const { body, t } of waiting(file, 'alert', {})) {
    const alert = body as Alert
    const key = `${alert.id} ${alert.since}`
    if (!raised.has(key)) raised.set(key, alert)
    if (t >= from && alert.since < to) take(raised.get(key) ?? alert, alert, t < to ? [alert.level] : [])
  }
  return [...found.values()].sort((a, b) => a.last.since - b.last.since)
}

function waiting(file: StoreFile, kind: string, span: Span): StoredRecord[] {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = span
  return file.state.records
    .filter((record) => kindOf(record.topic) === kind && record.t >= from && record.t <= to)
    .map(({ id: _, ...record }) => record)
}

function* stored(file: StoreFile, kind: string, span: Span): Generator<StoredRecord> {
  const sql = 'SELECT * FROM record WHERE kind = ? AND t >= ? AND t <= ? ORDER BY t DESC, id DESC'
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = span
  for (const row of file.db.prepare(sql).iterate(kind, from, to)) {
    yield {
      topic: row.topic as string,
      body: JSON.parse(row.body as string),
      t: row.t as number,
      ...(row.journal === null ? {} : { journal: row.journal as string }),
      ...(row.seq === null ? {} : { seq: row.seq as number }),
    }
  }
}
