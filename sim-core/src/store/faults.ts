/** What SQLite says, in our words. */
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract/errors'

/** Primary result codes: https://www.sqlite.org/rescode.html */
const PERM = 3
const BUSY = 5
const READONLY = 8
const IOERR = 10
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** Bytes of ours inside an intact SQLite file that cannot be read. */
export class DamagedBytes extends Error {
  override readonly name = 'DamagedBytes'
}

/** SQLite's primary result code, or undefined where it is no error of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

export function isBusy(error: unknown): boolean {
  return sqliteCode(error) === BUSY
}

/** True where the file itself is damaged, so that no later try can help. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === CORRUPT || code === NOTADB || error instanceof DamagedBytes
}

/** A full disk, a lost mount, missing rights become `data/unusable`; all else stays what it is. */
export function toFault(error: unknown, where: string): unknown {
  if (isHabtwinError(error)) return error
  const code = sqliteCode(error)
  const system = (error as { code?: unknown } | null)?.code
  const outside =
    code === PERM || code === READONLY || code === IOERR || code === FULL || code === CANTOPEN || code === BUSY
  if (outside || system === 'EACCES' || system === 'ENOSPC' || system === 'EROFS' || system === 'ENOTDIR') {
    return new HabtwinError('data/unusable', `The store cannot be written: ${messageOf(error)}`, {
      where,
      cause: error,
    })
  }
  return error
}
