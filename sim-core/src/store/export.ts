/** Everything of a span, row by row, for `habtwin export`: reads beside a running sim and disturbs nothing. */
import { join } from 'node:path'
import { pointInfo } from '@habtwin/contract/points'
import { readChange } from './file.ts'
import { SeriesReader } from './reader.ts'
import { openReader, readProgress } from './schema.ts'
import { State } from './state.ts'
import type { SeriesKey } from './types.ts'

/** Rows of one device's point, ordered by time. */
export interface ExportChunk {
  readonly device: string
  readonly point: string
  readonly unit: string
  readonly rows: ExportRow[]
  /** How much of the whole is done with this chunk, from 0 to 1. */
  readonly done: number
}

export interface ExportRow {
  readonly t: number
  readonly value: number | null
  /** Left out where it is good. */
  readonly quality?: string
  /** Where the device stood at that time; undefined where no description of it is known. */
  readonly zone: string | undefined
}

export interface ExportSpan {
  /** Both ends included; all there is where they are left out. */
  readonly from?: number
  readonly to?: number
  readonly devices?: readonly string[]
  readonly points?: readonly string[]
}

const CHUNK = 86_400_000

/**
 * All readings of a span, point after point in order of device and point, in chunks of a day at most.
 * @param folder the store's folder
 * @throws HabtwinError and SQLite's errors where there is no store that can be read
 */
export function* readAll(folder: string, span: ExportSpan = {}): Generator<ExportChunk> {
  const path = join(folder, 'store.db')
  using reader = new SeriesReader(path)
  const state = loadState(path)
  const { from = -8.64e15, to = 8.64e15 } = span
  const keys = readingKeys(reader, span)
  for (const [place, key] of keys.entries()) {
    const { device, point } = key
    const first = reader.next(key, from) ?? to
    const last = Math.min(to, Date.now())
    for (
      let begin = reader.next(key, from);
      begin !== undefined && begin <= to;
      begin = reader.next(key, begin + CHUNK)
    ) {
      const end = begin + CHUNK
      const found = reader.rows(key, begin, Math.min(to, end))
      // the next chunk begins at `end`
      let n = found.n
      while (n > 0 && (found.t[n - 1] as number) >= end) n--
      if (n === 0) continue
      const unit = state.infoAt(device, begin)?.points[point]?.unit ?? pointInfo(point).unit
      const rows = Array.from({ length: n }, (_, i): ExportRow => {
        const t = found.t[i] as number
        const value = found.value[i] as number
        const quality = found.quality?.get(i)
        const zone = state.infoAt(device, t)?.zone
        return { t, value: !Number.isNaN(value) ? value : null, zone, ...(quality === undefined ? {} : { quality }) }
      })
      const within = Math.min(1, (end - first) / Math.max(1, last - first))
      yield { device, point, unit, rows, done: (place + within) / keys.length }
    }
  }
}

function readingKeys(reader: SeriesReader, span: ExportSpan): Extract<SeriesKey, { kind: 'reading' }>[] {
  return reader
    .keys()
    .filter((key) => key.kind === 'reading')
    .filter((key) => span.devices?.includes(key.device) ?? true)
    .filter((key) => span.points?.includes(key.point) ?? true)
    .sort((a, b) => (a.device === b.device ? (a.point < b.point ? -1 : 1) : a.device < b.device ? -1 : 1))
}

/** Device descriptions and all else that is no series, as of now. */
function loadState(path: string): State {
  using db = openReader(path)
  db.exec('BEGIN')
  const state = new State()
  state.load(db)
  const log = db.prepare('SELECT id, state FROM ingest WHERE id > ? AND state IS NOT NULL ORDER BY id')
  for (const row of log.iterate(readProgress(db).packed)) {
    state.apply(readChange(row.state as Uint8Array, row.id as number), row.id as number)
  }
  db.exec('COMMIT')
  return state
}
