import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { describe, it } from 'node:test'
import { coalesce } from './coalesce.ts'

/** A stream that keeps what it was given, buffer by buffer. */
function recorder() {
  const written: string[] = []
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      written.push(chunk.toString())
      done()
    },
  })
  return { stream, written }
}

/** As an MQTT packet is written: corked, in pieces, uncorked on the next tick. */
function writePacket(stream: Duplex, ...pieces: (string | Buffer)[]): void {
  stream.cork()
  process.nextTick(() => stream.uncork())
  for (const piece of pieces) stream.write(piece)
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('coalesced writes', () => {
  it('what is written in one turn goes out as one buffer, in order', async () => {
    const { stream, written } = recorder()
    let sent = 0
    coalesce(stream, (bytes) => {
      sent += bytes
    })
    writePacket(stream, Buffer.from('a'), 'ü', 'c')
    await Promise.resolve()
    writePacket(stream, 'd')
    assert.deepEqual(written, [])
    await turn()
    assert.deepEqual(written, ['aücd'])
    writePacket(stream, 'e')
    await turn()
    assert.deepEqual(written, ['aücd', 'e'])
    assert.equal(sent, 6)
  })

  it('what was written before the end is sent before it', async () => {
    const { stream, written } = recorder()
    coalesce(stream, () => {})
    writePacket(stream, 'last', ' words')
    stream.end()
    await once(stream, 'finish')
    assert.deepEqual(written, ['last words'])
  })

  it('the callback of each write is called once, and a full buffer still says so', async () => {
    const { stream } = recorder()
    coalesce(stream, () => {})
    let calls = 0
    stream.cork()
    for (let i = 0; i < 10; i++) stream.write('x', () => calls++)
    assert.equal(stream.write(Buffer.alloc(100_000)), false)
    await once(stream, 'drain')
    assert.equal(calls, 10)
  })

  it('a stream that is destroyed while it holds something stays quiet', async () => {
    const { stream, written } = recorder()
    coalesce(stream, () => {})
    writePacket(stream, 'gone')
    stream.destroy()
    await turn()
    assert.deepEqual(written, [])
  })
})
