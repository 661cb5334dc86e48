/** From the configuration to the identity of a process; loaded only where something speaks TLS. */
import type { Clock } from '../clock.ts'
import type { Address } from '../config/quantity.ts'
import type { Log } from '../log.ts'
import { isLoopback } from '../origin.ts'
import { Identity, type TlsSettings } from './identity.ts'

export interface TlsConfig {
  readonly tls: TlsSettings
  readonly http: { readonly names: readonly string[] }
  /** Whoever listens, with TLS or without. */
  readonly listeners: readonly (Address | undefined)[]
  readonly habitat: string
}

/** The parts of an identity that do not come from the configuration. */
export interface TlsPlace {
  /** `{data}/tls` */
  readonly folder: string
  /** Of which process. */
  readonly part: string
  readonly clock: Clock
  readonly log: Log
}

/** Opens the identity of a process. Throws what `Identity.open` throws. */
export function openIdentity({ tls, http, listeners, habitat }: TlsConfig, place: TlsPlace): Promise<Identity> {
  // an address that is listened on by name or figure is one that is asked for
  const hosts = listeners.flatMap((one) => (one === undefined || isLoopback(one.host) ? [] : [one.host]))
  return Identity.open({ ...place, habitat, settings: { ...tls, names: [...http.names, ...tls.names, ...hosts] } })
}
