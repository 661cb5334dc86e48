/** Files that hold keys: of mode 0600, in a folder of mode 0700 where that has to be made, whole or not there at all. */
import { randomBytes } from 'node:crypto'
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'

/** Puts a file in the place of the one that is there, if any. @throws HabtwinError data/unusable */
export function putSecret(file: string, text: string): void {
  beside(file, text, (made) => renameSync(made, file))
}

/**
 * Writes a file that must not be there yet: of two processes that do so at once, one wins.
 * @returns false where it was there already
 * @throws HabtwinError data/unusable
 */
export function putSecretOnce(file: string, text: string): boolean {
  try {
    beside(file, text, (made) => linkSync(made, file))
    return true
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EEXIST') return false
    throw error
  }
}

/** Writes it under another name, makes that durable, then does the last step. */
function beside(file: string, text: string, last: (made: string) => void): void {
  const folder = dirname(file)
  const made = join(folder, `.${randomBytes(6).toString('hex')}.new`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const at = openSync(made, 'wx', 0o600)
    try {
      writeSync(at, text)
      fsyncSync(at)
    } finally {
      closeSync(at)
    }
    last(made)
    syncFolder(folder)
  } catch (error) {
    throw new HabtwinError('data/unusable', `${file}: ${messageOf(error)}`, { where: file, cause: error })
  } finally {
    rmSync(made, { force: true })
  }
}

/** A name is durable once its folder is (fsync(2)). */
function syncFolder(folder: string): void {
  const at = openSync(folder, 'r')
  try {
    fsyncSync(at)
  } finally {
    closeSync(at)
  }
}
