/**
 * The ten behaviours that Eclipse Paho's interoperability suite for MQTT 3.1.1 looks at (paho.mqtt.testing,
 * interoperability/client_test.py), each over real sockets.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { after, before, beforeEach, it } from 'node:test'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { type Broker, createBroker } from './broker.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'

interface Arrived {
  readonly topic: string
  readonly text: string
  readonly qos: number
  readonly retain: boolean
  readonly dup: boolean
}

let broker: Broker
let port: number
let clients: MqttClient[] = []

/** A client that has been let in, and all that it is sent. */
async function join(clientId: string, more: IClientOptions = {}) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0, clientId, keepalive: 60, ...more })
  clients.push(client)
  client.on('error', () => {})
  const arrived: Arrived[] = []
  client.on('message', (topic, payload, { qos, retain, dup }) =>
    arrived.push({ topic, text: payload.toString(), qos, retain, dup }),
  )
  const connack = await new Promise<{ sessionPresent: boolean }>((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
  /** Waits until so many have come, and that no more have when a message of its own has gone round. */
  const come = async (count: number): Promise<Arrived[]> => {
    while (arrived.length < count) await message(client)
    await client.subscribeAsync(`echo/${clientId}`)
    const before = arrived.length
    client.publish(`echo/${clientId}`, '')
    while (!arrived.slice(before).some(({ topic }) => topic.startsWith('echo/'))) await message(client)
    return arrived.filter(({ topic }) => !topic.startsWith('echo/'))
  }
  return { client, come, present: connack.sessionPresent }
}

function message(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('message', () => resolve()))
}

