/**
 * Three ways for readings to get from one side of a bad link to the other, each of real processes that may be killed:
 *
 *   near side (journal and bridge │ Mosquitto) ─► link ─► far side (Mosquitto │ habtwin receive) ─► who counts
 *
 * A reading is a number that is handed over once; who counts says how often each arrived.
 */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { topic, wire } from '@habtwin/contract'
import { Link } from '@habtwin/runtime/mqtt'
import { addToken, addUser, changeUsers, newToken, nobody } from '@habtwin/runtime/users/index'
import { readAll } from '@habtwin/sim-core/store/index'
import { Cuttable } from './cuttable.ts'
import { temporaryFolder } from './line.ts'
import { Near } from './near.ts'
import { Receiver } from './receiver.ts'
import { freePort, startMosquitto, type TestServer } from './servers.ts'
import { until } from './until.ts'

const DEVICES = 20
const HABITAT = 'sam'

/** One of the two sides: kill −9, and started again on the same folder. */
interface Side {
  kill(): Promise<void>
  start(): Promise<void>
}

export interface Crossing extends AsyncDisposable {
  readonly link: Cuttable
  readonly near: Side
  readonly far: Side
  /** Hands over so many readings. @returns the numbers of those that it answers for; the others may arrive or not */
  hand(from: number, count: number): Promise<readonly number[]>
  /** Whether nothing is left to be sent, as far as the near side knows. */
  isDone(): Promise<boolean>
  /** How often each number has arrived; a store is looked into only here, and its side must run no more. */
  arrived(): Promise<Map<number, number>>
  /** Of the arrivals beyond the first how many the far broker gave its own subscriber again, and says so (DUP). */
  readonly redelivered: number
  /** How many have arrived so far, where that can be told while it runs. */
  readonly count: number
}

/** A subscriber with a session that the broker keeps, which counts what it hears. */
class Counter implements AsyncDisposable {
  readonly counts = new Map<number, number>()
  redelivered = 0
  readonly link: Link

  /** @param heard told of each message at once */
  constructor(url: string, heard: (topic: string, payload: Buffer) => void = () => undefined) {
    this.link = new Link({ url, clientId: `counter-${randomBytes(4).toString('hex')}`, kept: true, keepalive: 60, retry: { first: 50, cap: 100 } }) // biome-ignore format: one line
    this.link.subscribe(
      `hab/${HABITAT}/#`,
      (path, payload, packet) => {
        const { retain, dup = false } = packet as { retain: boolean; dup?: boolean }
        // what a broker keeps on a topic is told anew to whoever subscribes: it is no message
        if (retain) return
        heard(path, payload)
        if (!/\/(?:reading|late)$/.test(path)) return
        const { values } = JSON.parse(payload.toString()) as { values: { co2: number } }
        if (dup && this.counts.has(values.co2)) this.redelivered++
        this.counts.set(values.co2, (this.counts.get(values.co2) ?? 0) + 1)
      },
      { qos: 1 },
    )
    this.link.start()
  }

  async ready(): Promise<this> {
    await until(() => this.link.up, 'the subscriber being there')
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.link[Symbol.asyncDispose]()
  }
}

const all = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

async function isIdle(near: Near): Promise<boolean> {
  const bridge = (await near.state()).bridges.earth
  return bridge !== undefined && bridge.confirmed === bridge.taken && bridge.taken > 0 && bridge.inFlight === 0
}

export interface BrokerOptions {
  /** Whether the broker at the far side keeps what it has acknowledged. */
  readonly durable?: boolean
  /** Of the gateway. */
  readonly env?: NodeJS.ProcessEnv
  /** Told of each message that arrives. */
  readonly heard?: (topic: string, payload: Buffer) => void
}

