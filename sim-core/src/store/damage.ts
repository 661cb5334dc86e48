/** What is done about a file that is damaged: found early, moved aside, never deleted. */
import { existsSync, renameSync, statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { decodeBlock } from './block.ts'
import { DamagedBytes } from './faults.ts'

/** Files up to this size are checked as a whole at opening; larger ones only at their ends, so that opening stays quick. */
const CHECK_WHOLE = 32 * 1024 * 1024
const SAMPLE = 32

/** Throws where the file is visibly damaged. What this does not see, a later read will. */
export function checkFile(db: DatabaseSync, path: string): void {
  if (statSync(path).size <= CHECK_WHOLE) {
    const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check
    if (found !== 'ok') throw new DamagedBytes(`the check of the file says: ${found}`)
    return
  }
  for (const order of ['ASC', 'DESC']) {
    for (const row of db.prepare(`SELECT id, body FROM block ORDER BY id ${order} LIMIT ${SAMPLE}`).all()) {
      try {
        decodeBlock(row.body as Uint8Array)
      } catch (error) {
        throw new DamagedBytes(`block ${row.id} cannot be read`, { cause: error })
      }
    }
  }
}

/** Renames a damaged file and what SQLite keeps beside it. @returns the new path */
export function moveAside(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, '')
  let aside = `${path}.damaged-${stamp}`
  for (let n = 2; existsSync(aside); n++) aside = `${path}.damaged-${stamp}-${n}`
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
  }
  return aside
}
