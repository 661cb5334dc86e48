import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import fc from 'fast-check'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import WebSocket from 'ws'
import { runs } from '../../test/support/runs.ts'
import { until } from '../../test/support/until.ts'
import { type Broker, type BrokerParts, createBroker } from './broker.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'
import type { BrokerOptions } from './options.ts'

const loopback = { host: '127.0.0.1', port: 0 }
const quiet: IClientOptions = { reconnectPeriod: 0, keepalive: 60 }

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habtwin-broker-'))
})
after(() => rm(folder, { recursive: true }))

async function started(options: BrokerOptions, parts: BrokerParts = {}): Promise<Broker> {
  await using stack = new AsyncDisposableStack()
  const broker = stack.use(createBroker({ mqtt5: mqtt5(), ...options }, parts))
  await broker.start()
  stack.move()
  return broker
}

/** A broker, and clients that go when the test does. */
async function house(options: Partial<BrokerOptions> = {}, parts: BrokerParts = {}) {
  const stack = new AsyncDisposableStack()
  const broker = stack.use(await started({ habitat: 'demo', tcp: loopback, ...options }, parts))
  const port = Number(broker.address('tcp')?.split(':')[1])
  const join = async (client: MqttClient): Promise<MqttClient> => {
    stack.defer(() => void client.end(true))
    client.on('error', () => {})
    await connected(client)
    return client
  }
  return {
    broker,
    port,
    tcp: (more: IClientOptions = {}) => join(mqtt.connect(`mqtt://127.0.0.1:${port}`, { ...quiet, ...more })),
    unix: (path: string, more: IClientOptions = {}) =>
      join(new mqtt.MqttClient(() => connectSocket(path), { ...quiet, ...more })),
    raw: (): Socket => {
      const socket = connectSocket(port, '127.0.0.1')
      socket.on('error', () => {})
      stack.defer(() => void socket.destroy())
      return socket
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** The CONNACK, or the reason why there is none. */
function connected(client: MqttClient): Promise<{ sessionPresent: boolean }> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve)
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
  })
}

function closing(client: MqttClient): Promise<void> {
  return new Promise((resolve) => client.once('close', resolve))
}

/** The first message on a topic. */
function next(client: MqttClient, topic: string): Promise<{ text: string; retain: boolean }> {
  return new Promise((resolve) => {
    client.on('message', (got, payload, packet) => {
      if (got === topic) resolve({ text: payload.toString(), retain: packet.retain })
    })
  })
}