describeOver('the ten behaviours of the interoperability suite', () => {
  before(async () => {
    broker = createBroker({ open: ['nosubscribe'], tcp: { host: '127.0.0.1', port: 0 }, mqtt5: mqtt5() })
    await broker.start()
    port = Number(broker.address('tcp')?.split(':')[1])
  })
  beforeEach(() => {
    for (const client of clients) client.end(true)
    clients = []
  })
  after(async () => {
    for (const client of clients) client.end(true)
    await broker[Symbol.asyncDispose]()
  })

  it('basic: a message of each QoS arrives as it was sent, and a second CONNECT or another protocol ends the connection', async () => {
    const { client, come } = await join('basic')
    await client.subscribeAsync('TopicA', { qos: 2 })
    for (const qos of [0, 1, 2] as const) await client.publishAsync('TopicA', `qos ${qos}`, { qos })
    assert.deepEqual(
      (await come(3)).map(({ text, qos }) => `${text} as ${qos}`),
      ['qos 0 as 0', 'qos 1 as 1', 'qos 2 as 2'],
    )
    const hello = (name: string) => {
      const body = [0, name.length, ...Buffer.from(name), 4, 2, 0, 60, 0, 1, 0x7a]
      return Buffer.from([0x10, body.length, ...body])
    }
    for (const bytes of [Buffer.concat([hello('MQTT'), hello('MQTT')]), hello('hj')]) {
      const socket = connectSocket(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.resume()
      socket.write(bytes)
      await once(socket, 'close')
    }
  })

  it('retained: a later subscriber gets the last message of each topic, marked as retained, until an empty one', async () => {
    const topics = ['TopicA/B', 'Topic/C', 'TopicA/C']
    const { client, come } = await join('retained')
    for (const [qos, topic] of topics.entries()) {
      await client.publishAsync(topic, `qos ${qos}`, { qos: qos as 0 | 1 | 2, retain: true })
    }
    await client.subscribeAsync('+/+', { qos: 2 })
    const kept = await come(3)
    assert.deepEqual(kept.map(({ topic }) => topic).sort(), [...topics].sort())
    assert.ok(kept.every(({ retain }) => retain))
    for (const [qos, topic] of topics.entries()) {
      await client.publishAsync(topic, '', { qos: qos as 0 | 1 | 2, retain: true })
    }
    const late = await join('retained-late')
    await late.client.subscribeAsync('+/+', { qos: 2 })
    assert.deepEqual(await late.come(0), [])
  })

  it('offline queueing: what is published while a client is away waits for it', async () => {
    const away = await join('away', { clean: false })
    assert.equal(away.present, false)
    await away.client.subscribeAsync('+/+', { qos: 2 })
    await away.client.endAsync()
    const { client } = await join('sender')
    await client.publishAsync('TopicA/B', 'qos 0', { qos: 0 })
    await client.publishAsync('Topic/C', 'qos 1', { qos: 1 })
    await client.publishAsync('TopicA/C', 'qos 2', { qos: 2 })
    const back = await join('away', { clean: false })
    assert.equal(back.present, true)
    assert.deepEqual(
      (await back.come(2)).map(({ text, qos }) => `${text} as ${qos}`),
      ['qos 1 as 1', 'qos 2 as 2'],
    )
  })

  it('will: it is published when a client vanishes', async () => {
    const witness = await join('witness', { clean: false })
    await witness.client.subscribeAsync('Topic/C', { qos: 2 })
    const will = { topic: 'Topic/C', payload: Buffer.from('gone'), qos: 0 as const, retain: false }
    const { client } = await join('vanishing', { will })
    client.stream.destroy()
    assert.deepEqual(
      (await witness.come(1)).map(({ text }) => text),
      ['gone'],
    )
  })

  it('overlapping subscriptions: a message comes once, with the highest QoS that was asked for, or once for each', async () => {
    for (const clean of [true, false]) {
      const { client, come } = await join(`overlapping-${clean}`, { clean })
      await client.subscribeAsync({ 'TopicA/#': { qos: 2 }, 'TopicA/+': { qos: 1 } })
      await client.publishAsync('TopicA/C', 'over', { qos: 2 })
      assert.deepEqual(
        (await come(1)).map(({ qos }) => qos),
        [2],
      )
    }
  })

  it('keepalive: whoever is silent for one and a half times as long as it said is taken for gone', async () => {
    const witness = await join('keepalive-witness')
    await witness.client.subscribeAsync('/TopicA', { qos: 2 })
    // CONNECT with a keepalive of 1 s, a clean session and the will 'mute' on /TopicA
    const body = [0, 4, ...Buffer.from('MQTT'), 4, 6, 0, 1, 0, 4, ...Buffer.from('mute'), 0, 7, ...Buffer.from('/TopicA'), 0, 4, ...Buffer.from('mute')] // biome-ignore format: bytes
    const socket = connectSocket(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.write(Buffer.from([0x10, body.length, ...body]))
    await once(socket, 'close')
    assert.deepEqual(
      (await witness.come(1)).map(({ text }) => text),
      ['mute'],
    )
  })

  it('redelivery: what was not acknowledged comes again, marked as a repetition', async () => {
    const deaf = await join('deaf', { clean: false })
    await deaf.client.subscribeAsync('TopicA/#', { qos: 2 })
    // it reads no more
    deaf.client.stream.pause()
    deaf.client.stream.unpipe()
    const { client } = await join('sender')
    await client.publishAsync('TopicA/B', 'one', { qos: 1 })
    await client.publishAsync('TopicA/C', 'two', { qos: 2 })
    deaf.client.stream.destroy()
    const back = await join('deaf', { clean: false })
    assert.deepEqual(
      (await back.come(2)).map(({ text, dup }) => `${text} ${dup}`),
      ['one true', 'two true'],
    )
  })

  it('zero-length client id: refused where the session is to be kept, and given a name where not', async () => {
    const socket = connectSocket(port, '127.0.0.1')
    socket.write(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 60, 0, 0]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.deepEqual([...answer], [0x20, 2, 0, 2])
    await join('', { clean: true })
  })

  it('subscribe failure: a filter that is not allowed is answered with 0x80', async () => {
    const { client } = await join('refused')
    await assert.rejects(client.subscribeAsync('nosubscribe', { qos: 2 }))
  })

  it('dollar topics: a wildcard in front does not match them', async () => {
    const { client, come } = await join('dollar')
    await client.subscribeAsync('+/+', { qos: 2 })
    await client.publishAsync('$TopicA/B', '', { qos: 1 })
    assert.deepEqual(await come(0), [])
  })
})
