/**
 * The broker inside ours. Aedes 1.2 speaks MQTT 3.1 and 3.1.1. The beta of Aedes 2 speaks 5 as well, costs more for each
 * message, and branched off before some of the mends of 1.2, which it is given here. Only the one that is wanted is
 * loaded.
 */
import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Aedes, AedesOptions, Client } from 'aedes'
import { wellFormed } from './properties.ts'

/** Reason codes of MQTT 5 that we give ourselves (section 2.4). */
export const reasonCodes = {
  notAuthorized: 0x87,
  receiveMaximumExceeded: 0x93,
  packetTooLarge: 0x95,
  administrativeAction: 0x98,
} as const

/** What a client that speaks MQTT 5 has beside what all have. */
export interface Client5 extends Client {
  /** Seconds that its session outlives its connection. */
  sessionExpiryInterval: number
  /** Bytes of the largest packet that it takes [MQTT-3.1.2-24]. */
  readonly maximumPacketSize?: number
  /** Messages with acknowledgements that it takes at once [MQTT-3.3.4-9]. */
  readonly receiveMaximum: number
  /** Whether its CONNACK says how long its session is kept. */
  _sessionExpiryClamped: boolean
  /** What it asked for; where that is 0 it cannot ask for more when it goes [MQTT-3.14.4-3]. */
  _connectSessionExpiryInterval: number
  disconnect(options: { readonly reasonCode: number }): void
}

/** Asked for each delivery. */
export function speaks5(client: Client): client is Client5 {
  return client.version === 5
}

/** Ends a connection; a client that can be told is told why. */
export function expel(client: Client, reasonCode: number): void {
  if (speaks5(client)) client.disconnect({ reasonCode })
  else client.conn.destroy()
}

/** What MQTT 5 lets a broker say of itself. */
export interface Announced5 {
  /** Bytes of the largest packet that is taken. */
  readonly maximumPacketSize: number
  /** Messages with acknowledgements that may be under way from one client. */
  readonly receiveMaximum: number
  /** Seconds that a session is kept at most. */
  readonly sessionExpiryIntervalLimit: number
  /** Sessions and late wills that may wait for their end. */
  readonly pendingSessionsLimit: number
}

/**
 * Loads the engine and makes one.
 * @param five how MQTT 5 is spoken; left out where it is not
 * @param malformed told of a client that sent properties which cannot be; its connection ends
 */
export async function makeEngine(
  options: AedesOptions,
  five: Announced5 | undefined,
  malformed: (client: Client) => void,
): Promise<Aedes> {
  if (five === undefined) {
    const { Aedes } = await import('aedes')
    return new Aedes(options)
  }
  const { Aedes } = await import('aedes-next')
  const { maxInflightInbound: _ours, ...common } = options
  return mended(new Aedes({ ...common, ...five } as object) as unknown as Aedes, malformed)
}

interface Inside {
  clients: object
  brokers: object
  handle: (conn: Duplex) => Client
}

interface InsideClient {
  subscriptions: object
  duplicates: object
  readonly _parser: EventEmitter
}

interface Parsed {
  cmd: string
  readonly subscriptions?: { topic: string }[]
  readonly properties?: object
  readonly will?: { readonly properties?: object }
}

/**
 * The beta keys its tables by words from the wire, where an inherited name (`constructor`, `__proto__`) does not read
 * back as absent (GHSA-52qw-whmv-87c5), and trusts its parser, which hands on properties that were cut off or stand
 * twice: one such packet would end the process.
 */
function mended(aedes: Aedes, malformed: (client: Client) => void): Aedes {
  const inside = aedes as unknown as Inside
  inside.clients = Object.create(null)
  inside.brokers = Object.create(null)
  const { handle } = inside
  inside.handle = (conn) => {
    const client = handle(conn)
    const own = client as unknown as InsideClient
    own.subscriptions = Object.create(null)
    own.duplicates = Object.create(null)
    own._parser.prependListener('packet', (packet: Parsed) => {
      // several filters are gathered in a plain object; an empty one is refused
      for (const subscription of packet.subscriptions ?? [])
        if (subscription.topic === '__proto__') subscription.topic = ''
      if (wellFormed(packet.properties) && wellFormed(packet.will?.properties)) return
      packet.cmd = 'malformed' // whatever it does not know ends the connection
      malformed(client)
    })
    return client
  }
  return aedes
}
