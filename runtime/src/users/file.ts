/**
 * The one file of users, `{data}/access/users.json`: mode 0600, always replaced as a whole, so that whoever watches it
 * never sees half of it. No secret is in it, only what is needed to know one again.
 */
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs' // biome-ignore format: one line
import { dirname, join } from 'node:path'
import { HabtwinError, id, messageOf } from '@habtwin/contract'
import { z } from 'zod'
import { givenRoles } from '../access.ts'
import { lockFolder } from '../lock.ts'
import { isHash } from './password.ts'

const VERSION = 1

const user = z.strictObject({
  role: z.enum(givenRoles),
  /** argon2id, PHC string; left out where only tokens let it in. */
  password: z.string().refine(isHash, 'is no argon2id hash').optional(),
  /** Of a role that could see many: the one that it is let into. */
  habitat: id.optional(),
  /** Of a device: which, and the client id that it comes by. */
  device: id.optional(),
  client: z.string().min(1).max(128).optional(),
  /** It stays known, and may not come in. */
  disabled: z.literal(true).optional(),
  /** ms */
  created: z.number(),
})

const token = z.strictObject({
  user: id,
  /** SHA-256, hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  label: z.string().max(64).optional(),
  /** ms */
  created: z.number(),
  expires: z.number().optional(),
})

const usersFile = z.strictObject({
  version: z.literal(VERSION),
  users: z.record(id, user),
  /** By a name that is no secret, to revoke them by. */
  tokens: z.record(id, token),
})

export type User = z.infer<typeof user>
export type Token = z.infer<typeof token>
export type Users = z.infer<typeof usersFile>

export const nobody: Users = { version: VERSION, users: {}, tokens: {} }

/** Makes the folder, where it is missing. Throws data/unusable. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new HabtwinError('data/unusable', `${folder}: ${messageOf(error)}`, { where: folder, cause: error })
  }
}

/** Where it lies, given the data folder's `access`. */
export function usersPath(folder: string): string {
  return join(folder, 'users.json')
}

/**
 * What a text of the file says.
 * @throws HabtwinError access/invalid
 */
export function parseUsers(text: string, where: string): Users {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (error) {
    throw new HabtwinError('access/invalid', `${where} is no JSON: ${messageOf(error)}`, { where, cause: error })
  }
  const version = (raw as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > VERSION)
    throw new HabtwinError('access/invalid', `${where} was written by a newer habtwin (version ${version})`, { where })
  const parsed = usersFile.safeParse(raw)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw new HabtwinError('access/invalid', `${where} cannot be used: ${faults.join('; ')}`, { where })
}

/**
 * The file of a folder; undefined where there is none. One that others may read is closed to them.
 * @throws HabtwinError access/invalid, data/unusable
 */
export function readUsers(folder: string): { readonly users: Users; readonly text: string } | undefined {
  const path = usersPath(folder)
  let text: string
  try {
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new HabtwinError('data/unusable', `${path}: ${messageOf(error)}`, { where: path, cause: error })
  }
  return { users: parseUsers(text, path), text }
}

/**
 * Changes the file, one who changes at a time.
 * @param change given what there is; what it returns is written
 * @throws HabtwinError data/locked, data/unusable, access/invalid, and whatever `change` throws
 */
export function changeUsers(folder: string, change: (users: Users) => Users): Users {
  using _lock = lockFolder(folder)
  const before = readUsers(folder)?.users ?? nobody
  const after = change(before)
  if (after !== before) writePrivately(usersPath(folder), `${JSON.stringify(after, null, 2)}\n`)
  return after
}

/**
 * Writes a file that only this user may read, in one step, durably.
 * @throws HabtwinError data/unusable
 */
export function writePrivately(path: string, text: string): void {
  const folder = dirname(path)
  const beside = `${path}.${process.pid}.new`
  makeFolder(folder)
  try {
    rmSync(beside, { force: true })
    const file = openSync(beside, 'wx', 0o600)
    try {
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(beside, path)
    syncFolder(folder)
  } catch (error) {
    throw new HabtwinError('data/unusable', `${path}: ${messageOf(error)}`, { where: path, cause: error })
  }
}

/** A new name in a folder is durable when the folder is (rename(2), fsync(2)). */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
