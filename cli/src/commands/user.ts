/** `habtwin user …`: changes the file of users; gateway and sim follow it, whether they run or not. */
import { randomBytes } from 'node:crypto'
import { HabtwinError } from '@habtwin/contract'
import { dataFolder, systemClock } from '@habtwin/runtime'
import type { GivenRole } from '@habtwin/runtime/access'
import { addToken, addUser, changeUsers, disable, FIRST, firstLoginPath, forgetFirstLogin, hashPassword, newToken, nobody, readUsers, removeUser, revoke, setPassword, type Users } from '@habtwin/runtime/users/index' // biome-ignore format: one line
import { table } from '../table.ts'

export interface UserOptions {
  readonly data: string
  readonly json?: boolean
}

export interface AddOptions extends UserOptions {
  readonly role: GivenRole
  readonly habitat?: string
  readonly device?: string
  readonly client?: string
  /** A token instead of a password; what is no person always has one. */
  readonly token?: boolean
}

export interface TokenOptions extends UserOptions {
  readonly label?: string
  /** ms */
  readonly expires?: number
}

/** Makes a user: a person with a password, anything else with a token, which is told this once. */
export async function add(name: string, options: AddOptions): Promise<undefined> {
  const { role, habitat, device, client, data } = options
  const folder = dataFolder(data).access
  const now = systemClock.now()
  const plain = { name, role, habitat, device, client }
  // before anybody is asked for a password: what cannot be done need not be typed for
  addUser(readUsers(folder)?.users ?? nobody, plain, now)
  if (options.token === true || role === 'device' || role === 'gateway') {
    const { secret, hash } = newToken()
    const id = tokenId()
    changeUsers(folder, (users) => addToken(addUser(users, plain, now), { id, user: name, hash }, now))
    say(options, { user: name, role, token: secret, id }, `${name} (${role}) comes in with this token, which is told only now:\n${secret}`) // biome-ignore format: one thought
    return
  }
  const { newPassword } = await import('../user/ask.ts')
  const password = await hashPassword(await newPassword(name))
  changeUsers(folder, (users) => addUser(users, { ...plain, password }, now))
  say(options, { user: name, role }, `${name} (${role}) may come in`)
}

export async function passwd(name: string, options: UserOptions): Promise<undefined> {
  const folder = dataFolder(options.data).access
  if (readUsers(folder)?.users.users[name] === undefined)
    throw new HabtwinError('access/refused', `there is no user ${name}`)
  const { newPassword } = await import('../user/ask.ts')
  const password = await hashPassword(await newPassword(name))
  changeUsers(folder, (users) => setPassword(users, name, password))
  if (name === FIRST) forgetFirstLogin(folder)
  say(options, { user: name }, `${name} has a new password; whoever was in by the old one is out`)
}

export async function token(name: string, { label, expires, ...options }: TokenOptions): Promise<undefined> {
  const folder = dataFolder(options.data).access
  const now = systemClock.now()
  const { secret, hash } = newToken()
  const id = tokenId()
  const until = expires === undefined ? undefined : now + expires
  changeUsers(folder, (users) => addToken(users, { id, user: name, hash, label, expires: until }, now))
  const over = until === undefined ? '' : `, until ${day(until)}`
  say(options, { user: name, token: secret, id, ...(until === undefined ? {} : { expires: until }) }, `token ${id} of ${name}${over}; it is told only now:\n${secret}`) // biome-ignore format: one thought
}

export async function revokeTokens(which: string, options: UserOptions): Promise<undefined> {
  let revoked: readonly string[] = []
  changeUsers(dataFolder(options.data).access, (users) => {
    const after = revoke(users, which)
    revoked = after.revoked
    return after.users
  })
  say(options, { revoked }, `revoked: ${revoked.join(', ')}`)
}

export async function setDisabled(name: string, disabled: boolean, options: UserOptions): Promise<undefined> {
  changeUsers(dataFolder(options.data).access, (users) => disable(users, name, disabled))
  say(options, { user: name, disabled }, disabled ? `${name} is out, and stays so` : `${name} may come in again`)
}

export async function remove(name: string, options: UserOptions): Promise<undefined> {
  const folder = dataFolder(options.data).access
  changeUsers(folder, (users) => removeUser(users, name))
  if (name === FIRST) forgetFirstLogin(folder)
  say(options, { removed: name }, `${name} is gone, with every token`)
}

/** Everyone there is; no secret is among it. */
export async function list({ data, json = false }: UserOptions): Promise<undefined> {
  const folder = dataFolder(data).access
  const found = readUsers(folder)
  const users = found?.users ?? nobody
  if (json) {
    for (const row of rows(users)) process.stdout.write(`${JSON.stringify(row)}\n`)
    return
  }
  if (found === undefined) {
    process.stdout.write(`there are no users yet; the first start of a real habitat makes ${FIRST}, and tells the password in ${firstLoginPath(folder)}\n`) // biome-ignore format: one sentence
    return
  }
  const lines = [...rows(users)].map((row) => [
    row.name,
    row.role,
    row.disabled ? 'disabled' : [row.password ? 'password' : '', ...row.tokens.map(written)].filter(Boolean).join(', '),
    [row.habitat && `habitat ${row.habitat}`, row.device && `device ${row.device}`, row.client && `client id ${row.client}`].filter(Boolean).join(', '), // biome-ignore format: one thought
  ])
  process.stdout.write(`${table([['name', 'role', 'comes in with', 'only as'], ...lines])}\n`)
}

function* rows({ users, tokens }: Users) {
  for (const [name, { password, disabled, ...user }] of Object.entries(users)) {
    const own = Object.entries(tokens).filter(([, { user: of }]) => of === name)
    yield {
      name,
      ...user,
      password: password !== undefined,
      disabled: disabled === true,
      tokens: own.map(([id, { label, expires }]) => ({ id, label, expires })),
    }
  }
}

function written({ id, label, expires }: { id: string; label?: string | undefined; expires?: number | undefined }) {
  const over = expires === undefined ? '' : ` until ${day(expires)}`
  return `token ${id}${label === undefined ? '' : ` (${label})`}${over}`
}

function tokenId(): string {
  return randomBytes(4).toString('hex')
}

function day(t: number): string {
  return new Date(t).toISOString().slice(0, 16).replace('T', ' ')
}

function say({ json = false }: UserOptions, fields: object, words: string): void {
  process.stdout.write(json ? `${JSON.stringify(fields)}\n` : `${words}\n`)
}
