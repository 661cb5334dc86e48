/**
 * What the broker bears: connections that do nothing, a subscriber that never reads, packets that no client in its
 * senses sends, and more connections than it wants. It has to be there afterwards, for others in time, and its memory
 * back where it was.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt, { type MqttClient } from 'mqtt'
import { temporaryFolder } from '../test/support/line.ts'
import { packets, xorshift } from '../test/support/mqtt-fuzz.ts'
import { until } from '../test/support/until.ts'
import { FLAGS, HABITAT, MEMORY, USER } from './mqtt/serve.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { rss } from './support/process.ts'
import { quantile } from './support/statistics.ts'

const IDLE = 5_000
const FUZZ = 100_000
const HALF_OPEN = 10_000
const RECONNECTING = 200
const RETAINED = 100_000
const FLOOD = 3_000
const PLACE = `hab/${HABITAT}/x`

export const abuse: Bench = { name: 'abuse', gate: false, run: measure }

async function measure(): Promise<Outcome> {
  using folder = temporaryFolder()
  await using broker = await Served.start(folder.path, { connections: 6_000, perAddress: 6_000, connectTimeout: 2_000 })
  await broker.works()
  const begin = rss(broker.pid)
  const idle = await broker.idle()
  const [fuzzed, strayed] = [await broker.fuzz(), await broker.halfOpen()]
  const back = await broker.settled(begin)
  const frozen = await broker.frozen()
  const retained = await broker.reconnect()
  const figures = {
    rss_begin_mb: round(begin),
    idle_5000_rss_mb: round(idle),
    ...{ fuzzed_packets: fuzzed, half_open: strayed, rss_back_mb: round(back) },
    ...frozen,
    ...retained,
  }
  return {
    figures,
    goals: [
      atMost('idle_5000_rss_mb', idle, 200),
      atMost('rss_back_mb', back, begin * 1.1),
      atMost('frozen_adds_most_ms', frozen.frozen_adds_most_ms, 100),
      atMost('frozen_costs_mb', frozen.frozen_costs_mb, 20),
      atMost('reconnect_200_s', retained.reconnect_200_s, 1),
    ],
  }
}

/** Whatever becomes of it: some are refused while they are opened. */
function there(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('connect', () => resolve())
    socket.once('close', () => resolve())
  })
}

function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

