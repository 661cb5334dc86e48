/**
 * `habtwin receive`: what mission control runs.
 *
 *   gateways ─► broker ─► link ─► habitats, each: recorder ─► store ─► mirror
 *     ▲           ▲                  │    └─► panel: all of them, and each as at home
 *     └── marks, commands ◄──────────┘
 *
 * Any number of these processes share one folder. One of them, whoever gets its lock, has the desk: the broker, unless
 * somebody else runs it, and the panel. The habitats are recorded by all of them. When one is killed the others take over
 * what it had; nothing is lost by it, for what was not stored was not marked, and is sent again.
 */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import {
  aborted,
  type Clock,
  type DataFolder,
  everyInterval,
  type Log,
  lockFolder,
  type ReceiveConfig,
  Supervisor,
  secret,
} from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import { AccessControl, firstBoot, firstLoginPath, needUsers } from '@habtwin/runtime/users/index'
import { Door } from '../http/door.ts'
import { buildApp, type HttpOptions, HttpServer } from '../http/server.ts'
import { LoginSessions } from '../http/sessions.ts'
import { influxOf } from '../influx/config.ts'
import { Jobs, JobTable, LocalRunner, Threads } from '../jobs/index.ts'
import { ownScenarios } from '../services.ts'
import { Readers } from '../store/readers.ts'
import { Desk } from './desk.ts'
import { folderOf, Habitat } from './habitat.ts'
import { Members } from './members.ts'
import { PeerDoor } from './peers.ts'
import { habitatRoutes, habitatScope, type RouteParts } from './routes.ts'
import { scoped, within } from './scope.ts'
import { type HabitatServices, servicesOf } from './services.ts'

export interface ReceiveOptions {
  readonly config: ReceiveConfig
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Opens the broker of this receiver and resolves when it is open; undefined where somebody else runs one. */
  readonly broker: ((access: AccessControl, signal: AbortSignal) => Promise<OpenBroker>) | undefined
  /** Told when the desk is this process's. */
  readonly onReady?: (addresses: Record<string, string | undefined>) => void
}

export interface OpenBroker extends AsyncDisposable {
  readonly addresses: Readonly<Record<string, string | undefined>>
}

const PANEL = fileURLToPath(new URL('../../../dashboards/panel/dist', import.meta.url))
const CHECKLISTS = fileURLToPath(new URL('../../../docs/checklists', import.meta.url))
const HOUR = 3_600_000
const SECOND = 1_000
/** How often somebody who waits for the desk tries its lock, ms. */
const TRY = 500

/**
 * Receives until the signal is aborted.
 * @throws HabtwinError data/unusable; or the bug that ended it
 */
export async function runReceive(options: ReceiveOptions, signal: AbortSignal): Promise<void> {
  const { config, folder, clock, log, version, broker, onReady } = options
  const ended = Promise.withResolvers<void>()
  const members = new Members(folder.sockets.folder)
  await using readers = new Readers()
  await using link = linkOf(options)
  let since = clock.now()
  link.on('up', () => {
    since = clock.now()
    log.info('connected to the broker')
  })
  link.on('down', (reason) => {
    since = clock.now()
    log.warn({ reason }, 'the broker is away; what has come in is being made durable')
  })
  await using desk = new Desk({
    data: folder.root,
    link,
    members,
    only: config.receive.habitats,
    most: config.receive.most,
    open: (habitat) =>
      new Habitat({
        habitat,
        folder: folderOf(folder.root, habitat),
        link,
        consumer: config.receive.consumers[habitat] ?? config.receive.consumer,
        unbundled: broker !== undefined,
        store: config.store,
        influx: influxConfig(config),
        readers,
        clock,
        log,
      }),
    clock,
    log,
    failed: (error) => ended.reject(error),
  })
  desk.start()

  const known = new WeakMap<Habitat, HabitatServices>()
  const services = (habitat: Habitat) => {
    const made = known.get(habitat) ?? servicesOf(habitat, { version, mqtt: mqttOf(config), wall: () => clock.now(), up: () => link.up }) // biome-ignore format: one thought
    known.set(habitat, made)
    return made
  }
  const parts: RouteParts = {
    label: config.receive.label,
    timezone: config.receive.timezone,
    version,
    desk,
    members,
    services,
    broker: () => ({ up: link.up, since }),
    now: () => clock.now(),
  }
  using access = AccessControl.open({ folder: folder.access, clock, log, limits: config.access })
  const door = new Door(
    { open: config.http.panel.insecure, publicly: false },
    {
      access,
      sessions: new LoginSessions({ folder: folder.access, clock, log, idle: config.access.session }),
      told: (kind, what, by) => log.info({ by, what }, kind),
    },
  )
  const http = (jobs: HttpOptions['jobs'], at: Door): HttpOptions => ({
    ...scoped({
      health: {
        missing: () => (link.up ? [] : ['the broker is not connected']),
        collect: () => [
          { name: 'habtwin_link_up', help: 'The broker is connected', type: 'gauge', value: Number(link.up) },
          { name: 'habtwin_habitats', help: 'Habitats that this process records', type: 'gauge', value: desk.habitats.length }, // biome-ignore format: a table
          { name: 'habtwin_habitats_known', help: 'Habitats that were heard of', type: 'gauge', value: desk.known.length }, // biome-ignore format: a table
          { name: 'habtwin_receivers', help: 'Processes that share them', type: 'gauge', value: members.all.length },
        ],
      },
    }),
    jobs,
    scenarios: ownScenarios,
    address: config.http.panel,
    names: [...config.http.names, ...(config.http.panel.tls ? hostNames() : [])],
    door: at,
    authority: () => authorityOf(config.tls, folder.tls),
    panel: PANEL,
    start: 'habitats.html',
    rewrite: within,
    checklists: [CHECKLISTS],
    panelSocket: folder.sockets.panel,
    version,
    clock,
    log,
    before: (app) => habitatScope(app, parts),
    more: (app) => habitatRoutes(app, parts),
  })

  await using supervisor = new Supervisor(clock, log, (error) => ended.reject(error))
  supervisor.run('habitats', (until) => everyInterval(clock, SECOND, until, () => desk.tick()))
  // taking over many takes a while: meanwhile those that are here go on
  supervisor.run('sharing', (until) => everyInterval(clock, SECOND, until, () => desk.share(until)))
  supervisor.run('members', (until) =>
    everyInterval(clock, SECOND, until, async () => {
      if (await members.look()) log.info({ processes: members.all.length }, 'the habitats are shared anew')
    }),
  )
  supervisor.run('retention', (until) => everyInterval(clock, HOUR, until, () => desk.retire()))
  supervisor.run('member', async (until) => {
    await using _server = await ownSocket(members.socket, http(noJobs, new PeerDoor()))
    await aborted(until)
  })
  supervisor.run('desk', async (until) => {
    using _lock = await theDesk(join(folder.root, 'desk'), clock, until)
    if (until.aborted) return
    if (await firstBoot(folder.access, clock.now()))
      log.info({ file: firstLoginPath(folder.access) }, 'the user `crew` was made; its password is in this file')
    access.look()
    needUsers({ 'http.panel': config.http.panel }, access.size)
    await using open = await broker?.(access, until)
    using table = new JobTable(join(folder.root, 'desk'), log)
    await using threads = new Threads({ most: config.jobs.workers })
    await using runner = new LocalRunner(threads)
    const jobs = new Jobs({ table, runner, threads, clock, log, version, limits: config.jobs, library: config.jobs.library }) // biome-ignore format: one thought
    const tls = config.http.panel.tls ? await panelTls(options) : undefined
    await using server = await HttpServer.start({ ...http(jobs, door), tls })
    log.info({ panel: server.address, ...open?.addresses }, 'the desk is open')
    onReady?.({ ...open?.addresses, panel: server.address })
    await Promise.all([jobs.run(until), tls ? tls.identity.run(until) : aborted(until)])
  })
  link.start()

  const stop = () => ended.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
    await supervisor[Symbol.asyncDispose]()
  }
}

