/**
 * The sim process:
 *
 *   broker ─► listen ─► recorder ─► store ─► mirror ─► InfluxDB
 *                        │    ▲       └────► HTTP: history, panel
 *                        ▼    │ kept
 *                       twin ─┴─► broker: estimates, forecasts
 */
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { type ConnectedClients, connectedClients, isHabtwinError, topic, wire } from '@habtwin/contract'
import {
  aborted,
  type Clock,
  type Config,
  type DataFolder,
  everyInterval,
  type Log,
  Supervisor,
  Throttle,
} from '@habtwin/runtime'
import { Link } from '@habtwin/runtime/mqtt'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import { AccessControl, needUsers } from '@habtwin/runtime/users/index'
import type { ZodType } from 'zod'
import { acrossTo } from './across.ts'
import { dataClock, hasOwnTime } from './data-clock.ts'
import { EventLog } from './events/index.ts'
import { Door } from './http/door.ts'
import { LoginSessions } from './http/sessions.ts'
import { Teller } from './http/tell.ts'
import { influxOf } from './influx/config.ts'
import { InfluxMirror } from './influx/index.ts'
import { Jobs, JobTable, LocalRunner, Threads } from './jobs/index.ts'
import { redisAddress } from './jobs/redis/address.ts'
import type { RedisRunner } from './jobs/redis/runner.ts'
import { HeardLink, sayHere } from './link-desk.ts'
import { liveScenarioOf, withLive } from './live-scenario.ts'
import { LiveTwin } from './live-twin.ts'
import { replayed } from './past.ts'
import { Publisher } from './public/publisher.ts'
import { Lineage } from './recorder/lineage.ts'
import { CONSUMER, Heard, listen } from './recorder/listen.ts'
import { REPLAY, Recorder } from './recorder/recorder.ts'
import { recorderStore } from './recorder/recorder-store.ts'
import { asking, journal, services } from './services.ts'
import { patientTime } from './steady.ts'
import { Store } from './store/index.ts'
import { obey } from './twin/alerts/commands.ts'

export interface SimOptions {
  readonly config: Config
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  /** In the demo: the origin of the panel of its second view. */
  readonly across?: string | undefined
  /** Told once, when the panel can be opened. */
  readonly onReady?: (addresses: Record<string, string | undefined>) => void
}

const MIRROR = 'influx'
const PANEL = fileURLToPath(new URL('../../dashboards/panel/dist', import.meta.url))
const CHECKLISTS = fileURLToPath(new URL('../../docs/checklists', import.meta.url))
/** Estimated bytes of readings that are worth a commit. */
const COMMIT_BYTES = 65_536
const HOUR = 3_600_000
/** The longest that the twin waits for the gateway to say how its clock stands, ms. */
const STATUS = 5_000
/** The longest that the twin waits for the panel, ms. */
const PANEL_FIRST = 3_000

/**
 * Runs sim until the signal is aborted.
 * @throws HabtwinError data/locked, data/unusable, store/newer; or the bug that ended it
 */
