/** The gateway's side of access: the first user, and what the audit log keeps of users, logins and refusals. */
import type { IncomingMessage } from 'node:http'
import type { Refusal } from '@habtwin/broker'
import { type Clock, isLoopback, isProxied, type Log } from '@habtwin/runtime'
import { may } from '@habtwin/runtime/access'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import { Refusals } from '@habtwin/runtime/audit/refusals'
import {
  AccessControl,
  type AttemptLimits,
  bearerOf,
  firstBoot,
  firstLoginPath,
  userChanges,
} from '@habtwin/runtime/users/index'

export interface UsersParts {
  /** The data folder's `access`. */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
  readonly limits: AttemptLimits
  /** Durable where it is true. */
  readonly audit: (note: AuditNote) => boolean
  /** A habitat in which nobody can do harm needs no user to begin with. */
  readonly simulated: boolean
}

export interface GatewayUsers extends Disposable {
  readonly access: AccessControl
  /** True where a request may see the figures of the gateway. @param open meant to be open to its network */
  readonly mayRead: (request: Pick<IncomingMessage, 'headers' | 'socket'>, open: boolean) => boolean
  /** Told of every refusal of the broker. */
  readonly refused: (reason: Refusal, detail: object) => void
}

/** Refusals that tell of somebody who wants in, or wants more than is theirs; the others tell of a full house. */
export const audited: ReadonlySet<Refusal> = new Set<Refusal>([
  'client-id',
  'login',
  'login-locked',
  'login-missing',
  'publish',
  'revoked',
  'subscribe',
  'tls-certificate-expired',
  'tls-certificate-foreign',
  'tls-certificate-missing',
  'tls-certificate-nameless',
])

/**
 * Opens the users of a house; at its first boot makes one.
 * @throws HabtwinError access/invalid, data/unusable, data/locked
 */
export async function openUsers({ folder, clock, log, limits, audit, simulated }: UsersParts): Promise<GatewayUsers> {
  if (!simulated && (await firstBoot(folder, clock.now())))
    log.info({ file: firstLoginPath(folder) }, 'the user `crew` was made; its password is in this file')
  const access = AccessControl.open({ folder, clock, log, limits })
  const refusals = new Refusals(clock, audit)
  access.changed = (before, after) => {
    for (const what of userChanges(before, after)) {
      log.info({ what }, 'users')
      audit({ kind: 'users', what })
    }
  }
  return {
    access,
    refused: (reason, detail) => {
      if (audited.has(reason)) refusals.add({ kind: 'refused-client', reason, ...detail })
    },
    mayRead: ({ headers, socket }, open) => {
      const from = socket.remoteAddress ?? ''
      const token = bearerOf(headers.authorization)
      if (token === undefined) return open || (isLoopback(from) && !isProxied(headers))
      const login = access.bearer(token, from)
      return 'principal' in login && may(login.principal, 'read')
    },
    [Symbol.dispose]: () => access[Symbol.dispose](),
  }
}
