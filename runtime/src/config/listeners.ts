/** What is open beyond this machine: with TLS, or by a plain word that it is meant without. */
import { isLoopback } from '../origin.ts'
import type { Fault } from './faults.ts'
import { type Address, address } from './quantity.ts'

type At = (path: readonly PropertyKey[], code: 'config/insecure' | 'config/invalid', message: string) => Fault

const listeners = [
  ['broker', 'mqtt'],
  ['broker', 'tls'],
  ['broker', 'websocket'],
  ['http', 'panel'],
  ['http', 'gateway'],
] as const

/** True where any listener of a habitat speaks TLS. */
export function usesTls({ broker, http }: Listeners): boolean {
  return broker.tls !== undefined || broker.websocket.tls || http.panel.tls || http.gateway.tls
}

interface Listeners {
  readonly broker: { readonly tls?: Address | undefined; readonly websocket: Address }
  readonly http: { readonly panel: Address; readonly gateway: Address }
}

/** Judged on the raw tree, so that it is told beside faults of shape. */
export function listenerFaults(tree: Record<string, unknown>, at: At): Fault[] {
  const hasTls = isTable(tree.tls) || written(tree, 'broker', 'tls') !== undefined
  return listeners.flatMap(([section, key]) => {
    const given = written(tree, section, key)
    const parsed = given === undefined ? undefined : address.safeParse(given).data
    const why = parsed && faultOf(`${section}.${key}`, parsed, hasTls)
    return why === undefined ? [] : [at([section, key], why.code, why.message)]
  })
}

function faultOf(name: string, { host, port, insecure, tls }: Address, hasTls: boolean) {
  const invalid = (message: string) => ({ code: 'config/invalid' as const, message })
  const open = `"${host}:${port}" can be reached from other machines`
  if (name === 'broker.mqtt') {
    if (isLoopback(host) || insecure) return tls ? invalid('MQTT with TLS is spoken at `broker.tls`') : undefined
    const message = `${open}, without TLS and users; give \`broker.tls\` that address`
    return { code: 'config/insecure' as const, message }
  }
  if (name === 'broker.tls') return insecure ? invalid('what speaks TLS is not insecure') : undefined
  if (tls && insecure) return invalid('it is either `tls` or `insecure`')
  if (isLoopback(host) || insecure || (tls && hasTls)) return undefined
  const message = `${open}, without TLS and users; add a section \`tls: {}\``
  return { code: 'config/insecure' as const, message }
}

function written(tree: Record<string, unknown>, section: string, key: string): unknown {
  const table = tree[section]
  return isTable(table) && Object.hasOwn(table, key) ? table[key] : undefined
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
