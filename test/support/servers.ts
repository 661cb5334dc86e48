/**
 * Real servers for tests, each on a free loopback port with a folder of its own, gone at the end of the scope
 * (`await using`). Only what was started here is ever killed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { basename, delimiter, isAbsolute, join } from 'node:path'
import { until } from './until.ts'

/** A server that runs. */
export interface TestServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Of its process; 0 while it does not run. */
  readonly pid: number
  /** Kills it as a power cut would; its folder stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and folder. */
  start(): Promise<void>
}

/** Ports below those that the kernel gives to any connection and to whoever asks for none: that is free the next moment. */
const PORTS = { first: 11_000, count: 21_000 }
/** Tests in other processes begin elsewhere. */
let lastPort = Math.floor(Math.random() * PORTS.count)

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORTS.count; tries++) {
    lastPort = (lastPort + 1) % PORTS.count
    const port = PORTS.first + lastPort // others ask meanwhile
    if (await isFree(port)) return port
  }
  throw new Error('no port')
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/**
 * Why a test that needs a program is skipped: false where the program is there. With CI set in the environment
 * nothing is skipped: there the program has to be there.
 */
export function missing(program: string): string | false {
  if (process.env.CI || find(program) !== undefined) return false
  return `${program} is not installed (Debian: apt-get install ${program === 'influxd' ? 'influxdb' : program})`
}

/** Why what takes long is skipped: false with CI set. Without it, everything together takes three minutes. */
export const slow = process.env.CI ? false : 'slow: runs with CI set'

/** InfluxDB 1.x. */
export async function startInfluxd(): Promise<TestServer> {
  const [http, rpc] = [await freePort(), await freePort()]
  return startServer('influxd', http, '/ping', (folder) => {
    const config = join(folder, 'influxdb.conf')
    const lines = [
      'reporting-disabled = true',
      `bind-address = "127.0.0.1:${rpc}"`,
      `[meta]\n  dir = "${folder}/meta"`,
      `[data]\n  dir = "${folder}/data"\n  wal-dir = "${folder}/wal"`,
      '[monitor]\n  store-enabled = false',
      `[http]\n  bind-address = "127.0.0.1:${http}"\n  log-enabled = false`,
      '[logging]\n  level = "error"',
    ]
    writeFileSync(config, lines.join('\n'))
    return ['run', '-config', config]
  })
}

/** VictoriaMetrics, which takes InfluxDB's v2 writes. */
export async function startVictoria(): Promise<TestServer> {
  const port = await freePort()
  return startServer('victoria-metrics', port, '/health', (folder) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-retentionPeriod=100y',
    '-search.latencyOffset=0s',
    '-loggerLevel=ERROR',
    '-memory.allowedBytes=64MB',
  ])
}

/**
 * Redis.
 * @param durable whether it has its data again when it is started again after a kill
 */
export async function startRedis({ durable = false, password = '' } = {}): Promise<TestServer> {
  const port = await freePort()
  const keep = durable ? ['--appendonly', 'yes'] : ['--appendonly', 'no']
  const secret = password === '' ? [] : ['--requirepass', password]
  const place = (folder: string) => ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '']
  const server = await startServer('redis-server', port, takesConnections, (folder) => [
    ...place(folder),
    ...keep,
    ...secret,
  ])
  return Object.assign(server, { url: `redis://127.0.0.1:${port}` })
}

/**
 * Mosquitto, for anybody on this machine.
 * @param durable whether it keeps what it has acknowledged, as well as it can
 * @param more lines of its configuration
 * @param memory whether its files lie in memory (tmpfs), which a kill leaves as they are: it writes all of them anew with
 *   each message that it keeps
 */
