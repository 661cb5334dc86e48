/**
 * Who comes in:
 *
 *   name, secret, address ─► may it try? ─► token or password? ─► right? ─► Principal
 *                            attempts.ts    token.ts, password.ts
 *
 * The file of users is followed: whoever changes it (`habtwin user …`) changes who is in, at once. Both processes of the
 * house have one of these, and the same file.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import type { Principal } from '../access.ts'
import type { Clock, Timer } from '../clock.ts'
import { ConfigWatch } from '../config/watch.ts'
import type { Log } from '../log.ts'
import { type AttemptLimits, Attempts, attemptLimits } from './attempts.ts'
import { checkPassword, setPassword } from './edits.ts'
import { changeUsers, makeFolder, nobody, parseUsers, readUsers, type User, type Users, usersPath } from './file.ts'
import { FIRST, forgetFirstLogin } from './first.ts'
import { DECOY, hashPassword, LONGEST, saltOf, verifyPassword } from './password.ts'
import { Queue } from './queue.ts'
import { hashToken, isToken } from './token.ts'

export interface AccessParts {
  /** The data folder's `access`. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Pick<Log, 'warn' | 'error' | 'info'>
  readonly limits?: AttemptLimits
}

/** Why somebody may not come in. Whoever asks is told no more than that. */
export type LoginRefusal = 'wrong' | 'locked' | 'busy'
export type Login =
  | { readonly principal: Principal }
  /** `retryAfter`: ms */
  | { readonly refused: LoginRefusal; readonly retryAfter?: number; readonly known: boolean }

/** Passwords that wait to be looked at, at most: some seconds on a Pi, and each holds nothing while it waits. */
const WAITING = 32
/** A timer is never set for longer than this, ms: a clock may be put right meanwhile. */
const LOOK = 60_000

export class AccessControl implements Disposable {
  readonly #parts: AccessParts
  readonly #attempts: Attempts
  readonly #queue = new Queue(WAITING)
  readonly #listeners = new Set<() => void>()
  /** What was right once is known again without the work, by a key that nobody has. */
  readonly #key = randomBytes(32)
  readonly #proven = new Map<string, { readonly hash: string; readonly mac: string }>()
  /** What is being looked at. */
  readonly #trying = new Map<string, Promise<boolean>>()
  #users: Users
  /** Ids by hash, and users by the client id that is theirs. */
  #tokens: ReadonlyMap<string, string>
  #clients: ReadonlyMap<string, string>
  #watch: ConfigWatch | undefined
  #expiry: Timer | undefined
  /** Told of each change of the file, with what it was before. */
  changed: ((before: Users, after: Users) => void) | undefined

  private constructor(parts: AccessParts, users: Users) {
    this.#parts = parts
    this.#attempts = new Attempts(parts.clock, parts.limits ?? attemptLimits)
    this.#users = users
    this.#tokens = byHash(users)
    this.#clients = byClient(users)
  }

