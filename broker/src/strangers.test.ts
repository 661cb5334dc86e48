/** What else somebody might try who has been let in, or half: each is refused or costs little, and the others go on. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { until } from '../../test/support/until.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'
import { house as anyHouse, hello4, packet, text } from './mqtt5.cases.ts'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-strangers-'))
  folders.push(folder)
  return folder
}

const house = (options: Parameters<typeof anyHouse>[0] = {}) => anyHouse({ mqtt5: mqtt5(), ...options })
const four = { protocolVersion: 4 as const }
const bytesOf = (folder: string) =>
  readdirSync(join(folder, 'sessions')).reduce((sum, name) => sum + statSync(join(folder, 'sessions', name)).size, 0)

const SUBACK = 9
const UNSUBACK = 11
const filters = (count: number, at = 0) => Array.from({ length: count }, (_, i) => `hab/sam/event/${at + i}`)
const subscribe = (id: number, ...names: string[]) => long(0x82, [id >> 8, id & 255, ...names.flatMap((name) => [...text(name), 1])]) // biome-ignore format: one thought
const unsubscribe = (id: number, ...names: string[]) => long(0xa2, [id >> 8, id & 255, ...names.flatMap(text)])

/** A packet of any length. */
function long(first: number, body: number[]): number[] {
  const length: number[] = []
  let rest = body.length
  do {
    length.push((rest & 127) | (rest > 127 ? 128 : 0))
    rest >>= 7
  } while (rest > 0)
  return [first, ...length, ...body]
}

