/** Tells who is connected: what has changed, and not more often than every few seconds. */
import type { Broker } from '@habtwin/broker'
import type { ConnectedClient, ConnectedClients } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime'

/** Told this often at most, ms. */
export const TELL = 5_000
/** Listed at most: a message stays small, however full the house. */
const MOST = 200

export class Clients {
  readonly #broker: Pick<Broker, 'connected'>
  readonly #clock: Pick<Clock, 'now'>
  readonly #tell: (told: ConnectedClients) => void
  #known = new Map<string, number>()
  #told = ''

  constructor(broker: Pick<Broker, 'connected'>, clock: Pick<Clock, 'now'>, tell: (told: ConnectedClients) => void) {
    this.#broker = broker
    this.#clock = clock
    this.#tell = tell
  }

  /** Looks, and tells where somebody came or went. */
  tick(): void {
    const t = this.#clock.now()
    const known = new Map<string, number>()
    const clients: ConnectedClient[] = []
    for (const one of this.#broker.connected()) {
      const key = `${one.role} ${one.name} ${one.client}`
      const since = this.#known.get(key) ?? t
      known.set(key, since)
      if (clients.length < MOST) clients.push({ ...one, since })
    }
    this.#known = known
    const now = [...known.keys()].sort().join('\n')
    if (now === this.#told) return
    this.#told = now
    this.#tell({ t, count: known.size, clients })
  }
}
