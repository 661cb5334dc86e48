/** Who comes in at which door, and under which client id. */
import type { Principal } from '@habtwin/runtime/access'
import { isLoopback } from '@habtwin/runtime/origin'
import type { AccessControl } from '@habtwin/runtime/users/index'

/** The part of the access control that a broker needs. */
export type Doors = Pick<AccessControl, 'login' | 'byCertificate' | 'current' | 'onChange' | 'ownerOf'>

/** Client ids of processes of the house begin so. */
const OWN = 'sim-'

/**
 * Who somebody is that does not log in; undefined where one must.
 * @param from the address that it comes from
 * @param open true where the listener is meant to be open to its network
 */
export function unnamed(from: string, open: boolean): Principal | undefined {
  if (from === '' || isLoopback(from))
    return { role: 'viewer', name: 'viewer', via: from === '' ? 'socket' : 'loopback' }
  return open ? { role: 'viewer', name: 'viewer', via: 'network' } : undefined
}

/** True where it may come by this client id: a device's is its own, and whoever is bound to one uses no other. */
export function mayBeNamed(who: Principal, clientId: string, doors: Pick<Doors, 'ownerOf'> | undefined): boolean {
  if (who.role === 'service') return true
  if (who.client !== undefined) return who.client === clientId
  return !clientId.startsWith(OWN) && doors?.ownerOf(clientId) === undefined
}

/**
 * True where it may put out whoever uses its client id now [MQTT-3.1.4-2]: its own other connection, and one that has
 * not logged in, where it has.
 */
export function mayTakeOver(who: Principal, other: Principal): boolean {
  if (who.role === other.role && who.name === other.name) return true
  return other.role === 'viewer'
}
