/**
 * The habitat's own certificates, in `{data}/tls`:
 *
 *   authority.pem     the authority and its key, made once; whoever has this key is believed by all who trust it
 *   ca.pem            the authority alone, to be handed out
 *   {part}.pem        the certificate and key of one process, signed by the authority, renewed by itself
 *
 * A clock that is not set yet (docs/clock.md) makes no certificate of 1970: times are never taken for earlier than this
 * version, an authority is valid from then on whenever it is made, and what was made by a wrong clock is made anew once
 * the clock is right.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import { type Clock, EARLIEST } from '../clock.ts'
import { userUri } from './client-user.ts'
import { putSecret, putSecretOnce } from './files.ts'
import type { Made } from './make.ts'
import { type Pair, pairOf, readPair, readText } from './pair.ts'

const DAY = 86_400_000
const AUTHORITY = 3_652 * DAY
/** 397 days at the most, as browsers ask of public ones, and small clients have learnt from them. */
const LEAF = 397 * DAY
/** Clocks of clients may be behind by so much. */
const BEFORE = DAY
/** An authority is followed by the next so long before its end, ms. */
const FOLLOWED = 365 * DAY

export interface OwnParts {
  /** `{data}/tls` */
  readonly folder: string
  readonly habitat: string
  readonly clock: Pick<Clock, 'now' | 'doubt'>
}

/** Where the authority lies that is handed out, and the pair of one process. */
export const authorityFile = (folder: string) => join(folder, 'authority.pem')
export const caFile = (folder: string) => join(folder, 'ca.pem')
export const serverFile = (folder: string, part: string) => join(folder, `${part}.pem`)

/**
 * The habitat's authority: the one there is, else a new one. Near its end it is followed by another of the same name
 * and key, so that nothing that it signed becomes invalid.
 * @throws HabtwinError data/unusable, tls/unreadable, tls/invalid, tls/mismatch
 */
export async function ownAuthority({ folder, habitat, clock }: OwnParts): Promise<Pair> {
  const file = authorityFile(folder)
  ownFolder(folder)
  if (!existsSync(file)) {
    const { makeAuthority } = await import('./make.ts')
    putSecretOnce(file, joined(await makeAuthority(habitat, tenYears(clock))))
  }
  let pair = readPair(file, file)
  if (isSure(clock) && clock.now() > pair.to - FOLLOWED && clock.now() < pair.to + AUTHORITY) {
    const { makeAuthority } = await import('./make.ts')
    putSecret(file, joined(await makeAuthority(habitat, tenYears(clock), pair)))
    pair = readPair(file, file)
  }
  const open = caFile(folder)
  if (!existsSync(open) || readFileSync(open, 'utf8') !== pair.certificate) putSecret(open, pair.certificate)
  return pair
}

/**
 * The certificate of one process: the one there is where it will do, else a new one.
 * @param names what it has to be for
 * @throws HabtwinError data/unusable, and what the authority may throw
 */
export async function ownServer(parts: OwnParts, part: string, names: readonly string[]): Promise<Pair> {
  const authority = await ownAuthority(parts)
  const present = presentServer(parts.folder, part)
  if (present !== undefined && renewalOf(present, authority, names, parts.clock) === undefined) return present
  return renewServer(parts, authority, part, names)
}

/** A new certificate for one process, whatever there is. */
export async function renewServer(
  { folder, clock }: OwnParts,
  authority: Pair,
  part: string,
  names: readonly string[],
): Promise<Pair> {
  const { makeServer } = await import('./make.ts')
  const from = Math.max(authority.from, possible(clock.now()) - BEFORE)
  const made = await makeServer(names, { from, to: Math.min(authority.to, from + LEAF) }, authority)
  const file = serverFile(folder, part)
  putSecret(file, joined(made))
  return pairOf(made.certificate, made.key, file, file)
}

/**
 * A certificate for a client that comes in as a user. It is valid for as long as its authority at the most, as a user
 * who is revoked is refused with any certificate.
 * @param days how long it is valid
 */
export async function issueClient(parts: OwnParts, user: string, days: number): Promise<Made> {
  const authority = await ownAuthority(parts)
  const { makeClient } = await import('./make.ts')
  // valid from the beginning: a gateway that starts with the time of its last shutdown would not know it yet
  const validity = { from: authority.from, to: Math.min(authority.to, possible(parts.clock.now()) + days * DAY) }
  return makeClient(user, userUri(user), validity, authority)
}

/** What is there for a process; undefined where nothing is that can be used. */
export function presentServer(folder: string, part: string): Pair | undefined {
  try {
    return readPair(serverFile(folder, part), serverFile(folder, part))
  } catch (error) {
    if (isHabtwinError(error)) return undefined // it is made anew: nobody keeps anything by it
    throw error
  }
}

/** Why a certificate should be made anew; undefined where it need not be. */
export function renewalOf(
  present: Pair,
  authority: Pair,
  names: readonly string[],
  clock: Pick<Clock, 'now' | 'doubt'>,
): string | undefined {
  if (!present.leaf.checkIssued(authority.leaf) || !present.leaf.verify(authority.leaf.publicKey)) {
    return 'another authority signed it'
  }
  const missing = names.filter((name) => !present.names.includes(name))
  if (missing.length > 0) return `it is not for ${missing.join(', ')}`
  // by a clock that is not set nothing can be said of times
  if (!isSure(clock)) return undefined
  const now = clock.now()
  if (now < present.from) return 'it was made by a clock that was ahead'
  if (now > present.to - (present.to - present.from) / 3) return 'two thirds of its time are over'
  return undefined
}

/** The authority's certificate, for those who only hand it out; undefined where there is none yet. */
export function handedOut(folder: string): string | undefined {
  return existsSync(caFile(folder)) ? readText(caFile(folder)) : undefined
}

/** The folder, for this user alone whatever it was. @throws HabtwinError data/unusable */
function ownFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if ((statSync(folder).mode & 0o777) !== 0o700) chmodSync(folder, 0o700)
  } catch (error) {
    throw new HabtwinError('data/unusable', `${folder}: ${messageOf(error)}`, { where: folder, cause: error })
  }
}

function isSure(clock: Pick<Clock, 'now' | 'doubt'>): boolean {
  return clock.doubt?.() === undefined && clock.now() >= EARLIEST
}

function possible(now: number): number {
  return Math.max(now, EARLIEST)
}

function tenYears(clock: Pick<Clock, 'now'>) {
  return { from: EARLIEST, to: possible(clock.now()) + AUTHORITY }
}

function joined({ certificate, key }: Made): string {
  return certificate + key
}
