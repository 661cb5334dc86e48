/** One process for each data folder: a lock that the kernel takes back when its holder dies, however it dies. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { HabtwinError, messageOf } from '@habtwin/contract'

/**
 * Locks a folder, making it first.
 * @returns disposes of the lock
 * @throws HabtwinError data/locked, data/unusable
 */
export function lockFolder(folder: string): Disposable {
  const file = join(folder, 'lock.db')
  let db: DatabaseSync | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    db = new DatabaseSync(file)
    // SQLite's locks are fcntl locks; an exclusive transaction that never ends holds one
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close()
    const busy = (error as { errcode?: number }).errcode === 5
    throw busy
      ? new HabtwinError('data/locked', `${folder} is in use by another process`, { where: folder })
      : new HabtwinError('data/unusable', `${folder}: ${messageOf(error)}`, { where: folder, cause: error })
  }
  const held = db
  return { [Symbol.dispose]: () => held.close() }
}