export async function runSim(
  { config, folder, clock, log, version, across, onReady }: SimOptions,
  signal: AbortSignal,
): Promise<void> {
  const ended = Promise.withResolvers<void>()
  const { id: habitat } = config.habitat
  let now: () => number = () => clock.now()
  using table = new JobTable(folder.sim, log)
  await using store = Store.open({
    folder: folder.sim,
    log,
    mirrors: config.influx ? [MIRROR] : [],
    keep: config.store.keep,
    size: config.store.size,
    now: () => clock.now(),
    dataNow: () => (hasOwnTime(recorder.devices()) ? now() : patient()),
    beside: table,
  })
  // what is deleted by its age goes by a time that no leap of the clock carries away
  const patient = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, store.newest)
  const lineage = new Lineage(folder.sim)
  await using link = new Link({
    socketPath: folder.sockets.service,
    clientId: `sim-${randomBytes(6).toString('hex')}`,
    clock,
    // the broker is on this machine: it is back within a second, or its supervisor says why not
    retry: { first: 200, cap: 5_000 },
  })
  const publish = (relative: string, payload: string) => {
    if (!link.up) return
    // a link that breaks just now is up again soon, and then everything is told anew
    link.publish(wire(habitat, relative), payload, { retain: true }).catch((error: unknown) => {
      if (!isHabtwinError(error, 'link/unavailable')) ended.reject(error)
    })
  }
  const throttle = new Throttle(clock, (kind, count, detail) => log.warn({ count, detail }, kind))

  const { influx } = config
  const mirror =
    influx &&
    new InfluxMirror({
      habitat,
      // asked for at each start of the mirror: the token's file may be written only after sim began
      get config() {
        return influxOf(influx)
      },
      cursor: store.cursor(MIRROR),
      infoAt: (device, t) => store.infoAt(device, t),
      corrections: () => [...store.corrections().values()].flat(),
      clock,
      log,
    })
  const twin = new LiveTwin({
    config,
    version,
    folder: folder.sim,
    clock,
    log,
    store,
    recorder: () => recorder,
    heard: () => heard,
    events: (from) =>
      events
        .list({ from })
        .filter(({ withdrawn }) => withdrawn === undefined)
        .reverse(),
    mirror,
    now: () => now(),
    publish,
    failed: (error) => ended.reject(error),
  })
  const recorder = new Recorder({
    clock,
    log,
    store: recorderStore(store, lineage),
    limits: { bytes: COMMIT_BYTES, wait: config.store.commit },
    publishMark: (journal, mark) =>
      publish(`mark/${CONSUMER}/${journal}`, mark === undefined ? '' : JSON.stringify(mark)),
    isSet: (node) => heard.status.get(node)?.clock?.synced !== false,
    onReading: (device, zone, reading) => twin.thread.reading(device, zone, reading),
    onRefused: (device, zone, reading, why) => twin.thread.refused(device, zone, reading, why),
  })
  const set = () => [...heard.status.values()].every(({ clock: told }) => told?.synced !== false)
  now = dataClock({ infos: () => recorder.devices(), newest: () => recorder.newest, wall: () => clock.now() })

  await using threads = new Threads({ most: config.jobs.workers })
  const remote =
    config.jobs.redis && (await workersOf(config, config.jobs.redis, { store, table, version, clock, log }))
  await using runner = remote ?? new LocalRunner(threads)
  const live = () => liveScenarioOf(config, twin.thread)
  const jobs = new Jobs({
    table,
    runner,
    threads,
    clock,
    grown: () => patient(),
    log,
    version,
    limits: config.jobs,
    library: config.jobs.library,
    live,
  })

  const heard = new Heard()
  const events = new EventLog({
    store,
    heard,
    send: (event) => journal({ config, link, heard }, event, clock),
    flush: () => recorder.flush(),
  })
  events.start()
  events.told.add((event) => twin.thread.event(event))
  const desk = new HeardLink({ habitat, link, store, side: 'crew', say: sayHere(asking({ config, link, heard }, clock), clock) }) // biome-ignore format: one thought
  desk.start()
  const refused = listen({ habitat, link, recorder, heard, throttle, clock })
  obey({
    habitat,
    link,
    clock,
    acknowledge: (alert, by) => twin.thread.acknowledge(alert, by),
    failed: (error) => ended.reject(error),
  })
  const publisher = new Publisher({
    options: config.public,
    devices: () => recorder.devices(),
    infoAt: (device, t) => store.infoAt(device, t),
    history: ({ series, from, to }) => store.history({ series, from, to, pending: recorder.pending(series, from, to) }),
    publish,
    now: () => now(),
  })
  link.subscribe(wire(habitat, topic.public('+', '+')), (full, payload) =>
    publisher.heard(full.slice(wire(habitat, '').length), payload),
  )
  const clients = new Map<string, ConnectedClients>()
  link.subscribe(wire(habitat, topic.clients('+')), (full, payload) => {
    const told = read(connectedClients, payload)
    if (told !== undefined) clients.set(full.slice(full.lastIndexOf('/') + 1), told)
  })
  link.on('up', () => {
    log.info('connected to the gateway')
    publisher.again()
    recorder.connected()
    twin.sayAgain()
  })
  link.on('down', (reason) => {
    log.warn({ reason }, 'the gateway is away; what has come in is being made durable')
    recorder.flush()
  })

  for (const info of store.devices()) {
    const [point] = Object.keys(info.points)
    if (info.driver === REPLAY && point) recorder.knows(info.device, await replayed(store, info.device, point))
  }

  using access = AccessControl.open({ folder: folder.access, clock, log, limits: config.access })
  const teller = new Teller({ habitat, link, clock })
  const door = new Door(
    { habitat, open: config.http.panel.insecure, publicly: config.access.anonymous === 'public' },
    {
      access,
      sessions: new LoginSessions({ folder: folder.access, clock, log, idle: config.access.session }),
      told: (kind, what, by) => teller.tell(kind, what, by),
    },
  )
  const opened = Promise.withResolvers<void>()
  await using supervisor = new Supervisor(clock, log, (error) => ended.reject(error))
  supervisor.run('recorder', (until) => everyInterval(clock, 250, until, () => recorder.tick()))
  supervisor.run('twin', async (until) => {
    // the panel is what somebody waits for; readings wait for the twin meanwhile
    await Promise.race([opened.promise, clock.sleep(PANEL_FIRST, until)])
    // by a clock that is not set it would look for its past at the wrong time, and go through the wrong hours
    const asked = clock.mono()
    while (heard.status.size === 0 ? clock.mono() - asked < STATUS : !set()) await clock.sleep(250, until)
    await twin.run(until)
  })
  supervisor.run('retention', (until) => everyInterval(clock, HOUR / 6, until, () => store.retire()))
  supervisor.run('public', (until) => everyInterval(clock, config.public.every, until, () => publisher.tell()))
  if (mirror) supervisor.run('mirror', (until) => mirror.run(until))
  supervisor.run('http', async (until) => {
    const { HttpServer } = await import('./http/index.ts') // heavy; readings are taken meanwhile
    const given = services({
      config,
      version,
      link,
      store,
      recorder,
      heard,
      events,
      refused,
      twin,
      mirror,
      jobs,
      desk,
      remote,
      clock,
      now,
      across: across === undefined ? undefined : acrossTo(across, habitat),
    })
    needUsers({ 'http.panel': config.http.panel }, access.size)
    const tls = config.http.panel.tls ? await panelTls(config, { folder: folder.tls, clock, log }) : undefined
    await using server = await HttpServer.start({
      ...given,
      scenarios: withLive(given.scenarios, live),
      address: config.http.panel,
      names: [...config.http.names, ...(tls ? hostNames() : [])],
      tls,
      door,
      published: () => publisher.values,
      clients: () => clients,
      authority: () => authorityOf(config.tls, folder.tls),
      panel: PANEL,
      checklists: [...(config.checklists ? [config.checklists] : []), CHECKLISTS],
      panelSocket: folder.sockets.panel,
      version,
      clock,
      log,
    })
    log.info({ panel: server.address }, 'panel open')
    onReady?.({ panel: server.address })
    opened.resolve()
    await (tls ? tls.identity.run(until) : aborted(until))
  })
  supervisor.run('jobs', (until) => jobs.run(until))
  if (remote) supervisor.run('workers', (until) => remote.connect(until))
  link.start()

  const stop = () => ended.resolve()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  try {
    await ended.promise
  } finally {
    signal.removeEventListener('abort', stop)
    await supervisor[Symbol.asyncDispose]()
    await twin.end()
    recorder.flush()
    recorder.tick()
  }
}

