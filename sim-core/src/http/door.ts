/**
 * Who it is that asks:
 *
 *   Authorization: Bearer ─► token ─┐
 *   cookie ─► session ──────────────┼─► Principal
 *   neither ─► where from? ─────────┘   (this machine, and by no proxy: a viewer)
 */
import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { HabtwinError } from '@habtwin/contract'
import type { Principal } from '@habtwin/runtime/access'
import { isLoopback, isProxied } from '@habtwin/runtime/origin'
import { type AccessControl, bearerOf, type Login } from '@habtwin/runtime/users/index'
import type { LoginSessions } from './sessions.ts'

/** What the audit log hears of from here. */
export type DoorNews = 'login' | 'logout' | 'login-refused' | 'refused' | 'password' | 'password-refused'

export interface DoorParts {
  readonly access: Pick<AccessControl, 'login' | 'changePassword' | 'bearer' | 'current' | 'onChange' | 'size'>
  readonly sessions: LoginSessions
  /** Told of who logs in and out, and who could not, or wanted what is not theirs. */
  readonly told?: (kind: DoorNews, what: string, by: string) => void
}

export interface DoorOptions {
  /** The habitat that is served, where it is one: who is let into another is nobody here. */
  readonly habitat?: string | undefined
  /** True where the listener is meant to be open to its network. */
  readonly open: boolean
  /** True where whoever does not log in may see what is published for everyone. */
  readonly publicly: boolean
}

/** What is known of a request before anything of it is believed. */
type Asking = Pick<IncomingMessage, 'headers' | 'socket'>

/** Somebody who has come in, for as long as that holds. */
export interface Admitted {
  readonly who: Principal
  readonly from: string
  /** False once it would not be let in any more. */
  stands(): boolean
}

const publicly: Principal = { role: 'public', name: 'public', via: 'network' }

export class Door {
  readonly #parts: DoorParts | undefined
  readonly #options: DoorOptions
  readonly #left = new Set<() => void>()
  /** Logins by what came of them. */
  readonly counts = { ok: 0, wrong: 0, locked: 0, busy: 0 }
  /** Requests that somebody may not make. */
  forbidden = 0

  /** @param parts left out where nobody can log in */
  constructor(options: DoorOptions, parts?: DoorParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Users that may come in, and logins at the panel. */
  get users(): number {
    return this.#parts?.access.size ?? 0
  }

  get sessions(): number {
    return this.#parts?.sessions.size ?? 0
  }

  /**
   * Who asks; undefined where somebody has to log in first.
   * @throws HabtwinError login/refused, login/wait for a token that is none
   */
  who(asking: Asking): Principal | undefined {
    return this.#bearer(asking) ?? this.#session(asking) ?? this.#unnamed(asking)
  }

  #isElsewhere({ habitat }: Principal): boolean {
    return habitat !== undefined && this.#options.habitat !== undefined && habitat !== this.#options.habitat
  }

