import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { systemClock, TestClock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { Identity, type TlsSettings } from '@habtwin/runtime/tls/identity'
import { makeClient } from '@habtwin/runtime/tls/make'
import { issueClient, ownAuthority } from '@habtwin/runtime/tls/own'
import WebSocket from 'ws'
import { until } from '../../test/support/until.ts'
import type { Refusal } from './counters.ts'
import { listenTls, listenWebSocket } from './listen.ts'

const DAY = 86_400_000
const LOOPBACK = { host: '127.0.0.1', port: 0 }
const SETTINGS = { connections: 100, buffer: 400_000, message: 65_536, timeout: 5_000, handshake: 5_000 }
const silent = { info() {}, warn() {}, error() {} } as unknown as Log

/** An identity in a folder of its own, a listener on it, and what comes of those who connect. */
async function door(settings: Partial<TlsSettings> = {}, more: Partial<typeof SETTINGS> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'habtwin-door-'))
  const own = { folder: join(root, 'tls'), habitat: 'sam', clock: systemClock }
  const parts = { folder: own.folder, part: 'gateway', habitat: 'sam', clock: new TestClock(Date.now()), log: silent }
  const identity = await Identity.open({ ...parts, settings: { names: [], ...settings } })
  const users: (string | undefined)[] = []
  const refused: Refusal[] = []
  const buffers: number[] = []
  const listener = await listenTls(
    LOOPBACK,
    { ...SETTINGS, ...more },
    identity,
    (conn, _from, user) => {
      users.push(user)
      buffers.push(conn.writableHighWaterMark)
      conn.on('error', () => undefined)
      conn.pipe(conn)
    },
    (reason) => refused.push(reason),
  )
  const { port } = listener
  const dial = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({ port, host: '127.0.0.1', ca: identity.authority, ...options } as ConnectionOptions)
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    return socket
  }
  return {
    ...{ own, identity, users, refused, buffers, port, dial },
    async [Symbol.asyncDispose]() {
      await listener[Symbol.asyncDispose]()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

describe('a listener with TLS', () => {
  it('takes whoever trusts it, with room for what a slow reader has waiting', async () => {
    await using at = await door()
    const socket = await at.dial()
    socket.write('hello')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    assert.equal(answer.toString(), 'hello')
    assert.deepEqual(at.users, [undefined])
    assert.deepEqual(at.buffers, [400_000])
    socket.destroy()
  })

  it('says nothing to those who speak plain text, and counts them', async () => {
    await using at = await door()
    for (const text of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      '\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00',
      'hello\n',
    ]) {
      const before = at.refused.length
      const socket = connectPlain(at.port, '127.0.0.1')
      let got = 0
      socket.on('data', (data) => {
        got += data.length
      })
      socket.on('error', () => undefined)
      socket.write(text)
      await once(socket, 'close')
      assert.equal(got, 0, text)
      await until(() => at.refused.length > before)
    }
    assert.deepEqual(at.refused, ['tls-plain-text', 'tls-plain-text', 'tls-plain-text'])
    assert.deepEqual(at.users, [])
  })

  it('gives up a handshake that does not come to an end', async () => {
    await using at = await door({}, { handshake: 200 })
    const socket = connectPlain(at.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'close')
    assert.deepEqual(at.refused, ['tls-too-slow'])
  })

  it('lets one address have so many handshakes open and no more, and forgets those that ended', async () => {
    await using at = await door({ max_handshakes_per_address: 5 })
    const idle = Array.from({ length: 13 }, () => connectPlain(at.port, '127.0.0.1'))
    for (const socket of idle) socket.on('error', () => undefined)
    await until(() => at.refused.length === 8)
    assert.ok(at.refused.every((reason) => reason === 'tls-handshakes'))
    for (const socket of idle) socket.destroy()
    const comesIn = () => at.dial().then(
      (socket) => socket.destroy() !== undefined,
      () => false,
    ) // biome-ignore format: one thought
    await until(comesIn)
    const blocked = at.refused.filter((reason) => reason === 'tls-handshakes').length
    for (let i = 0; i < 10; i++) {
      const before = at.users.length
      const socket = await at.dial()
      await until(() => at.users.length > before)
      socket.destroy()
    }
    assert.equal(at.refused.filter((reason) => reason === 'tls-handshakes').length, blocked)
  })

  it('speaks no version before 1.2', async () => {
    await using at = await door()
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await assert.rejects(at.dial(old))
    await until(() => at.refused.length === 1)
    assert.deepEqual(at.refused, ['tls-version'])
    const socket = await at.dial({ maxVersion: 'TLSv1.2' })
    assert.equal(socket.getProtocol(), 'TLSv1.2')
    socket.destroy()
  })
})

describe('client certificates', () => {
  it('speak for the user that they name; who shows none comes in without a name where they are optional', async () => {
    await using at = await door({ clients: 'optional' })
    const made = await issueClient(at.own, 'mars-base', 30)
    const named = await at.dial({ cert: made.certificate, key: made.key })
    await until(() => at.users.length === 1)
    const nameless = await at.dial()
    await until(() => at.users.length === 2)
    assert.deepEqual(at.users, ['mars-base', undefined])
    for (const socket of [named, nameless]) socket.destroy()
  })

  it('are required where that is configured', async () => {
    await using at = await door({ clients: 'required' })
    const socket = await at.dial()
    socket.resume()
    await once(socket, 'close')
    assert.deepEqual(at.refused, ['tls-certificate-missing'])
    assert.deepEqual(at.users, [])
  })

  it('that are over, or that somebody else signed, are refused, each for its reason', async () => {
    await using at = await door({ clients: 'optional' })
    const now = Date.now()
    const authority = await ownAuthority(at.own)
    const uri = 'urn:habtwin:user:sam'
    const over = await makeClient('sam', uri, { from: now - 20 * DAY, to: now - 10 * DAY }, authority)
    const early = await makeClient('sam', uri, { from: now + 10 * DAY, to: now + 20 * DAY }, authority)
    const foreign = await issueClient({ ...at.own, folder: join(at.own.folder, 'foreign') }, 'sam', 30)
    const server = at.identity.pair
    for (const { certificate, key } of [over, early, foreign, server]) {
      const socket = await at.dial({ cert: certificate, key })
      socket.resume()
      await once(socket, 'close')
    }
    assert.deepEqual(at.refused, [
      'tls-certificate-expired',
      'tls-certificate-expired',
      'tls-certificate-foreign',
      'tls-certificate-foreign', // a server's certificate is none for a client
    ])
    assert.deepEqual(at.users, [])
  })

  it('a session that is resumed speaks for the same user', async () => {
    await using at = await door({ clients: 'required' })
    const { certificate: cert, key } = await issueClient(at.own, 'mars-base', 30)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const first = await at.dial({ cert, key, maxVersion })
      const [session] =
        first.getProtocol() === 'TLSv1.3' ? ((await once(first, 'session')) as [Buffer]) : [first.getSession()]
      first.destroy()
      const again = await at.dial({ cert, key, maxVersion, session })
      const seen = at.users.length
      assert.ok(again.isSessionReused())
      await until(() => at.users.length >= seen && at.users.length % 2 === 0)
      again.destroy()
    }
    assert.deepEqual(at.users, Array(4).fill('mars-base'))
  })
})

