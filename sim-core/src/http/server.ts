/**
 * The HTTP server of sim: the panel, REST, and the panel's way to the broker.
 *
 *   browser ─► Host and Origin ─┬─► /api/…   routes/*.ts ─► what each was given
 *                               ├─► /mqtt    mqtt-proxy  ─► panel.sock
 *                               └─► /        the panel's files
 */
import type { IncomingMessage } from 'node:http'
import type { Server as TlsServer } from 'node:tls'
import { type ConnectedClients, HabtwinError, messageOf } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { mayEnter } from '@habtwin/runtime/origin'
import { guardHandshakes, type TlsRefusal } from '@habtwin/runtime/tls/door'
import { type App, type AppTls, createApp } from './app.ts'
import { certificateRoute } from './certificate.ts'
import { Door } from './door.ts'
import { MqttProxy } from './mqtt-proxy.ts'
import { panelRoutes } from './panel.ts'
import { type AboutSource, aboutRoutes } from './routes/about.ts'
import { type Across, acrossRoutes } from './routes/across.ts'
import { type Alerts, alertRoutes } from './routes/alerts.ts'
import { checklistRoutes } from './routes/checklists.ts'
import { clientRoutes } from './routes/clients.ts'
import { type Commands, commandRoutes } from './routes/commands.ts'
import { type Devices, deviceRoutes } from './routes/devices.ts'
import { docsRoutes } from './routes/docs.ts'
import { type Events, eventRoutes } from './routes/events.ts'
import { type Figure, type Health, healthRoutes } from './routes/health.ts'
import { type Histories, historyRoutes } from './routes/history.ts'
import { type JobService, jobRoutes } from './routes/jobs.ts'
import { type LinkDesk, linkRoutes } from './routes/link.ts'
import { loginRoutes } from './routes/login.ts'
import { type PublicValue, publicRoutes } from './routes/public.ts'
import { type Reports, reportRoutes } from './routes/report.ts'
import { type Scenarios, scenarioRoutes } from './routes/scenarios.ts'
import { type TwinState, twinRoutes } from './routes/twin.ts'

export interface HttpOptions {
  /** Where to listen; port 0 takes a free one. */
  readonly address: { readonly host: string; readonly port: number }
  /** Host names, besides loopback, under which the panel may be opened. */
  readonly names: readonly string[]
  /** The folder of the built panel. */
  readonly panel: string
  /** Folders of checklists, the habitat's own first. */
  readonly checklists: readonly string[]
  /** The broker's Unix socket for panels. */
  readonly panelSocket: string
  /** What everybody may see. */
  readonly published?: () => readonly PublicValue[]
  /** Who is connected, by node. */
  readonly clients?: () => ReadonlyMap<string, ConnectedClients>
  /** Knows who asks; without it nobody can log in, and only this machine is let in. */
  readonly door?: Door
  /** Where TLS is spoken. */
  readonly tls?: AppTls | undefined
  /** The authority that is handed out, PEM; undefined where there is none of ours. */
  readonly authority?: () => string | undefined
  readonly version: string
  readonly clock: Clock
  readonly log: Log
  /** The page at `/`. */
  readonly start?: string
  /** At mission control: the address without its habitat, hooks before all routes, and routes of its own. */
  readonly rewrite?: (request: IncomingMessage) => string
  readonly before?: (app: App) => void
  readonly more?: (app: App) => void
  /** What the routes answer from. */
  readonly about: AboutSource
  readonly devices: Devices
  readonly history: Histories
  readonly twin: TwinState
  readonly alerts: Alerts
  readonly commands: Commands
  readonly events: Events
  readonly reports: Reports
  readonly health: Health
  readonly jobs: JobService
  readonly scenarios: Scenarios
  readonly link?: LinkDesk
  /** In the demo: its second view. */
  readonly across?: Across | undefined
}

/** Where nobody can log in: whoever is on this machine looks. */
const onlyHere = new Door({ open: false, publicly: false })

