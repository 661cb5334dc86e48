/** Bad clients in small numbers; in large ones they are in bench/abuse.ts. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { after, before, it } from 'node:test'
import mqtt, { type MqttClient } from 'mqtt'
import { packets, xorshift } from '../../test/support/mqtt-fuzz.ts'
import { until } from '../../test/support/until.ts'
import { type Broker, createBroker } from './broker.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'

let broker: Broker
let port: number
const sockets = new Set<Socket>()

function dial(): Socket {
  const socket = connectSocket(port, '127.0.0.1')
  sockets.add(socket)
  socket.on('error', () => {})
  return socket
}

/** Resolves when it is closed, also where it was reset while it wrote. */
async function closing(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise<void>((resolve) => socket.once('close', () => resolve()))
}

async function client(clientId: string): Promise<MqttClient> {
  const one = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, clientId })
  one.on('error', () => {})
  await new Promise((resolve, reject) => {
    one.once('connect', resolve)
    one.once('close', reject)
  })
  return one
}

/** A message goes round. */
async function works(): Promise<void> {
  const one = await client('witness')
  const came = new Promise((resolve) => one.once('message', resolve))
  await one.subscribeAsync('round')
  await one.publishAsync('round', 'x', { qos: 1 })
  await came
  one.end(true)
}

describeOver('whatever clients do, the broker stands', () => {
  before(async () => {
    const limits = { connectTimeout: 500, connections: 40, perAddress: 40, retained: 1_000 }
    broker = createBroker({ open: [], tcp: { host: '127.0.0.1', port: 0 }, limits, mqtt5: mqtt5() })
    await broker.start()
    port = Number(broker.address('tcp')?.split(':')[1])
  })
  after(async () => {
    for (const socket of sockets) socket.destroy()
    await broker[Symbol.asyncDispose]()
  })

  it('random and mutated packets, after a CONNECT and before', async () => {
    const random = xorshift(7)
    for (let i = 0; i < 300; i++) {
      const socket = dial()
      await once(socket, 'connect')
      socket.end(packets(random, 6))
      socket.resume()
      await closing(socket)
    }
    await works()
  })

  it('those that come in a byte at a time, or say nothing at all, are gone after their time', async () => {
    const slow = Array.from({ length: 20 }, dial)
    const closed = slow.map(closing)
    const drip = setInterval(() => {
      for (const socket of slow.slice(10)) if (!socket.destroyed) socket.write(Buffer.from([0x10]).subarray(0, 1))
    }, 100)
    try {
      await Promise.all(closed)
    } finally {
      clearInterval(drip)
    }
    await until(() => broker.counts.connections === 0, 'nobody left')
    await works()
  })

  it('many that are half open: so many are let in, the others turned away at once', async () => {
    const many = Array.from({ length: 200 }, dial)
    await until(() => many.filter((socket) => socket.closed).length >= 160, 'most turned away')
    await until(() => broker.counts.connections === 0, 'and the others when their time is over')
    await works()
  })

  it('one that subscribes to everything and never reads costs so much memory, and delays nobody', async () => {
    const frozen = await client('frozen')
    await frozen.subscribeAsync('#', { qos: 0 })
    frozen.stream.pause()
    frozen.stream.unpipe()
    const [reader, writer] = [await client('reader'), await client('writer')]
    await reader.subscribeAsync('flood')
    let arrived = 0
    reader.on('message', () => arrived++)
    const payload = Buffer.alloc(50_000)
    for (let i = 0; i < 400; i++) await writer.publishAsync('flood', payload, { qos: 1 })
    await until(() => arrived === 400, 'all, at the one that reads')
    assert.ok((broker.counts.refused.get('slow-message') ?? 0) > 0)
    assert.equal(broker.counts.connections, 3)
    for (const one of [frozen, reader, writer]) one.end(true)
  })
})