describeOver('somebody who is in and asks for too much', () => {
  it('ten thousand filters in one packet: the first are granted and kept, the others refused and nowhere kept', async () => {
    const folder = temporary()
    await using h = await house({ folder })
    const many = await h.raw(hello4('many', 'sam', 0), subscribe(1, ...filters(10_000)))
    await until(() => many.types.includes(SUBACK), 'the SUBACK')
    const codes = many.bytes().subarray(-10_000)
    assert.equal(codes.filter((code) => code === 1).length, 256)
    assert.equal(h.broker.counts.refused.get('subscribe'), 10_000 - 256)
    many.socket.destroy()
    await until(() => h.broker.counts.connections === 0, 'its end')
    for (const topic of ['hab/sam/event/255', 'hab/sam/event/256']) await h.broker.publish(topic, 'x')
    assert.equal(h.broker.kept.waiting, 1)
    assert.ok(bytesOf(folder) < 200_000, `${bytesOf(folder)} bytes`)
  })

  it('one that asks for all that is retained, reads none of it and goes', async () => {
    await using h = await house()
    for (let i = 0; i < 400; i++) await h.broker.publish(`hab/sam/status/${i}`, 'x'.repeat(50_000), { retain: true })
    // clean, so nothing waits for them in a session
    const gone = await Promise.all(Array.from({ length: 5 }, (_, i) => h.raw(hello4(`gone-${i}`, 'sam'))))
    for (const { socket } of gone) {
      socket.pause()
      socket.write(Buffer.from(subscribe(1, 'hab/sam/status/#')))
    }
    let given = 0
    await until(() => {
      const before = given
      given = h.broker.counts.publishedOut
      return given > 5 && given === before
    }, 'no more goes in')
    for (const { socket } of gone) socket.resetAndDestroy()
    await until(() => h.broker.counts.connections === 0, 'they are gone')
    const next = await h.raw(hello4('next', 'sam'), subscribe(1, 'hab/sam/status/1'))
    await until(() => next.types.includes(SUBACK), 'others go on')
  })

  it('thousands of changes at once are written once, and what changes nothing not at all', async () => {
    const folder = temporary()
    await using h = await house({ folder })
    const many = await h.raw(hello4('many', 'sam', 0), subscribe(1, ...filters(256)))
    await until(() => many.types.includes(SUBACK), 'the SUBACK')
    const before = h.broker.kept.records
    const packets = Array.from({ length: 3_000 }, (_, i) => unsubscribe(i + 2, `no/such/${i}`))
    many.socket.write(Buffer.from(packets.flat()))
    await until(() => many.types.filter((type) => type === UNSUBACK).length === 3_000, 'all answered')
    assert.equal(h.broker.kept.records, before)
    const real = filters(200).map((name, i) => unsubscribe(i + 2, name))
    many.socket.write(Buffer.from(real.flat()))
    await until(() => many.types.filter((type) => type === UNSUBACK).length === 3_200, 'all answered')
    assert.ok(h.broker.kept.records - before < 100, `${h.broker.kept.records - before} records`)
  })

  it('QoS 2 without end: so many wait for their PUBREL, then the connection ends', async () => {
    await using h = await house()
    const body = Array.from({ length: 64 }, (_, i) => packet(0x34, ...text('hab/sam/event/e'), 0, i + 1, 0x78))
    const flood = await h.raw(hello4('flood', 'mars'), ...body.slice(0, 32))
    await until(() => flood.types.filter((type) => type === 5).length === 32, '32 PUBRECs')
    flood.socket.write(Buffer.from([...(body[0] as number[]), ...packet(0x62, 0, 1)]))
    await until(() => flood.types.includes(7), 'a repetition is none too many')
    flood.socket.write(Buffer.from(body.slice(32).flat()))
    await until(() => flood.socket.closed, 'its end')
    assert.ok((h.broker.counts.refused.get('inflight') ?? 0) > 0)
    const again = await h.raw(hello4('flood', 'mars'), ...body.slice(0, 32))
    await until(() => again.types.filter((type) => type === 5).length === 32, 'it begins anew')
  })

  it('what may not be said waits for its turn like what may', async () => {
    await using h = await house({ limits: { publishRate: 2 } })
    const { client } = await h.enter('loud', undefined, { ...four, clean: true })
    for (let i = 0; i < 50; i++) client.publish('hab/sam/event/e', 'x')
    await until(() => h.broker.counts.refused.get('publish-rate') === 20, 'too many')
    assert.equal(h.broker.counts.refused.get('publish'), 20)
    await h.clock.advance(5_000)
    assert.equal(h.broker.counts.refused.get('publish'), 30)
  })

  it('everything that is retained, a thousand times: it is given once after the other, and what is asked beyond is refused', async () => {
    await using h = await house()
    for (let i = 0; i < 2_000; i++) h.broker.publishFast(`hab/sam/point/${i}`, `${i}`, true, () => {})
    const greedy = await h.raw(hello4('greedy', 'sam'))
    await until(() => greedy.types.length === 1, 'CONNACK')
    const all = Array.from({ length: 400 }, (_, i) => packet(0x82, (i + 1) >> 8, (i + 1) & 255, ...text('#'), 0))
    greedy.socket.write(Buffer.from(all.flat()))
    await until(() => greedy.types.filter((type) => type === SUBACK).length === 400, 'all answered')
    greedy.socket.write(Buffer.from(packet(0x82, 9, 9, ...text('hab/sam/more'), 0)))
    await until(() => h.broker.counts.refused.get('subscribe') === 1, 'one too many')
    const { client, texts } = await h.enter('other', 'sam', { ...four, clean: true })
    await client.subscribeAsync('hab/sam/point/7')
    await until(() => texts().length === 1, 'the one that another asked for')
    const given = greedy.published()
    assert.ok(given < 100_000, `${given} by then`)
    greedy.socket.destroy()
    await until(() => h.broker.counts.connections === 1, 'its end')
    const { publishedOut } = h.broker.counts
    await client.subscribeAsync('hab/sam/point/8')
    await until(() => texts().length === 2, 'another')
    assert.ok(h.broker.counts.publishedOut - publishedOut < 100, 'whoever has gone is given nothing more')
  })

  it('a subscriber that wants retained messages marked as such, as a bridge may, and never reads', async () => {
    await using h = await house({ open: [], limits: { backlog: 65_536 } })
    const connect = packet(0x10, ...text('MQTT'), 0x84, 2, 0, 60, ...text('bridge'))
    const frozen = await h.raw(connect, subscribe(1, '#'))
    await until(() => frozen.types.includes(SUBACK), 'the SUBACK')
    frozen.socket.pause()
    const payload = Buffer.alloc(50_000)
    for (let i = 0; i < 400; i++) await h.broker.publish('a', payload, { retain: true })
    assert.ok((h.broker.counts.refused.get('slow-message') ?? 0) > 0)
  })
})

