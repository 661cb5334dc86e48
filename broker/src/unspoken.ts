/** What a client is told that speaks MQTT 5 where that is not spoken, and what the log says of it. */
import type { Duplex } from 'node:stream'
import type { Log } from './counters.ts'

/** The line that would have it served. */
const LINE = 'broker: { mqtt5: true }'
const REASON = Buffer.from(`MQTT 5 is not spoken here: use 3.1.1, or write ${LINE}`)
const UNSUPPORTED = 0x84
const REASON_STRING = 0x1f
/** CONNACK with a reason string (MQTT 5, 3.2): whoever speaks 5 reads no other [MQTT-3.1.2-2]. */
const body = Buffer.concat([Buffer.from([0, UNSUPPORTED, 3 + REASON.length, REASON_STRING, 0, REASON.length]), REASON])
const CONNACK = Buffer.concat([Buffer.from([0x20, body.length]), body])

/** Clients that are named in the log. */
const MOST = 100

export class Unspoken {
  readonly #log: Log | undefined
  readonly #named = new Set<string>()

  constructor(log: Log | undefined) {
    this.#log = log
  }

  /** Says why, and closes the connection; the log hears of each client once. */
  turnAway(conn: Duplex, clientId: string, from: string): void {
    conn.end(CONNACK, () => conn.destroy())
    if (this.#named.has(clientId) || this.#named.size >= MOST) return
    this.#named.add(clientId)
    this.#log?.warn(
      { clientId, from, remedy: `set it to MQTT 3.1.1, or write: ${LINE}` },
      'a client speaks MQTT 5, which is not spoken here',
    )
  }
}
