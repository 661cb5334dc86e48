/**
 * Passwords, kept as argon2id (RFC 9106) in the PHC string format, so that another program can check them as well.
 *
 * The parameters are OWASP's least for argon2id: 19 MiB, two passes, one lane (Password Storage Cheat Sheet; also of
 * equal strength: 12 MiB and 3, 7 MiB and 5). A Raspberry Pi 4 takes some 0.1 s for it, and 19 MiB fit beside a gateway.
 * They are written with each hash: what was made with others is still understood.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

interface Cost {
  /** KiB */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

const COST: Cost = { memory: 19_456, passes: 2, parallelism: 1 }
/** Bytes of salt (RFC 9106, 3.1, recommends 16) and of hash. */
const SALT = 16
const TAG = 32
/** What a file may ask of this machine at most: a hash is not to be a way to stop it. */
const MOST: Cost = { memory: 262_144, passes: 16, parallelism: 4 }

/** Letters of a password, at the least (NIST SP 800-63B, 3.1.1.2, asks 8; 15 where nothing else is asked for). */
export const SHORTEST = 10
/** Bytes of a password or token that is looked at, at most. */
export const LONGEST = 1_024

const phc = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,64})\$([A-Za-z0-9+/]{22,86})$/

/** A hash that no password is kept under: to take as long for a name that does not exist. */
export const DECOY = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(Buffer.alloc(SALT))}$${base64(Buffer.alloc(TAG))}`

/** True where a text is a hash that `verifyPassword` can work with. */
export function isHash(text: string): boolean {
  return read(text) !== undefined
}

/** Hashes a new password. Some 0.1 s, on another thread. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT)
  const tag = await tagOf(password, salt, COST, TAG)
  const { memory, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

/** True where the password is the one that was hashed; false for a hash that cannot be read. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const known = read(hash)
  if (known === undefined) return false
  const tag = await tagOf(password, known.salt, known.cost, known.tag.length)
  return timingSafeEqual(tag, known.tag)
}

/** The salt of a hash: tells one password from the next, and nothing of either. */
export function saltOf(hash: string): string {
  return phc.exec(hash)?.[4] ?? ''
}

function tagOf(password: string, nonce: Uint8Array, cost: Cost, tagLength: number): Promise<Buffer> {
  // one password, however a keyboard composes its letters (NIST SP 800-63B, 3.1.1.2)
  const message = password.normalize('NFKC')
  return derive('argon2id', { message, nonce, tagLength, ...cost })
}

function read(hash: string): { cost: Cost; salt: Buffer; tag: Buffer } | undefined {
  const [, m, t, p, salt, tag] = phc.exec(hash) ?? []
  if (salt === undefined || tag === undefined) return undefined
  const cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) }
  const fits =
    cost.memory >= 8 * cost.parallelism && // RFC 9106, 3.1
    cost.memory <= MOST.memory &&
    cost.passes >= 1 &&
    cost.passes <= MOST.passes &&
    cost.parallelism >= 1 &&
    cost.parallelism <= MOST.parallelism
  return fits ? { cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') } : undefined
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
