/** What a broker can be told, and what it does untold. The limits are chosen for a Pi. */
import { MAX_PACKET } from '@habtwin/contract'
import type { PersistenceLimits } from './persistence/persistence.ts'

/** A place on the network. `port` 0 takes a free one. */
export interface NetAddress {
  readonly host: string
  readonly port: number
  /** Needed for a host wider than loopback, where no TLS is spoken. */
  readonly insecure?: boolean | undefined
}

export interface BrokerOptions {
  /** The habitat served; undefined at a receiver, which serves many. */
  readonly habitat?: string | undefined
  readonly tcp?: NetAddress | undefined
  /** MQTT over TLS: opened by `secure`, as is the WebSocket with `tls`. */
  readonly tls?: NetAddress | undefined
  readonly websocket?:
    | (NetAddress & { readonly names?: readonly string[] | undefined; readonly tls?: boolean | undefined })
    | undefined
  /** Unix sockets, by who comes in by them; each connection to `panel` begins with a line that says for whom it is. */
  readonly sockets?:
    | {
        readonly service?: string | undefined
        readonly viewer?: string | undefined
        readonly panel?: string | undefined
      }
    | undefined
  /** Devices that a viewer may disturb; only in the demo. With it, a viewer may also acknowledge alerts. */
  readonly demo?: readonly string[] | undefined
  readonly limits?: Partial<Limits> | undefined
  /** MQTT 5 is spoken as well. */
  readonly mqtt5?: boolean | undefined
  /** Where sessions, wills and retained messages are kept; left out where nothing is to outlive the process. */
  readonly folder?: string | undefined
  /**
   * Whoever is let in may say and hear everything but `$SYS`, except for the filters named: a broker on its own, for
   * tests and benches.
   */
  readonly open?: readonly string[] | undefined
}

export interface Limits extends PersistenceLimits {
  /** Largest packet, bytes; and the largest first one, while nobody knows who is there. */
  readonly packet: number
  readonly connect: number
  /** Connections in all, and from one address. */
  readonly connections: number
  readonly perAddress: number
  /** Connections of one user. */
  readonly perUser: number
  /** Topic names and filters: characters and levels. */
  readonly topic: number
  readonly levels: number
  /** Characters of a client id. */
  readonly clientId: number
  /** Subscriptions of one client. */
  readonly subscriptions: number
  /** Messages a second, over ten seconds: of a viewer, and of one that has logged in. */
  readonly publishRate: number
  readonly userRate: number
  /** Filters a second that one client may ask for, over ten seconds. */
  readonly subscribeRate: number
  /** Messages that may be under way to a client with a session. */
  readonly inflight: number
  /** Milliseconds until the CONNECT must be there. */
  readonly connectTimeout: number
  /** Milliseconds that a TLS handshake may take. */
  readonly handshakeTimeout: number
  /** Milliseconds that the house's own process may take to make room before it is taken for frozen. */
  readonly drainTimeout: number
  /** What waits to be sent to one viewer, bytes; beyond it live messages pass it by. */
  readonly backlog: number
  /** What waits to be sent to all of them, bytes; beyond it each may have an eighth of its backlog waiting. */
  readonly backlogs: number
}

export const defaultLimits: Limits = {
  packet: MAX_PACKET,
  connect: 16_384,
  connections: 128,
  perAddress: 64,
  perUser: 16,
  topic: 256,
  levels: 16,
  clientId: 128,
  subscriptions: 256,
  publishRate: 20,
  userRate: 500,
  subscribeRate: 100,
  inflight: 100,
  connectTimeout: 5_000,
  handshakeTimeout: 10_000,
  drainTimeout: 3_000,
  backlog: 524_288,
  backlogs: 64_000_000,
  sessions: 1_000,
  queue: 10_000,
  queueBytes: 4_000_000,
  queuedBytes: 16_000_000,
  queueAge: 7 * 86_400_000,
  sessionAge: 14 * 86_400_000,
  inbound: 32,
  retained: 100_000,
  retainedBytes: 64_000_000,
}
