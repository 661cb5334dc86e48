import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Principal } from '@habtwin/runtime/access'
import { TestClock } from '@habtwin/runtime/clock'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { until } from '../../test/support/until.ts'
import { createBroker } from './broker.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'
import type { Doors } from './login.ts'
import type { BrokerOptions } from './options.ts'

const users: Record<string, Principal> = {
  sam: { role: 'crew', name: 'sam', via: 'password' },
  kai: { role: 'crew', name: 'kai', via: 'password' },
  mars: { role: 'gateway', name: 'mars', habitat: 'sam', via: 'password' },
}

/** Everybody's password is their name. */
const doors: Doors = {
  login: async (name, secret) => {
    const principal = name === secret ? users[name] : undefined
    return principal ? { principal } : { refused: 'wrong', known: name in users }
  },
  byCertificate: () => undefined,
  current: (who) => who,
  onChange: () => ({ [Symbol.dispose]() {} }),
  ownerOf: () => undefined,
}

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

async function house(options: Partial<BrokerOptions> = {}, clock = new TestClock()) {
  const stack = new AsyncDisposableStack()
  const broker = stack.use(
    createBroker(
      { habitat: 'sam', tcp: { host: '127.0.0.1', port: 0 }, mqtt5: mqtt5(), ...options },
      { access: doors, clock },
    ),
  )
  await broker.start()
  const port = Number(broker.address('tcp')?.split(':')[1])
  /** A client, everything that it is sent, and whether it had a session. */
  const enter = async (clientId: string, user: string | undefined, more: IClientOptions = {}) => {
    const login = user === undefined ? {} : { username: user, password: user }
    const client = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
      reconnectPeriod: 0,
      clientId,
      clean: false,
      ...login,
      ...more,
    })
    stack.defer(() => void client.end(true))
    client.on('error', () => {})
    const texts: string[] = []
    client.on('message', (_topic, payload) => texts.push(payload.toString()))
    const present = await new Promise<boolean>((resolve, reject) => {
      client.once('connect', ({ sessionPresent }) => resolve(sessionPresent))
      client.once('error', reject)
      client.once('close', () => reject(new Error('closed')))
    })
    return { client, texts, present }
  }
  return { broker, port, clock, enter, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** Leaves, and waits until the broker knows. */
async function leave({ broker }: Awaited<ReturnType<typeof house>>, client: MqttClient): Promise<void> {
  const { connections } = broker.counts
  await client.endAsync()
  await until(() => broker.counts.connections < connections, 'its end')
}

describeOver('sessions that are kept', () => {
  it('belong to who made them: nobody else gets one by its name, and who has not logged in has none', async () => {
    await using h = await house()
    const sam = await h.enter('desk', 'sam')
    await sam.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
    await leave(h, sam.client)
    await h.broker.publish('hab/sam/alert/a', 'while away')
    await assert.rejects(h.enter('desk', 'kai'), { code: 2 })
    await assert.rejects(h.enter('desk', undefined), { code: 2 })
    assert.equal((await h.enter('other', undefined)).present, false)
    const back = await h.enter('desk', 'sam')
    await until(() => back.texts.length > 0, 'what waited')
    assert.deepEqual([back.present, back.texts], [true, ['while away']])
  })

  it('end when their client begins anew', async () => {
    await using h = await house()
    const first = await h.enter('desk', 'sam')
    await first.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
    await leave(h, first.client)
    await h.broker.publish('hab/sam/alert/a', 'old')
    await leave(h, (await h.enter('desk', 'sam', { clean: true })).client)
    const again = await h.enter('desk', 'sam')
    assert.deepEqual([again.present, again.texts, h.broker.kept.waiting], [false, [], 0])
  })

  it('hold so many messages, the newest, and let go of all with time', async () => {
    const limits = { queue: 3, queueAge: 60_000, sessionAge: 600_000 }
    await using h = await house({ limits })
    const { client } = await h.enter('desk', 'sam')
    await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
    await leave(h, client)
    for (let i = 0; i < 5; i++) await h.broker.publish('hab/sam/event/e', `${i}`)
    assert.deepEqual([h.broker.kept.waiting, h.broker.kept.dropped], [3, 2])
    const back = await h.enter('desk', 'sam')
    await until(() => back.texts.length === 3, 'the newest')
    assert.deepEqual(back.texts, ['2', '3', '4'])
    await until(() => h.broker.kept.waiting === 0, 'their acknowledgement')
    await leave(h, back.client)
    await h.broker.publish('hab/sam/event/e', 'too old soon')
    await h.clock.advance(125_000)
    assert.deepEqual([h.broker.kept.waiting, h.broker.kept.sessions], [0, 1])
    await h.clock.advance(600_000)
    assert.equal(h.broker.kept.sessions, 0)
  })

  it('are so many at most', async () => {
    await using h = await house({ limits: { sessions: 1 } })
    await h.enter('one', 'sam')
    await assert.rejects(h.enter('two', 'sam'), { code: 3 })
    await h.enter('three', 'sam', { clean: true })
  })

  it('give what waits in order, and no more at once than is acknowledged, ahead of what comes now', async () => {
    await using h = await house({ limits: { inflight: 4 } })
    const { client } = await h.enter('desk', 'sam')
    await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
    await leave(h, client)
    const texts = Array.from({ length: 60 }, (_, i) => `${i}`)
    for (const text of texts.slice(0, 50)) await h.broker.publish('hab/sam/event/e', text)
    const back = await h.enter('desk', 'sam')
    for (const text of texts.slice(50)) await h.broker.publish('hab/sam/event/e', text)
    await until(() => back.texts.length === 60, 'all')
    assert.deepEqual(back.texts, texts)
  })

  it('stand whatever a client is called', async () => {
    await using h = await house()
    for (const id of ['__proto__', 'constructor', 'toString']) await assert.rejects(h.enter(id, 'sam'), { code: 2 })
    for (const id of ['__PROTO__', '$SYS/x', 'a/+/#', '../../x']) {
      const first = await h.enter(id, 'sam')
      await first.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
      await leave(h, first.client)
      await h.broker.publish('hab/sam/alert/a', id)
      const back = await h.enter(id, 'sam')
      await until(() => back.texts.includes(id), id)
      await leave(h, back.client)
    }
    assert.equal(h.broker.kept.sessions, 4)
  })

  it('and what waits in them outlive the process, with what others retained; live readings are not kept', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-kept-'))
    folders.push(folder)
    {
      await using h = await house({ folder })
      const { client } = await h.enter('desk', 'sam')
      await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
      await leave(h, client)
      const mars = await h.enter('mars', 'mars', { clean: true })
      await mars.client.publishAsync('hab/sam/event/e', 'kept', { qos: 1 })
      await mars.client.publishAsync('hab/sam/device/a/health', 'fine', { qos: 1, retain: true })
      await mars.client.publishAsync('hab/sam/device/a/reading', 'live', { qos: 1, retain: true })
    }
    await using h = await house({ folder })
    const { client, texts, present } = await h.enter('desk', 'sam')
    assert.equal(present, true)
    await until(() => texts.length === 1, 'what waited')
    await client.subscribeAsync('hab/sam/device/#')
    await until(() => texts.length === 2, 'what is retained')
    assert.deepEqual(texts, ['kept', 'fine'])
  })
})

