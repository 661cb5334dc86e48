/**
 * Who may do what over HTTP. Until somebody can log in: whoever sits at this machine may do what does no harm.
 * This is the one place that a login changes.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { HabtwinError } from '@habtwin/contract'
import { isLoopback, isProxied } from '@habtwin/runtime/origin'

/** What is known of who asks. */
export interface Asking {
  readonly ip: string
  readonly headers: IncomingHttpHeaders
}

/** True for a request of this very machine; one that came by a proxy never is. */
export function isLocal({ ip, headers }: Asking): boolean {
  return isLoopback(ip) && !isProxied(headers)
}

/**
 * Lets a command through, or throws request/forbidden.
 * @param mayCommand true for devices that anybody at this machine may command: the demo's virtual ones
 */
export function allowCommand(asking: Asking, device: string, mayCommand: (device: string) => boolean): void {
  if (!isLocal(asking)) throw new HabtwinError('request/forbidden', 'Only this machine itself may send commands')
  if (!mayCommand(device)) throw new HabtwinError('request/forbidden', `${device} takes no commands without a login`)
}

/** Lets somebody log what was done and write in reports, or throws request/forbidden: it commands nothing. */
export function allowLog(asking: Asking): void {
  if (!isLocal(asking)) throw new HabtwinError('request/forbidden', 'Only this machine itself may log events')
}

/**
 * Who submits, cancels or deletes jobs: the name that they are kept under. Throws request/forbidden where somebody may
 * not: until there are users only this machine may.
 */
export function jobOwner(asking: Asking): string {
  if (!isLocal(asking)) throw new HabtwinError('request/forbidden', 'Only this machine itself may run jobs')
  return 'local'
}
