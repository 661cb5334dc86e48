/** One store.db, opened for writing: every statement that changes it is here. */
import type { DatabaseSync } from 'node:sqlite'
import { fold, unfold } from './compress.ts'
import { checkFile } from './damage.ts'
import { DamagedBytes } from './faults.ts'
import { dropHeld, heldRows, prepareHeld, putCorrections, putHeld } from './held.ts'
import { encodeIngest, gather } from './ingest.ts'
import type { NewBlock } from './reader.ts'
import { openWriter, type Progress, prepareSchema, readProgress, transaction, writeProgress } from './schema.ts'
import { SeriesTable } from './series.ts'
import { type Change, type CursorState, State } from './state.ts'
import type { Batch, HeldRow } from './types.ts'

/** Entries of the log that are deleted in one transaction, so that none takes long. */
const DELETE_AT_ONCE = 256
/** Blocks that are retired in one transaction. */
const RETIRE_AT_ONCE = 256

export class StoreFile implements Disposable {
  readonly path: string
  readonly db: DatabaseSync
  readonly id: string
  readonly state = new State()
  readonly table = new SeriesTable()
  progress: Progress
  /** The number of the newest entry. */
  last: number
  /** What of the log is not packed yet. */
  unpacked = { values: 0, bytes: 0, since: Number.POSITIVE_INFINITY }
  /** Readings that wait for the clock of their boot. */
  held: HeldRow[] = []
  /** Bytes of the whole log. */
  logBytes = 0

  private constructor(path: string, db: DatabaseSync, id: string, progress: Progress) {
    this.path = path
    this.db = db
    this.id = id
    this.progress = progress
    this.last = Math.max(progress.packed, progress.target)
  }

  /** Opens the file, or makes it. Throws what `isDamage` knows where it cannot be used. */
  static open(path: string, cache?: number): StoreFile {
    const db = openWriter(path, cache)
    try {
      const id = prepareSchema(db, path)
      prepareHeld(db)
      checkFile(db, path)
      const file = new StoreFile(path, db, id, readProgress(db))
      file.#load()
      return file
    } catch (error) {
      db.close()
      throw error
    }
  }

  /** Writes a batch as the next entry of the log: durable when it returns. */
  commit(batch: Batch, moved: readonly CursorState[], now: number): { id: number; values: number; bytes: number } {
    const id = this.last + 1
    const { groups, values } = gather(batch.readings ?? [], batch.twin ?? [], this.table)
    const change = this.state.changeOf(batch, moved)
    const body = groups.length === 0 ? null : encodeIngest(groups)
    const state = Object.keys(change).length === 0 ? null : fold(Buffer.from(JSON.stringify(change)))
    try {
      transaction(this.db, () => {
        this.table.save(this.db)
        this.db
          .prepare('INSERT INTO ingest(id, t, n, state, body) VALUES (?, ?, ?, ?, ?)')
          .run(id, Math.round(now), values, state, body)
        if (batch.hold?.length) putHeld(this.db, batch.hold)
        if (batch.placed?.length) dropHeld(this.db, batch.placed)
        for (const [boot, corrections] of batch.corrections ?? []) putCorrections(this.db, boot, corrections)
      })
      if (batch.hold?.length || batch.placed?.length) this.held = heldRows(this.db)
    } catch (error) {
      this.table.forget()
      throw error
    }
    this.table.saved()
    this.state.apply(change, id)
    const bytes = (body?.length ?? 0) + (state?.length ?? 0)
    this.last = id
    this.logBytes += bytes
    this.unpacked.values += values
    this.unpacked.bytes += bytes
    this.unpacked.since = Math.min(this.unpacked.since, now)
    return { id, values, bytes }
  }

  /**
   * Puts blocks of a packing up to entry `target` into the file. With the last ones the tables follow, and
   * entries that nobody needs any more go; all in one transaction.
   */
  putBlocks(target: number, slice: { blocks: readonly NewBlock[]; last: number; end: boolean }): void {
    const progress: Progress = { ...this.progress, target, done: slice.last }
    transaction(this.db, () => {
      const insert = this.db.prepare(
        'INSERT INTO block(id, series, t0, t1, n, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      for (const block of slice.blocks) {
        const bytes = block.body.length
        insert.run(progress.nextBlock++, block.series, block.t0, block.t1, block.n, bytes, block.body)
        progress.bytes += bytes
        progress.values += block.n
      }
      if (slice.end) {
        progress.packed = target
        progress.done = 0
        this.state.save(this.db, target)
      }
      writeProgress(this.db, progress)
    })
    this.progress = progress
    if (!slice.end) return
    this.state.saved(target)
    this.#measure()
  }

  /** Deletes entries that are packed and past every mirror, some at a time. @returns true while there are more */
  trim(): boolean {
    const upTo = Math.min(this.progress.packed, ...[...this.state.cursors.values()].map((cursor) => cursor.id))
    return this.#deleteLog(upTo, DELETE_AT_ONCE) === DELETE_AT_ONCE
  }

