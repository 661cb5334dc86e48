import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { until } from '../../test/support/until.ts'
import { hello, house, publish, subscribe } from './mqtt5.cases.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

const rest = { payloadFormatIndicator: true, contentType: 'text/plain', responseTopic: 'hab/sam/answer', correlationData: Buffer.from('7') } // biome-ignore format: one thought

describe('a client that speaks MQTT 5 where it is off', () => {
  it('is told why in its own words, the log says once who it is and which line would serve it; 3.1.1 goes on', async () => {
    const lines: { clientId?: string; remedy?: string }[] = []
    await using h = await house({ mqtt5: false }, { log: { info: () => {}, warn: (fields) => lines.push(fields) } })
    for (let i = 0; i < 3; i++) await assert.rejects(h.enter('tablet', 'sam'), { code: 0x84 })
    const named = lines.filter(({ remedy }) => remedy !== undefined)
    assert.deepEqual(named.map(({ clientId }) => clientId), ['tablet']) // biome-ignore format: one thought
    assert.match(named[0]?.remedy ?? '', /broker: \{ mqtt5: true \}/)
    assert.equal(h.broker.counts.refused.get('mqtt5'), 3)
    const { bytes, socket } = await h.raw(hello('x', 'sam'))
    await until(() => socket.closed, 'its end')
    assert.match(bytes().toString(), /MQTT 5 is not spoken here: use 3\.1\.1/)
    await h.enter('tablet', 'sam', { protocolVersion: 4 })
  })
})