  /** The same for a connection that lasts. */
  admit(asking: Asking): Admitted | undefined {
    const who = this.who(asking)
    if (who === undefined) return undefined
    const stands = () =>
      (who.via === 'session' ? this.#session(asking) : (this.#parts?.access.current(who) ?? who)) !== undefined
    return { who, from: addressOf(asking), stands }
  }

  /** Calls back whenever somebody may not be in any more who was. */
  onChange(call: () => void): Disposable {
    this.#left.add(call)
    const changed = this.#parts?.access.onChange(call)
    return {
      [Symbol.dispose]: () => {
        this.#left.delete(call)
        changed?.[Symbol.dispose]()
      },
    }
  }

  /**
   * Logs in by name and password; gives who it is and the cookie.
   * @throws HabtwinError login/refused, login/wait, login/busy
   */
  async login(asking: Asking, name: string, password: string): Promise<{ who: Principal; cookie: string }> {
    const parts = this.#parts
    if (parts === undefined) throw new HabtwinError('login/refused', 'There are no users here')
    const from = addressOf(asking)
    const answer = await parts.access.login(name, password, from)
    if ('refused' in answer) {
      // what is no user's name may be a password that was typed into the wrong field
      if (answer.refused === 'wrong')
        parts.told?.('login-refused', `from ${from}`, answer.known ? name : 'nobody known')
      throw this.#refusal(answer)
    }
    if (this.#isElsewhere(answer.principal))
      throw new HabtwinError('request/forbidden', `${name} is let into the habitat ${answer.principal.habitat} alone`)
    this.counts.ok++
    const secret = parts.sessions.begin(answer.principal)
    parts.told?.('login', `from ${from}`, answer.principal.name)
    return { who: { ...answer.principal, via: 'session' }, cookie: cookie(asking, secret, '') }
  }

  /**
   * Gives whoever is logged in here another password, and a new login by it; every other login of theirs is over.
   * @throws HabtwinError request/login, login/refused, login/wait, login/busy, access/refused
   */
  async changePassword(asking: Asking, old: string, fresh: string): Promise<{ who: Principal; cookie: string }> {
    const parts = this.#parts
    const who = this.#session(asking)
    if (parts === undefined || who === undefined) throw new HabtwinError('request/login', 'Log in at the panel first')
    const from = addressOf(asking)
    const answer = await parts.access.changePassword(who.name, old, fresh, from)
    if ('refused' in answer) {
      parts.told?.('password-refused', `from ${from}`, who.name)
      if (answer.refused !== 'wrong') throw this.#refusal(answer)
      this.counts.wrong++
      throw new HabtwinError('login/refused', 'The old password is another')
    }
    const before = secretOf(asking)
    if (before !== undefined) parts.sessions.end(before)
    const secret = parts.sessions.begin(answer.principal)
    parts.told?.('password', `from ${from}`, who.name)
    for (const call of this.#left) call()
    return { who: { ...answer.principal, via: 'session' }, cookie: cookie(asking, secret, '') }
  }

  /** Somebody has asked for what is not theirs; what would have changed something is told. */
  refused(asking: Asking & Pick<IncomingMessage, 'method' | 'url'>, who: Principal | undefined): void {
    this.forbidden++
    if (asking.method === 'GET' || asking.method === 'HEAD') return
    const what = `${asking.method} ${asking.url?.split('?')[0]?.slice(0, 128)} from ${addressOf(asking)}`
    this.#parts?.told?.('refused', what, who?.name ?? 'nobody known')
  }

  /** Logs out; gives the cookie that takes the other away. */
  logout(asking: Asking): string {
    const secret = secretOf(asking)
    const who = this.#session(asking)
    if (secret !== undefined && this.#parts?.sessions.end(secret) && who) {
      this.#parts.told?.('logout', `from ${addressOf(asking)}`, who.name)
      for (const call of this.#left) call()
    }
    return cookie(asking, '', '; Max-Age=0')
  }

  #bearer(asking: Asking): Principal | undefined {
    const secret = bearerOf(asking.headers.authorization)
    if (secret === undefined || this.#parts === undefined) return undefined
    const answer = this.#parts.access.bearer(secret, addressOf(asking))
    if (!('principal' in answer)) throw this.#refusal(answer)
    if (!this.#isElsewhere(answer.principal)) return answer.principal
    throw new HabtwinError('request/forbidden', `This token is for the habitat ${answer.principal.habitat}`)
  }

  #session(asking: Asking): Principal | undefined {
    const secret = secretOf(asking)
    const parts = this.#parts
    if (secret === undefined || parts === undefined) return undefined
    const who = parts.sessions.find(secret)
    const now = who && parts.access.current(who)
    if (now !== undefined && this.#isElsewhere(now)) return undefined
    if (who !== undefined && now === undefined) parts.sessions.end(secret)
    return now
  }

  #unnamed(asking: Asking): Principal | undefined {
    if (isLoopback(asking.socket.remoteAddress ?? '') && !isProxied(asking.headers))
      return { role: 'viewer', name: 'viewer', via: 'loopback' }
    if (this.#options.open) return { role: 'viewer', name: 'viewer', via: 'network' }
    return this.#options.publicly ? publicly : undefined
  }

  #refusal({ refused, retryAfter = 0 }: Extract<Login, { refused: string }>): HabtwinError {
    this.counts[refused]++
    if (refused === 'busy') return new HabtwinError('login/busy', 'Too many are logging in at this moment')
    if (refused === 'wrong') return new HabtwinError('login/refused', 'Name and password do not belong together')
    const seconds = Math.ceil(retryAfter / 1_000)
    return new HabtwinError('login/wait', `Too many wrong passwords: the next may be tried in ${seconds} s`)
  }
}

/** The address that counts; of what came by a proxy nobody knows it, and all of that is counted together. */
function addressOf({ headers, socket }: Asking): string {
  const address = socket.remoteAddress ?? ''
  return isProxied(headers) ? `by proxy ${address}` : address
}

/** Ports of one machine share their cookies: each has its own name. */
function nameOf({ socket }: Asking): string {
  return `habtwin-${socket.localPort ?? 0}`
}

/** RFC 6265, 4.1 and 5.4. */
function secretOf(asking: Asking): string | undefined {
  const name = nameOf(asking)
  for (const pair of (asking.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || undefined
  }
  return undefined
}

function cookie(asking: Asking, secret: string, more: string): string {
  const { headers, socket } = asking
  const secure = (socket as TLSSocket).encrypted === true || headers['x-forwarded-proto'] === 'https'
  return `${nameOf(asking)}=${secret}; Path=/; HttpOnly; SameSite=Strict${more}${secure ? '; Secure' : ''}`
}
