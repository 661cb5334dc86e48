/**
 * Who may say, hear and do what. Every rule is in this file, as pure functions, for whatever way somebody comes in by:
 * MQTT, WebSocket, REST and the panel. Topics are full ones, `hab/{habitat}/…`.
 *
 *   who logs in, how ─► Principal ─► mayPublish · mayRetain · maySubscribe · mayReceive (MQTT)
 *                                └─► may (REST)
 */

/**
 * - `service`: a process of the house, by its Unix socket
 * - `crew`: all; commands are done at once
 * - `mission-control`: reads all; its commands wait for a crew member, unless configured otherwise
 * - `device`: one outside device: says what it measures, hears what concerns it
 * - `gateway`: another habitat's gateway, at a receiver: its own habitat and no other
 * - `public`: what is published for everyone
 * - `viewer`: whoever is on this machine and has not logged in
 */
export const roles = ['service', 'crew', 'mission-control', 'device', 'gateway', 'public', 'viewer'] as const
export type Role = (typeof roles)[number]

/** Roles that a user, a device or a token can be given; the other two come of where somebody connects. */
export const givenRoles = ['crew', 'mission-control', 'device', 'gateway', 'public'] as const satisfies readonly Role[]
export type GivenRole = (typeof givenRoles)[number]

/** Who it is, once it is known. */
export interface Principal {
  readonly role: Role
  /** The user's, device's or token's name; of those who have not logged in, what they are. */
  readonly name: string
  /** The one habitat that it may see and speak of; undefined where it may every one that is served here. */
  readonly habitat?: string | undefined
  /** Of a device: the one that it may speak for. */
  readonly device?: string | undefined
  /** Of a device: the client id that it comes by, so that no other can be taken for it. */
  readonly client?: string | undefined
  /** Which secret it was that proved it (never the secret itself): with that, all that it let in goes. */
  readonly credential?: string | undefined
  /** How this is known. */
  readonly via: 'socket' | 'loopback' | 'network' | 'password' | 'token' | 'session' | 'certificate'
}

/** A process of the house. */
export const service: Principal = { role: 'service', name: 'service', via: 'socket' }
/** Whoever is on this machine and has not logged in. */
export const viewer: Principal = { role: 'viewer', name: 'viewer', via: 'loopback' }

/** What the rules need to know of the house. */
export interface House {
  /** The habitat served; undefined at a receiver, which serves many. */
  readonly habitat?: string | undefined
  /**
   * The demo: devices that anyone on this machine may disturb, and alerts that anyone may acknowledge.
   * Undefined where the habitat is a real one.
   */
  readonly demo?: ReadonlySet<string> | undefined
}

/** Published by the gateway itself, in-process. From a client they would be forged. */
const gatewayOnly = new Set([
  'about',
  'audit',
  'clients',
  'clock',
  'confirm',
  'control',
  'device',
  'journal',
  'link',
  'resend',
  'status',
])
/** Not for a gateway that speaks to a receiver: it is told these. */
const notByGateway = new Set(['command', 'mark', 'in'])
/** What obeys only the house's own processes: they speak for whoever is logged in there, and say who that is. */
const obeysService = new Set(['access', 'journal'])

/** True where it may publish on this topic. Wildcards are never part of a topic [MQTT-3.3.2-2]. */
export function mayPublish(who: Principal, topic: string, house: House): boolean {
  if (topic.includes('+') || topic.includes('#')) return false
  const at = below(topic, who, house)
  if (at < 0) return false
  const levels = topic.slice(at).split('/')
  switch (who.role) {
    case 'service':
      return !gatewayOnly.has(levels[0] ?? '')
    case 'crew':
    case 'mission-control':
      return isSafety(levels) || (isCommand(levels) && mayCommand(who, levels[1] ?? '', levels[2] ?? ''))
    case 'device':
      return who.device !== undefined && isOwnInput(levels, who.device)
    case 'gateway':
      return who.habitat !== undefined && !notByGateway.has(levels[0] ?? '')
    case 'viewer':
      return who.via !== 'network' && mayDisturb(levels, house)
    case 'public':
      return false
  }
}

/** True where it may give this command, to a device or to what obeys beside them. In the demo a viewer may more. */
export function mayCommand(who: Principal, device: string, point: string): boolean {
  switch (who.role) {
    case 'service':
      return true
    case 'crew':
      return isCommand(['command', device, point])
    case 'mission-control':
      // what waits for the crew's word is not confirmed from afar
      return isCommand(['command', device, point]) && device !== 'command'
    default:
      return false
  }
}

/** `command/{device}/{point}` */
function isCommand([kind, device = '', point = '', ...more]: readonly string[]): boolean {
  return kind === 'command' && device !== '' && point !== '' && more.length === 0 && !obeysService.has(device)
}

/** `safety/{id}` */
function isSafety(levels: readonly string[]): boolean {
  return levels.length === 2 && levels[0] === 'safety' && levels[1] !== ''
}

/** `in/{device}`, `in/{device}/{point}` */
function isOwnInput(levels: readonly string[], device: string): boolean {
  return levels[0] === 'in' && levels[1] === device && levels.length <= 3 && levels[2] !== ''
}