describe('messages of MQTT 5', () => {
  it('carry their properties to those who can hear them, and come without to those of 3.1.1', async () => {
    await using h = await house()
    const [five, four] = [await h.enter('five', 'sam'), await h.enter('four', 'sam', { protocolVersion: 4 })]
    for (const { client } of [five, four]) await client.subscribeAsync('hab/sam/event/#', { qos: 2 })
    const mars = await h.enter('mars', 'mars', { clean: true })
    const properties = { ...rest, userProperties: { sol: ['7', '8'], toString: 'x' } }
    for (const qos of [0, 1, 2] as const) await mars.client.publishAsync('hab/sam/event/e', `${qos}`, { qos, properties }) // biome-ignore format: one thought
    await until(() => five.arrived.length === 3 && four.arrived.length === 3, 'all of them')
    for (const one of five.arrived) {
      assert.deepEqual({ ...one.properties, userProperties: { ...one.properties?.userProperties } }, properties)
      assert.equal(one.qos, Number(one.text))
    }
    assert.ok(four.arrived.every((one) => one.properties === undefined))
    const old = await h.enter('old', 'mars', { protocolVersion: 4, clean: true })
    await old.client.publishAsync('hab/sam/event/e', 'from 3.1.1', { qos: 1 })
    await until(() => five.texts().includes('from 3.1.1'), 'the other way')
  })

  it('do not come back to who said them where that is asked for, with a session and without', async () => {
    await using h = await house({ open: [] })
    for (const expiry of [0, 60]) {
      const session = { properties: { sessionExpiryInterval: expiry } }
      const { client, texts } = await h.enter(`loud-${expiry}`, 'sam', session)
      await client.subscribeAsync('a/#', { qos: 1, nl: true })
      await client.subscribeAsync('b/#', { qos: 1 })
      await client.publishAsync('a/x', 'own', { qos: 1 })
      await client.publishAsync('b/x', 'asked for', { qos: 1 })
      const other = await h.enter('other', 'sam', { clean: true })
      await other.client.publishAsync('a/x', 'of another', { qos: 1 })
      await until(() => texts().length >= 2, 'both')
      assert.deepEqual(texts(), ['asked for', 'of another'])
    }
  })

  it('that are retained come as the subscription says: always, when it is new, never; and marked as it says', async () => {
    await using h = await house()
    const mars = await h.enter('mars', 'mars', { clean: true })
    await mars.client.publishAsync('hab/sam/status/n', 'kept', { qos: 1, retain: true })
    for (const [rh, times] of [
      [0, 2],
      [1, 1],
      [2, 0],
    ] as const) {
      // biome-ignore format: a table
      const { client, texts } = await h.enter(`rh-${rh}`, 'sam', { clean: true })
      await client.subscribeAsync('hab/sam/status/#', { qos: 1, rh })
      await client.subscribeAsync('hab/sam/status/#', { qos: 1, rh })
      await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
      await mars.client.publishAsync('hab/sam/event/e', 'end', { qos: 1 })
      await until(() => texts().includes('end'), 'the end')
      assert.equal(texts().length - 1, times, `retain handling ${rh}`)
    }
    for (const expiry of [0, 60]) {
      const properties = { sessionExpiryInterval: expiry }
      const as = await h.enter(`as-${expiry}`, 'sam', { properties })
      await as.client.subscribeAsync('hab/sam/status/#', { qos: 1, rap: true, rh: 2 })
      const not = await h.enter(`not-${expiry}`, 'sam', { properties })
      await not.client.subscribeAsync('hab/sam/status/#', { qos: 1, rh: 2 })
      await mars.client.publishAsync('hab/sam/status/n', 'new', { qos: 1, retain: true })
      await until(() => as.arrived.length === 1 && not.arrived.length === 1, 'both')
      assert.deepEqual([as.arrived[0]?.retain, not.arrived[0]?.retain], [true, false])
    }
  })

  it('say for which of one’s subscriptions they come, and nobody else can', async () => {
    await using h = await house()
    const { client, arrived } = await h.enter('desk', 'sam', { properties: { sessionExpiryInterval: 60 } })
    await client.subscribeAsync('hab/sam/event/#', { qos: 1, properties: { subscriptionIdentifier: 7 } })
    await client.subscribeAsync('hab/sam/event/e', { qos: 1, properties: { subscriptionIdentifier: 8 } })
    const { client: mars } = await h.enter('mars', 'mars', { clean: true })
    const forged = { properties: { subscriptionIdentifier: 99 } } as never
    await mars.publishAsync('hab/sam/event/other', 'x', { qos: 1, ...(forged as object) })
    await mars.publishAsync('hab/sam/event/e', 'y', { qos: 1 })
    await until(() => arrived.length === 2, 'both')
    const ids = arrived.map(({ properties }) => [properties?.subscriptionIdentifier].flat())
    assert.deepEqual(ids, [[7], [7, 8]])
  })

  it('that live for a time come with what is left of it, or not at all, from a session and retained', async () => {
    await using h = await house()
    const { client } = await h.enter('desk', 'sam', { properties: { sessionExpiryInterval: 3_600 } })
    await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
    await h.leave(client)
    const mars = await h.enter('mars', 'mars', { clean: true })
    const lives = (messageExpiryInterval: number) => ({ qos: 1 as const, properties: { messageExpiryInterval } })
    await mars.client.publishAsync('hab/sam/event/e', 'short', lives(10))
    await mars.client.publishAsync('hab/sam/event/e', 'long', lives(100))
    await mars.client.publishAsync('hab/sam/event/e', 'for ever', { qos: 1 })
    await mars.client.publishAsync('hab/sam/status/a', 'short', { ...lives(10), retain: true })
    await mars.client.publishAsync('hab/sam/status/b', 'long', { ...lives(100), retain: true })
    await h.clock.advance(30_000)
    const back = await h.enter('desk', 'sam', { properties: { sessionExpiryInterval: 3_600 } })
    await until(() => back.arrived.length === 2, 'what lives')
    await back.client.subscribeAsync('hab/sam/status/#')
    await until(() => back.arrived.length === 3, 'what is retained')
    assert.deepEqual(back.texts(), ['long', 'for ever', 'long'])
    assert.deepEqual(
      back.arrived.map(({ properties }) => properties?.messageExpiryInterval),
      [70, undefined, 70],
    )
    assert.equal(h.broker.kept.waiting, 0)
    await h.clock.advance(120_000)
    assert.equal(h.broker.kept.retained, 0)
  })
})

