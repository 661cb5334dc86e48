/**
 * Jobs and their results, in tables of their own beside the readings in store.db.
 *
 *   job         one row: what was asked, how it stands, from where it goes on
 *   job_piece   rows of results, in blocks of columns
 *
 * The connection is not the recorder's: its commits wait for the disk, these do not (WAL, synchronous NORMAL: what a
 * killed process has committed stays; a pulled plug may cost the last seconds of a job, which is then run again from
 * there). State and results of a job change in one transaction, so they agree at every moment.
 */
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { deserialize, serialize } from 'node:v8'
import type { Job, JobRequest, JobState } from '@habtwin/contract'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract/errors'
import type { Column } from '../engine/columns.ts'
import { fold, unfold } from '../store/compress.ts'
import { isDamage, toFault } from '../store/faults.ts'
import { transaction } from '../store/schema.ts'
import { Checkpoints } from './checkpoint.ts'
import { type RescueLog, rescue } from './rescue.ts'
import type { Accepted, End, JobInput, Save, Work } from './runner.ts'

const tables = `
  CREATE TABLE IF NOT EXISTS job(
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, owner TEXT NOT NULL,
    project TEXT, label TEXT, scenario TEXT NOT NULL, seed INTEGER NOT NULL, version TEXT NOT NULL,
    created REAL NOT NULL, started REAL, completed REAL, step INTEGER NOT NULL, steps INTEGER NOT NULL,
    runs INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, key TEXT, digest TEXT,
    summary TEXT, causes TEXT, error TEXT, ran TEXT, tries INTEGER NOT NULL DEFAULT 0,
    request BLOB NOT NULL, columns BLOB NOT NULL, input BLOB NOT NULL, saved BLOB);
  CREATE UNIQUE INDEX IF NOT EXISTS job_key ON job(owner, key) WHERE key IS NOT NULL;
  CREATE INDEX IF NOT EXISTS job_state ON job(state, completed);
  CREATE INDEX IF NOT EXISTS job_project ON job(project, n);
  CREATE TABLE IF NOT EXISTS job_piece(
    id INTEGER PRIMARY KEY, job INTEGER NOT NULL, part INTEGER NOT NULL, block INTEGER NOT NULL,
    row INTEGER NOT NULL, rows INTEGER NOT NULL, body BLOB NOT NULL);
  CREATE INDEX IF NOT EXISTS job_piece_place ON job_piece(job, part, block, row, rows);
`

/** What people are told of a job. */
const told = `id, state, owner, project, label, scenario, seed, version, created, started, completed, step, steps,
              runs, rows, summary, error`

/** Bytes of commits that are worth a checkpoint: less than SQLite makes one by itself for, in somebody else's commit. */
const SETTLE = 2_000_000
/** Pieces that are deleted in one transaction, so that none takes long. */
const DELETE_AT_ONCE = 64
/** Times that a job is taken up without getting anywhere: one that ends the process each time is not tried for ever. */
const TRIES = 5

export interface NewJob {
  readonly id: string
  readonly request: JobRequest
  readonly accepted: Accepted
  readonly by: string
  readonly version: string
  readonly created: number
  readonly key: string | undefined
  readonly digest: string
}

/** Rows of one part that lie together. */
export interface Place {
  readonly row: number
  readonly rows: number
}

type Row = Record<string, unknown>

export class JobTable implements Disposable {
  readonly #path: string
  readonly #log: RescueLog
  readonly #checkpoints: Checkpoints
  /** Bytes that were committed since the last checkpoint began. */
  #fresh = 0
  #db: DatabaseSync | undefined
  /** A damaged file that was moved aside, and from which jobs are still to be fetched. */
  #aside: string | undefined

  /** @param folder of store.db, which its own connection has made by the time that a job is asked for */
  constructor(folder: string, log: RescueLog) {
    this.#path = join(folder, 'store.db')
    this.#checkpoints = new Checkpoints(this.#path)
    this.#log = log
  }

  /**
   * Lets go of the file before it is moved: a connection that is closed after that would delete what SQLite keeps
   * beside the file of this name, which is another one's then.
   */
  release(): void {
    this.#checkpoints.bar()
    this.#db?.close()
    this.#db = undefined
  }