  /**
   * Reads the users of a folder, and follows them from then on.
   * @throws HabtwinError access/invalid, data/unusable
   */
  static open(parts: AccessParts): AccessControl {
    const { folder, clock, log } = parts
    // a folder that is not there cannot be watched, and the other process may make the first user any moment
    makeFolder(folder)
    const read = readUsers(folder)
    const control = new AccessControl(parts, read?.users ?? nobody)
    control.#watch = new ConfigWatch({
      ...{ file: usersPath(folder), text: read?.text, clock, log },
      onChange: (text) => control.#take(text),
    })
    control.#watch.start()
    control.#arm()
    return control
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]()
    this.#expiry?.cancel()
    this.#listeners.clear()
  }

  /** Users that may come in. */
  get size(): number {
    return Object.values(this.#users.users).filter(({ disabled }) => disabled !== true).length
  }

  /** Calls back whenever somebody may not be in any more who was: a change of the file, a token whose time is over. */
  onChange(call: () => void): Disposable {
    this.#listeners.add(call)
    return { [Symbol.dispose]: () => void this.#listeners.delete(call) }
  }

  /** Looks at the file now. */
  look(): void {
    this.#watch?.look()
  }

  /**
   * Lets somebody in, or says why not.
   * @param secret the password, or a token of that user
   * @param from the address that it comes from, '' on this machine
   */
  async login(name: string, secret: string, from: string): Promise<Login> {
    const token = isToken(secret) ? this.#byToken(secret, name) : undefined
    // nobody guesses a token: it lets in whatever others have tried in its name
    if (token !== undefined) return { principal: token }
    const known = this.#user(name) !== undefined
    const retryAfter = this.#attempts.wait(name, from)
    if (retryAfter > 0) return { refused: 'locked', retryAfter, known }
    const mac = this.#mac(name, secret)
    // the same that is right already, or is being looked at, tells whoever guesses nothing new
    const isGuess = !this.#isProven(name, mac) && !this.#trying.has(mac)
    if (isGuess) {
      if (this.#queue.full) return { refused: 'busy', known }
      this.#attempts.begin(name, from)
    }
    const principal = Buffer.byteLength(secret) > LONGEST ? undefined : await this.#byPassword(name, secret, mac)
    if (principal === undefined) return { refused: 'wrong', known }
    this.#attempts.right(name, from, isGuess)
    return { principal }
  }

  /**
   * Gives somebody who knows the old password a new one. Mistakes count as they do at a login. Whoever was in by the old
   * one is out, here at once, and elsewhere as soon as the file is seen there.
   * @throws HabtwinError access/refused where the new one is too easy; data/unusable, data/locked
   */
  async changePassword(name: string, old: string, fresh: string, from: string): Promise<Login> {
    const before = this.#user(name)?.password
    if (before === undefined)
      throw new HabtwinError('access/refused', `${name} comes in by token, and has no password to change`)
    checkPassword(fresh, name)
    if (fresh === old) throw new HabtwinError('access/refused', 'this is the password that holds already')
    // a token lets in as well, and whoever has found one shall not be able to lock its owner out
    const answer: Login = isToken(old) ? { refused: 'wrong', known: true } : await this.login(name, old, from)
    if ('refused' in answer) return answer
    if (this.#queue.full) return { refused: 'busy', known: true }
    const password = await this.#queue.run(() => hashPassword(fresh))
    const { folder } = this.#parts
    changeUsers(folder, (users) => {
      if (at(users.users, name)?.password !== before)
        throw new HabtwinError('access/refused', 'it was changed elsewhere meanwhile')
      return setPassword(users, name, password)
    })
    if (name === FIRST) forgetFirstLogin(folder)
    this.#take(readUsers(folder)?.text)
    const user = this.#user(name)
    if (user === undefined) return { refused: 'wrong', known: false }
    return { principal: { ...principalOf(name, user, 'password'), credential: saltOf(password) } }
  }

  /** Whoever a token lets in, where no name is given with it (RFC 6750). */
  bearer(secret: string, from: string): Login {
    const principal = isToken(secret) ? this.#byToken(secret) : undefined
    if (principal !== undefined) return { principal }
    const retryAfter = this.#attempts.wait(undefined, from)
    if (retryAfter > 0) return { refused: 'locked', retryAfter, known: false }
    this.#attempts.begin(undefined, from)
    return { refused: 'wrong', known: false }
  }

  /** Whoever a certificate names that was checked already; undefined where there is no such user. */
  byCertificate(name: string): Principal | undefined {
    const user = this.#user(name)
    return user && principalOf(name, user, 'certificate')
  }

  /** The device's user that alone may come by this MQTT client id; undefined where anybody may. */
  ownerOf(client: string): string | undefined {
    return this.#clients.get(client)
  }

  /** The same principal as of now; undefined where what it came in by does not let it in any more. */
  current(who: Principal): Principal | undefined {
    if (who.credential === undefined && who.via !== 'certificate') return who // let in by where it is
    const user = this.#user(who.name)
    if (user === undefined || !this.#inForce(who, user)) return undefined
    return { ...principalOf(who.name, user, who.via), credential: who.credential }
  }

  #inForce({ via, name, credential }: Principal, user: User): boolean {
    if (via === 'certificate') return true
    const token = credential === undefined ? undefined : at(this.#users.tokens, credential)
    if (token !== undefined) return token.user === name && !this.#isOver(token.expires)
    return user.password !== undefined && saltOf(user.password) === credential
  }

  #user(name: string): User | undefined {
    const user = at(this.#users.users, name)
    return user?.disabled === true ? undefined : user
  }

  #byToken(secret: string, name?: string): Principal | undefined {
    const id = this.#tokens.get(hashToken(secret))
    const token = id === undefined ? undefined : at(this.#users.tokens, id)
    if (token === undefined || this.#isOver(token.expires)) return undefined
    if (name !== undefined && token.user !== name) return undefined
    const user = this.#user(token.user)
    return user && { ...principalOf(token.user, user, 'token'), credential: id }
  }

  async #byPassword(name: string, secret: string, mac: string): Promise<Principal | undefined> {
    const hash = this.#user(name)?.password
    if (!this.#isProven(name, mac)) {
      // a house that comes back after a restart sends the same many times at once: it is looked at once
      const trying = this.#trying.get(mac) ?? this.#verify(secret, hash, mac)
      if (!(await trying) || hash === undefined) return undefined
      this.#proven.set(name, { hash, mac })
    }
    // it may have been changed or taken away meanwhile
    const user = this.#user(name)
    if (user?.password === undefined || user.password !== hash) return undefined
    return { ...principalOf(name, user, 'password'), credential: saltOf(user.password) }
  }

  #verify(secret: string, hash: string | undefined, mac: string): Promise<boolean> {
    // unknown names take as long as known ones
    const work = this.#queue.run(() => verifyPassword(secret, hash ?? DECOY)).finally(() => this.#trying.delete(mac))
    this.#trying.set(mac, work)
    return work
  }

  #isProven(name: string, mac: string): boolean {
    const proven = this.#proven.get(name)
    return proven !== undefined && proven.hash === this.#user(name)?.password && proven.mac === mac
  }

  /** Nobody can make one, or learn anything from how long it takes to compare two: the key is random. */
  #mac(name: string, secret: string): string {
    return createHmac('sha256', this.#key).update(`${name}\n${secret}`).digest('base64')
  }

  #isOver(expires: number | undefined): boolean {
    return expires !== undefined && expires <= this.#parts.clock.now()
  }

  /** Goes by what the file says now; by what it said before, where it cannot be understood. */
  #take(text: string | undefined): void {
    const before = this.#users
    try {
      this.#users = text === undefined ? nobody : parseUsers(text, usersPath(this.#parts.folder))
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      this.#parts.log.error({ err: error }, 'the file of users cannot be used; who could come in before still can')
      return
    }
    this.#tokens = byHash(this.#users)
    this.#clients = byClient(this.#users)
    for (const name of this.#proven.keys()) if (this.#user(name) === undefined) this.#proven.delete(name)
    this.changed?.(before, this.#users)
    this.#arm()
    this.#tell()
  }

  #tell(): void {
    for (const call of this.#listeners) call()
  }

  /** Tells when the time of the next token is over. */
  #arm(): void {
    this.#expiry?.cancel()
    const { clock } = this.#parts
    const now = clock.now()
    const next = Math.min(
      ...Object.values(this.#users.tokens).flatMap(({ expires = 0 }) => (expires > now ? [expires] : [])),
    )
    if (next === Number.POSITIVE_INFINITY) return
    this.#expiry = clock.after(Math.min(LOOK, next - now), () => {
      this.#arm()
      this.#tell()
    })
  }
}

function principalOf(name: string, { role, habitat, device, client }: User, via: Principal['via']): Principal {
  return { role, name, habitat, device, client, via }
}

function byHash(users: Users): ReadonlyMap<string, string> {
  return new Map(Object.entries(users.tokens).map(([id, { hash }]) => [hash, id]))
}

function byClient(users: Users): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(users.users).flatMap(([name, { client }]) => (client === undefined ? [] : [[client, name]])),
  )
}

function at<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined
}
