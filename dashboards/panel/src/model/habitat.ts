/**
 * All that the panel knows, and how each message changes it. No DOM, no clock, no network:
 *
 *   REST snapshot ─► fromSnapshot ─┐
 *   MQTT message  ─► apply ────────┴─► Habitat ─► figures, headline, drawing
 */
import type { Alert } from '@habtwin/contract/alert'
import type { BridgeState } from '@habtwin/contract/bridge'
import type { ControlState } from '@habtwin/contract/command'
import type { DeviceHealth, DeviceInfo, NodeStatus } from '@habtwin/contract/device'
import type { Reading } from '@habtwin/contract/reading'
import type { WaitingCommand } from '@habtwin/contract/safety'
import { deviceOf, topic as names } from '@habtwin/contract/topics'
import type { Estimate, Forecast, Outlook, Scores, TwinModel } from '@habtwin/contract/twin'
import type { Nested, Snapshot } from './about.ts'

/** A reading and the wall-clock moment at which this page had it. */
export interface Received {
  readonly reading: Reading
  /** ms, this machine's clock */
  readonly at: number
  /** ms between it and the one before, on the device's clock. */
  readonly after?: number
}

export interface Habitat {
  readonly infos: ReadonlyMap<string, DeviceInfo>
  readonly readings: ReadonlyMap<string, Received>
  readonly health: ReadonlyMap<string, DeviceHealth>
  readonly alerts: ReadonlyMap<string, Alert>
  /** By `zone/quantity`. */
  readonly estimates: ReadonlyMap<string, Estimate>
  readonly forecasts: ReadonlyMap<string, Forecast>
  readonly nodes: ReadonlyMap<string, NodeStatus>
  /** How each writable point stands, by `device/point`. */
  readonly controls: ReadonlyMap<string, ControlState>
  /** How each bridge to another broker stands. */
  readonly links: ReadonlyMap<string, BridgeState>
  /** Commands from afar that wait for a crew member, by id. */
  readonly waiting: ReadonlyMap<string, WaitingCommand>
  /** How long limits are off; undefined before the twin has said so. */
  readonly outlook?: Outlook | undefined
  /** How good the forecasts have been. */
  readonly scores?: Scores | undefined
  /** What the twin goes by. */
  readonly twinModel?: TwinModel | undefined
}

/** One message below `hab/{habitat}/`; a body of undefined is an empty payload: the thing is gone. */
export interface Message {
  readonly topic: string
  readonly body: unknown
  readonly at: number
}

export const emptyHabitat: Habitat = {
  infos: new Map(),
  readings: new Map(),
  health: new Map(),
  alerts: new Map(),
  estimates: new Map(),
  forecasts: new Map(),
  nodes: new Map(),
  controls: new Map(),
  links: new Map(),
  waiting: new Map(),
}

type Key = Exclude<keyof Habitat, 'outlook' | 'scores' | 'twinModel'>
type ValueOf<K extends Key> = Habitat[K] extends ReadonlyMap<string, infer V> ? V : never

function set<K extends Key>(state: Habitat, map: K, key: string, value: ValueOf<K> | undefined): Habitat {
  const old = state[map] as ReadonlyMap<string, ValueOf<K>>
  if (value === undefined && !old.has(key)) return state
  const changed = new Map(old)
  if (value === undefined) changed.delete(key)
  else changed.set(key, value)
  return { ...state, [map]: changed }
}

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
}

/** A body of the expected kind, judged by one telling key; undefined for an empty payload or another thing. */
function shaped<T>(body: unknown, key: string, kind: 'number' | 'string' | 'object'): T | undefined {
  return isObject(body) && typeof body[key] === kind && body[key] !== null ? (body as T) : undefined
}

/** True where the second reading of a device is not newer than the first: a repeat, or a re-send. */
function isOld(known: Reading | undefined, next: Reading): boolean {
  if (known === undefined) return false
  return known.journal === next.journal ? next.seq <= known.seq : next.t < known.t
}