/** In the demo, `command/{device}/{point}` to a virtual device, and `acknowledge` to guard and twin. */
function mayDisturb(levels: readonly string[], house: House): boolean {
  const [, device = '', point = ''] = levels
  if (house.demo === undefined || !isCommand(levels)) return false
  return device === 'guard' || device === 'twin' ? point === 'acknowledge' : house.demo.has(device)
}

/**
 * True where what it publishes may be retained. A command that were retained would act again at each start of whoever
 * obeys it, so nobody may.
 */
export function mayRetain(who: Principal, topic: string, house: House): boolean {
  if (who.role !== 'service' && who.role !== 'gateway') return false
  const at = below(topic, who, house)
  return at >= 0 && !topic.startsWith('command/', at) && !topic.startsWith('safety/', at)
}

/**
 * True where it may subscribe to this filter. `$SYS` tells client ids, which are nobody's business. Those who may hear
 * only a part may not ask for more than that: it is better told now than found missing later.
 */
export function maySubscribe(who: Principal, filter: string, house: House): boolean {
  if (filter.startsWith('$')) return false
  const allowed = filtersOf(who, house)
  return allowed === undefined || allowed.some((one) => covers(one, filter))
}

/** What it may ask for; undefined where that is everything. */
function filtersOf(who: Principal, house: House): readonly string[] | undefined {
  const hab = `hab/${who.habitat ?? house.habitat ?? '+'}`
  switch (who.role) {
    case 'device':
      return ['command', 'device', 'result'].map((kind) => `${hab}/${kind}/${who.device ?? ''}/#`)
    case 'gateway':
      return who.habitat === undefined ? [] : ['command/+/+', 'mark/+/+', 'safety/+'].map((kind) => `${hab}/${kind}`)
    case 'public':
      return [`${hab}/public/#`]
    default:
      return who.habitat === undefined ? undefined : [`${hab}/#`]
  }
}

/** True where every topic of `asked` is one of `allowed` (MQTT 3.1.1, section 4.7.1). */
function covers(allowed: string, asked: string): boolean {
  const may = allowed.split('/')
  const wants = asked.split('/')
  for (const [i, level] of may.entries()) {
    if (level === '#') return wants.length > i
    const want = wants[i]
    if (want === undefined || want === '#') return false
    if (level !== '+' && want !== level) return false
  }
  return wants.length === may.length
}

/** True where it may be given a message on this topic. Asked for each delivery: makes nothing, compares letters. */
export function mayReceive(who: Principal, topic: string, house: House): boolean {
  if (topic.charCodeAt(0) === DOLLAR) return false
  switch (who.role) {
    case 'device': {
      const at = below(topic, who, house)
      if (at < 0 || who.device === undefined) return false
      return isOf('device/', topic, at, who.device) || isOf('result/', topic, at, who.device) || isOf('command/', topic, at, who.device) // biome-ignore format: one thought
    }
    case 'gateway': {
      const at = who.habitat === undefined ? -1 : below(topic, who, house)
      return at >= 0 && (topic.startsWith('command/', at) || topic.startsWith('mark/', at) || topic.startsWith('safety/', at)) // biome-ignore format: one thought
    }
    case 'public': {
      const at = below(topic, who, house)
      return at >= 0 && topic.startsWith('public/', at)
    }
    default:
      return who.habitat === undefined || below(topic, who, house) >= 0
  }
}

/** True for `{kind}{device}` and what is below it. */
function isOf(kind: string, topic: string, at: number, device: string): boolean {
  const from = at + kind.length
  const end = from + device.length
  return (
    topic.startsWith(kind, at) &&
    topic.startsWith(device, from) &&
    (topic.length === end || topic.charCodeAt(end) === SLASH)
  )
}

/** Where the part of a topic begins that is below a habitat that is served here and is its own; -1 where it is not. */
function below(topic: string, who: Principal, house: House): number {
  if (!topic.startsWith('hab/')) return -1
  const habitat = who.habitat ?? house.habitat
  if (who.habitat !== undefined && house.habitat !== undefined && who.habitat !== house.habitat) return -1
  if (habitat === undefined) {
    const end = topic.indexOf('/', 4)
    return end > 4 ? end + 1 : -1
  }
  const end = 4 + habitat.length
  return topic.startsWith(habitat, 4) && topic.charCodeAt(end) === SLASH ? end + 1 : -1
}

const DOLLAR = 36
const SLASH = 47

/**
 * What somebody may do by REST. `read`: everything that is measured and told; `log`: events, reports; `run`: jobs;
 * `command`: whatever acts; `public`: see what is published for everyone.
 */
export type Deed = 'read' | 'log' | 'run' | 'command' | 'public'

/** True where it may do this. In the demo a viewer commands as well, but only what `mayPublish` says. */
export function may(who: Principal, deed: Deed): boolean {
  switch (who.role) {
    case 'service':
    case 'crew':
    case 'mission-control':
      return true
    case 'viewer':
      // who does not sit at this machine may look at most
      return deed === 'read' || deed === 'public' || (who.via !== 'network' && deed !== 'command')
    default:
      return deed === 'public'
  }
}
