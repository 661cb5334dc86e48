/** What a broker can be told, and what it does untold. The limits are chosen for a Pi. */
import { MAX_PACKET } from '@habtwin/contract'

/** A place on the network. `port` 0 takes a free one. */
export interface NetAddress {
  readonly host: string
  readonly port: number
  /** Needed for a host wider than loopback, where no TLS is spoken. */
  readonly insecure?: boolean | undefined
}

export interface BrokerOptions {
  readonly habitat: string
  readonly tcp?: NetAddress | undefined
  /** MQTT over TLS: opened by `secure`, as is the WebSocket with `tls`. */
  readonly tls?: NetAddress | undefined
  readonly websocket?:
    | (NetAddress & { readonly names?: readonly string[] | undefined; readonly tls?: boolean | undefined })
    | undefined
  /** Unix sockets, by the role of who comes in by them. */
  readonly sockets?: { readonly service?: string | undefined; readonly viewer?: string | undefined } | undefined
  /** Devices that a viewer may disturb; only in the demo. With it, a viewer may also acknowledge alerts. */
  readonly demo?: readonly string[] | undefined
  readonly limits?: Partial<Limits> | undefined
}

export interface Limits {
  /** Largest packet, bytes; and the largest first one, while nobody knows who is there. */
  readonly packet: number
  readonly connect: number
  /** Connections in all, and from one address. */
  readonly connections: number
  readonly perAddress: number
  /** Topic names and filters: characters and levels. */
  readonly topic: number
  readonly levels: number
  /** Characters of a client id. */
  readonly clientId: number
  /** Subscriptions of one client. */
  readonly subscriptions: number
  /** Messages a second from one viewer, over ten seconds. */
  readonly publishRate: number
  /** Milliseconds until the CONNECT must be there. */
  readonly connectTimeout: number
  /** Milliseconds that a TLS handshake may take. */
  readonly handshakeTimeout: number
  /** Milliseconds that the house's own process may take to make room before it is taken for frozen. */
  readonly drainTimeout: number
  /** What waits to be sent to one viewer, bytes; beyond it live messages pass it by. */
  readonly backlog: number
}

export const defaultLimits: Limits = {
  packet: MAX_PACKET,
  connect: 16_384,
  connections: 128,
  perAddress: 64,
  topic: 256,
  levels: 16,
  clientId: 128,
  subscriptions: 256,
  publishRate: 20,
  connectTimeout: 5_000,
  handshakeTimeout: 10_000,
  drainTimeout: 3_000,
  backlog: 131_072,
}