export async function startMosquitto({
  durable = false,
  memory = false,
  more = [],
}: {
  durable?: boolean
  memory?: boolean
  more?: string[]
} = {}): Promise<TestServer> {
  const port = await freePort()
  const server = await startServer('mosquitto', port, takesConnections, (folder) => {
    const kept = durable
      ? ['persistence true', `persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1']
      : ['persistence false']
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'max_queued_messages 0',
      'max_inflight_messages 0',
      'log_type none',
      // it gives up root, and its folder is ours
      `user ${userInfo().username}`,
      ...kept,
      ...more,
    ]
    writeFileSync(join(folder, 'mosquitto.conf'), lines.join('\n'))
    return ['-c', join(folder, 'mosquitto.conf')]
  }, { under: memory && existsSync('/dev/shm') ? '/dev/shm' : tmpdir() }) // biome-ignore format: one call
  return Object.assign(server, { url: `mqtt://127.0.0.1:${port}` })
}

/** NATS with JetStream, which speaks MQTT 3.1.1. */
export async function startNats(): Promise<TestServer> {
  const [mqtt, client] = [await freePort(), await freePort()]
  const server = await startServer('nats-server', mqtt, takesConnections, (folder) => {
    const config = `server_name: test
host: 127.0.0.1
port: ${client}
jetstream { store_dir: "${folder}/jetstream", max_memory_store: 64MB, max_file_store: 1GB }
mqtt { host: 127.0.0.1, port: ${mqtt} }
`
    writeFileSync(join(folder, 'nats.conf'), config)
    return ['-c', join(folder, 'nats.conf')]
  })
  return Object.assign(server, { url: `mqtt://127.0.0.1:${mqtt}` })
}

/** RabbitMQ with its MQTT plugin, for `guest` with the password `guest`. */
export async function startRabbit(): Promise<TestServer> {
  const [mqtt, amqp, dist, names] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const env: NodeJS.ProcessEnv = {}
  // Erlang's names; a node that finds nobody there would begin a daemon, which nobody ended
  const epmd = await startServer('epmd', names, takesConnections, () => ['-port', `${names}`, '-address', '127.0.0.1'])
  try {
    // Debian's wrapper would become another user
    const server = await startServer('/usr/lib/rabbitmq/bin/rabbitmq-server', mqtt, takesConnections, (folder) => {
      const lines = [`listeners.tcp.1 = 127.0.0.1:${amqp}`, `mqtt.listeners.tcp.1 = 127.0.0.1:${mqtt}`]
      writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`)
      writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_mqtt].\n')
      Object.assign(env, {
        HOME: folder,
        ERL_EPMD_PORT: `${names}`,
        RABBITMQ_NODENAME: `habtwin-${mqtt}@localhost`,
        RABBITMQ_DIST_PORT: `${dist}`,
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
        RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
        RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
        RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
        RABBITMQ_LOG_BASE: join(folder, 'log'),
        RABBITMQ_PID_FILE: join(folder, 'pid'),
      })
      return []
      // a shell that has the server as its child
    }, { env, group: true }) // biome-ignore format: one call
    const end = async () => {
      await server[Symbol.asyncDispose]()
      await epmd[Symbol.asyncDispose]()
    }
    return { ...server, url: `mqtt://127.0.0.1:${mqtt}`, [Symbol.asyncDispose]: end }
  } catch (error) {
    await epmd[Symbol.asyncDispose]()
    throw error
  }
}

/** True where somebody listens. */
export function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** Any program; it runs as soon as it answers `ready` over HTTP, or as that finds. */
export async function startServer(
  program: string,
  port: number,
  ready: string | ((port: number) => Promise<boolean>),
  prepare: (folder: string) => string[],
  { env = {}, group = false, under = tmpdir() }: { env?: NodeJS.ProcessEnv; group?: boolean; under?: string } = {},
): Promise<TestServer> {
  const path = find(program)
  if (path === undefined) throw new Error(`${program} is not installed`)
  const folder = mkdtempSync(join(under, `habtwin-${basename(program)}-`))
  const args = prepare(folder)
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined

  const server: TestServer = {
    url,
    port,
    get pid() {
      return child?.pid ?? 0
    },
    async start() {
      const started = spawn(path, args, { stdio: 'ignore', env: { ...process.env, ...env }, detached: group })
      child = started
      await until(async () => {
        if (started.exitCode !== null) throw new Error(`${program} ended with ${started.exitCode}`)
        return await (typeof ready === 'string' ? answers(url + ready) : ready(port))
      }, `${program} answers at ${url}`)
    },
    async kill() {
      const ending = child
      child = undefined
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return
      const ended = new Promise((resolve) => ending.once('exit', resolve))
      if (group && ending.pid !== undefined) process.kill(-ending.pid, 'SIGKILL')
      else ending.kill('SIGKILL')
      await ended
    },
    async [Symbol.asyncDispose]() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined)
  await answer?.arrayBuffer()
  return answer?.ok === true
}

function find(program: string): string | undefined {
  if (isAbsolute(program)) return program
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin']) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // not here
    }
  }
  return undefined
}
