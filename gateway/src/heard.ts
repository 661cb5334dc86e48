/** What the gateway listens to on its own broker: marks, commands, words of safety, and whether a recorder is there. */
import type { Broker } from '@habtwin/broker'
import { wire } from '@habtwin/contract'
import type { Throttle } from '@habtwin/runtime'
import { parseMark } from './bridge/inbound.ts'
import type { From } from './commands/afar.ts'
import type { Journal, Resender } from './journal/index.ts'

export interface HeardParts {
  readonly broker: Broker
  readonly habitat: string
  readonly journal: Journal
  readonly resender: Resender
  readonly throttle: Throttle
  readonly onCommand: (device: string, point: string, payload: Buffer, sender: From | undefined) => void
  readonly onSafety: (topic: string, payload: Buffer, role: string) => void
  /** Told whether the process that records is there. */
  readonly onRecorder: (there: boolean) => void
}

/** The recorder's name as a consumer. */
export const RECORDER = 'recorder'
/** Client ids of the process that records begin so. */
const SIM = 'sim-'

export function listenToBroker({ broker, habitat, journal, resender, throttle, ...told }: HeardParts): void {
  const on = (filter: string, heard: Parameters<Broker['subscribe']>[1]) =>
    broker.subscribe(wire(habitat, filter), (full, ...more) => heard(full.slice(wire(habitat, '').length), ...more))

  on('mark/+/+', (path, payload, sender) => {
    const [, consumer = '', id = ''] = path.split('/')
    if (sender?.role !== 'service' || payload.length === 0) return // empty: it has done with a journal
    const mark = parseMark(payload)
    const why = mark === undefined ? 'it cannot be read' : journal.mark(consumer, id, mark)
    if (why !== undefined) throttle.hit(`a mark of ${consumer} was refused: ${why}`, { journal: id })
    else resender.poll()
  })
  on('command/+/+', (path, payload, sender) => {
    const [, device = '', point = ''] = path.split('/')
    told.onCommand(device, point, payload, sender)
  })
  on('safety/+', (path, payload, sender) => {
    if (sender) told.onSafety(path, payload, sender.role)
  })

  const recorders = new Set<string>()
  const seen = (client: string, there: boolean) => {
    if (!client.startsWith(SIM)) return
    if (there) recorders.add(client)
    else recorders.delete(client)
    told.onRecorder(recorders.size > 0)
    if (there) journal.connected(RECORDER)
    else if (recorders.size === 0) journal.disconnected(RECORDER)
  }
  broker.on('serviceConnected', (client) => seen(client, true))
  broker.on('serviceDisconnected', (client) => seen(client, false))
}
