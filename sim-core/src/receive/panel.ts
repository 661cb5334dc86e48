/** What a receiver shows, and to whom: at the desk to people, by a Unix socket to the other processes of its folder. */
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { Clock, DataFolder, Log, ReceiveConfig } from '@habtwin/runtime'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { hostNames } from '@habtwin/runtime/tls/names'
import { openIdentity } from '@habtwin/runtime/tls/open'
import type { Door } from '../http/door.ts'
import type { Figure } from '../http/index.ts'
import { buildApp, type HttpOptions } from '../http/server.ts'
import { ownScenarios } from '../services.ts'
import { habitatRoutes, habitatScope, type RouteParts } from './routes.ts'
import { scoped, within } from './scope.ts'
import { Tallies, tallyRoutes } from './tally.ts'

export interface PanelParts {
  readonly folder: DataFolder
  readonly clock: Clock
  readonly log: Log
  readonly version: string
  readonly routes: RouteParts
  readonly missing: () => string[]
  readonly figures: () => Figure[]
}

const PANEL = fileURLToPath(new URL('../../../dashboards/panel/dist', import.meta.url))
const CHECKLISTS = fileURLToPath(new URL('../../../docs/checklists', import.meta.url))

/** The options of the application, by a configuration; for the other processes without jobs. */
export function panelOptions(
  { folder, clock, log, version, routes, missing, figures }: PanelParts,
  { http, tls }: ReceiveConfig,
  door: Door,
  jobs: HttpOptions['jobs'] = noJobs,
): HttpOptions {
  return {
    ...scoped({ health: { missing, collect: figures } }),
    jobs,
    scenarios: ownScenarios,
    address: http.panel,
    names: [...http.names, ...(http.panel.tls ? hostNames() : [])],
    door,
    authority: () => authorityOf(tls, folder.tls),
    panel: PANEL,
    start: 'habitats.html',
    rewrite: within,
    checklists: [CHECKLISTS],
    panelSocket: folder.sockets.panel,
    version,
    clock,
    log,
    before: (app) => habitatScope(app, routes),
    more: (app) => {
      habitatRoutes(app, routes)
      tallyRoutes(app, new Tallies(clock), (habitat) => routes.desk.get(habitat))
    },
  }
}

/** Jobs are run at the desk. */
const noJobs = new Proxy({} as HttpOptions['jobs'], {
  get() {
    throw new HabtwinError('link/unavailable', 'Jobs are run by the process that has the desk')
  },
})

/** Where other processes of this folder ask, and nobody else can. */
export async function ownSocket(path: string, options: HttpOptions): Promise<AsyncDisposable> {
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

/** What the panel shows where it speaks TLS. */
export async function panelTls(
  { tls, http }: ReceiveConfig,
  { folder, clock, log }: Pick<PanelParts, 'folder' | 'clock' | 'log'>,
) {
  const about = { tls, http, listeners: [http.panel], habitat: 'mission-control' }
  const identity = await openIdentity(about, { folder: folder.tls, part: 'receive-panel', clock, log })
  return { identity, handshake: tls.handshake_timeout, hsts: tls.hsts }
}
