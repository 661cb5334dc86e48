/** Opens what the gateway listens on: the broker, the broker with TLS, and HTTP for health and metrics. */
import type { Broker } from '@habtwin/broker'
import { aborted, type Clock, type Config, type DataFolder, type Log, type Supervisor } from '@habtwin/runtime'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { needUsers } from '@habtwin/runtime/users/index'
import { listenHttp, type Metric, prometheus } from './http.ts'
import { namesOf, speaksTls, Tls } from './tls.ts'
import type { openUsers } from './users.ts'

export interface DoorsParts {
  readonly config: Config
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
  readonly broker: Broker
  readonly users: Awaited<ReturnType<typeof openUsers>>
  readonly supervisor: Supervisor
  readonly metrics: () => Iterable<Metric>
  /** Told when the broker is open. */
  readonly onOpen: () => void
  /** Told once, when all listeners are open. */
  readonly onReady: ((addresses: Record<string, string | undefined>) => void) | undefined
}

/** Runs a task for each listener. */
export function openDoors({ config, folder, clock, log, broker, users, supervisor, ...told }: DoorsParts): void {
  let notReady: string | undefined = 'the broker is not open yet'
  const addresses = new Map<string, string | undefined>()
  const tls = speaksTls(config) ? new Tls({ config, folder: folder.tls, clock, log }) : undefined
  const awaited = ['mqtt', 'gateway', ...(tls ? ['mqtts'] : [])]
  const listening = (open: Record<string, string | undefined>) => {
    for (const [listener, address] of Object.entries(open)) addresses.set(listener, address)
    if (awaited.every((listener) => addresses.has(listener))) told.onReady?.(Object.fromEntries(addresses))
  }
  const brokerOpen = Promise.withResolvers<void>()
  supervisor.run('broker', async () => {
    await broker.start()
    notReady = undefined
    told.onOpen()
    log.info({ mqtt: broker.address('tcp'), websocket: broker.address('websocket') }, 'broker open')
    listening({ mqtt: broker.address('tcp'), websocket: broker.address('websocket') })
    brokerOpen.resolve()
  })
  if (tls) {
    supervisor.run('tls', async (until) => {
      await Promise.race([brokerOpen.promise, aborted(until)])
      if (until.aborted) return
      try {
        needUsers({ 'broker.tls': config.broker.tls, 'broker.websocket': config.broker.websocket }, users.access.size)
        await tls.open(broker)
        log.info({ mqtts: broker.address('tls'), websocket: broker.address('websocket') }, 'broker open with TLS')
      } finally {
        // whoever waits for the rest does not wait for a certificate that cannot be read
        listening({ mqtts: broker.address('tls'), websocket: broker.address('websocket') })
      }
      await tls.run(until)
    })
  }
  supervisor.run('http', async (until) => {
    await using server = await listenHttp({
      address: config.http.gateway,
      names: namesOf(config),
      authority: () => authorityOf(config.tls, folder.tls),
      tls: config.http.gateway.tls ? await tls?.forHttp(broker) : undefined,
      notReady: () => notReady,
      mayRead: (request) => users.mayRead(request, config.http.gateway.insecure),
      metrics: () => prometheus([...told.metrics(), ...(tls?.metrics() ?? [])]),
    })
    listening({ gateway: server.address })
    await aborted(until)
  })
}
