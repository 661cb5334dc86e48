import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type Bundled, pack, unpack } from './bundle.ts'
import { isHabtwinError } from './errors.ts'

const compress = (plain: Uint8Array) => zstdCompressSync(plain)
const decompress = (body: Uint8Array, most: number) => zstdDecompressSync(body, { maxOutputLength: most })

const messages: Bundled[] = Array.from({ length: 100 }, (_, i) => ({
  topic: `device/air-${i % 7}/reading`,
  retain: i % 2 === 0,
  payload: i === 3 ? '' : `{"seq":${i},"label":"CO₂\\n \\" line\u2028"}`,
}))

function refused(bundle: Uint8Array, limits?: { bytes: number; messages: number }) {
  assert.throws(
    () => unpack(bundle, decompress, limits),
    (error) => isHabtwinError(error, 'link/bundle'),
  )
}

test('a bundle comes out as it went in, compressed or not', () => {
  assert.deepEqual(unpack(pack(messages), decompress), messages)
  assert.deepEqual(unpack(pack(messages, compress), decompress), messages)
  assert.ok(pack(messages, compress).length < pack(messages).length / 4)
  assert.deepEqual(unpack(pack([]), decompress), [])
})

test('what would only grow by compression stays plain', () => {
  const one = [{ topic: 't', retain: false, payload: 'x' }]
  assert.deepEqual(pack(one, compress), pack(one))
})

test('a few bytes that claim to be very many are refused before they are', () => {
  const zeros = zstdCompressSync(Buffer.alloc(100_000_000))
  assert.ok(zeros.length < 20_000)
  refused(Buffer.concat([Buffer.from([1, 1]), zeros]))
  refused(pack(messages, compress), { bytes: 1_000, messages: 1_000 })
  refused(pack(messages, compress), { bytes: 1_000_000, messages: 99 })
})

test('what is no bundle is refused with the reason', () => {
  for (const bytes of [[], [2, 0, 1], [1, 7, 1], [1, 1, 1, 2, 3], [1, 0, 0x7b], [1, 0, 0xff, 0xfe]]) refused(Uint8Array.from(bytes)) // biome-ignore format: one list
  for (const line of ['["t",2,""]', '["",0,"x"]', '["t",0]', '{"t":1}', 'null']) {
    refused(Buffer.concat([Buffer.from([1, 0]), Buffer.from(line)]))
  }
})