/** What a message says; undefined where it cannot be understood. */
function read<T>(schema: ZodType<T>, payload: Buffer): T | undefined {
  try {
    return schema.safeParse(JSON.parse(payload.toString())).data
  } catch {
    return undefined
  }
}

/** What the panel shows where it speaks TLS. */
async function panelTls(
  { tls, http, habitat }: Config,
  place: { readonly folder: string; readonly clock: Clock; readonly log: Log },
) {
  const about = { tls, http, listeners: [http.panel], habitat: habitat.id }
  const identity = await openIdentity(about, { ...place, part: 'sim' })
  return { identity, handshake: tls.handshake_timeout, hsts: tls.hsts }
}

type Redis = NonNullable<Config['jobs']['redis']>

/** Workers on other machines. What that needs is loaded only where it is configured. */
async function workersOf(
  config: Config,
  redis: Redis,
  parts: Pick<SimOptions, 'version' | 'clock' | 'log'> & { store: Store; table: JobTable },
): Promise<RedisRunner> {
  const { RedisRunner: Runner } = await import('./jobs/redis/runner.ts')
  const { store, table, ...rest } = parts
  return new Runner({
    habitat: config.habitat.id,
    owner: () => store.id,
    address: () => redisAddress(redis),
    wanted: (id) => ['queued', 'running'].includes(table.get(id)?.state ?? 'deleted'),
    ...rest,
  })
}
