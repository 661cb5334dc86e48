/**
 * Who is logged in at the panel: a random cookie each, of which only the hash is kept, in `{data}/access/sessions.json`,
 * so that a restart logs nobody out.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isHabtwinError } from '@habtwin/contract'
import { givenRoles, type Principal } from '@habtwin/runtime/access'
import type { Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { hashToken, writePrivately } from '@habtwin/runtime/users/index'
import { z } from 'zod'

const kept = z.object({
  version: z.literal(1),
  sessions: z.record(
    z.string(),
    z.object({
      who: z.object({
        role: z.enum(givenRoles),
        name: z.string(),
        habitat: z.string().optional(),
        device: z.string().optional(),
        client: z.string().optional(),
        credential: z.string(),
        via: z.literal('session'),
      }),
      began: z.number(),
      used: z.number(),
    }),
  ),
})

interface Session {
  readonly who: Principal
  /** ms */
  readonly began: number
  used: number
}

export interface SessionParts {
  /** The data folder's `access`. */
  readonly folder: string
  readonly clock: Pick<Clock, 'now'>
  readonly log: Pick<Log, 'warn'>
  /** A login that is not used so long is over, ms. */
  readonly idle: number
}

/** However much it is used, ms. */
const LONGEST = 30 * 86_400_000
/** Logins at once; the one that was used longest ago goes. */
const MOST = 1_000
/** That a session was used is written this often, ms: often enough for whoever restarts. */
const WRITE = 600_000

export class LoginSessions {
  readonly #parts: SessionParts
  readonly #sessions = new Map<string, Session>()
  readonly #path: string
  #written = 0

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#path = join(parts.folder, 'sessions.json')
    for (const [hash, session] of Object.entries(this.#read())) this.#sessions.set(hash, session)
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Logs somebody in; gives the secret of the cookie. */
  begin(who: Principal): string {
    const secret = randomBytes(32).toString('base64url')
    const now = this.#parts.clock.now()
    for (const [hash, session] of this.#sessions) if (this.#isOver(session, now)) this.#sessions.delete(hash)
    if (this.#sessions.size >= MOST) {
      const [longest] = [...this.#sessions].sort(([, a], [, b]) => a.used - b.used)
      if (longest) this.#sessions.delete(longest[0])
    }
    this.#sessions.set(hashToken(secret), { who: { ...who, via: 'session' }, began: now, used: now })
    this.#write(now)
    return secret
  }

  /** Who has this cookie; undefined where nobody does any more. */
  find(secret: string): Principal | undefined {
    const hash = hashToken(secret)
    const session = this.#sessions.get(hash)
    if (session === undefined) return undefined
    const now = this.#parts.clock.now()
    if (this.#isOver(session, now)) {
      this.#sessions.delete(hash)
      return undefined
    }
    session.used = now
    if (now - this.#written > WRITE) this.#write(now)
    return session.who
  }

  /** Logs out; true where somebody was logged in. */
  end(secret: string): boolean {
    const ended = this.#sessions.delete(hashToken(secret))
    if (ended) this.#write(this.#parts.clock.now())
    return ended
  }

  #isOver({ began, used }: Session, now: number): boolean {
    return now - used > this.#parts.idle || now - began > LONGEST
  }

  #read(): Record<string, Session> {
    try {
      return kept.parse(JSON.parse(readFileSync(this.#path, 'utf8'))).sessions
    } catch {
      return {} // there is none, or none of use: everybody logs in once more
    }
  }

  #write(now: number): void {
    this.#written = now
    try {
      writePrivately(this.#path, JSON.stringify({ version: 1, sessions: Object.fromEntries(this.#sessions) }))
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      this.#parts.log.warn({ err: error }, 'who is logged in cannot be written; a restart will log them out')
    }
  }
}
