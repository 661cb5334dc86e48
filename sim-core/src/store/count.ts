/**
 * What is really in the file, counted row by row, beside what its marks say is in it. The two agree as long as commits do
 * what they promise: a store that has lost or doubled something shows it here and nowhere else.
 */
import type { DatabaseSync } from 'node:sqlite'
import { RangeSet } from '@habtwin/runtime/ranges'
import { decodeBlock } from './block.ts'
import { readChange } from './file.ts'
import { heldRows, readHeld } from './held.ts'
import { decodeIngest } from './ingest.ts'
import { journalName } from './rows.ts'
import { type Progress, packedUpTo } from './schema.ts'
import type { SeriesTable } from './series.ts'
import type { JournalCount, JournalMark, Taken } from './types.ts'

/** Where a number was found last: 0 nowhere, else a series, or one of these. */
const RECORD = 0xffff_ffff
const HELD = 0xffff_fffe

/** The numbers of one journal. */
class Found {
  /** By number. */
  #where = new Uint32Array(1024)
  readonly #twice = new Set<number>()
  /** Numbers that are there, and the lowest of them. */
  count = 0
  readings = 0
  first = Number.POSITIVE_INFINITY

  get twice(): number {
    return this.#twice.size
  }

  /** @param where a reading has a row in each series of its points: only two in one series are one too many */
  add(seq: number, where: number): void {
    if (seq >= this.#where.length) {
      const more = new Uint32Array(Math.max(seq + 1, this.#where.length * 2))
      more.set(this.#where)
      this.#where = more
    }
    const before = this.#where[seq] as number
    if (before === where) this.#twice.add(seq)
    else this.#where[seq] = where
    if (before !== 0) return
    this.count++
    if (where !== RECORD) this.readings++
    if (seq < this.first) this.first = seq
  }

  has(seq: number): boolean {
    return (this.#where[seq] ?? 0) !== 0
  }
}

/** Of each journal. Within a transaction that reads, so that rows and marks are of one moment. */
export function countRows(db: DatabaseSync, progress: Progress, table: SeriesTable): JournalCount[] {
  const all = new Map<string, Found>()
  const of = (journal: string) => {
    const found = all.get(journal) ?? new Found()
    all.set(journal, found)
    return found
  }
  const log = readLog(db, progress)
  const inLog = Map.groupBy(log.rows, ({ series }) => series)
  const blocks = db.prepare('SELECT body FROM block WHERE series = ?')
  for (const series of table.ids()) {
    if (table.key(series).kind !== 'reading') continue
    for (const { body } of blocks.iterate(series)) {
      const rows = tolerant(() => decodeBlock(body as Uint8Array))
      if (rows === undefined) continue
      for (let i = 0; i < rows.n; i++) of(journalName(rows.journal[i] as number)).add(rows.seq[i] as number, series)
    }
    const packed = packedUpTo(progress, series)
    for (const { entry, journal, seqs } of inLog.get(series) ?? []) {
      if (entry <= packed) continue
      const found = of(journal)
      for (let i = 0; i < seqs.length; i++) found.add(seqs[i] as number, series)
    }
  }
  for (const { id } of heldRows(db))
    for (const { reading } of readHeld(db, id)) of(reading.journal).add(reading.seq, HELD)
  for (const { journal, seq } of db.prepare('SELECT journal, seq FROM record WHERE journal IS NOT NULL').iterate())
    of(journal as string).add(seq as number, RECORD)
  for (const { journal, seq } of log.records) of(journal).add(seq, RECORD)
  return counts(all, log)
}

function counts(all: ReadonlyMap<string, Found>, { marks, taken }: Log): JournalCount[] {
  const nothing = new Found()
  return [...new Set([...all.keys(), ...marks.keys()])].map((journal) => {
    const found = all.get(journal) ?? nothing
    const mark = marks.get(journal)
    const stored = { journal, stored: found.count, twice: found.twice }
    if (mark === undefined) {
      // its gateway has done with it: each device's own count says how many there are
      const said = taken.filter((one) => one.journal === journal).reduce((sum, { n }) => sum + n, 0)
      return { ...stored, said: found.count, lost: Math.max(0, said - found.readings) }
    }
    const said = new RangeSet([...(mark.seq > 0 ? [[1, mark.seq] as [number, number]] : []), ...mark.have.map(([a, b]) => [a, b] as [number, number])]) // biome-ignore format: one thought
    let lost = 0
    for (const [a, b] of said) {
      // what went before the first was never for this store: it was begun later than the journal
      for (let seq = Math.max(a, found.first); seq <= b; seq++) if (!found.has(seq)) lost++
    }
    return { ...stored, said: said.count, lost }
  })
}

interface Log {
  readonly rows: { readonly entry: number; readonly series: number; readonly journal: string; readonly seqs: ArrayLike<number> }[] // biome-ignore format: a table
  readonly records: { readonly journal: string; readonly seq: number }[]
  readonly marks: ReadonlyMap<string, JournalMark>
  readonly taken: readonly Taken[]
}

/** What is not in blocks and tables yet, and marks and counters as they are with it. */
function readLog(db: DatabaseSync, progress: Progress): Log {
  const rows: Log['rows'] = []
  const records: Log['records'] = []
  const marks = new Map<string, JournalMark>()
  const taken = new Map<string, Taken>()
  for (const { journal, seq, have } of db.prepare('SELECT journal, seq, have FROM mark').all())
    marks.set(journal as string, { journal: journal as string, seq: seq as number, have: JSON.parse(have as string) })
  for (const row of db.prepare('SELECT device, journal, n, stored FROM taken').all()) {
    const one = row as unknown as Taken
    taken.set(`${one.device}/${one.journal}`, one)
  }
  const entries = db.prepare('SELECT id, state, body FROM ingest WHERE id > ? ORDER BY id')
  for (const { id, state, body } of entries.iterate(progress.packed)) {
    const entry = id as number
    for (const { series, journal, seq } of (body && tolerant(() => decodeIngest(body as Uint8Array))) || [])
      for (const one of series) rows.push({ entry, series: one, journal, seqs: seq })
    if (state === null) continue
    const change = readChange(state as Uint8Array, entry)
    for (const mark of change.marks ?? []) marks.set(mark.journal, mark)
    for (const journal of change.forget ?? []) marks.delete(journal)
    for (const one of change.taken ?? []) taken.set(`${one.device}/${one.journal}`, one)
    for (const { journal, seq } of change.records ?? [])
      if (journal !== undefined && seq !== undefined) records.push({ journal, seq })
  }
  return { rows, records, marks, taken: [...taken.values()] }
}

/** What is damaged is not there. */
function tolerant<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
