/** The ingest log as a mirror reads it. */
import { DamagedBytes } from './faults.ts'
import { readChange, type StoreFile } from './file.ts'
import { decodeIngest } from './ingest.ts'
import type { SeriesTable } from './series.ts'
import type { LogEntry, LogGroup } from './types.ts'

/** Entries after number `after`, until `bytes` of them (as stored) are read; at least one where there is one. */
export function readLog(file: StoreFile, after: number, bytes: number): LogEntry[] {
  const entries: LogEntry[] = []
  let read = 0
  for (const row of file.db.prepare('SELECT id, t, state, body FROM ingest WHERE id > ? ORDER BY id').iterate(after)) {
    const id = row.id as number
    const state = row.state as Uint8Array | null
    const body = row.body as Uint8Array | null
    entries.push({
      id,
      t: row.t as number,
      groups: body === null ? [] : groupsOf(body, id, file.table),
      records: [...((state === null ? undefined : readChange(state, id).records) ?? [])],
    })
    read += (state?.length ?? 0) + (body?.length ?? 0)
    if (read >= bytes) break
  }
  return entries
}

function groupsOf(body: Uint8Array, id: number, table: SeriesTable): LogGroup[] {
  try {
    return decodeIngest(body).map(({ series, journal, unsynced, seq, t, values }) => ({
      keys: series.map((one) => table.key(one)),
      journal,
      unsynced,
      seq,
      t,
      values,
    }))
  } catch (error) {
    throw new DamagedBytes(`entry ${id} of the log cannot be read`, { cause: error })
  }
}
