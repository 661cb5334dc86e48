/** Packets that are read where they lie, beside the parser that Aedes brings, and made in one piece beside its writer. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { Client } from 'aedes'
import fc from 'fast-check'
import { generate, type Packet, parser } from 'mqtt-packet'
import { publishFrame } from './deliver.ts'
import { takeWhole } from './intake.ts'

const topic = fc.oneof(
  fc.constant('hab/sam/device/air/reading'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => text.isWellFormed()),
)
const messageId = fc.integer({ min: 1, max: 65_535 })
const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const publish = fc
  .record({ topic, payload, messageId, qos: fc.constantFrom(0, 1, 2), retain: fc.boolean(), dup: fc.boolean() })
  .map(({ messageId, dup, ...rest }) => {
    const more = rest.qos > 0 ? { messageId, dup } : { dup: false }
    return { cmd: 'publish', ...rest, ...more } as Packet
  })
const packet = fc.oneof(
  { weight: 4, arbitrary: publish },
  messageId.map((id) => ({ cmd: 'puback', messageId: id }) as Packet),
  messageId.map((id) => ({ cmd: 'pubrel', messageId: id }) as Packet),
  fc.record({ topic, messageId }).map(({ topic, messageId }) => {
    return { cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 1 }] } as Packet
  }),
  fc.constant({ cmd: 'pingreq' } as Packet),
)

/** What is handed on of chunks, by the parser alone or by what stands before it. */
function read(chunks: readonly Buffer[], before: 'nothing' | 'intake', clean = false): object[] {
  const own = parser()
  const read: object[] = []
  own.on('packet', ({ cmd, ...rest }: Packet) => {
    const { topic, payload, qos, retain, dup, messageId, subscriptions } = rest as unknown as Record<string, unknown>
    read.push({ cmd, topic, payload: payload?.toString(), qos, retain, dup, messageId, subscriptions })
  })
  own.on('error', (error: Error) => read.push({ error: error.message }))
  const conn = Object.assign(new EventEmitter(), { destroyed: false })
  const client = { _parser: own, conn, clean, connackSent: true, _keepaliveInterval: 0, _keepaliveTimer: null }
  if (before === 'intake') takeWhole(client as unknown as Client)
  for (const chunk of chunks) own.parse(chunk)
  return read
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...at, bytes.length].map((end, i) => bytes.subarray(at[i - 1] ?? 0, end)).filter(({ length }) => length > 0)
}

describe('packets that are read where they lie', () => {
  it('are those that the parser reads, however they are cut', () => {
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 20 }), (packets, places) => {
        const chunks = cut(Buffer.concat(packets.map((one) => generate(one))), places)
        assert.deepEqual(read(chunks, 'intake'), read(chunks, 'nothing'))
      }),
    )
  })

  it('leave out acknowledgements of a client that has no session to be acknowledged in', () => {
    const chunk = Buffer.concat([generate({ cmd: 'puback', messageId: 7 }), generate({ cmd: 'pingreq' })])
    const words = read([chunk], 'intake', true).map((one) => (one as { cmd: string }).cmd)
    assert.deepEqual(words, ['pingreq'])
  })

  it('leave what cannot be to the parser, which says what is wrong with it', () => {
    const message = generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 1, messageId: 5, retain: false, dup: false }) // biome-ignore format: one thought
    const noNumber = Buffer.from(message)
    noNumber.writeUInt16BE(0, 7)
    const longTopic = Buffer.from(message)
    longTopic.writeUInt16BE(999, 2)
    const twoBits = Buffer.from(message)
    twoBits[0] = 0x36
    for (const wrong of [noNumber, longTopic, twoBits]) {
      assert.deepEqual(read([wrong], 'intake'), read([wrong], 'nothing'))
    }
  })
})

describe('a message in one piece', () => {
  it('is what the writer of Aedes makes of it in six', () => {
    fc.assert(
      fc.property(topic, payload, messageId, fc.boolean(), (topic, payload, id, retain) => {
        for (const qos of [0, 1] as const) {
          const more = qos === 0 ? {} : { messageId: id }
          const theirs = generate({ cmd: 'publish', topic, payload, qos, retain, dup: false, ...more })
          const first = 0x30 | (qos << 1) | (retain ? 1 : 0)
          assert.deepEqual(publishFrame(topic, payload, first, qos === 0 ? undefined : id), theirs)
        }
      }),
    )
    for (const size of [0, 100, 116, 117, 16_371, 16_372, 2_097_140, 2_097_141]) {
      const payload = Buffer.alloc(size, 1)
      assert.deepEqual(
        publishFrame('a/b/c', payload, 0x30, undefined),
        generate({ cmd: 'publish', topic: 'a/b/c', payload, qos: 0, retain: false, dup: false }),
      )
    }
  })
})
