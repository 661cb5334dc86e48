/** What can be done to the users: each takes what there is and gives what there is then, or says why not. */
import { HabtwinError, idPattern } from '@habtwin/contract'
import type { GivenRole } from '../access.ts'
import type { User, Users } from './file.ts'
import { LONGEST, SHORTEST } from './password.ts'

export interface NewUser {
  readonly name: string
  readonly role: GivenRole
  /** What is kept of the password; left out where only tokens are to let it in. */
  readonly password?: string | undefined
  readonly habitat?: string | undefined
  readonly device?: string | undefined
  readonly client?: string | undefined
}

/** @param now ms */
export function addUser(users: Users, { name, role, password, habitat, device, client }: NewUser, now: number): Users {
  if (!idPattern.test(name) || name.length > 64)
    throw no(`"${name}" is not a name: lower-case letters, digits and hyphens, 64 at most`)
  if (Object.hasOwn(users.users, name)) throw no(`there is a user ${name} already`)
  if (role === 'gateway' && habitat === undefined) throw no('a gateway speaks of one habitat: say which (--habitat)')
  if (role !== 'device' && (device !== undefined || client !== undefined))
    throw no('only the role `device` is bound to a device and a client id')
  const bound = role === 'device' ? { device: device ?? name, client: client ?? device ?? name } : {}
  const user: User = {
    role,
    ...(password === undefined ? {} : { password }),
    ...(habitat === undefined ? {} : { habitat }),
    ...bound,
    created: now,
  }
  return { ...users, users: { ...users.users, [name]: user } }
}

/** @param password what is kept of it */
export function setPassword(users: Users, name: string, password: string): Users {
  return withUser(users, name, { ...known(users, name), password })
}

export function disable(users: Users, name: string, disabled: boolean): Users {
  const { disabled: _was, ...user } = known(users, name)
  return withUser(users, name, disabled ? { ...user, disabled: true } : user)
}

/** Takes a user away, with every token of it. */
export function removeUser(users: Users, name: string): Users {
  known(users, name)
  const { [name]: _gone, ...rest } = users.users
  return { ...users, users: rest, tokens: without(users.tokens, (token) => token.user === name) }
}

export interface NewToken {
  readonly id: string
  readonly user: string
  readonly hash: string
  readonly label?: string | undefined
  /** ms */
  readonly expires?: number | undefined
}

export function addToken(users: Users, { id, user, hash, label, expires }: NewToken, now: number): Users {
  known(users, user)
  if (expires !== undefined && expires <= now) throw no('the time of this token would be over at once')
  const token = {
    ...{ user, hash, created: now },
    ...(label === undefined ? {} : { label }),
    ...(expires === undefined ? {} : { expires }),
  }
  return { ...users, tokens: { ...users.tokens, [id]: token } }
}

/** Takes one token away by its id, or every token of a user. */
export function revoke(users: Users, which: string): { readonly users: Users; readonly revoked: readonly string[] } {
  const revoked = Object.entries(users.tokens).flatMap(([id, { user }]) => (id === which || user === which ? [id] : []))
  if (revoked.length === 0) throw no(`there is no token ${which}, and no user of that name has one`)
  return { users: { ...users, tokens: without(users.tokens, (_, id) => revoked.includes(id)) }, revoked }
}

/** Refuses a password that is too easy or too long to be one. */
export function checkPassword(password: string, name: string): void {
  if ([...password].length < SHORTEST) throw no(`a password has ${SHORTEST} letters or more; a sentence is best`)
  if (Buffer.byteLength(password) > LONGEST) throw no(`a password has ${LONGEST} bytes at most`)
  if (new Set(password).size < 4 || password.toLowerCase().replaceAll(name, '').length < 4)
    throw no('this password is guessed at once')
}

function known(users: Users, name: string): User {
  const user = Object.hasOwn(users.users, name) ? users.users[name] : undefined
  if (user === undefined) throw no(`there is no user ${name}`)
  return user
}

function withUser(users: Users, name: string, user: User): Users {
  return { ...users, users: { ...users.users, [name]: user } }
}

function without<T>(table: Readonly<Record<string, T>>, gone: (value: T, key: string) => boolean): Record<string, T> {
  return Object.fromEntries(Object.entries(table).filter(([key, value]) => !gone(value, key)))
}

function no(message: string): HabtwinError {
  return new HabtwinError('access/refused', message)
}
