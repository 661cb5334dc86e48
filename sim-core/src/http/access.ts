/**
 * Who may do what over HTTP: the rules of runtime/access.ts, asked by the routes. Every request has been looked at by the
 * door before; `who` is whom it found. What may be seen at all is decided in one hook, `guard`; what acts is asked for
 * by the route itself.
 *
 * Forged requests of other pages (CSRF) come no further than the Origin check in app.ts: a browser names the page that
 * asks with every request that changes something, and only the panel itself may. The cookie is `SameSite=Strict` as well.
 */
import { HabtwinError } from '@habtwin/contract'
import { type Deed, may, mayCommand, type Principal } from '@habtwin/runtime/access'
import type { FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; undefined where somebody has to log in first. */
    who: Principal | undefined
    /** True where somebody could log in. */
    users: boolean
  }
}

type Asking = Pick<FastifyRequest, 'who' | 'users'>

/** What anybody may ask for: the panel's own files, how to log in and by what, and whether the process is alive. */
const open = new Set(['/api/login', '/api/logout', '/api/password', '/api/me', '/healthz', '/readyz', '/ca.pem'])

/** What it takes to be given an address at all. */
export function needed(url: string): Deed | undefined {
  const path = url.split('?')[0] ?? ''
  if (open.has(path) || !/^\/(?:api\/|metrics$)/.test(path)) return undefined
  return path === '/api/public' ? 'public' : 'read'
}

/** Throws request/login where a login would help, request/forbidden where it would not. */
export function demand({ who, users }: Asking, deed: Deed, what: string): Principal {
  if (who !== undefined && may(who, deed)) return who
  const named = who !== undefined && who.role !== 'viewer'
  if (named) throw new HabtwinError('request/forbidden', `${what} is not for the role ${who.role}`)
  if (users) throw new HabtwinError('request/login', `${what} needs a login`)
  const where = who === undefined ? 'from another than this machine itself ' : ''
  throw new HabtwinError('request/forbidden', `${what} ${where}needs a login, and there is no user yet`)
}

/** As which of them a command goes out: by whom, and as what they are logged in. */
export interface Signature {
  readonly by: string
  readonly role?: string
}

/**
 * Lets a command through, or throws request/login, request/forbidden.
 * @param by what a request says of itself: goes for those only who have not logged in
 * @param free true for devices that anybody at this machine may command: the demo's virtual ones
 */
export function allowCommand(
  asking: Asking,
  device: string,
  point: string,
  by: string | undefined,
  free: (device: string) => boolean,
): Signature {
  if (asking.who?.role === 'viewer' && asking.who.via !== 'network' && free(device)) return { by: named(by) }
  const who = demand(asking, 'command', `A command to ${device}`)
  const { role, name } = who
  if (mayCommand(who, device, point)) return { by: name, role }
  throw new HabtwinError('request/forbidden', `${device}/${point} is not for the role ${role}`)
}

/** Lets somebody log what was done and write in reports: it commands nothing. Gives by whom it is. */
export function allowLog(asking: Asking, by: string | undefined): string {
  const { role, name } = demand(asking, 'log', 'Logging events')
  return role === 'viewer' ? named(by) : name
}

/** Who submits, cancels or deletes jobs: the name that they are kept under. */
export function jobOwner(asking: Asking): string {
  const { role, name } = demand(asking, 'run', 'Running jobs')
  return role === 'viewer' ? 'local' : name
}

function named(by: string | undefined): string {
  if (by === undefined) throw new HabtwinError('request/invalid', 'by: say who you are, or log in')
  return by
}