describeOver('where nothing can be kept', () => {
  it('the broker is open all the same, and acknowledges nothing that it would have to keep', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-kept-'))
    folders.push(folder)
    writeFileSync(join(folder, 'sessions'), 'a file where a folder has to be')
    await using h = await house({ folder })
    const { client } = await h.enter('mars', 'mars', { clean: true })
    await client.publishAsync('hab/sam/event/e', 'nobody waits for it', { qos: 1 })
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    let acknowledged = false
    client.publish('hab/sam/status/n', 'to be kept', { qos: 1, retain: true }, (error) => {
      acknowledged = !error
    })
    await closed
    assert.equal(acknowledged, false)
    assert.equal(h.broker.counts.refused.get('no-room'), 1)
    rmSync(join(folder, 'sessions'))
    const again = await h.enter('mars', 'mars', { clean: true })
    await again.client.publishAsync('hab/sam/status/n', 'to be kept', { qos: 1, retain: true })
  })
})

describe('a hundred thousand retained messages', () => {
  it('are found by their topics, so that who asks for one is not kept waiting by the others', async () => {
    await using h = await house({ limits: { connections: 300, perAddress: 300 } })
    for (let i = 0; i < 100_000; i++) h.broker.publishFast(`hab/sam/point/${i % 100}/${i}`, `${i}`, true, () => {})
    const { client, texts } = await h.enter('desk', 'sam')
    await client.subscribeAsync(['hab/sam/point/7/107', 'hab/sam/point/8/+'])
    await until(() => texts.length === 1_001, 'one and a thousand')
    assert.equal(texts[0], '107')
    assert.ok(texts.slice(1).every((text) => Number(text) % 100 === 8))
  })

  it('are bounded for clients, and what is too much is refused', async () => {
    await using h = await house({ limits: { retained: 2 } })
    const { client } = await h.enter('mars', 'mars', { clean: true })
    for (const id of ['a', 'b', 'c']) await client.publishAsync(`hab/sam/twin/score/${id}`, 'x', { retain: true })
    await client.publishAsync('hab/sam/twin/score/a', 'newer', { retain: true, qos: 1 })
    assert.deepEqual([h.broker.kept.retained, h.broker.counts.refused.get('retained')], [2, 1])
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()))
    client.publish('hab/sam/twin/score/d', 'x', { retain: true, qos: 1 })
    await closed
  })
})

describeOver('one user', () => {
  it('has so many connections at most, of which one may take the place of another', async () => {
    await using h = await house({ limits: { perUser: 2 } })
    await h.enter('a', 'sam')
    await h.enter('b', 'sam')
    await assert.rejects(h.enter('c', 'sam'), { code: 3 })
    await h.enter('a', 'sam')
    await h.enter('c', 'kai')
    assert.equal(h.broker.counts.refused.get('connections-per-user'), 1)
  })
})
