/** The tables of store.db, and how a connection is set up. */
import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { HabtwinError } from '@habtwin/contract/errors'

/** Raised with every change that an older habtwin could not read. */
export const SCHEMA_VERSION = 1

const tables = `
  CREATE TABLE meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE series(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  CREATE TABLE ingest(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, n INTEGER NOT NULL, state BLOB, body BLOB);
  CREATE TABLE block(id INTEGER PRIMARY KEY, series INTEGER NOT NULL, t0 REAL NOT NULL, t1 REAL NOT NULL,
                     n INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX block_series ON block(series, t1, t0);
  CREATE INDEX block_age ON block(t1);
  CREATE TABLE record(id INTEGER PRIMARY KEY, kind TEXT NOT NULL, t REAL NOT NULL, topic TEXT NOT NULL,
                      journal TEXT, seq INTEGER, body TEXT NOT NULL);
  CREATE INDEX record_time ON record(kind, t);
  CREATE TABLE mark(journal TEXT PRIMARY KEY, seq INTEGER NOT NULL, have TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE taken(device TEXT, journal TEXT, n INTEGER NOT NULL, stored INTEGER NOT NULL,
                     PRIMARY KEY(device, journal)) WITHOUT ROWID;
  CREATE TABLE info(device TEXT, since REAL, body TEXT NOT NULL, PRIMARY KEY(device, since)) WITHOUT ROWID;
  CREATE TABLE gap(id INTEGER PRIMARY KEY, device TEXT, body TEXT NOT NULL);
  CREATE TABLE latest(topic TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE cursor(name TEXT PRIMARY KEY, id INTEGER NOT NULL, dropped INTEGER NOT NULL) WITHOUT ROWID;
`

/** How far packing has come, and what there is; one row each, written only when something is packed. */
export interface Progress {
  /** Every entry of the log up to this one is in blocks and tables. */
  packed: number
  /** While a packing goes on: where it will end; else equal to `packed`. */
  target: number
  /** While a packing goes on: series up to this number are in blocks up to `target`. */
  done: number
  /** Bytes of all blocks. */
  bytes: number
  /** Values in all blocks. */
  values: number
  /** The number of the next block. Never given again: readers keep decoded blocks by number. */
  nextBlock: number
}

/** Bytes. */
const CACHE = 4_194_304

/**
 * The one connection that writes. FULL: what was committed survives the plug being pulled.
 * @param cache of pages, bytes
 */
export function openWriter(path: string, cache = CACHE): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: 5000 })
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608')
    // a hot page that is rewritten by each commit reaches the file itself only once per checkpoint
    db.exec('PRAGMA wal_autocheckpoint = 1000; PRAGMA temp_store = MEMORY')
    // negative: KiB
    db.exec(`PRAGMA cache_size = -${Math.ceil(cache / 1024)}`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** A connection that only reads, beside the writer or in another process. */
export function openReader(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 })
  db.exec('PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY')
  return db
}

/** Makes the tables where there are none; refuses what a newer version wrote. @returns the store's id */
export function prepareSchema(db: DatabaseSync, path: string): string {
  const version = db.prepare('PRAGMA user_version').get()?.user_version as number
  if (version > SCHEMA_VERSION) {
    throw new HabtwinError('store/newer', `The store has format ${version}; this habtwin knows ${SCHEMA_VERSION}`, {
      where: path,
    })
  }
  if (version === 0) {
    db.exec('BEGIN IMMEDIATE')
    try {
      db.exec(tables)
      const put = db.prepare('INSERT INTO meta(name, value) VALUES (?, ?)')
      put.run('id', randomBytes(16).toString('hex'))
      put.run(
        'progress',
        JSON.stringify({ packed: 0, target: 0, done: 0, bytes: 0, values: 0, nextBlock: 1 } satisfies Progress),
      )
      db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
  return db.prepare("SELECT value FROM meta WHERE name = 'id'").get()?.value as string
}

export function readProgress(db: DatabaseSync): Progress {
  const row = db.prepare("SELECT value FROM meta WHERE name = 'progress'").get()
  return JSON.parse(row?.value as string)
}

export function writeProgress(db: DatabaseSync, progress: Progress): void {
  db.prepare("UPDATE meta SET value = ? WHERE name = 'progress'").run(JSON.stringify(progress))
}

/** Up to which entry of the log a series is in blocks: the rest of its rows are in the log. */
export function packedUpTo(progress: Progress, series: number): number {
  return series <= progress.done ? progress.target : progress.packed
}

/** Runs `work` in one transaction: all of it, or nothing. */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    db.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled back by itself after some errors (a full disk)
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}
