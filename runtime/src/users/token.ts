/**
 * Tokens: secrets of 256 random bits. Nobody can guess one, so a plain SHA-256 keeps it, and looking it up by that tells
 * nothing to whoever measures how long that takes.
 */
import { createHash, randomBytes } from 'node:crypto'

/** So that people, and programs that look for secrets in the wrong places, know one when they see it. */
const PREFIX = 'hab_'
const shape = /^hab_[\w-]{43}$/

/** A new token: the secret to hand out once, and what is kept of it. */
export function newToken(): { readonly secret: string; readonly hash: string } {
  const secret = PREFIX + randomBytes(32).toString('base64url')
  return { secret, hash: hashToken(secret) }
}

export function isToken(secret: string): boolean {
  return shape.test(secret)
}

/** The token of an `Authorization` header (RFC 6750, 2.1); undefined where there is none. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? '')?.[1]
}

/** SHA-256, hexadecimal. */
export function hashToken(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