/** All routes, without a server. */
export async function buildApp(options: HttpOptions): Promise<App> {
  const { address, names, version, log, clock, commands, tls, door = onlyHere } = options
  const app = await createApp({ bound: address.host, names, version, log, door, tls, rewrite: options.rewrite })
  loginRoutes(app, door)
  publicRoutes(app, options.published ?? (() => []))
  clientRoutes(app, options.clients ?? (() => new Map()))
  options.before?.(app)
  aboutRoutes(app, options.about)
  deviceRoutes(app, options.devices)
  historyRoutes(app, options.history)
  twinRoutes(app, options.twin)
  alertRoutes(app, options.alerts, commands, clock)
  commandRoutes(app, commands, clock)
  eventRoutes(app, options.events)
  reportRoutes(app, options.reports)
  checklistRoutes(app, options.checklists)
  healthRoutes(app, { ...options.health, collect: () => withLogins(options.health, door) })
  jobRoutes(app, options.jobs, clock)
  scenarioRoutes(app, options.scenarios)
  if (options.link) linkRoutes(app, options.link, commands, clock)
  if (options.across) acrossRoutes(app, options.across)
  docsRoutes(app)
  certificateRoute(app, options.authority ?? (() => undefined))
  options.more?.(app)
  await panelRoutes(app, options.panel, options.start)
  return app
}

export class HttpServer implements AsyncDisposable {
  readonly #app: App
  readonly #proxy: MqttProxy
  readonly #follows: Disposable | undefined
  /** `127.0.0.1:8080`, with the port that was taken. */
  readonly address: string
  readonly port: number

  private constructor(app: App, proxy: MqttProxy, follows: Disposable | undefined, host: string, port: number) {
    this.#app = app
    this.#follows = follows
    this.#proxy = proxy
    this.port = port
    this.address = `${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** Connections of panels to the broker. */
  get panels(): number {
    return this.#proxy.open
  }

  /** Listens. Throws listen/address-in-use, listen/impossible. */
  static async start(options: HttpOptions): Promise<HttpServer> {
    const { host, port } = options.address
    const { tls, health } = options
    const turnedAway = new Map<TlsRefusal, number>()
    const app = await buildApp({ ...options, health: tls ? { ...health, collect: () => counted(health, turnedAway) } : health }) // biome-ignore format: one line
    const proxy = new MqttProxy({
      socketPath: options.panelSocket,
      door: options.door ?? onlyHere,
      mayEnter: (asked, origin) => mayEnter(asked, origin, host, options.names, { secure: tls !== undefined }),
    })
    proxy.attach(app.server)
    const server = app.server as unknown as TlsServer
    const turnAway = (reason: TlsRefusal) => turnedAway.set(reason, (turnedAway.get(reason) ?? 0) + 1)
    if (tls) guardHandshakes(server, turnAway, tls.identity.handshakes)
    try {
      await app.listen({ host, port })
    } catch (error) {
      await app.close()
      throw listenError(error, `${host}:${port}`)
    }
    const bound = app.server.address()
    const follows = tls?.identity.serve(server)
    return new HttpServer(app, proxy, follows, host, bound !== null && typeof bound === 'object' ? bound.port : port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#follows?.[Symbol.dispose]()
    this.#proxy[Symbol.dispose]()
    await this.#app.close()
  }
}

function* withLogins(health: Health, door: Door): Iterable<Figure> {
  yield* health.collect()
  yield { name: 'habtwin_panel_sessions', help: 'Logins at the panel', type: 'gauge', value: door.sessions }
  const help = 'Requests that somebody may not make'
  yield { name: 'habtwin_panel_refused_total', help, type: 'counter', value: door.forbidden }
  for (const [result, value] of Object.entries(door.counts)) {
    const help = 'Logins by REST, by what came of them'
    yield { name: 'habtwin_panel_logins_total', help, type: 'counter', value, labels: { result } }
  }
}

function* counted(health: Health, turnedAway: ReadonlyMap<TlsRefusal, number>): Iterable<Figure> {
  yield* health.collect()
  for (const [reason, value] of turnedAway) {
    const help = 'TLS connections to the panel that came to nothing'
    yield { name: 'habtwin_panel_tls_refused_total', help, type: 'counter', value, labels: { reason } }
  }
}

function listenError(cause: unknown, where: string): HabtwinError {
  return (cause as NodeJS.ErrnoException).code === 'EADDRINUSE'
    ? new HabtwinError('listen/address-in-use', `${where} is taken by another program`, { where, cause })
    : new HabtwinError('listen/impossible', `Listening on ${where} failed: ${messageOf(cause)}`, { where, cause })
}