describe('sessions of MQTT 5', () => {
  const keeps = (sessionExpiryInterval: number) => ({ properties: { sessionExpiryInterval } })

  it('last as long as their client said, at most as long as is configured, and it is told where that is less', async () => {
    await using h = await house({ limits: { sessionAge: 600_000 } })
    const { client, connack } = await h.enter('desk', 'sam', keeps(60))
    assert.equal(connack.properties?.sessionExpiryInterval, undefined)
    await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
    await h.leave(client)
    await h.broker.publish('hab/sam/event/e', 'while away')
    await h.clock.advance(50_000)
    const back = await h.enter('desk', 'sam', keeps(60))
    assert.equal(back.connack.sessionPresent, true)
    await until(() => back.texts().includes('while away'), 'what waited')
    await h.leave(back.client)
    await h.clock.advance(61_000)
    assert.equal((await h.enter('desk', 'sam', keeps(60))).connack.sessionPresent, false)
    assert.equal((await h.enter('long', 'sam', keeps(86_400))).connack.properties?.sessionExpiryInterval, 600)
    assert.equal((await h.enter('viewer', undefined, keeps(60))).connack.properties?.sessionExpiryInterval, 0)
  })

  it('begin anew with a clean start and are kept from then on; they end at once where their client says so', async () => {
    await using h = await house()
    const first = await h.enter('desk', 'sam', keeps(60))
    await first.client.subscribeAsync('hab/sam/event/#', { qos: 1 })
    await h.leave(first.client)
    await h.broker.publish('hab/sam/event/e', 'of the old one')
    const anew = await h.enter('desk', 'sam', { clean: true, ...keeps(60) })
    assert.equal(anew.connack.sessionPresent, false)
    await anew.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
    await h.leave(anew.client, 'cut')
    await h.broker.publish('hab/sam/alert/a', 'of the new one')
    const back = await h.enter('desk', 'sam', keeps(60))
    await until(() => back.arrived.length > 0, 'what waited')
    assert.deepEqual([back.connack.sessionPresent, back.texts()], [true, ['of the new one']])
    await h.leave(back.client, 'goodbye', { sessionExpiryInterval: 0 })
    assert.equal(h.broker.kept.sessions, 0)
  })

  it('outlive the process with the properties of what waits in them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-five-'))
    folders.push(folder)
    const properties = { ...rest, messageExpiryInterval: 3_600 }
    {
      await using h = await house({ folder })
      const { client } = await h.enter('desk', 'sam', keeps(3_600))
      await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
      await h.leave(client)
      const mars = await h.enter('mars', 'mars', { clean: true })
      await mars.client.publishAsync('hab/sam/event/e', 'kept', { qos: 1, properties })
      await mars.client.publishAsync('hab/sam/status/n', 'kept', { qos: 1, retain: true, properties })
    }
    await using h = await house({ folder })
    const { client, arrived, connack } = await h.enter('desk', 'sam', keeps(3_600))
    assert.equal(connack.sessionPresent, true)
    await client.subscribeAsync('hab/sam/status/#')
    await until(() => arrived.length === 2, 'both')
    for (const one of arrived) assert.deepEqual({ ...one.properties }, properties)
  })

  it('a will waits for as long as it says, is taken back by a return, and its delay is no property of the message', async () => {
    await using h = await house()
    const witness = await h.enter('witness', 'sam')
    await witness.client.subscribeAsync('hab/sam/status/#', { qos: 1 })
    const will = { topic: 'hab/sam/status/mars', payload: Buffer.from('gone'), qos: 1 as const, properties: { willDelayInterval: 1, contentType: 'text/plain' } } // biome-ignore format: one thought
    const first = await h.enter('mars', 'mars', { will, ...keeps(60) })
    await h.leave(first.client, 'cut')
    const again = await h.enter('mars', 'mars', { will, ...keeps(60) })
    await again.client.publishAsync('hab/sam/status/mars', 'here', { qos: 1 })
    await h.leave(again.client, 'cut')
    await until(() => witness.arrived.length === 2, 'the will')
    assert.deepEqual(witness.texts(), ['here', 'gone'])
    assert.deepEqual({ ...witness.arrived[1]?.properties }, { contentType: 'text/plain' })
  })
})

describe('what a client of MQTT 5 can take', () => {
  it('is obeyed: nothing larger is sent to it, with a session or without, and it goes on', async () => {
    await using h = await house()
    const mars = await h.enter('mars', 'mars', { clean: true })
    for (const expiry of [0, 60]) {
      const properties = { maximumPacketSize: 100, sessionExpiryInterval: expiry }
      const { client, texts } = await h.enter(`small-${expiry}`, 'sam', { properties })
      await client.subscribeAsync('hab/sam/event/#', { qos: 1 })
      for (const body of ['first', 'x'.repeat(500), 'last']) await mars.client.publishAsync('hab/sam/event/e', body, { qos: 1 }) // biome-ignore format: one thought
      await mars.client.publishAsync('hab/sam/event/e', 'much beside', { qos: 1, properties: { contentType: 'x'.repeat(90) } }) // biome-ignore format: one thought
      await mars.client.publishAsync('hab/sam/event/e', 'end', { qos: 1 })
      await until(() => texts().includes('end'), 'the end')
      assert.deepEqual(texts(), ['first', 'last', 'end'])
      await until(() => h.broker.kept.waiting === 0, 'all acknowledged')
      await h.leave(client)
    }
    assert.equal(h.broker.counts.refused.get('too-large-for-client'), 4)
  })

  it('at once is obeyed as well: beyond its receive maximum messages wait, live and retained, without a session too', async () => {
    await using h = await house()
    const mars = await h.enter('mars', 'mars', { clean: true })
    for (let i = 0; i < 5; i++) await mars.client.publishAsync(`hab/sam/status/${i}`, 'x', { qos: 1, retain: true })
    const two = [0x21, 0, 2]
    for (const expiry of [[], [0x11, 0, 0, 0, 60]]) {
      const slow = await h.raw(hello(`slow-${expiry.length}`, 'sam', [...two, ...expiry]), subscribe(1, ['hab/sam/event/#', 1])) // biome-ignore format: one thought
      await until(() => slow.types.length === 2, 'CONNACK and SUBACK')
      for (let i = 0; i < 5; i++) await mars.client.publishAsync('hab/sam/event/e', 'x', { qos: 1 })
      await until(() => slow.published() === 2, 'two')
      slow.socket.write(Buffer.from(subscribe(2, ['hab/sam/status/#', 1])))
      await until(() => slow.types.length === 5, 'another SUBACK')
      assert.equal(slow.published(), 2)
      slow.socket.destroy()
    }
    const { client, texts } = await h.enter('quick', 'sam', { properties: { receiveMaximum: 1 } })
    await client.subscribeAsync('hab/sam/status/#', { qos: 1 })
    for (let i = 0; i < 5; i++) await mars.client.publishAsync('hab/sam/status/n', `${i}`, { qos: 1 })
    await until(() => texts().length === 10, 'all of them, one after the other')
    await h.leave(client)
    // nothing is left of those who asked for no session
    assert.equal(h.broker.kept.sessions, 1)
    await h.clock.advance(120_000)
    assert.equal(h.broker.kept.waiting, 0)
  })
})