/** Waits until nobody else has the desk. */
async function theDesk(folder: string, clock: Clock, until: AbortSignal): Promise<Disposable> {
  while (!until.aborted) {
    try {
      return lockFolder(folder)
    } catch (error) {
      if (!isHabtwinError(error, 'data/locked')) throw error
    }
    await clock.sleep(TRY, until).catch(() => undefined) // only an abort ends a sleep early
  }
  return { [Symbol.dispose]: () => undefined }
}

/** Where other processes of this folder ask, and nobody else can. */
async function ownSocket(path: string, options: HttpOptions): Promise<AsyncDisposable> {
  const app = await buildApp(options)
  await app.ready()
  const server = createServer((request, answer) => app.routing(request, answer))
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new HabtwinError('listen/impossible', messageOf(error), { where: path })))
    server.listen(path, resolve)
  })
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await app.close()
    },
  }
}

/** Jobs are run at the desk. */
const noJobs = new Proxy({} as HttpOptions['jobs'], {
  get() {
    throw new HabtwinError('link/unavailable', 'Jobs are run by the process that has the desk')
  },
})

function linkOf({ config, folder, clock, broker }: ReceiveOptions): Link {
  const { url, username, password, password_file, ca, certificate, key } = config.broker
  const clientId = `receive-${randomBytes(6).toString('hex')}`
  if (broker !== undefined || url === undefined)
    return new Link({ socketPath: folder.sockets.service, clientId, clock, retry: { first: 200, cap: 1_000 } })
  const given = secret(password, password_file)
  return new Link({
    url,
    clientId,
    clock,
    ...(username === undefined ? {} : { username }),
    ...(given === undefined ? {} : { password: given }),
    ...tlsOf({ ca, cert: certificate, key }),
    retry: { first: 200, cap: 2_000 },
  })
}

/** Certificates are read once: a receiver that is to use others is started again. */
function tlsOf(files: { ca?: string | undefined; cert?: string | undefined; key?: string | undefined }) {
  const read = Object.entries(files).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, secret(undefined, file)]],
  )
  return read.length === 0 ? {} : { tls: Object.fromEntries(read) as { ca?: string; cert?: string; key?: string } }
}

/** What the panel shows where it speaks TLS. */
async function panelTls({ config: { tls, http }, folder, clock, log }: ReceiveOptions) {
  const about = { tls, http, listeners: [http.panel], habitat: 'mission-control' }
  const identity = await openIdentity(about, { folder: folder.tls, part: 'receive-panel', clock, log })
  return { identity, handshake: tls.handshake_timeout, hsts: tls.hsts }
}

function influxConfig({ influx }: ReceiveConfig) {
  return influx && (() => influxOf(influx))
}

/** Where those who want to listen along find the broker. */
function mqttOf({ broker }: ReceiveConfig): { host: string; port: number } {
  const [url] = [broker.url ?? []].flat()
  const parsed = url === undefined ? null : URL.parse(url)
  return parsed === null ? broker.mqtt : { host: parsed.hostname, port: Number(parsed.port || 1883) }
}