describe('listeners', () => {
  it('a client by TCP is given what the process publishes, and later ones what is retained', async () => {
    await using h = await house()
    const early = await h.tcp()
    await early.subscribeAsync('hab/demo/#')
    const live = next(early, 'hab/demo/status/node')
    await h.broker.publish('hab/demo/status/node', 'online', { retain: true })
    assert.deepEqual(await live, { text: 'online', retain: false })
    const late = await h.tcp()
    const kept = next(late, 'hab/demo/status/node')
    await late.subscribeAsync('hab/demo/status/+', { qos: 1 })
    assert.deepEqual(await kept, { text: 'online', retain: true })
  })

  it('an empty retained message takes the retained one away', async () => {
    await using h = await house()
    await h.broker.publish('hab/demo/alert/a', '1', { retain: true })
    await h.broker.publish('hab/demo/alert/b', '2', { retain: true })
    await h.broker.publish('hab/demo/alert/a', '', { retain: true })
    const client = await h.tcp()
    const topics: string[] = []
    client.on('message', (topic) => topics.push(topic))
    const b = next(client, 'hab/demo/alert/b')
    await client.subscribeAsync('hab/demo/alert/+')
    await b
    assert.deepEqual(topics, ['hab/demo/alert/b'])
  })

  it('a client comes in by WebSocket on /mqtt', async () => {
    await using h = await house({ websocket: loopback })
    const client = mqtt.connect(`ws://${h.broker.address('websocket')}/mqtt`, quiet)
    await connected(client)
    await client.subscribeAsync('hab/demo/x')
    const got = next(client, 'hab/demo/x')
    await h.broker.publish('hab/demo/x', 'ü'.repeat(5_000))
    assert.equal((await got).text, 'ü'.repeat(5_000))
    client.end(true)
  })

  it('a page of somebody else, a foreign name and another path are turned away', async () => {
    await using h = await house({ websocket: { ...loopback, names: ['hab.local'] } })
    const at = h.broker.address('websocket')
    const open = async (path: string, headers: Record<string, string>) => {
      const socket = new WebSocket(`ws://${at}${path}`, 'mqtt', { headers })
      const outcome = await Promise.race([
        once(socket, 'open').then(() => 'open'),
        once(socket, 'unexpected-response').then(([, response]) => response.statusCode as number),
      ])
      socket.on('error', () => {})
      socket.terminate()
      return outcome
    }
    assert.equal(await open('/mqtt', {}), 'open')
    assert.equal(await open('/mqtt', { origin: 'http://localhost:3000' }), 'open')
    assert.equal(await open('/mqtt', { host: 'hab.local', origin: 'https://hab.local' }), 'open')
    assert.equal(await open('/mqtt', { origin: 'https://evil.example' }), 403)
    assert.equal(await open('/mqtt', { origin: 'null' }), 403)
    assert.equal(await open('/mqtt', { host: 'evil.example' }), 403)
    assert.equal(await open('/', {}), 404)
  })

  it('a Unix socket is for its owner only, and a file that a dead process left is no hindrance', async () => {
    const path = join(folder, 'run', 'service.sock')
    await using first = await house({ sockets: { service: path } })
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    await assert.rejects(started({ habitat: 'demo', sockets: { service: path } }), (error) =>
      isHabtwinError(error, 'listen/address-in-use'),
    )
    await first[Symbol.asyncDispose]()
    await writeFile(path, '')
    await using second = await house({ sockets: { service: path } })
    await second.unix(path)
    assert.equal(second.broker.services, 1)
  })

  it('a port that is taken is named', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    await assert.rejects(started({ habitat: 'demo', tcp: { host: '127.0.0.1', port } }), (error) => {
      assert.ok(error instanceof HabtwinError)
      assert.equal(error.code, 'listen/address-in-use')
      assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`))
      return true
    })
    other.close()
  })

  it('what was retained before the doors open is there when they do, and opening can be tried again', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    await using broker = createBroker({ habitat: 'demo', tcp: { host: '127.0.0.1', port } })
    await broker.publish('hab/demo/status/n', 'early', { retain: true })
    await assert.rejects(broker.start())
    await broker.publish('hab/demo/alert/a', 'between', { retain: true })
    other.close()
    await once(other, 'close')
    await broker.start()
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, quiet)
    await connected(client)
    const kept = Promise.all([next(client, 'hab/demo/status/n'), next(client, 'hab/demo/alert/a')])
    await client.subscribeAsync('hab/demo/#')
    assert.deepEqual(
      (await kept).map(({ text }) => text),
      ['early', 'between'],
    )
    client.end(true)
  })

  it('an IPv6 address is written in brackets', async () => {
    await using broker = await started({ habitat: 'demo', tcp: { host: '[::1]', port: 0 } })
    assert.match(broker.address('tcp') ?? '', /^\[::1\]:\d+$/)
  })

  it('nothing is opened beyond loopback unless it is said to be insecure', async () => {
    const wide = { host: '0.0.0.0', port: 0 }
    for (const options of [{ tcp: wide }, { websocket: wide }]) {
      await assert.rejects(started({ habitat: 'demo', ...options }), (error) =>
        isHabtwinError(error, 'config/insecure'),
      )
    }
    await using broker = await started({ habitat: 'demo', tcp: { ...wide, insecure: true } })
    assert.match(broker.address('tcp') ?? '', /^0\.0\.0\.0:\d+$/)
  })
})

describeOver('roles', () => {
  it('a viewer may disturb only what the demo allows, and is disconnected where it asks for an acknowledgement', async () => {
    await using h = await house({ demo: ['air'] })
    const seen: string[] = []
    h.broker.subscribe('#', (topic, payload, sender) => seen.push(`${topic} ${payload} ${sender?.role}`))
    const client = await h.tcp()
    await client.publishAsync('hab/demo/command/real/pump', '1')
    await client.publishAsync('hab/demo/device/air/reading', '2')
    await client.publishAsync('hab/demo/command/guard/acknowledge', '3', { qos: 1 })
    await client.publishAsync('hab/demo/command/air/door', '4', { qos: 1, retain: true })
    assert.deepEqual(seen, ['hab/demo/command/guard/acknowledge 3 viewer', 'hab/demo/command/air/door 4 viewer'])
    assert.equal(h.broker.counts.refused.get('publish'), 2)
    const closed = closing(client)
    client.publish('hab/demo/command/real/pump', '5', { qos: 1 })
    await closed
    assert.equal(seen.length, 2)
    const other = await h.tcp()
    const kept: string[] = []
    other.on('message', (topic) => kept.push(topic))
    await other.subscribeAsync('#')
    const end = next(other, 'hab/demo/end')
    await h.broker.publish('hab/demo/end', '')
    await end
    assert.deepEqual(
      kept.filter((topic) => topic.includes('command')),
      [],
    )
  })

  it('nobody hears $SYS, and the refusal is told', async () => {
    await using h = await house()
    const client = await h.tcp()
    const topics: string[] = []
    client.on('message', (topic) => topics.push(topic))
    await assert.rejects(client.subscribeAsync('$SYS/#'))
    await client.subscribeAsync('#')
    await h.tcp()
    const end = next(client, 'hab/demo/end')
    await h.broker.publish('hab/demo/end', '1')
    await end
    assert.deepEqual(topics, ['hab/demo/end'])
  })

  it('the service speaks for itself but not for the gateway, and its coming and going is told at once', async () => {
    const path = join(folder, 'roles.sock')
    await using h = await house({ sockets: { service: path } })
    const events: string[] = []
    h.broker.on('serviceConnected', (id) => events.push(`+${id}`))
    h.broker.on('serviceDisconnected', (id, left) => events.push(`-${id} ${left}`))
    const marks: string[] = []
    using _ = h.broker.subscribe('hab/demo/mark/+/+', (topic, payload, sender) => {
      marks.push(`${topic} ${payload} ${sender?.role} ${sender?.clientId}`)
    })
    const sim = await h.unix(path, { clientId: 'sim' })
    await sim.publishAsync('hab/demo/mark/recorder/j', '7', { qos: 1, retain: true })
    await sim.publishAsync('hab/demo/journal/j', 'forged')
    await sim.publishAsync('hab/other/mark/recorder/j', 'x')
    await sim.publishAsync('hab/demo/mark/recorder/k', '8', { qos: 1 })
    assert.deepEqual(marks, ['hab/demo/mark/recorder/j 7 service sim', 'hab/demo/mark/recorder/k 8 service sim'])
    const gone = new Promise((resolve) => h.broker.once('serviceDisconnected', resolve))
    sim.stream.destroy()
    await gone
    assert.deepEqual(events, ['+sim', '-sim 0'])
  })

  it('a viewer cannot put out the service by taking its name', async () => {
    const path = join(folder, 'name.sock')
    await using h = await house({ sockets: { service: path } })
    const sim = await h.unix(path, { clientId: 'sim' })
    await assert.rejects(h.tcp({ clientId: 'sim' }))
    assert.ok(sim.connected)
    assert.equal(h.broker.services, 1)
  })

  it('the last will of a service is published when it dies, and not when it says goodbye', async () => {
    const path = join(folder, 'will.sock')
    await using h = await house({ sockets: { service: path } })
    const will = (id: string) => ({ topic: `hab/demo/twin/${id}`, payload: Buffer.from('offline'), qos: 0 as const })
    const wills: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    h.broker.subscribe('hab/demo/twin/+', (topic, _, sender) => {
      wills.push(`${topic} ${sender?.role}`)
      resolve()
    })
    const polite = await h.unix(path, { clientId: 'polite', will: will('polite') })
    await polite.endAsync()
    const dead = await h.unix(path, { clientId: 'dead', will: will('dead') })
    dead.stream.destroy()
    await promise
    assert.deepEqual(wills, ['hab/demo/twin/dead service'])
  })
})

describeOver('limits', () => {
  it('a packet beyond the limit ends its own connection before it is buffered, and no other', async () => {
    await using h = await house({ demo: [] })
    const good = await h.tcp()
    const bad = await h.tcp()
    const closed = closing(bad)
    bad.publish('hab/demo/command/guard/acknowledge', Buffer.alloc(10_000_000))
    await closed
    assert.equal(h.broker.counts.refused.get('packet-too-large'), 1)
    assert.ok(h.broker.counts.bytesIn < 1_000_000)
    await good.subscribeAsync('hab/demo/x')
    const got = next(good, 'hab/demo/x')
    await h.broker.publish('hab/demo/x', 'still here')
    assert.equal((await got).text, 'still here')
  })

  it('whoever does not begin with a CONNECT is cut off at once', async () => {
    await using h = await house()
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(4096, 0xff),
      Buffer.from([0x10, 255, 255, 255, 255]),
    ]) {
      const socket = h.raw()
      const closed = once(socket, 'close')
      socket.write(bytes)
      await closed
    }
    assert.equal(h.broker.counts.refused.get('not-mqtt'), 2)
    assert.equal(h.broker.counts.refused.get('malformed-length'), 1)
  })

  it('a CONNECT that claims a megabyte is cut off at its header', async () => {
    await using h = await house()
    const socket = h.raw()
    const closed = once(socket, 'close')
    socket.write(Buffer.from([0x10, 0x80, 0x80, 0x40]))
    await closed
    assert.equal(h.broker.counts.refused.get('packet-too-large'), 1)
  })

  it('a connection on which nothing comes is closed', async () => {
    await using h = await house({ limits: { connectTimeout: 30 } })
    const socket = h.raw()
    await once(socket, 'close')
    while (h.broker.counts.connections > 0) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(h.broker.counts.accepted, 1)
  })

  it('connections are limited in all and from one address', async () => {
    for (const [limits, reason] of [
      [{ connections: 2 }, 'connections'],
      [{ perAddress: 2 }, 'connections-per-address'],
    ] as const) {
      await using h = await house({ limits })
      await h.tcp()
      const second = await h.tcp()
      await once(h.raw(), 'close')
      assert.equal(h.broker.counts.refused.get(reason), 1)
      const left = closing(second)
      second.end(true)
      await left
    }
  })

  it('a name too long, or none with a session to keep, is refused', async () => {
    await using h = await house()
    await assert.rejects(h.tcp({ clientId: 'x'.repeat(200) }), { code: 2 })
    const socket = h.raw()
    // CONNECT of MQTT 3.1.1 with clean session = 0 and an empty client id
    socket.write(Buffer.from([0x10, 12, 0, 4, ...Buffer.from('MQTT'), 4, 0, 0, 60, 0, 0]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.deepEqual([...answer], [0x20, 2, 0, 2])
  })

  it('a client that wants its session kept is told that there is none', async () => {
    await using h = await house()
    const first = await h.tcp({ clientId: 'keeper', clean: false })
    await first.subscribeAsync('hab/demo/x', { qos: 1 })
    await first.endAsync()
    await h.broker.publish('hab/demo/x', 'while away', { qos: 1 })
    const again = mqtt.connect(`mqtt://127.0.0.1:${h.port}`, { ...quiet, clientId: 'keeper', clean: false })
    const connack = await connected(again)
    assert.equal(connack.sessionPresent, false)
    again.end(true)
  })

  it('a viewer that floods is slowed down: what it says too fast waits, and what would wait too long is refused', async () => {
    const clock = new TestClock()
    await using h = await house({ demo: ['air'], limits: { publishRate: 2 } }, { clock })
    const heard: string[] = []
    h.broker.subscribe('hab/demo/command/#', (_topic, payload) => heard.push(payload.toString()))
    const client = await h.tcp()
    for (let i = 0; i < 50; i++) client.publish('hab/demo/command/air/door', `${i}`)
    await until(() => h.broker.counts.refused.get('publish-rate') === 20, 'twenty refused')
    assert.equal(heard.length, 20)
    await clock.advance(1_000)
    assert.equal(heard.length, 22)
    await clock.advance(4_000)
    assert.deepEqual(
      heard,
      Array.from({ length: 30 }, (_, i) => `${i}`),
    )
    // it is read again
    await client.subscribeAsync('hab/demo/x')
  })

  it('whatever bytes follow a CONNECT, the broker stands', async () => {
    await using h = await house()
    const hello = Buffer.from([0x10, 13, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 1, 0x66])
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const socket = h.raw()
        await once(socket, 'connect')
        socket.end(Buffer.concat([hello, bytes]))
        socket.resume()
        if (!socket.closed) await once(socket, 'close').catch(() => {})
      }),
      { numRuns: runs(100) },
    )
    await h.tcp()
  })

  it('subscriptions, filter lengths and depths are limited', async () => {
    await using h = await house({ limits: { subscriptions: 2 } })
    const client = await h.tcp()
    await client.subscribeAsync('a')
    await client.subscribeAsync('b')
    await client.subscribeAsync('b', { qos: 1 })
    await assert.rejects(client.subscribeAsync('c'))
    await client.unsubscribeAsync('a')
    await client.subscribeAsync('c')
    await client.unsubscribeAsync('c')
    await assert.rejects(client.subscribeAsync('x'.repeat(300)))
    await assert.rejects(client.subscribeAsync('/'.repeat(40)))
  })

  it('a subscriber that has stopped reading stalls nobody, and comes to what is live when it reads again', async () => {
    await using h = await house({ limits: { backlog: 65_536 } })
    const frozen = await h.tcp()
    await frozen.subscribeAsync('hab/demo/#')
    const stream = frozen.stream as unknown as Socket
    stream.pause()
    stream.unpipe()
    const good = await h.tcp()
    await good.subscribeAsync('hab/demo/#')
    let received = 0
    good.on('message', () => received++)
    const payload = Buffer.alloc(20_000)
    // far beyond what sockets of the system hold; each waits for the one before, and none for the frozen one
    const last = next(good, 'hab/demo/last')
    for (let i = 0; i < 1_000; i++) await h.broker.publish('hab/demo/x', payload)
    await h.broker.publish('hab/demo/last', '')
    await last
    assert.equal(received, 1_001)
    assert.ok((h.broker.counts.refused.get('slow-message') ?? 0) > 0)
    assert.equal(h.broker.counts.connections, 2)
  })

  it('the service that has stopped reading holds the publisher back, and is cut off after the drain timeout', async (context) => {
    const path = join(folder, 'frozen.sock')
    await using h = await house({ sockets: { service: path }, limits: { drainTimeout: 50 } })
    const sim = await h.unix(path, { clientId: 'sim' })
    await sim.subscribeAsync('hab/demo/#')
    const stream = sim.stream as unknown as Socket
    stream.pause()
    stream.unpipe()
    const gone = new Promise((resolve) => h.broker.once('serviceDisconnected', resolve))
    const { timers } = context.mock
    timers.enable({ apis: ['setTimeout'] }) // it is Aedes' own timer
    let waiting = 0
    for (let i = 0; i < 100; i++) {
      waiting++
      h.broker.publishFast('hab/demo/x', Buffer.alloc(100_000), false, () => waiting--)
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.ok(waiting > 0)
    timers.tick(50)
    timers.reset()
    await gone
    await h.broker.publish('hab/demo/x', 'on we go')
    await until(() => waiting === 0, 'all let go of')
  })

  it('says once a minute what it refuses', async () => {
    const lines: object[] = []
    await using broker = await started(
      { habitat: 'demo', tcp: loopback },
      { clock: new TestClock(), log: { info: () => {}, warn: (fields) => lines.push(fields) } },
    )
    for (let i = 0; i < 3; i++) {
      const socket = connectSocket(Number(broker.address('tcp')?.split(':')[1]), '127.0.0.1')
      socket.on('error', () => {})
      socket.write('nonsense')
      await once(socket, 'close')
    }
    assert.equal(lines.length, 1)
    assert.equal(broker.counts.refused.get('not-mqtt'), 3)
  })
})
