/** What a broker counts, for metrics and for a log that says each thing once a minute at most. */
import type { Clock } from '@habtwin/runtime/clock'
import type { TlsRefusal } from '@habtwin/runtime/tls/door'

/** Why something was not let through. Each is a label of a metric. */
export type Refusal =
  | TlsRefusal
  | 'connections'
  | 'connections-per-address'
  | 'connections-per-user'
  | 'sessions'
  | 'retained'
  | 'no-room'
  | 'not-mqtt'
  | 'packet-too-large'
  | 'malformed-length'
  | 'malformed-properties'
  | 'mqtt5'
  | 'client-id'
  | 'login'
  | 'login-locked'
  | 'login-busy'
  | 'login-missing'
  | 'revoked'
  | 'publish'
  | 'publish-rate'
  | 'inflight'
  | 'subscribe'
  | 'slow-message'
  | 'slow-client'
  | 'too-large-for-client'
  | 'websocket-path'
  | 'websocket-origin'
  | 'client-error'

export interface Counts {
  /** Connections now, and since the start. */
  connections: number
  accepted: number
  /** Messages from clients and from this process; messages to clients. */
  publishedIn: number
  publishedOut: number
  bytesIn: number
  bytesOut: number
  readonly refused: Map<Refusal, number>
}

export function newCounts(): Counts {
  return { connections: 0, accepted: 0, publishedIn: 0, publishedOut: 0, bytesIn: 0, bytesOut: 0, refused: new Map() }
}

/** The part of a logger that is needed here; pino's fits. */
export interface Log {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
}

const MINUTE = 60_000

/** Counts what is refused, and tells the log the first time and then once a minute, with the number since. */
export class Refusals {
  readonly #counts: Counts
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #each: ((reason: Refusal, detail: object) => void) | undefined
  readonly #told = new Map<Refusal, { at: number; count: number }>()

  /** @param each told of every refusal */
  constructor(counts: Counts, clock: Clock, log: Log | undefined, each?: (reason: Refusal, detail: object) => void) {
    this.#counts = counts
    this.#clock = clock
    this.#log = log
    this.#each = each
  }

  /** @param detail who and what, for the log */
  add(reason: Refusal, detail: object): void {
    const count = (this.#counts.refused.get(reason) ?? 0) + 1
    this.#counts.refused.set(reason, count)
    this.#each?.(reason, detail)
    if (this.#log === undefined) return
    const told = this.#told.get(reason)
    const now = this.#clock.mono()
    if (told !== undefined && now - told.at < MINUTE) return
    this.#told.set(reason, { at: now, count })
    this.#log.warn({ ...detail, reason, times: count - (told?.count ?? 0) }, 'the broker refused something')
  }
}