describe('a client of MQTT 5 is told why', () => {
  it('it is not let in', async () => {
    await using h = await house()
    await assert.rejects(h.enter('x'.repeat(200), 'sam'), { code: 0x85 })
    await assert.rejects(h.enter('x', 'sam', { password: 'wrong' }), { code: 0x86 })
    await assert.rejects(h.enter('sim-1', 'sam'), { code: 0x85 })
    const { connack } = await h.enter('', 'sam', { clean: true })
    assert.ok(connack.properties?.assignedClientIdentifier)
    assert.equal(connack.properties?.sharedSubscriptionAvailable, false)
  })

  it('a message was not taken, and stays connected', async () => {
    await using h = await house({ limits: { retained: 1 } })
    const { client } = await h.enter('desk', 'sam')
    const refusal = (topic: string, options = {}) =>
      client.publishAsync(topic, 'x', { qos: 1, ...options }).then(
        () => undefined,
        (error: { code?: number }) => error.code,
      )
    assert.equal(await refusal('hab/sam/device/a/reading'), 0x87)
    assert.equal(await refusal('hab/sam/device/a/reading', { qos: 2 }), 0x87)
    assert.equal(await refusal('$SYS/x'), 0x87)
    assert.equal(h.broker.counts.refused.get('publish'), 3)
    const { bytes } = await h.raw(hello('raw', 'sam'), publish(1, 7, 'hab/sam/status/n'))
    await until(() => bytes().includes('not allowed to publish there'), 'the reason')
    assert.ok(client.connected)
  })

  it('a filter was refused', async () => {
    await using h = await house()
    const { client } = await h.enter('mars', 'mars')
    const codes = (filter: string | string[]) =>
      new Promise<unknown>((resolve) =>
        client.subscribe(filter, { qos: 1 }, (_error, granted, suback) => resolve(suback?.granted ?? granted)),
      )
    assert.deepEqual(await codes(['#', 'hab/sam/command/+/+']), [0x87, 1])
    assert.deepEqual(await codes('$share/g/hab/sam/command/+/+'), [0x9e])
    assert.equal(h.broker.counts.refused.get('subscribe'), 2)
  })

  it('it is put out: by its own other connection, a revocation, a packet too large, or too many without PUBREL', async () => {
    await using h = await house({ limits: { userRate: 10_000 } })
    const ended = async (one: Awaited<ReturnType<typeof h.enter>>, code: number) => {
      await until(() => !one.client.connected && one.said.length > 0, `the word for ${code}`)
      assert.deepEqual(one.said, [code])
    }
    const first = await h.enter('desk', 'sam')
    const second = await h.enter('desk', 'sam')
    await ended(first, 0x8e)
    second.client.publish('hab/sam/event/e', Buffer.alloc(1_000_000))
    await ended(second, 0x95)
    const flood = await h.raw(hello('flood', 'mars'), ...Array.from({ length: 40 }, (_, i) => publish(2, i + 1, 'hab/sam/event/e'))) // biome-ignore format: one thought
    await until(() => flood.socket.closed, 'its end')
    assert.ok((h.broker.counts.refused.get('inflight') ?? 0) > 0)
    assert.ok(flood.bytes().includes(Buffer.from([0xe0, 2, 0x93, 0])))
    const third = await h.enter('desk', 'sam')
    h.revoke('sam')
    await ended(third, 0x87)
  })
})
