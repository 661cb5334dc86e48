/** Jobs of a store that was damaged and moved aside: what can be read of them goes on in the new one. */
import { existsSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { messageOf } from '@habtwin/contract/errors'
import { transaction } from '../store/schema.ts'

/** Bytes of finished jobs that are fetched; those that are not done are in any case. */
const MOST = 64e6

export interface RescueLog {
  warn(fields: object, message: string): void
}

/** Copies what can be read: jobs that are not done first, then the newest. Says how many; throws nothing. */
export function rescue(aside: string, to: DatabaseSync, log: RescueLog): void {
  let [fetched, left] = [0, 0]
  try {
    if (!existsSync(aside)) return
    using from = openOld(aside)
    const jobs = from.db.prepare(`SELECT n, bytes, state IN ('queued', 'running') AS open FROM job
                                  WHERE state <> 'deleted' ORDER BY open DESC, n DESC`)
    let bytes = 0
    for (const row of jobs.all()) {
      bytes += row.bytes as number
      if (bytes > MOST && row.open === 0) left++
      else if (copy(from.db, to, row.n as number)) fetched++
      else left++
    }
  } catch (error) {
    log.warn({ aside }, `the jobs of the damaged store cannot be read: ${messageOf(error)}`)
  }
  if (fetched + left > 0) log.warn({ aside, fetched, left }, 'jobs were fetched from the damaged store')
}

function openOld(path: string): { db: DatabaseSync } & Disposable {
  const db = new DatabaseSync(path, { readOnly: true })
  return { db, [Symbol.dispose]: () => db.close() }
}

/** @returns false where a job cannot be read whole */
function copy(from: DatabaseSync, to: DatabaseSync, n: number): boolean {
  const put = (table: string, row: Record<string, unknown>) => {
    const names = Object.keys(row)
    const sql = `INSERT INTO ${table}(${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`
    to.prepare(sql).run(...(Object.values(row) as SQLInputValue[]))
  }
  try {
    transaction(to, () => {
      put('job', from.prepare('SELECT * FROM job WHERE n = ?').get(n) ?? {})
      const pieces = from.prepare('SELECT job, part, block, row, rows, body FROM job_piece WHERE job = ? ORDER BY id')
      for (const row of pieces.iterate(n)) put('job_piece', row)
    })
    return true
  } catch {
    return false // a damaged page, or a full disk: the caller counts it
  }
}
