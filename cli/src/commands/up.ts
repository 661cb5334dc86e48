/**
 * `habtwin up`: runs gateway and sim as processes of their own and brings back the one that dies. Each is tied to
 * this process by a channel, and ends when it does. The demo has a third: mission control, its second view.
 */
import { fork } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import {
  aborted,
  Backoff,
  type Config,
  createLog,
  dataFolder,
  type Log,
  lockFolder,
  Supervisor,
  systemClock,
  usesTls,
} from '@habtwin/runtime'
import { authorityOf } from '@habtwin/runtime/tls/identity'
import { type MissionControl, missionControl } from '../demo/mission-control.ts'
import { configFile, type HabitatOptions, readConfig } from '../habitat.ts'
import type { Ready } from '../parent.ts'
import { untilStopped } from '../stop.ts'

const launcher = fileURLToPath(new URL('../../bin/habtwin.js', import.meta.url))
/** Ends a child when this process is gone. */
const tether = new URL('../../bin/tether.js', import.meta.url).href
/** Time that a child has to drain after SIGTERM, ms. */
const DRAIN = 6_000
/** A child that has run this long is started at once when it dies, ms. */
const STEADY = 60_000
/** So long after the line is up mission control is started: first the habitat has the processor for itself, ms. */
const AFTER = 2_000
/** Its processes go before mission control's (nice(1)). */
const NICE = 10

export interface UpOptions extends HabitatOptions {
  /** The demo without mission control. */
  readonly alone?: boolean
}

interface Child {
  readonly name: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly nice?: number
}

export async function up(options: UpOptions): Promise<undefined> {
  process.title = 'habtwin up'
  const folder = dataFolder(options.data)
  const isDemo = options.config === undefined && options.alone !== true
  // where it is wrong nothing is made; the demo's own is right, and is not whole without what is made for it
  const given = isDemo ? undefined : await readConfig(options.config, process.env)
  using _lock = lockFolder(folder.root)
  const beside = isDemo ? await missionControl(folder, process.env) : undefined
  const env = { ...beside?.bridge, ...process.env }
  const config = given ?? (await readConfig(options.config, env))
  beside?.admit(config.habitat.id)
  const log = await createLog('up')
  const stop = untilStopped()
  const addresses = new Map<string, string>()
  if (beside) addresses.set('mission-control', new URL(beside.panel).host)
  const parts = new Set<string>()
  const isUp = Promise.withResolvers<void>()
  const onReady = ({ ready, addresses: open }: Ready) => {
    if (ready === 'receive') return log.info({ panel: open.panel }, 'mission control is there')
    parts.add(ready)
    for (const [name, address] of Object.entries(open)) if (address) addresses.set(name, address)
    if (parts.size === 2) isUp.resolve()
  }
  isUp.promise.then(() =>
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ ready: Object.fromEntries(addresses) })}\n`
        : greeting(config, addresses, folder.root, fingerprint(config, folder.tls), beside),
    ),
  )
  const ended = Promise.withResolvers<void>()
  await using supervisor = new Supervisor(systemClock, log, (error) => ended.reject(error))
  const common = ['--data', folder.root, '--config', configFile(options.config)]
  const across = beside ? ['--across', beside.panel] : []
  for (const [name, args] of [['gateway', common], ['sim', [...common, ...across]]] as const) // biome-ignore format: a table
    supervisor.run(name, (signal) => keep({ name, args, env }, onReady, log, signal))
  if (beside) {
    const { args, env } = beside
    supervisor.run('mission control', async (signal) => {
      await Promise.race([isUp.promise, aborted(signal)])
      await systemClock.sleep(AFTER, signal).catch(() => undefined) // only an abort ends a sleep early
      await keep({ name: 'receive', args, env, nice: NICE }, onReady, log, signal)
    })
  }
  stop.addEventListener('abort', () => ended.resolve(), { once: true })
  await ended.promise
}

/** Starts a process again whenever it ends: within a second, then doubling to half a minute. */
async function keep(child: Child, onReady: (ready: Ready) => void, log: Log, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(500, 30_000)
  while (!signal.aborted) {
    const began = systemClock.mono()
    const how = await runOnce(child, onReady, signal)
    if (signal.aborted) return
    if (systemClock.mono() - began > STEADY) backoff.reset()
    const wait = backoff.next()
    log.error(`${child.name} ended (${how}); it is started again in ${(wait / 1000).toFixed(1)} s`)
    await systemClock.sleep(wait, signal).catch(() => undefined) // only an abort ends a sleep early
  }
}

function runOnce(
  { name, args, env, nice }: Child,
  onReady: (ready: Ready) => void,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve) => {
    const child = fork(launcher, [name, ...args], {
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', tether],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // threads share the heap of malloc: several of them would each keep what they once needed
      // large blocks go back to the system when they are freed
      env: { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', ...env },
    })
    if (nice !== undefined) child.once('spawn', () => setPriority(child.pid as number, nice))
    let kill: NodeJS.Timeout | undefined
    const stop = () => {
      child.kill('SIGTERM')
      kill = setTimeout(() => child.kill('SIGKILL'), DRAIN)
    }
    const reload = () => child.kill('SIGHUP')
    process.on('SIGHUP', reload)
    signal.addEventListener('abort', stop, { once: true })
    child.on('message', (message) => onReady(message as Ready))
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, by) => {
      clearTimeout(kill)
      process.off('SIGHUP', reload)
      signal.removeEventListener('abort', stop)
      resolve(by ?? `status ${code}`)
    })
  })
}

/** Whom clients have to trust where something speaks TLS. */
function fingerprint(config: Config, folder: string): string | undefined {
  if (!usesTls(config)) return undefined
  const pem = authorityOf(config.tls, folder)
  return pem === undefined ? undefined : `SHA-256 ${new X509Certificate(pem).fingerprint256}`
}

function greeting(
  config: Config,
  addresses: ReadonlyMap<string, string>,
  data: string,
  authority: string | undefined,
  beside: MissionControl | undefined,
): string {
  const mqtt = addresses.get('mqtt') ?? ''
  const [host, port] = [mqtt.slice(0, mqtt.lastIndexOf(':')), mqtt.slice(mqtt.lastIndexOf(':') + 1)]
  const secure = addresses.get('mqtts')
  const security = [
    ...(secure === undefined ? [] : [`    MQTT/TLS   ${secure}`]),
    ...(authority === undefined
      ? []
      : [`    authority  ${authority}\n               (/ca.pem of the panel; habtwin tls show)`]),
  ]
  return `
  ${config.habitat.label}${config.simulated ? ' (simulated)' : ''} is running.

    panel      ${config.http.panel.tls ? 'https' : 'http'}://${addresses.get('panel')}
${beside ? `    mission    ${beside.panel}/habitats/${config.habitat.id}/   what mission control sees, ${delayOf(config)} behind\n` : ''}    readings   mosquitto_sub -h ${host} -p ${port} -t 'hab/${config.habitat.id}/device/+/reading' -v
    data       ${data}
${security.map((line) => `${line}\n`).join('')}
  Ctrl-C ends it.

`
}

function delayOf({ bridges }: Config): string {
  const delay = bridges.earth?.delay
  if (typeof delay !== 'number') return delay === undefined ? 'not' : 'by the light time from Mars'
  return delay < 60_000 ? `${delay / 1_000} s` : `${delay / 60_000} min`
}