  /** The file was damaged, is at another place now, and another one was begun: its jobs are fetched when one is used. */
  moved(aside: string): void {
    this.#aside = aside
  }

  add({ id, request, accepted, by, version, created, key, digest }: NewJob): void {
    const { input, columns, steps, runs, scenario } = accepted
    this.#run(
      `INSERT INTO job(id, state, owner, project, label, scenario, seed, version, created, step, steps, runs, rows,
                       bytes, key, digest, request, columns, input)
       VALUES (?, 'queued', ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, 0, ?, ?, ?, ?, ?)`,
      id,
      by,
      request.project ?? null,
      request.label ?? null,
      scenario,
      input.seed,
      version,
      created,
      steps,
      runs,
      key ?? null,
      digest,
      packed(request),
      packed(columns),
      packed(input),
    )
  }

  get(id: string): Job | undefined {
    const row = this.#get(`SELECT ${told} FROM job WHERE id = ? AND state <> 'deleted'`, id)
    return row && jobOf(row)
  }

  /** The job that an owner named so, and what was asked. */
  byKey(by: string, key: string): { id: string; digest: string } | undefined {
    const row = this.#get(`SELECT id, digest FROM job WHERE owner = ? AND key = ?`, by, key)
    return row && { id: row.id as string, digest: row.digest as string }
  }

  /** The newest first. @param before a job's id: only those that are older */
  list({ project, state, limit, before }: JobFilter): Job[] {
    const where = ["state <> 'deleted'"]
    const values: SQLInputValue[] = []
    const and = (condition: string, value: SQLInputValue | undefined) => {
      if (value === undefined) return
      where.push(condition)
      values.push(value)
    }
    and('project = ?', project)
    and('state = ?', state)
    and('n < (SELECT n FROM job WHERE id = ?)', before)
    const sql = `SELECT ${told} FROM job WHERE ${where.join(' AND ')} ORDER BY n DESC LIMIT ?`
    return this.#all(sql, ...values, limit).map(jobOf)
  }

  /** Jobs that are not done, those that had begun first. */
  waiting(): Job[] {
    const sql = `SELECT ${told} FROM job WHERE state IN ('queued', 'running') ORDER BY state = 'queued', n`
    return this.#all(sql).map(jobOf)
  }

  request(id: string): JobRequest | undefined {
    const row = this.#get('SELECT request FROM job WHERE id = ?', id)
    return row && unpacked<JobRequest>(row.request)
  }

  columns(id: string): Column[] {
    return unpacked(this.#one('SELECT columns FROM job WHERE id = ?', id).columns)
  }

  input(id: string): JobInput {
    return unpacked(this.#one('SELECT input FROM job WHERE id = ?', id).input)
  }

  causes(id: string): Record<string, string | null> {
    const { causes } = this.#one('SELECT causes FROM job WHERE id = ?', id)
    return causes === null ? {} : JSON.parse(causes as string)
  }

  saved(id: string): Uint8Array | undefined {
    return (this.#one('SELECT saved FROM job WHERE id = ?', id).saved as Uint8Array | null) ?? undefined
  }

  /**
   * A job to be run or gone on with. A state that another version left is not trusted: such a job is run from its
   * beginning, as is one that has no state.
   * @throws HabtwinError job/crashed where it was taken up too often without getting anywhere
   */
  take(id: string, version: string): Work {
    const { ran, saved, tries } = this.#one('SELECT ran, saved, tries FROM job WHERE id = ?', id)
    if ((tries as number) >= TRIES) {
      throw new HabtwinError('job/crashed', `The process ended ${TRIES} times while it ran, without a step forward`)
    }
    const known = ran === version && saved !== null
    this.#transaction(() => {
      this.#run('UPDATE job SET tries = tries + 1 WHERE id = ?', id)
      if (known) return
      this.#run('DELETE FROM job_piece WHERE job = (SELECT n FROM job WHERE id = ?)', id)
      this.#run('UPDATE job SET ran = ?, saved = NULL, step = 0, rows = 0, bytes = 0 WHERE id = ?', version, id)
    })
    return { id, input: this.input(id), saved: known ? (saved as Uint8Array) : undefined }
  }

  started(id: string, now: number): void {
    this.#run(`UPDATE job SET state = 'running', started = coalesce(started, ?) WHERE id = ?`, now, id)
  }

  /** Keeps results and the state after them: both, or none. @returns rows in all. Throws where the job is gone. */
  save(id: string, { pieces, state, step }: Save): number {
    return this.#transaction(() => {
      const job = this.#get(`SELECT n, rows FROM job WHERE id = ? AND state = 'running'`, id)
      if (job === undefined) throw new HabtwinError('request/not-found', `There is no job ${id} any more`)
      const n = job.n as number
      let rows = job.rows as number
      let bytes = 0
      for (const piece of pieces) {
        const row = this.#rowsOf(n, piece.part)
        for (const [block, body] of piece.blocks.entries()) {
          this.#run(
            'INSERT INTO job_piece(job, part, block, row, rows, body) VALUES (?, ?, ?, ?, ?, ?)',
            n,
            piece.part,
            block,
            row,
            piece.rows,
            body,
          )
          bytes += body.length
        }
        rows += piece.rows
      }
      const sql = 'UPDATE job SET saved = ?, step = ?, rows = ?, bytes = bytes + ?, tries = 0 WHERE n = ?'
      this.#run(sql, state, step, rows, bytes, n)
      this.#fresh += bytes + state.length
      return rows
    })
  }

  /** Sees to it that what was committed goes into the file itself. Waits for that where very much has come together. */
  async settle(): Promise<void> {
    if (this.#fresh > 4 * SETTLE) await this.#checkpoints.running
    if (this.#fresh < SETTLE || this.#checkpoints.running !== undefined) return
    this.#fresh = 0
    this.#checkpoints.run()
  }

  /** @param end where it was executed */
  ended(id: string, state: 'done' | 'cancelled', now: number, end: End | undefined): void {
    this.#run(
      'UPDATE job SET state = ?, completed = ?, summary = ?, causes = ? WHERE id = ?',
      state,
      now,
      end?.summary === undefined ? null : JSON.stringify(end.summary),
      end?.causes === undefined ? null : JSON.stringify(end.causes),
      id,
    )
  }

  failed(id: string, now: number, error: { code: string; detail: string }): void {
    const sql = `UPDATE job SET state = 'failed', completed = ?, error = ? WHERE id = ?`
    this.#run(sql, now, JSON.stringify(error), id)
  }

  /** Hides a job at once. What it holds is deleted by `sweep`. */
  hide(id: string): void {
    this.#run(`UPDATE job SET state = 'deleted', key = NULL WHERE id = ?`, id)
  }

  /** Deletes some of what hidden jobs hold. @returns true while there is more */
  sweep(): boolean {
    const job = this.#get(`SELECT n FROM job WHERE state = 'deleted' LIMIT 1`)
    if (job === undefined) return false
    const n = job.n as number
    return this.#transaction(() => {
      const pieces = 'SELECT id FROM job_piece WHERE job = ? LIMIT ?'
      const { changes } = this.#run(`DELETE FROM job_piece WHERE id IN (${pieces})`, n, DELETE_AT_ONCE)
      if (changes === 0) this.#run('DELETE FROM job WHERE n = ?', n)
      return true
    })
  }

  /** Finished jobs that are beyond an age, or the oldest beyond a size in all. */
  overdue(before: number, size: number): string[] {
    const finished = `state IN ('done', 'failed', 'cancelled')`
    const old = this.#all(`SELECT id FROM job WHERE ${finished} AND completed < ?`, before)
    let over = (this.#one(`SELECT total(bytes) AS bytes FROM job WHERE state <> 'deleted'`).bytes as number) - size
    const ids = new Set(old.map(({ id }) => id as string))
    if (over <= 0) return [...ids]
    for (const row of this.#all(`SELECT id, bytes FROM job WHERE ${finished} ORDER BY completed`)) {
      if (over <= 0) break
      over -= row.bytes as number
      ids.add(row.id as string)
    }
    return [...ids]
  }

  /** Bytes of all results. */
  bytes(): number {
    return this.#one('SELECT total(bytes) AS bytes FROM job').bytes as number
  }

  /** Where the rows of a part lie, in their order, from the one on that holds a row. */
  places(id: string, part: number, from = 0): Place[] {
    const sql = `SELECT row, rows FROM job_piece
                 WHERE job = (SELECT n FROM job WHERE id = ?) AND part = ? AND block = 0 AND row + rows > ? ORDER BY row`
    return this.#all(sql, id, part, from).map(({ row, rows }) => ({ row: row as number, rows: rows as number }))
  }

  /** A block of the rows that begin at `row`. */
  block(id: string, part: number, block: number, row: number): Uint8Array {
    const sql = `SELECT body FROM job_piece
                 WHERE job = (SELECT n FROM job WHERE id = ?) AND part = ? AND block = ? AND row = ?`
    return this.#one(sql, id, part, block, row).body as Uint8Array
  }

  [Symbol.dispose](): void {
    this.#checkpoints[Symbol.dispose]()
    this.release()
  }

  #rowsOf(n: number, part: number): number {
    const sql = 'SELECT max(row + rows) AS rows FROM job_piece WHERE job = ? AND part = ? AND block = 0'
    return (this.#one(sql, n, part).rows as number | null) ?? 0
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#guarded((db) => db.prepare(sql).run(...values))
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guarded((db) => db.prepare(sql).get(...values))
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guarded((db) => db.prepare(sql).all(...values))
  }

  /** @throws HabtwinError request/not-found: a job may be deleted while somebody reads it */
  #one(sql: string, ...values: SQLInputValue[]): Row {
    const row = this.#get(sql, ...values)
    if (row === undefined) throw new HabtwinError('request/not-found', 'The job is gone')
    return row
  }

  #transaction<T>(work: () => T): T {
    return this.#guarded((db) => transaction(db, work))
  }

  #guarded<T>(work: (db: DatabaseSync) => T): T {
    try {
      return work(this.#open())
    } catch (error) {
      if (isHabtwinError(error) || !isDamage(error)) throw toFault(error, this.#path)
      // whoever owns the file finds it damaged as well, and begins another
      throw new HabtwinError('data/unusable', `The jobs cannot be read: ${messageOf(error)}`, {
        where: this.#path,
        cause: error,
      })
    }
  }

  #open(): DatabaseSync {
    if (this.#db !== undefined) return this.#db
    const db = new DatabaseSync(this.#path, { timeout: 5_000 })
    try {
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 8388608')
      // checkpoints are made in a thread: see `settle`
      db.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY')
      db.exec(tables)
    } catch (error) {
      db.close()
      throw error
    }
    this.#db = db
    this.#checkpoints.allow()
    if (this.#aside !== undefined) rescue(this.#aside, db, this.#log)
    this.#aside = undefined
    return db
  }
}

export interface JobFilter {
  readonly project?: string | undefined
  readonly state?: JobState | undefined
  readonly limit: number
  readonly before?: string | undefined
}

function jobOf(row: Row): Job {
  const { id, state, project, label, scenario, seed, version, created, started, completed, summary, error } = row
  const { step, steps, runs, rows } = row as Record<string, number>
  return {
    id,
    state,
    progress: steps === 0 ? 1 : (step as number) / (steps as number),
    step,
    steps,
    runs,
    created,
    ...(started === null ? {} : { started }),
    ...(completed === null ? {} : { completed }),
    by: row.owner,
    ...(label === null ? {} : { label }),
    ...(project === null ? {} : { project }),
    scenario,
    seed,
    version,
    rows,
    ...(summary === null ? {} : { summary: JSON.parse(summary as string) }),
    ...(error === null ? {} : { error: JSON.parse(error as string) }),
  } as Job
}

// not JSON: figures may be infinite, and states are arrays of bits
const packed = (value: unknown) => fold(serialize(value))
const unpacked = <T>(bytes: unknown): T => deserialize(unfold(bytes as Uint8Array)) as T
