/** Alerts, events and results: those in their table, and those that are still in the log. */
import type { Alert } from '@habtwin/contract'
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
