/** Packets of MQTT 5 that no client in its senses would send. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { xorshift } from '../../test/support/mqtt-fuzz.ts'
import { until } from '../../test/support/until.ts'
import { hello, house, packet, publish, subscribe, text } from './mqtt5.cases.ts'

describe('whatever a client of MQTT 5 sends, the broker stands', () => {
  /** A property that claims more than there is, one that stands twice, and a user’s without a value. */
  const bad: Record<string, number[]> = {
    'a response topic that is cut off': [0x08, 0xff, 0xff],
    'a content type that stands twice': [0x03, ...text('a'), 0x03, ...text('b')],
    'a topic alias that stands twice': [0x23, 0, 1, 0x23, 0, 2],
    'a user property that is cut off': [0x26, ...text('name'), 0xff, 0xff],
    'an expiry that is cut off': [0x02, 0],
  }
  for (const [what, properties] of Object.entries(bad))
    it(`${what}: its sender is put out, and nobody else`, async () => {
      await using h = await house({ open: [] })
      const witness = await h.enter('witness', 'sam')
      await witness.client.subscribeAsync('#', { qos: 1 })
      const { socket } = await h.raw(hello('bad', 'sam'), publish(1, 1, 'a/b', properties))
      await until(() => socket.closed, 'its end')
      const will = await h.raw(packet(0x10, ...text('MQTT'), 5, 6, 0, 60, 0, ...text('w'), properties.length, ...properties, ...text('a'), ...text('b'))) // biome-ignore format: one thought
      await until(() => will.socket.closed, 'its end')
      await witness.client.publishAsync('x', 'on we go', { qos: 1 })
      await until(() => witness.texts().includes('on we go'), 'a message')
      assert.deepEqual(witness.texts(), ['on we go'])
    })

  it('names that every object of the language knows', async () => {
    await using h = await house({ open: [] })
    for (const name of ['__proto__', 'constructor', 'toString']) {
      await assert.rejects(h.enter(name, 'sam'), { code: 0x85 })
      const { socket, types } = await h.raw(hello('odd', 'sam'), subscribe(1, [name, 1]), publish(1, 1, name))
      await until(() => socket.closed || types.includes(4), 'PUBACK, or the end')
      socket.write(Buffer.from(subscribe(2, ['a', 1], [name, 1])))
      await until(() => socket.closed || types.filter((type) => type === 9).length === 2, 'an answer')
      socket.destroy()
    }
    const { client, texts } = await h.enter('desk', 'sam')
    await client.subscribeAsync('#', { qos: 1 })
    await client.publishAsync('constructor', 'x', { qos: 1 })
    await until(() => texts().length === 1, 'it')
  })

  it('two PUBRELs for one message', async () => {
    await using h = await house({ open: [] })
    const pubrel = packet(0x62, 0, 1)
    const { socket, types } = await h.raw(hello('twice', 'sam'), publish(2, 1, 'a'))
    await until(() => types.includes(5), 'PUBREC')
    socket.write(Buffer.from([...pubrel, ...pubrel, ...pubrel]))
    await until(() => types.filter((type) => type === 7).length === 3, 'three PUBCOMPs')
  })

  it('good packets with bytes changed, cut or doubled', async () => {
    await using h = await house({ open: [], limits: { connections: 50, perAddress: 50 } })
    const random = xorshift(11)
    const any = (most: number) => Math.floor(random() * most)
    const will = packet(0x10, ...text('MQTT'), 5, 6, 0, 60, 5, 0x11, 0, 0, 0, 9, ...text('f'), 5, 0x18, 0, 0, 0, 1, ...text('w'), ...text('gone')) // biome-ignore format: one thought
    const properties = [0x01, 1, 0x02, 0, 0, 0, 9, 0x03, ...text('t'), 0x08, ...text('r'), 0x09, ...text('c'), 0x26, ...text('a'), ...text('b')] // biome-ignore format: one thought
    const samples = [
      ...[hello('f'), hello('g', undefined, [0x21, 0, 1, 0x27, 0, 0, 0, 99, 0x11, 0, 0, 0, 5]), will],
      ...[publish(1, 1, 'a/b', properties), publish(2, 2, 'a/c', properties), packet(0x62, 0, 2), packet(0x50, 0, 2)],
      packet(0x82, 0, 9, 2, 0x0b, 7, ...text('a/+'), 1, ...text('#'), 0x2d),
      ...[packet(0xa2, 0, 10, 0, ...text('a/+')), packet(0xc0), packet(0xe0, 4, 0), packet(0xf0, 0, 0)],
      packet(0xe0, 0, 5, 0x11, 0, 0, 0, 5),
    ]
    for (let i = 0; i < 300; i++) {
      const bytes = [...(samples[any(3)] as number[])]
      for (let n = any(5); n >= 0; n--) {
        const one = [...(samples[any(samples.length)] as number[])]
        for (let changes = any(3); changes > 0; changes--) one[any(one.length)] = any(256)
        if (random() < 0.2) one.length = any(one.length)
        if (random() < 0.2) one.splice(any(one.length), 0, ...one.slice(0, any(one.length)))
        bytes.push(...one)
      }
      const { socket } = await h.raw(bytes)
      socket.end()
    }
    await until(() => h.broker.counts.connections === 0, 'all are gone')
    const { client, texts } = await h.enter('desk', 'sam')
    await client.subscribeAsync('round', { qos: 1 })
    await client.publishAsync('round', 'x', { qos: 1 })
    await until(() => texts().length === 1, 'a message')
  })
})
