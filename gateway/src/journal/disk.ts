/**
 * What the journal keeps on disk: which journals there were, what was spilled of them, and how far each consumer
 * has confirmed. Written rarely: a reading that the recorder confirms in time never comes here.
 *
 * Spilled entries lie in chunks, one a commit, compressed: a row an entry would cost its own page now and then.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { HabtwinError, isHabtwinError, type Mark, messageOf, type Range } from '@habtwin/contract'

/** A message as it went, or would have gone, onto its topic (below `hab/{habitat}/`). */
export interface Entry {
  readonly seq: number
  readonly topic: string
  /** JSON text. */
  readonly payload: string
}

export interface JournalRow {
  readonly id: string
  /** ms since the epoch. */
  readonly since: number
  /** The number after the last; 0 where the process ended without saying it. */
  readonly next: number
  readonly closed: boolean
  readonly cut: boolean
}

export interface MarkRow {
  readonly consumer: string
  readonly journal: string
  readonly mark: Mark
}

/** The durable half of the journal; every method that changes something is durable when it returns. */
export interface JournalDisk extends Disposable {
  journals(): JournalRow[]
  begin(id: string, since: number): void
  close(id: string, next: number, cut: boolean): void
  /** Removes every trace of a journal. */
  forget(id: string): void
  /** @param entries in order of seq */
  spill(id: string, entries: readonly Entry[]): void
  /** The ranges of each chunk that is on disk, in order; only of those that hold a number between two. */
  chunks(id: string, from?: number, to?: number): Range[]
  /** The range of the first chunk. */
  first(id: string): Range | undefined
  /** The entries of the chunk that holds a number, or an empty list. */
  read(id: string, seq: number): Entry[]
  /** Removes the chunks that begin at these numbers. */
  drop(id: string, firsts: readonly number[]): void
  /** Numbers of what is on disk and urgent, in order: found without reading a backlog. */
  urgent(id: string): number[]
  /** Bytes of all chunks. */
  readonly bytes: number
  marks(): MarkRow[]
  saveMarks(marks: readonly MarkRow[]): void
  adopted(consumer: string): string | undefined
  adopt(consumer: string, store: string): void
  /** Everybody whose confirmation was waited for when the last process ran. */
  consumers(): string[]
  /** From now on these are waited for; what others said is forgotten. */
  keepConsumers(names: readonly string[]): void
}

