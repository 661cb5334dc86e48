/**
 * Who may say and hear what. Every rule of the broker is in this file, as pure functions.
 *
 * The listener a client comes in by gives its role: the Unix socket of the house's own process is `service`,
 * everything else is `viewer` until it can log in. Topics are full ones, `hab/{habitat}/…`.
 */
import { relative } from '@habtwin/contract'

export type Role = 'viewer' | 'service'

/** What the rules need to know of the house. */
export interface House {
  readonly habitat: string
  /**
   * The demo: devices that anyone on this machine may disturb, and alerts that anyone may acknowledge.
   * Undefined where the habitat is a real one.
   */
  readonly demo?: ReadonlySet<string> | undefined
}

/** Published by the gateway itself, in-process. From a client they would be forged. */
const gatewayOnly = new Set(['audit', 'clock', 'control', 'device', 'journal', 'resend', 'status'])

/** True where this role may publish on this topic. Wildcards are never part of a topic [MQTT-3.3.2-2]. */
export function mayPublish(role: Role, topic: string, house: House): boolean {
  if (topic.includes('+') || topic.includes('#')) return false
  const path = relative(house.habitat, topic)
  if (path === undefined) return false
  const levels = path.split('/')
  switch (role) {
    case 'service':
      return !gatewayOnly.has(levels[0] ?? '')
    case 'viewer':
      return mayDisturb(levels, house)
  }
}

/** In the demo, `command/{device}/{point}` to a virtual device, and `acknowledge` to guard and twin. */
function mayDisturb(levels: readonly string[], house: House): boolean {
  const [kind, device, point] = levels
  if (house.demo === undefined || kind !== 'command' || levels.length !== 3) return false
  if (device === undefined || point === undefined || point === '') return false
  return device === 'guard' || device === 'twin' ? point === 'acknowledge' : house.demo.has(device)
}

/**
 * True where what this role publishes may be retained. A command that were retained would act again at each start
 * of whoever obeys it, so nobody may.
 */
export function mayRetain(role: Role, topic: string, house: House): boolean {
  return role === 'service' && relative(house.habitat, topic)?.startsWith('command/') !== true
}

/** True where this role may subscribe to this filter. `$SYS` tells client ids, which are nobody's business. */
export function maySubscribe(_role: Role, filter: string): boolean {
  return !filter.startsWith('$')
}

/** True where this role may be given a message on this topic. Asked for each delivery: keep it cheap. */
export function mayReceive(_role: Role, topic: string): boolean {
  return topic.charCodeAt(0) !== DOLLAR
}

const DOLLAR = 36
