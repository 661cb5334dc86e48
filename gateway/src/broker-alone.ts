/**
 * The broker of a habitat without its gateway: listeners, users, certificates, limits and kept sessions of the same
 * configuration, in the same folder. Who may say what is as it always is; nobody answers commands or takes readings.
 */
import { join } from 'node:path'
import { Broker } from '@habtwin/broker'
import { topic, wire } from '@habtwin/contract'
import { type Clock, type Config, type DataFolder, everyInterval, type Log, lockFolder, Supervisor } from '@habtwin/runtime' // biome-ignore format: one line
import { AuditLog } from '@habtwin/runtime/audit/log'
import { brokerMetrics } from './broker-metrics.ts'
import { brokerOptions } from './broker-options.ts'
import { Clients, TELL } from './clients.ts'
import { Evidence, HouseClock, thisMachine } from './clock/index.ts'
import { openDoors } from './doors.ts'
import { bootId, nodeId } from './identity.ts'
import { SqliteDisk } from './journal/index.ts'
import { processMetrics } from './metrics.ts'
import { namesOf } from './tls.ts'
import { openUsers } from './users.ts'

export interface BrokerAloneOptions {
  readonly config: Config
  readonly folder: DataFolder
  /** The machine's. */
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Told once, when the listeners are open. */
  readonly onReady?: (addresses: Record<string, string | undefined>) => void
}

/**
 * Runs the broker until the signal is aborted.
 * @throws HabtwinError data/locked, data/unusable; or the bug that ended it
 */
export async function runBroker(options: BrokerAloneOptions, signal: AbortSignal): Promise<void> {
  const { config, folder, log, version, onReady } = options
  const { id: habitat } = config.habitat
  const node = nodeId()
  const ended = Promise.withResolvers<void>()
  using _lock = lockFolder(folder.gateway)
  using disk = SqliteDisk.open(folder.gateway)
  const state = {
    load: (name: string) => disk.loadState(name),
    save: (name: string, text: string) => disk.saveState(name, text),
  }
  const clock = houseClock(options, state)
  using audit = AuditLog.open({ folder: join(folder.gateway, 'audit'), node, habitat, clock, log, state })
  audit.append({ kind: 'start', version, boot: bootId(), what: 'broker' })
  using users = await openUsers({
    ...{ folder: folder.access, clock, log, limits: config.access, simulated: config.simulated },
    audit: (note) => audit.append(note),
  })
  await using broker = new Broker(
    {
      ...brokerOptions(config, namesOf(config)),
      habitat,
      sockets: folder.sockets,
      folder: join(folder.gateway, 'broker'),
    },
    { clock, log, access: users.access, refused: users.refused },
  )
  const clients = new Clients(broker, clock, (told) =>
    broker.publishFast(wire(habitat, topic.clients(node)), JSON.stringify(told), true, nothing),
  )
  await using supervisor = new Supervisor(clock, log, (error) => ended.reject(error))
  openDoors({
    ...{ config, folder, clock, log, broker, users, supervisor, onReady },
    onOpen: nothing,
    metrics: () => [...brokerMetrics(broker), ...processMetrics()],
  })
  supervisor.run('clients', (until) => everyInterval(clock, TELL, until, () => clients.tick()))
  supervisor.run('clock', (until) => clock.run(until))
  supervisor.run('audit', (until) => everyInterval(clock, 1_000, until, () => void audit.flush()))

  const stop = () => ended.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** The machine's clock, believed as the configuration says: how long somebody has been away goes by it. */
function houseClock(
  { config, clock, log }: BrokerAloneOptions,
  state: { load(name: string): string | undefined; save(name: string, text: string): void },
): HouseClock {
  const house = new HouseClock({
    ...{ clock, log, machine: thisMachine(), sync: config.clock.sync },
    evidence: new Evidence({ files: config.clock.evidence }),
    state: { load: () => state.load('clock'), save: (text) => state.save('clock', text) },
    ...{ onState: nothing, onBoots: nothing, onStep: nothing },
  })
  house.start()
  return house
}

function nothing(): void {}
