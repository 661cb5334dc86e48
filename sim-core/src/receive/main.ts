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
import { join } from 'node:path'
import { isHabtwinError } from '@habtwin/contract'
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
import { clientTls } from '@habtwin/runtime/tls/client'
import { AccessControl, firstBoot, firstLoginPath, needUsers } from '@habtwin/runtime/users/index'
import { Door } from '../http/door.ts'
import { HttpServer } from '../http/server.ts'
import { LoginSessions } from '../http/sessions.ts'
import { influxOf } from '../influx/config.ts'
import { Jobs, JobTable, LocalRunner, Threads } from '../jobs/index.ts'
import { Readers } from '../store/readers.ts'
import { DeskAudit } from './audit.ts'
import { Desk } from './desk.ts'
import { folderOf } from './folder.ts'
import { Following, type ReceiveSourceParts } from './following.ts'
import { Habitat } from './habitat.ts'
import { Members } from './members.ts'
import { ownSocket, type PanelParts, panelOptions, panelTls } from './panel.ts'
import { PeerDoor } from './peers.ts'
import { type HabitatServices, servicesOf } from './services.ts'
import { Settings } from './settings.ts'

export interface ReceiveOptions {
  readonly config: ReceiveConfig
  /** Where the configuration came from, where it is to be followed when it changes. */
  readonly source?: ReceiveSourceParts | undefined
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** Opens the broker of this receiver and resolves when it is open; undefined where somebody else runs one. */
  readonly broker: ((access: AccessControl, audit: DeskAudit, signal: AbortSignal) => Promise<OpenBroker>) | undefined
  /** Told when the desk is this process's. */
  readonly onReady?: (addresses: Record<string, string | undefined>) => void
}

export interface OpenBroker extends AsyncDisposable {
  readonly addresses: Readonly<Record<string, string | undefined>>
}

const HOUR = 3_600_000
const SECOND = 1_000
/** How often somebody who waits for the desk tries its lock, ms. */
const TRY = 500

/**
 * Receives until the signal is aborted.
 * @throws HabtwinError data/unusable; or the bug that ended it
 */
export async function runReceive(options: ReceiveOptions, signal: AbortSignal): Promise<void> {
  const { config: began, source, folder, clock, log, version, broker, onReady } = options
  const ended = Promise.withResolvers<void>()
  const settings = new Settings({ began, renew: (touched) => desk.renew(touched) })
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
    wanted: () => settings.config.receive,
    open: (habitat) =>
      new Habitat({
        habitat,
        folder: folderOf(folder.root, habitat),
        link,
        consumer: settings.consumerOf(habitat),
        unbundled: broker !== undefined,
        store: settings.config.store,
        influx: influxConfig(settings.config),
        readers,
        clock,
        log,
      }),
    clock,
    log,
    failed: (error) => ended.reject(error),
  })
  desk.start()

  const audit = new DeskAudit({ clock, log })
  const following = source && new Following({ source, settings, audit, clock, log, failed: ended.reject })
  const known = new WeakMap<Habitat, HabitatServices>()
  const services = (habitat: Habitat) => {
    const made = known.get(habitat) ?? servicesOf(habitat, { version, mqtt: mqttOf(began), wall: () => clock.now(), up: () => link.up }) // biome-ignore format: one thought
    known.set(habitat, made)
    return made
  }
  const panel: PanelParts = {
    ...{ folder, clock, log, version },
    routes: {
      ...{ version, desk, members, services },
      named: () => settings.config.receive,
      config: () => following?.status,
      broker: () => ({ up: link.up, since }),
      now: () => clock.now(),
    },
    missing: () => (link.up ? [] : ['the broker is not connected']),
    figures: () => [
      { name: 'habtwin_link_up', help: 'The broker is connected', type: 'gauge', value: Number(link.up) },
      { name: 'habtwin_habitats', help: 'Habitats that this process records', type: 'gauge', value: desk.habitats.length }, // biome-ignore format: a table
      { name: 'habtwin_habitats_known', help: 'Habitats that were heard of', type: 'gauge', value: desk.known.length },
      { name: 'habtwin_receivers', help: 'Processes that share them', type: 'gauge', value: members.all.length },
      { name: 'habtwin_config_faults', help: 'Faults of the changed configuration', type: 'gauge', value: following?.faults ?? 0 }, // biome-ignore format: a table
      { name: 'habtwin_audit_waiting', help: 'Entries of the audit log that the disk has not taken', type: 'gauge', value: audit.waiting }, // biome-ignore format: a table
    ],
  }
  using access = AccessControl.open({ folder: folder.access, clock, log, limits: began.access })
  access.changed = (before, after) => audit.users(before, after)
  const sessions = new LoginSessions({ folder: folder.access, clock, log, idle: began.access.session })

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
    await using _server = await ownSocket(members.socket, panelOptions(panel, began, new PeerDoor()))
    await aborted(until)
  })
  if (following) supervisor.run('configuration', (until) => following.run(until))
  supervisor.run('desk', async (until) => {
    const place = join(folder.root, 'desk')
    using _lock = await theDesk(place, clock, until)
    if (until.aborted) return
    using _audit = audit.open(place, log)
    audit.append({ kind: 'start', version })
    if (await firstBoot(folder.access, clock.now()))
      log.info({ file: firstLoginPath(folder.access) }, 'the user `crew` was made; its password is in this file')
    access.look()
    needUsers({ 'http.panel': settings.config.http.panel }, access.size)
    await using open = await broker?.(access, audit, until)
    while (!until.aborted) {
      const { config } = settings
      const stop = AbortSignal.any([until, settings.panel])
      using table = new JobTable(place, log)
      await using threads = new Threads({ most: config.jobs.workers })
      await using runner = new LocalRunner(threads)
      const jobs = new Jobs({ table, runner, threads, clock, log, version, limits: config.jobs, library: config.jobs.library }) // biome-ignore format: one thought
      const tls = config.http.panel.tls ? await panelTls(config, panel) : undefined
      const door = new Door(
        { open: config.http.panel.insecure, publicly: false },
        { access, sessions, told: (kind, what, by) => audit.door(kind, what, by) },
      )
      await using server = await HttpServer.start({ ...panelOptions(panel, config, door, jobs), tls })
      settings.opened(server.address)
      log.info({ panel: server.address, ...open?.addresses }, 'the desk is open')
      onReady?.({ ...open?.addresses, panel: server.address })
      const flushing = everyInterval(clock, SECOND, stop, () => audit.tick())
      await Promise.all([jobs.run(stop), flushing, tls ? tls.identity.run(stop) : aborted(stop)])
    }
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
    // read at each attempt, so that a renewed certificate counts
    tls: clientTls({ ca, certificate, key }),
    retry: { first: 200, cap: 2_000 },
  })
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