describe('a WebSocket listener with TLS', () => {
  it('takes pages that came with TLS, and none that came without', async () => {
    await using at = await door()
    const refused: Refusal[] = []
    const names = ['sam.local']
    const taken: unknown[] = []
    const listener = await listenWebSocket(
      { ...LOOPBACK, names },
      SETTINGS,
      (conn) => {
        taken.push(conn)
        conn.on('error', () => undefined)
      },
      (reason) => refused.push(reason),
      at.identity,
    )
    const open = async (origin: string) => {
      const ws = new WebSocket(`wss://127.0.0.1:${listener.port}/mqtt`, 'mqtt', {
        ...(at.identity.authority === undefined ? {} : { ca: at.identity.authority }),
        headers: { host: `sam.local:${listener.port}` },
        origin,
      })
      const opened = await new Promise<boolean>((resolve) => {
        ws.on('open', () => resolve(true))
        ws.on('error', () => resolve(false))
      })
      ws.terminate()
      return opened
    }
    assert.equal(await open('https://sam.local:8080'), true)
    assert.equal(await open('http://sam.local:8080'), false)
    assert.equal(await open('https://elsewhere.example'), false)
    assert.deepEqual(refused, ['websocket-origin', 'websocket-origin'])
    assert.equal(taken.length, 1)
    await listener[Symbol.asyncDispose]()
  })
})