class Served implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #port: number
  readonly #secret: string

  private constructor(child: ChildProcess, port: number, secret: string) {
    this.#child = child
    this.#port = port
    this.#secret = secret
  }

  static async start(folder: string, limits: object): Promise<Served> {
    const secret = randomBytes(16).toString('hex')
    const script = join(import.meta.dirname, 'mqtt/serve.ts')
    const args = [...FLAGS, script, folder, secret, JSON.stringify(limits)]
    const env = { ...process.env, ...MEMORY }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    return new Served(child, Number(line.toString()), secret)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  async join(clientId: string, username: string): Promise<MqttClient> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${this.#port}`, { reconnectPeriod: 0, clientId, username, password: this.#secret }) // biome-ignore format: one thought
    client.on('error', () => {})
    await new Promise((resolve, reject) => {
      client.once('connect', resolve)
      client.once('close', () => reject(new Error(`${clientId} was not let in`)))
    })
    return client
  }

  dial(): Socket {
    const socket = connectSocket(this.#port, '127.0.0.1')
    socket.on('error', () => {})
    return socket
  }

  /** A message goes round. */
  async works(): Promise<void> {
    const [writer, reader] = [await this.join('works-w', USER), await this.join('works-r', 'crew')]
    const came = new Promise((resolve) => reader.once('message', resolve))
    await reader.subscribeAsync(`${PLACE}/round`)
    await writer.publishAsync(`${PLACE}/round`, 'x', { qos: 1 })
    await came
    for (const one of [writer, reader]) one.end(true)
  }

  /** Memory with thousands of clients that subscribed to something and say nothing, MB. */
  async idle(): Promise<number> {
    const sockets: Socket[] = []
    for (let i = 0; i < IDLE; i++) {
      const socket = this.dial()
      const id = `idle-${i}`
      const hello = [0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 0, 0, id.length, ...Buffer.from(id)]
      const topic = `dev/${i}/cmd`
      socket.write(Buffer.from([0x10, hello.length, ...hello]))
      socket.write(Buffer.from([0x82, 5 + topic.length, 0, 1, 0, topic.length, ...Buffer.from(topic), 1]))
      await once(socket, 'data')
      socket.resume()
      sockets.push(socket)
    }
    await sleep(10_000)
    const used = rss(this.pid)
    for (const socket of sockets) socket.destroy()
    return used
  }

  /** Sends packets that are random or damaged. @returns how many connections that took */
  async fuzz(): Promise<number> {
    const random = xorshift(20_261_121)
    let sent = 0
    while (sent < FUZZ) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const socket = this.dial()
          socket.resume()
          await there(socket)
          socket.end(packets(random, 20))
          sent += 10
          await gone(socket)
        }),
      )
    }
    await this.works()
    return sent
  }

  /** Opens connections and says nothing, or a byte now and then. */
  async halfOpen(): Promise<number> {
    const sockets: Socket[] = []
    for (let i = 0; i < HALF_OPEN; i++) {
      const socket = this.dial()
      socket.resume()
      if (i % 2 === 0) socket.write(Buffer.from([0x10]))
      sockets.push(socket)
      if (i % 500 === 0) await there(socket)
    }
    await until(() => sockets.every(({ closed }) => closed), 'all gone')
    await this.works()
    return sockets.length
  }

  /** How late messages are at others without, and with, a subscriber to all of them that has stopped reading, ms; MB. */
  async frozen() {
    const [reader, writer] = [await this.join('reader', 'crew'), await this.join('writer', USER)]
    await reader.subscribeAsync(`${PLACE}/#`)
    let late: number[] = []
    reader.on('message', (_topic, payload) => late.push(performance.now() - payload.readDoubleBE(0)))
    let most = 0
    const flood = async () => {
      late = []
      for (let i = 0; i < FLOOD; i++) {
        const payload = Buffer.alloc(20_000)
        payload.writeDoubleBE(performance.now())
        await writer.publishAsync(`${PLACE}/flood`, payload, { qos: 1 })
        if (i % 100 === 0) most = Math.max(most, rss(this.pid))
      }
      await until(() => late.length === FLOOD, 'all, at the one that reads')
      return { p99: quantile(late, 0.99), most: quantile(late, 1) }
    }
    const alone = await flood()
    const before = most
    const frozen = await this.join('frozen', 'crew')
    await frozen.subscribeAsync('#', { qos: 0 })
    frozen.stream.pause()
    frozen.stream.unpipe()
    const beside = await flood()
    for (const one of [frozen, reader, writer]) one.end(true)
    return {
      alone_delay_p99_ms: round(alone.p99),
      alone_delay_most_ms: round(alone.most),
      frozen_delay_p99_ms: round(beside.p99),
      frozen_delay_most_ms: round(beside.most),
      frozen_adds_most_ms: round(Math.max(0, beside.most - alone.most)),
      frozen_costs_mb: round(most - before),
    }
  }

  /** How long many take to come back and get what is retained for them, of very much that is. */
  async reconnect() {
    const writer = await this.join('retainer', USER)
    const before = rss(this.pid)
    for (let i = 0; i < RETAINED; i++) {
      const sent = writer.publishAsync(`hab/${HABITAT}/point/${i % RECONNECTING}/${i}`, `${i}`, { retain: true, qos: i % 1_000 === 0 ? 1 : 0 }) // biome-ignore format: one thought
      if (i % 1_000 === 0) await sent
    }
    await writer.publishAsync(`${PLACE}/end`, '', { qos: 1 })
    const memory = rss(this.pid) - before
    const began = performance.now()
    const clients = await Promise.all(
      Array.from({ length: RECONNECTING }, async (_, i) => {
        const client = await this.join(`back-${i}`, 'crew')
        const came = new Promise((resolve) => client.once('message', resolve))
        await client.subscribeAsync([`hab/${HABITAT}/point/${i}/${i}`, 'hab/+/alert/#'])
        await came
        return client
      }),
    )
    const seconds = (performance.now() - began) / 1_000
    for (const one of [...clients, writer]) one.end(true)
    return { retained: RETAINED, retained_rss_mb: round(memory), reconnect_200_s: round(seconds) }
  }

  /** Memory once it has let go of what it lets go of, MB. */
  async settled(begin: number): Promise<number> {
    let least = rss(this.pid)
    for (let i = 0; i < 20 && least > begin * 1.1; i++) {
      await this.works()
      await sleep(1_000)
      least = Math.min(least, rss(this.pid))
    }
    return least
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
