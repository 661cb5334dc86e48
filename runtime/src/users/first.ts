/**
 * The first boot of a real habitat: one user, `crew`, with a password that nobody has chosen. It stands in a file that
 * only this user of the machine may read, until it is changed; it is never told to a log.
 */
import { randomInt } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { addUser } from './edits.ts'
import { changeUsers, nobody, usersPath, writePrivately } from './file.ts'
import { hashPassword } from './password.ts'

export const FIRST = 'crew'

/** Where the first password is to be read. */
export function firstLoginPath(folder: string): string {
  return join(folder, 'first-login.txt')
}

/**
 * Makes the first user where there is no file of users yet.
 * @param now ms
 * @returns true where it was made
 * @throws HabtwinError data/unusable, data/locked
 */
export async function firstBoot(folder: string, now: number): Promise<boolean> {
  if (existsSync(usersPath(folder))) return false
  const secret = readable()
  const password = await hashPassword(secret)
  // the file first: a user whose password nobody can know would be worse than a password without a user
  writePrivately(firstLoginPath(folder), text(secret))
  let made = false
  changeUsers(folder, (users) => {
    made = Object.keys(users.users).length === 0
    return made ? addUser(nobody, { name: FIRST, role: 'crew', password }, now) : users
  })
  if (!made) forgetFirstLogin(folder)
  return made
}

/** After the first change of that password, or when that user is gone. */
export function forgetFirstLogin(folder: string): void {
  rmSync(firstLoginPath(folder), { force: true })
}

/** Letters that are not taken for each other; 16 of these 28 are 77 bits. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz2345'

function readable(): string {
  const letters = Array.from({ length: 16 }, () => LETTERS[randomInt(LETTERS.length)]).join('')
  return letters.replace(/(.{4})(?=.)/g, '$1-')
}

function text(secret: string): string {
  return `name      ${FIRST}
password  ${secret}

Log in with these, then choose a password of your own: at the panel, under your name, or
habtwin user passwd ${FIRST}
This file goes away with that.
`
}