describeOver('somebody who is not whom they say', () => {
  it('names and topics that are no text, and those beyond the role: refused and counted, the connection of another goes on', async () => {
    await using h = await house()
    const witness = await h.enter('witness', 'sam', four)
    await witness.client.subscribeAsync('#', { qos: 1 })
    for (const name of ['a\0b', '\ufffd']) await assert.rejects(h.enter(name, 'sam', four), { code: 2 })
    const { bytes, types } = await h.raw(
      hello4('odd', 'sam'),
      subscribe(1, 'hab/\0', '$SYS/#', '$share/g/hab/sam/#', '$habtwin/refused'),
      packet(0x30, 0, 2, 0xc3, 0x28, 0x78),
      packet(0x30, ...text('$SYS/x'), 0x78),
      packet(0x31, ...text('hab/sam/status/n'), 0x78),
      packet(0x30, ...text('hab/other/command/a/b'), 0x78),
      packet(0xc0),
    )
    await until(() => types.includes(13), 'the answer to its ping')
    assert.ok(bytes().includes(Buffer.from([0x90, 6, 0, 1, 128, 128, 128, 128])))
    await until(() => h.broker.counts.refused.get('publish') === 4, 'four')
    await h.broker.publish('hab/sam/end', '', { qos: 1 })
    await until(() => witness.arrived.length > 0, 'the end')
    assert.deepEqual(witness.arrived.map(({ topic }) => topic), ['hab/sam/end']) // biome-ignore format: one thought
  })

  it('a last will beyond the role is heard by nobody, and counted when it would have been', async () => {
    await using h = await house()
    const witness = await h.enter('witness', 'sam', four)
    await witness.client.subscribeAsync('#', { qos: 1 })
    const topics = ['hab/sam/device/a/reading', '$SYS/x', 'hab/other/safety/x', 'hab/sam/#', 'a/'.repeat(60)]
    for (const [i, topic] of topics.entries()) {
      const will = { topic, payload: Buffer.from('gone'), qos: (i % 3) as 0 | 1 | 2, retain: true }
      const { client } = await h.enter(`will-${i}`, 'sam', { ...four, will })
      await h.leave(client, 'cut')
    }
    await until(() => h.broker.counts.refused.get('publish') === topics.length, 'all refused')
    await h.broker.publish('hab/sam/end', '', { qos: 1 })
    await until(() => witness.arrived.length > 0, 'the end')
    assert.deepEqual(witness.arrived.map(({ topic }) => topic), ['hab/sam/end']) // biome-ignore format: one thought
  })

  it('a session that another left is not taken; the same user in another role begins anew', async () => {
    await using h = await house()
    const first = await h.enter('desk', 'sam', four)
    await first.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
    await h.leave(first.client)
    await assert.rejects(h.enter('desk', 'mars', four), { code: 2 })
    h.becomes('sam', 'mission-control')
    assert.equal((await h.enter('desk', 'sam', four)).connack.sessionPresent, false)
  })
})

describeOver('somebody who goes before they have come', () => {
  it('leaves nothing behind, though their last will was being written down', async () => {
    await using h = await house({ folder: temporary(), limits: { perUser: 5, sessionAge: 60_000 } })
    const flags = 0xc4 // a will, a user and a password, and a session to be kept
    for (let i = 0; i < 30; i++) {
      const connect = packet(0x10, ...text('MQTT'), 4, flags, 0, 60, ...text(`hasty-${i}`), ...text('hab/sam/safety/x'), ...text('gone'), ...text('sam'), ...text('sam')) // biome-ignore format: one thought
      const { socket } = await h.raw(connect)
      setImmediate(() => (socket as Socket).resetAndDestroy())
    }
    await until(() => h.broker.counts.accepted === 30 && h.broker.counts.connections === 0, 'all gone')
    await until(() => [...h.broker.connected()].length === 0, 'nobody is there')
    const { client } = await h.enter('desk', 'sam', { ...four, clean: true })
    await client.publishAsync('hab/sam/safety/x', 'on we go', { qos: 1 })
    await h.clock.advance(180_000)
    assert.equal(h.broker.kept.sessions, 0)
  })

  it('and one who takes the place of their own other connection stays, however long', async () => {
    await using h = await house({ limits: { sessionAge: 60_000 } })
    const first = await h.enter('desk', 'sam', four)
    await first.client.subscribeAsync('hab/sam/alert/#', { qos: 1 })
    const second = await h.enter('desk', 'sam', four)
    await until(() => h.broker.counts.connections === 1, 'the first is out')
    await h.clock.advance(600_000)
    await h.broker.publish('hab/sam/alert/a', 'still heard')
    await until(() => second.texts().length === 1, 'it')
    assert.equal(h.broker.kept.sessions, 1)
  })
})