  /**
   * Drops the oldest packed entries where the log takes more than `limit` bytes, whether or not the mirrors
   * had them; their cursors count what they lost. @returns how many
   */
  dropLog(limit: number): number {
    if (this.logBytes <= limit) return 0
    let excess = this.logBytes - limit
    let upTo = 0
    const sizes = this.db.prepare(
      'SELECT id, ifnull(length(state), 0) + ifnull(length(body), 0) AS bytes FROM ingest WHERE id <= ? ORDER BY id LIMIT ?',
    )
    for (const row of sizes.all(this.progress.packed, DELETE_AT_ONCE)) {
      if (excess <= 0) break
      excess -= row.bytes as number
      upTo = row.id as number
    }
    if (upTo === 0) return 0
    const moved = [...this.state.cursors.values()]
      .filter((cursor) => cursor.id < upTo)
      .map((cursor) => ({ name: cursor.name, id: upTo, dropped: cursor.dropped + upTo - cursor.id }))
    const dropped = this.#deleteLog(upTo, DELETE_AT_ONCE, moved)
    for (const cursor of moved) this.state.cursors.set(cursor.name, cursor)
    return dropped
  }

  /** Retires blocks that end before `before`, or the oldest beyond `size` bytes. @returns how many: 0 when done */
  retire(before: number, size: number): number {
    const over = this.progress.bytes - size
    const sql = 'SELECT id, n, bytes, t1 FROM block ORDER BY t1 LIMIT ?'
    const progress = { ...this.progress }
    let freed = 0
    const old = this.db
      .prepare(sql)
      .all(RETIRE_AT_ONCE)
      .filter((row) => {
        const goes = (row.t1 as number) < before || freed < over
        if (goes) freed += row.bytes as number
        return goes
      })
    transaction(this.db, () => {
      const remove = this.db.prepare('DELETE FROM block WHERE id = ?')
      for (const row of old) {
        remove.run(row.id as number)
        progress.bytes -= row.bytes as number
        progress.values -= row.n as number
      }
      for (const kind of ['alert', 'event', 'result', 'safety']) {
        this.db.prepare('DELETE FROM record WHERE kind = ? AND t < ?').run(kind, before)
      }
      if (old.length > 0) writeProgress(this.db, progress)
    })
    this.progress = progress
    return old.length
  }

  /** Makes the cursors exactly those of `mirrors`; a new one begins at the oldest entry that there is. */
  setMirrors(mirrors: readonly string[]): void {
    const oldest = this.db.prepare('SELECT min(id) AS id FROM ingest').get()?.id as number | null
    transaction(this.db, () => {
      for (const name of [...this.state.cursors.keys()]) {
        if (mirrors.includes(name)) continue
        this.db.prepare('DELETE FROM cursor WHERE name = ?').run(name)
        this.state.cursors.delete(name)
      }
      for (const name of mirrors) {
        if (this.state.cursors.has(name)) continue
        const cursor = { name, id: (oldest ?? this.last + 1) - 1, dropped: 0 }
        this.db.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?, 0)').run(name, cursor.id)
        this.state.cursors.set(name, cursor)
      }
    })
  }

  [Symbol.dispose](): void {
    if (this.db.isOpen) this.db.close()
  }

  #load(): void {
    this.table.load(this.db)
    this.state.load(this.db)
    for (const row of this.db
      .prepare('SELECT id, state FROM ingest WHERE id > ? ORDER BY id')
      .iterate(this.progress.packed)) {
      if (row.state !== null) this.state.apply(readChange(row.state as Uint8Array, row.id as number), row.id as number)
    }
    this.last = Math.max(
      this.last,
      (this.db.prepare('SELECT max(id) AS id FROM ingest').get()?.id as number | null) ?? 0,
    )
    this.held = heldRows(this.db)
    this.#measure()
    this.logBytes = this.#bytesOf(0)
  }

  /** Counts what of the log is not packed. */
  #measure(): void {
    const row = this.db.prepare('SELECT sum(n) AS n, min(t) AS t FROM ingest WHERE id > ?').get(this.progress.packed)
    this.unpacked = {
      values: (row?.n as number | null) ?? 0,
      bytes: this.#bytesOf(this.progress.packed),
      since: (row?.t as number | null) ?? Number.POSITIVE_INFINITY,
    }
  }

  #bytesOf(after: number): number {
    const sql = 'SELECT sum(ifnull(length(state), 0) + ifnull(length(body), 0)) AS bytes FROM ingest WHERE id > ?'
    return (this.db.prepare(sql).get(after)?.bytes as number | null) ?? 0
  }

  #deleteLog(upTo: number, limit: number, moved: readonly CursorState[] = []): number {
    const before = this.db
      .prepare(
        `SELECT count(*) AS n, max(id) AS id, sum(bytes) AS bytes FROM
           (SELECT id, ifnull(length(state), 0) + ifnull(length(body), 0) AS bytes FROM ingest WHERE id <= ? ORDER BY id LIMIT ?)`,
      )
      .get(upTo, limit)
    const n = (before?.n as number | undefined) ?? 0
    if (n === 0) return 0
    transaction(this.db, () => {
      this.db.prepare('DELETE FROM ingest WHERE id <= ?').run(before?.id as number)
      for (const cursor of moved) {
        this.db.prepare('INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)').run(cursor.name, cursor.id, cursor.dropped)
      }
    })
    this.logBytes -= before?.bytes as number
    return n
  }
}

/** The change that an entry of the log holds. */
export function readChange(bytes: Uint8Array, id: number): Change {
  try {
    return JSON.parse(Buffer.from(unfold(bytes)).toString())
  } catch (error) {
    throw new DamagedBytes(`entry ${id} of the log cannot be read`, { cause: error })
  }
}