/** Entries in one chunk: what is read back at a time. */
const CHUNK = 1_000
/** Chunks that stay decoded: each of those who read goes on from where it was. */
const DECODED = 4

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS journal (id TEXT PRIMARY KEY, since REAL NOT NULL, next INTEGER NOT NULL DEFAULT 0,
    closed INTEGER NOT NULL DEFAULT 0, cut INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE IF NOT EXISTS chunk (journal TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    bytes INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (journal, first)) STRICT;
  CREATE TABLE IF NOT EXISTS urgent (journal TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (journal, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS consumer (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS mark (consumer TEXT NOT NULL, journal TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (consumer, journal)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS adopted (consumer TEXT PRIMARY KEY, store TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
`

/** What does not wait for a backlog: everything but readings. By its topic below `hab/{habitat}/`. */
export function isUrgent(topic: string): boolean {
  return !topic.startsWith('device/')
}

/** The journal's disk on SQLite, with a small named state for drivers and guard beside it. */
export class SqliteDisk implements JournalDisk {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #bytes: number
  /** The chunks that were read last, newest first. */
  #decoded: { readonly id: string; readonly first: number; readonly last: number; readonly entries: Entry[] }[] = []

  private constructor(db: DatabaseSync) {
    this.#db = db
    this.#bytes = Number(this.#get('SELECT coalesce(sum(bytes), 0) AS n FROM chunk')?.n)
  }

  /**
   * Opens or makes `journal.db` in a folder.
   * @throws HabtwinError data/unusable
   */
  static open(folder: string): SqliteDisk {
    const file = join(folder, 'journal.db')
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const db = new DatabaseSync(file)
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000')
      db.exec(SCHEMA)
      return new SqliteDisk(db)
    } catch (error) {
      throw new HabtwinError('data/unusable', `${file}: ${messageOf(error)}`, { where: file, cause: error })
    }
  }

  journals(): JournalRow[] {
    return this.#all('SELECT * FROM journal ORDER BY since').map((row) => ({
      id: String(row.id),
      since: Number(row.since),
      next: Number(row.next),
      closed: row.closed === 1,
      cut: row.cut === 1,
    }))
  }

  begin(id: string, since: number): void {
    this.#run('INSERT INTO journal (id, since) VALUES (?, ?)', id, since)
  }

  close(id: string, next: number, cut: boolean): void {
    this.#run('UPDATE journal SET next = ?, closed = 1, cut = ? WHERE id = ?', next, cut ? 1 : 0, id)
  }

  forget(id: string): void {
    this.#transaction(() => {
      this.#run('DELETE FROM chunk WHERE journal = ?', id)
      this.#run('DELETE FROM urgent WHERE journal = ?', id)
      this.#run('DELETE FROM mark WHERE journal = ?', id)
      this.#run('DELETE FROM journal WHERE id = ?', id)
    })
    this.#bytes = Number(this.#get('SELECT coalesce(sum(bytes), 0) AS n FROM chunk')?.n)
  }

  spill(id: string, entries: readonly Entry[]): void {
    let written = 0
    this.#transaction(() => {
      for (let i = 0; i < entries.length; i += CHUNK) {
        const part = entries.slice(i, i + CHUNK)
        const [first, last] = [part[0]?.seq as number, part.at(-1)?.seq as number]
        const body = zstdCompressSync(JSON.stringify(part.map((entry) => [entry.seq, entry.topic, entry.payload])))
        this.#run('INSERT INTO chunk VALUES (?, ?, ?, ?, ?)', id, first, last, body.length, body)
        written += body.length
      }
      for (const { seq, topic } of entries) {
        if (isUrgent(topic)) this.#run('INSERT OR IGNORE INTO urgent VALUES (?, ?)', id, seq)
      }
    })
    this.#bytes += written
  }

  chunks(id: string, from = 0, to: number = Number.MAX_SAFE_INTEGER): Range[] {
    // a chunk that begins further before than it can be long does not reach into the range
    const sql =
      'SELECT first, last FROM chunk WHERE journal = ? AND first > ? AND first <= ? AND last >= ? ORDER BY first'
    return this.#all(sql, id, from - CHUNK, to, from).map((row): Range => [Number(row.first), Number(row.last)])
  }

  first(id: string): Range | undefined {
    const row = this.#get('SELECT first, last FROM chunk WHERE journal = ? ORDER BY first LIMIT 1', id)
    return row === undefined ? undefined : [Number(row.first), Number(row.last)]
  }

  read(id: string, seq: number): Entry[] {
    // a backlog is asked for in order: mostly the same chunk again
    for (const one of this.#decoded) if (one.id === id && seq >= one.first && seq <= one.last) return one.entries
    const row = this.#get(
      'SELECT last, body FROM chunk WHERE journal = ? AND first <= ? ORDER BY first DESC LIMIT 1',
      id,
      seq,
    )
    if (row === undefined || Number(row.last) < seq) return []
    const list = JSON.parse(zstdDecompressSync(row.body as Uint8Array).toString()) as [number, string, string][]
    const entries = list.map(([number, topic, payload]) => ({ seq: number, topic, payload }))
    const [first = 0, last = 0] = [entries[0]?.seq, entries.at(-1)?.seq]
    this.#decoded = [{ id, first, last, entries }, ...this.#decoded.slice(0, DECODED - 1)]
    return entries
  }

  drop(id: string, firsts: readonly number[]): void {
    let dropped = 0
    this.#transaction(() => {
      for (const first of firsts) {
        const row = this.#get('DELETE FROM chunk WHERE journal = ? AND first = ? RETURNING bytes, last', id, first)
        if (row === undefined) continue
        this.#run('DELETE FROM urgent WHERE journal = ? AND seq BETWEEN ? AND ?', id, first, Number(row.last))
        dropped += Number(row.bytes)
      }
    })
    this.#bytes -= dropped
  }

  urgent(id: string): number[] {
    return this.#all('SELECT seq FROM urgent WHERE journal = ? ORDER BY seq', id).map((row) => Number(row.seq))
  }

  get bytes(): number {
    return this.#bytes
  }

  marks(): MarkRow[] {
    return this.#all('SELECT * FROM mark').map((row) => ({
      consumer: String(row.consumer),
      journal: String(row.journal),
      mark: JSON.parse(String(row.body)) as Mark,
    }))
  }

  saveMarks(marks: readonly MarkRow[]): void {
    this.#transaction(() => {
      for (const { consumer, journal, mark } of marks) {
        this.#run('INSERT OR REPLACE INTO mark VALUES (?, ?, ?)', consumer, journal, JSON.stringify(mark))
      }
    })
  }

  adopted(consumer: string): string | undefined {
    const row = this.#get('SELECT store FROM adopted WHERE consumer = ?', consumer)
    return row === undefined ? undefined : String(row.store)
  }

  adopt(consumer: string, store: string): void {
    this.#run('INSERT OR REPLACE INTO adopted VALUES (?, ?)', consumer, store)
  }

  consumers(): string[] {
    return this.#all('SELECT name FROM consumer').map((row) => String(row.name))
  }

  keepConsumers(names: readonly string[]): void {
    this.#transaction(() => {
      for (const name of this.consumers()) {
        if (names.includes(name)) continue
        this.#run('DELETE FROM consumer WHERE name = ?', name)
        this.#run('DELETE FROM mark WHERE consumer = ?', name)
        this.#run('DELETE FROM adopted WHERE consumer = ?', name)
      }
      for (const name of names) this.#run('INSERT OR IGNORE INTO consumer VALUES (?)', name)
    })
  }

  /** A small thing that outlives the process: a driver's place in its recording, the guard's acknowledgements. */
  loadState(name: string): string | undefined {
    const row = this.#get('SELECT body FROM state WHERE name = ?', name)
    return row === undefined ? undefined : String(row.body)
  }

  saveState(name: string, body: string): void {
    this.#run('INSERT OR REPLACE INTO state VALUES (?, ?)', name, body)
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #all(sql: string, ...values: (string | number)[]) {
    return this.#prepare(sql).all(...values)
  }

  #get(sql: string, ...values: (string | number)[]) {
    return this.#prepare(sql).get(...values)
  }

  #run(sql: string, ...values: (string | number | Uint8Array)[]): void {
    try {
      this.#prepare(sql).run(...values)
    } catch (error) {
      throw unwritable(error)
    }
  }

  #transaction(work: () => void): void {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw isHabtwinError(error) ? error : unwritable(error)
    }
  }
}

function unwritable(error: unknown): HabtwinError {
  return new HabtwinError('data/unusable', `the journal cannot be written: ${messageOf(error)}`, { cause: error })
}