function applyAlert(state: Habitat, id: string, body: unknown): Habitat {
  const alert = shaped<Alert>(body, 'level', 'string')
  return set(state, 'alerts', id, alert?.active === false ? undefined : alert)
}

function applyReading(state: Habitat, device: string, message: Message): Habitat {
  const reading = shaped<Reading>(message.body, 'values', 'object')
  if (reading === undefined) return message.body === undefined ? set(state, 'readings', device, undefined) : state
  // A journal of another life may begin in the past (a recording that starts again): the live topic is believed.
  const known = state.readings.get(device)?.reading
  if (known?.journal === reading.journal && reading.seq <= known.seq) return state
  const after = known === undefined ? 0 : reading.t - known.t
  return set(state, 'readings', device, { reading, at: message.at, ...(after > 0 ? { after } : {}) })
}

/** The state after a message. What is not understood changes nothing. */
export function apply(state: Habitat, message: Message): Habitat {
  const { topic, body } = message
  const [root = '', first = '', second = '', third = ''] = topic.split('/')
  if (root === 'device') {
    const reading = deviceOf(topic, 'reading')
    if (reading !== undefined) return applyReading(state, reading, message)
    if (second === 'info') return set(state, 'infos', first, shaped<DeviceInfo>(body, 'points', 'object'))
    if (second === 'health') return set(state, 'health', first, shaped<DeviceHealth>(body, 'state', 'string'))
  }
  if (root === 'alert') return applyAlert(state, first, body)
  if (root === 'control') return set(state, 'controls', `${first}/${second}`, shaped<ControlState>(body, 't', 'number'))
  if (root === 'link') return set(state, 'links', first, shaped<BridgeState>(body, 'lanes', 'object'))
  if (root === 'confirm') return set(state, 'waiting', first, shaped<WaitingCommand>(body, 'expires', 'number'))
  if (root === 'status') return set(state, 'nodes', first, shaped<NodeStatus>(body, 'state', 'string'))
  if (root === 'twin' && first === 'estimate') {
    return set(state, 'estimates', `${second}/${third}`, shaped<Estimate>(body, 'mean', 'number'))
  }
  if (root === 'twin' && first === 'forecast') {
    return set(state, 'forecasts', `${second}/${third}`, shaped<Forecast>(body, 'p50', 'object'))
  }
  if (topic === names.outlook) return { ...state, outlook: shaped<Outlook>(body, 'reached', 'object') }
  if (topic === names.score) return { ...state, scores: shaped<Scores>(body, 'scores', 'object') }
  if (topic === names.model) return { ...state, twinModel: shaped<TwinModel>(body, 'parameters', 'object') }
  return state
}

function flatten<T>(nested: Nested<T>): Map<string, T> {
  return new Map(
    Object.entries(nested).flatMap(([zone, quantities]) =>
      Object.entries(quantities).map(([quantity, body]): [string, T] => [`${zone}/${quantity}`, body]),
    ),
  )
}

/**
 * The state after all was asked afresh. What REST does not list is gone, but a reading that came by MQTT in the
 * meantime is not replaced by an older one.
 * @param at the wall clock, ms
 */
export function fromSnapshot(state: Habitat, snapshot: Omit<Snapshot, 'about'>, at: number): Habitat {
  const infos = new Map<string, DeviceInfo>()
  const readings = new Map<string, Received>()
  const health = new Map<string, DeviceHealth>()
  for (const { health: fares, last, ...info } of snapshot.devices) {
    infos.set(info.device, info)
    if (fares) health.set(info.device, fares)
    const known = state.readings.get(info.device)
    if (last && !isOld(known?.reading, last)) readings.set(info.device, { reading: last, at })
    else if (known) readings.set(info.device, known)
  }
  const alerts = new Map(snapshot.alerts.active.map((alert) => [alert.id, alert]))
  const [estimates, forecasts] = [flatten(snapshot.estimates), flatten(snapshot.forecasts)]
  const outlook = (snapshot.outlook?.made ?? 0) >= (state.outlook?.made ?? 0) ? snapshot.outlook : state.outlook
  return { ...state, infos, readings, health, alerts, estimates, forecasts, outlook }
}
