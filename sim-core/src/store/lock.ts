/** One process per store. */
import { DatabaseSync } from 'node:sqlite'
import { HabtwinError } from '@habtwin/contract/errors'
import { isBusy } from './faults.ts'

/**
 * Holds an exclusive SQLite lock on a small file beside the store. The kernel lets go of it when the process
 * ends, however it ends, so nothing is left behind to clean up.
 *
 * @throws HabtwinError data/locked
 */
export function lockStore(path: string): Disposable {
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (isBusy(error)) throw new HabtwinError('data/locked', 'Another process has opened this store', { where: path })
    throw error
  }
  return { [Symbol.dispose]: () => db.close() }
}
