/** A house whose broker speaks MQTT 5, with users whose password is their name, and clients of both kinds. */
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import type { Principal, Role } from '@habtwin/runtime/access'
import { TestClock } from '@habtwin/runtime/clock'
import mqtt, { type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient } from 'mqtt'
import { Packets, PUBLISH } from '../../test/support/packets.ts'
import { until } from '../../test/support/until.ts'
import { type BrokerParts, createBroker } from './broker.ts'
import type { Doors } from './login.ts'
import type { BrokerOptions } from './options.ts'

const everybody: Record<string, Principal> = {
  sam: { role: 'crew', name: 'sam', via: 'password' },
  mars: { role: 'gateway', name: 'mars', habitat: 'sam', via: 'password' },
}

export interface Arrived {
  readonly topic: string
  readonly text: string
  readonly qos: number
  readonly retain: boolean
  readonly properties: IPublishPacket['properties']
}

export async function house(options: Partial<BrokerOptions> = {}, parts: BrokerParts = {}) {
  const stack = new AsyncDisposableStack()
  const clock = new TestClock()
  const users = { ...everybody }
  let changed: () => void = () => undefined
  const gone = new Set<string>()
  const doors: Doors = {
    login: async (name, secret) => {
      const principal = name === secret ? users[name] : undefined
      return principal ? { principal } : { refused: 'wrong', known: name in users }
    },
    byCertificate: () => undefined,
    current: (who) => (gone.has(who.name) ? undefined : who),
    onChange: (call) => {
      changed = call
      return { [Symbol.dispose]() {} }
    },
    ownerOf: () => undefined,
  }
  const tcp = { host: '127.0.0.1', port: 0 }
  const broker = stack.use(
    createBroker({ habitat: 'sam', tcp, mqtt5: true, ...options }, { access: doors, clock, ...parts }),
  )
  await broker.start()
  const port = Number(broker.address('tcp')?.split(':')[1])
  const enter = async (clientId: string, user: string | undefined, more: IClientOptions = {}) => {
    const login = user === undefined ? {} : { username: user, password: user }
    const shape = { protocolVersion: 5 as const, reconnectPeriod: 0, clientId, clean: false }
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...shape, ...login, ...more })
    stack.defer(() => void client.end(true))
    client.on('error', () => {})
    const arrived: Arrived[] = []
    client.on('message', (topic, payload, { qos, retain, properties }) =>
      arrived.push({ topic, text: payload.toString(), qos, retain, properties }),
    )
    const said: (number | undefined)[] = []
    client.on('disconnect', ({ reasonCode }) => said.push(reasonCode))
    const connack = await new Promise<IConnackPacket>((resolve, reject) => {
      client.once('connect', resolve)
      client.once('error', reject)
      client.once('close', () => reject(new Error('closed')))
    })
    return { client, arrived, said, connack, texts: () => arrived.map(({ text }) => text) }
  }
  /** Goes without a word, or with one, and waits until the broker knows. */
  const leave = async (client: MqttClient, how: 'goodbye' | 'cut' = 'goodbye', properties = {}): Promise<void> => {
    const { connections } = broker.counts
    if (how === 'cut') client.stream.destroy()
    else await client.endAsync(false, { properties } as never)
    await until(() => broker.counts.connections < connections, 'its end')
  }
  /** A connection that writes what it likes, acknowledges nothing, and counts what it is sent. */
  const raw = async (...packets: number[][]) => {
    const socket = connectSocket(port, '127.0.0.1')
    stack.defer(() => void socket.destroy())
    socket.on('error', () => {})
    const types: number[] = []
    const counter = new Packets((type) => types.push(type))
    let bytes = Buffer.alloc(0)
    socket.on('data', (data) => {
      bytes = Buffer.concat([bytes, data])
      counter.pass(data)
    })
    await once(socket, 'connect')
    socket.write(Buffer.from(packets.flat()))
    return { socket, types, bytes: () => bytes, published: () => types.filter((type) => type === PUBLISH).length }
  }
  const revoke = (name: string) => {
    gone.add(name)
    changed()
  }
  const becomes = (name: string, role: Role) => {
    users[name] = { role, name, via: 'password' }
  }
  return { broker, port, clock, enter, leave, raw, revoke, becomes, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

// Packets in bytes: a client that keeps to the rules cannot be made to break them.

export const text = (value: string) => {
  const bytes = [...Buffer.from(value)]
  return [bytes.length >> 8, bytes.length & 255, ...bytes]
}

export function packet(first: number, ...body: number[]): number[] {
  const { length } = body
  return [first, ...(length < 128 ? [length] : [(length & 127) | 128, length >> 7]), ...body]
}

/** CONNECT of MQTT 5 with Clean Start, and a login where there is a user. */
export function hello(clientId: string, user?: string, properties: number[] = []): number[] {
  const login = user === undefined ? [] : [...text(user), ...text(user)]
  const flags = user === undefined ? 2 : 0xc2
  return packet(0x10, ...text('MQTT'), 5, flags, 0, 60, properties.length, ...properties, ...text(clientId), ...login)
}

/** CONNECT of MQTT 3.1.1 with a login. @param clean 0 for a session that is kept */
export function hello4(clientId: string, user: string, clean: 0 | 1 = 1): number[] {
  return packet(0x10, ...text('MQTT'), 4, 0xc0 | (clean << 1), 0, 60, ...text(clientId), ...text(user), ...text(user))
}

export function subscribe(id: number, ...filters: (readonly [filter: string, options: number])[]): number[] {
  return packet(0x82, id >> 8, id & 255, 0, ...filters.flatMap(([filter, options]) => [...text(filter), options]))
}

/** PUBLISH with QoS 1 or 2. */
export function publish(qos: 1 | 2, id: number, topic: string, properties: number[] = []): number[] {
  return packet(0x30 | (qos << 1), ...text(topic), id >> 8, id & 255, properties.length, ...properties, 0x78)
}
