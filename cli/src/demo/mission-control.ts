/**
 * The demo's second view: mission control, as a `habtwin receive` of its own beside the virtual habitat, and the link
 * between the two.
 *
 *   gateway ─ bridge `earth`: 2 min, 128 kbit/s ─► receive ─► store below {data}/mission-control ─► its own panel
 *
 * Where it listens is settled before anything is started, so that the habitat knows its bridge from the beginning.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { type DataFolder, loadReceiveConfig } from '@habtwin/runtime'
import { addToken, addUser, changeUsers, hashToken, newToken, writePrivately } from '@habtwin/runtime/users/index'

const file = fileURLToPath(new URL('../../../deploy/examples/demo-mission-control.yaml', import.meta.url))
const PREFIX = 'HABTWIN_'
/** What follows is a key of its configuration. */
const OWN = 'HABTWIN_MISSION_CONTROL__'
/** Of the bridge. Whoever gives it an address has another mission control. */
const BRIDGE = 'HABTWIN_BRIDGES__EARTH__'
const TOKEN = 'earth-token'
const LINK = 'demo-link'

/**
 * Two minutes can be seen and can be waited for. The budget is a modest one for a relay above Mars, and two days of the
 * past, some 32,000 readings, cross within about a minute.
 */
const link = { TO: 'habtwin', DELAY: '2 min', RATE: '128 kbit/s', BUNDLE: 'true' }

export interface MissionControl {
  /** The origin of its panel. */
  readonly panel: string
  /** Arguments of `habtwin receive`. */
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** What the habitat's processes have beside the environment: their bridge. */
  readonly bridge: NodeJS.ProcessEnv
  /** Makes what the gateway logs in with, where it is missing. Throws data/unusable. */
  admit(habitat: string): void
}

/** @returns undefined where the bridge leads elsewhere */
export async function missionControl(
  folder: DataFolder,
  environment: NodeJS.ProcessEnv,
): Promise<MissionControl | undefined> {
  if (environment[`${BRIDGE}URL`] !== undefined) return undefined
  const data = join(folder.root, 'mission-control')
  const token = join(folder.access, TOKEN)
  const env = ownEnvironment(environment)
  const { broker, http } = loadReceiveConfig(file, env)
  const [mqtt, panel] = [await freeAt(broker.mqtt), await freeAt(http.panel)]
  Object.assign(env, { HABTWIN_BROKER__MQTT: mqtt, HABTWIN_HTTP__PANEL: panel })
  const bridge = { ...link, URL: `mqtt://${mqtt}`, TOKEN_FILE: token }
  return {
    panel: `http://${panel}`,
    args: ['--data', data, '--config', file],
    env,
    bridge: Object.fromEntries(Object.entries(bridge).map(([name, value]) => [BRIDGE + name, value])),
    admit(habitat) {
      env.HABTWIN_RECEIVE__HABITATS ??= JSON.stringify([habitat])
      admit(join(data, 'access'), token, habitat)
    },
  }
}

/** Its environment: without the habitat's configuration, with its own. */
function ownEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(environment).flatMap(([name, value]): [string, string | undefined][] => {
    if (name.startsWith(OWN)) return [[PREFIX + name.slice(OWN.length), value]]
    return name.startsWith(PREFIX) && name !== 'HABTWIN_LOG' ? [] : [[name, value]]
  })
  return Object.fromEntries(own)
}

/** Where it can listen: as told, or on a free port where that one is 0 or somebody else's. */
async function freeAt({ host, port }: { readonly host: string; readonly port: number }): Promise<string> {
  const server = createServer()
  try {
    return await new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, exclusive: true }, () => {
        const bound = server.address()
        const free = bound !== null && typeof bound === 'object' ? bound.port : port
        resolve(`${host.includes(':') ? `[${host}]` : host}:${free}`)
      })
    })
  } catch (error) {
    if (port !== 0 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') return freeAt({ host, port: 0 })
    throw new HabtwinError('listen/impossible', messageOf(error), { where: `${host}:${port}`, cause: error })
  } finally {
    server.close()
  }
}

/** A user of its for the gateway, and the token that the gateway shows: each in a file of mode 0600. */
function admit(access: string, file: string, habitat: string): void {
  const secret = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
  changeUsers(access, (users) => {
    if (secret !== undefined && users.tokens[LINK]?.hash === hashToken(secret) && users.tokens[LINK]?.user === habitat)
      return users
    const made = newToken()
    // the secret first: one that lets nobody in yet is better than a user whom nobody can be
    writePrivately(file, `${made.secret}\n`)
    const now = Date.now()
    const { [LINK]: _, ...tokens } = users.tokens
    const before = { ...users, tokens }
    const known = before.users[habitat] ? before : addUser(before, { name: habitat, role: 'gateway', habitat }, now)
    return addToken(known, { id: LINK, user: habitat, hash: made.hash, label: 'the link of the demo' }, now)
  })
}
