/** The TLS of the gateway: its identity, opened once somebody needs it, and kept up to date. */
import type { Broker } from '@habtwin/broker'
import type { Clock, Config, Log } from '@habtwin/runtime'
import type { Identity } from '@habtwin/runtime/tls/identity'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import type { HttpTls, Metric } from './http.ts'

export interface TlsParts {
  readonly config: Config
  /** `{data}/tls` */
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
}

/** True where a listener of the gateway speaks TLS. */
export function speaksTls({ broker, http }: Config): boolean {
  return broker.tls !== undefined || broker.websocket.tls || http.gateway.tls
}

/** The names under which pages and Prometheus may ask; where there is TLS, the machine's own as well. */
export function namesOf(config: Config): string[] {
  return [...config.http.names, ...(speaksTls(config) ? hostNames() : [])]
}

export class Tls {
  readonly #parts: TlsParts
  #opening: Promise<Identity> | undefined
  #identity: Identity | undefined

  constructor(parts: TlsParts) {
    this.#parts = parts
  }

  /** Opens what speaks TLS of a broker. Throws tls/*, data/unusable, listen/*: to be tried again. */
  async open(broker: Broker): Promise<void> {
    await broker.secure(await this.#get())
  }

  /** What the gateway's own HTTP needs. Throws as `open` does. */
  async forHttp(broker: Broker): Promise<HttpTls> {
    const { config } = this.#parts
    const handshake = config.tls.handshake_timeout
    return { identity: await this.#get(), handshake, refused: broker.turnedAway }
  }

  /** Keeps the certificate in force up to date until the signal. */
  async run(signal: AbortSignal): Promise<void> {
    const identity = await this.#get()
    await identity.run(signal)
  }

  *metrics(): Iterable<Metric> {
    if (this.#identity === undefined) return
    const { to } = this.#identity.pair
    yield ['habtwin_tls_expires_seconds', 'When the certificate in force ends, since the epoch', 'gauge', to / 1_000]
  }

  /** Both its users may ask at once; what failed is tried anew by the next. */
  #get(): Promise<Identity> {
    const { config, folder, clock, log } = this.#parts
    const { broker, http, tls, habitat } = config
    const listeners = [broker.tls, broker.websocket, http.gateway]
    this.#opening ??= openIdentity(
      { tls, http, listeners, habitat: habitat.id },
      { folder, part: 'gateway', clock, log },
    )
    const opening = this.#opening
    return opening.then(
      (identity) => {
        this.#identity = identity
        return identity
      },
      (error: unknown) => {
        if (this.#opening === opening) this.#opening = undefined
        throw error
      },
    )
  }
}
