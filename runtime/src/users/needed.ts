/** What is open beyond this machine is opened only where somebody could log in. */
import { HabtwinError } from '@habtwin/contract'
import { isLoopback } from '../origin.ts'

/** The part of a configured address that matters here. */
interface Listener {
  readonly host: string
  readonly port: number
  /** Meant to be open without TLS and users. */
  readonly insecure: boolean
}

/**
 * @param listeners by their names in the configuration
 * @param users how many there are
 * @throws HabtwinError access/nobody: to be tried again, for the file of users is followed
 */
export function needUsers(listeners: Readonly<Record<string, Listener | undefined>>, users: number): void {
  if (users > 0) return
  for (const [name, at] of Object.entries(listeners)) {
    if (at === undefined || at.insecure || isLoopback(at.host)) continue
    const where = `${at.host}:${at.port}`
    throw new HabtwinError('access/nobody', `${name}: ${where} can be reached from other machines, and there are no users`, { where }) // biome-ignore format: one thought
  }
}