/** Our bridge to a Mosquitto with a durable subscriber. @param more of the bridge's configuration */
export async function toBroker(
  more = '',
  { durable = true, env, heard }: BrokerOptions = {},
): Promise<Crossing & { readonly gateway: Near }> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(temporaryFolder())
  const far = stack.use(await startMosquitto({ durable, memory: true }))
  const counter = stack.use(await new Counter(far.url, heard).ready())
  const link = stack.use(await Cuttable.start(far.port))
  const config = `habitat: { id: ${HABITAT} }\nbridges: { earth: { url: mqtt://127.0.0.1:${link.port}, ${more} } }`
  const gateway = stack.use(await Near.start(folder.path, config, env))
  const owned = stack.move()
  return {
    ...{ link, far, gateway, near: { kill: () => gateway.kill(), start: () => gateway.start() } },
    async hand(from, count) {
      await gateway.take(count, { devices: DEVICES, from })
      return all(from, count)
    },
    isDone: () => isIdle(gateway),
    arrived: async () => counter.counts,
    get count() {
      return counter.counts.size
    },
    get redelivered() {
      return counter.redelivered
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Our bridge to `habtwin receive`, whose store is counted. */
export async function toHabtwin(more = ''): Promise<Crossing & { readonly gateway: Near }> {
  await using stack = new AsyncDisposableStack()
  const [folder, mission] = [stack.use(temporaryFolder()), stack.use(temporaryFolder())]
  const data = join(mission.path, 'data')
  const { secret, hash } = newToken()
  changeUsers(join(data, 'access'), (before) =>
    addToken(
      addUser(before ?? nobody, { name: HABITAT, role: 'gateway', habitat: HABITAT }, Date.now()),
      { id: 't-1', user: HABITAT, hash },
      Date.now(),
    ),
  )
  const [mqtt, websocket, panel] = [await freePort(), await freePort(), await freePort()]
  const config = `broker: { mqtt: ${mqtt}, websocket: ${websocket} }\nhttp: { panel: ${panel} }\n`
  let receiver: Receiver | undefined
  const far = {
    async start() {
      receiver = new Receiver(mission.path, config)
      await receiver.ready
    },
    async kill() {
      await receiver?.kill()
    },
  }
  stack.defer(async () => await receiver?.[Symbol.asyncDispose]())
  await far.start()
  const link = stack.use(await Cuttable.start(mqtt))
  const password = join(folder.path, 'token')
  writeFileSync(password, secret)
  const gateway = stack.use(
    await Near.start(
      folder.path,
      `habitat: { id: ${HABITAT} }
bridges: { earth: { url: mqtt://127.0.0.1:${link.port}, username: ${HABITAT}, password_file: ${password}, to: habtwin, ${more} } }`,
    ),
  )
  const tell = async () => {
    for (let i = 0; i < DEVICES; i++) {
      const info = { device: `air-${i}`, zone: 'crew', node: 'node', driver: 'scd30', label: `Air ${i}`, simulated: true, every: 1_000, points: { co2: { unit: '[ppm]' } } } // biome-ignore format: one line
      await gateway.retain(topic.info(`air-${i}`), JSON.stringify(info))
    }
  }
  await tell()
  const owned = stack.move()
  return {
    ...{ link, far, gateway },
    near: {
      kill: () => gateway.kill(),
      async start() {
        await gateway.start()
        await tell()
      },
    },
    async hand(from, count) {
      await gateway.take(count, { devices: DEVICES, from })
      return all(from, count)
    },
    isDone: () => isIdle(gateway),
    async arrived() {
      await receiver?.[Symbol.asyncDispose]()
      const counts = new Map<number, number>()
      for (const { rows } of readAll(join(data, 'habitats', HABITAT)))
        for (const { value } of rows) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1)
      return counts
    },
    count: Number.NaN,
    redelivered: 0,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** How the near one of two Mosquittos is told to bridge: the surest that mosquitto.conf(5) of 2.0 has. */
export const mosquittoBridge = (port: number, restart = 'restart_timeout 1') => [
  'connection earth',
  `address 127.0.0.1:${port}`,
  'topic # out 1',
  'cleansession false',
  'notifications false',
  'keepalive_interval 30',
  ...(restart === '' ? [] : [restart]),
]

/**
 * Two Mosquittos bridged; a publisher hands over by QoS 1, and answers for what was acknowledged.
 * @param restart its own line for how soon it tries again
 * @param memory whether their files lie in memory
 */
export async function mosquittos({
  restart,
  memory = true,
}: {
  restart?: string
  memory?: boolean
} = {}): Promise<Crossing & { readonly server: TestServer }> {
  // biome-ignore format: one line
  await using stack = new AsyncDisposableStack()
  const far = stack.use(await startMosquitto({ durable: true, memory }))
  const counter = stack.use(await new Counter(far.url).ready())
  const link = stack.use(await Cuttable.start(far.port))
  const near = stack.use(await startMosquitto({ durable: true, memory, more: mosquittoBridge(link.port, restart) }))
  const publisher = stack.use(new Link({ url: near.url, clientId: 'publisher', keepalive: 60, retry: { first: 50, cap: 100 } })) // biome-ignore format: one line
  publisher.start()
  await until(() => publisher.up, 'the publisher being there')
  const owned = stack.move()
  return {
    ...{ link, near, far, server: near },
    async hand(from, count) {
      await until(() => publisher.up, 'the publisher being there')
      const told = all(from, count).map(async (i) => {
        const device = `air-${i % DEVICES}`
        const body = { journal: '0'.repeat(32), seq: i, n: i, t: Date.now(), values: { co2: i } }
        await publisher.publish(wire(HABITAT, topic.reading(device)), JSON.stringify(body), { qos: 1 })
        return i
      })
      const answers = await Promise.allSettled(told)
      return answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    },
    // it says of itself neither what waits nor what has gone
    isDone: async () => true,
    arrived: async () => counter.counts,
    get count() {
      return counter.counts.size
    },
    get redelivered() {
      return counter.redelivered
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
