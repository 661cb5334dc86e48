import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect } from 'node:tls'
import { TestClock } from '@habtwin/runtime/clock'
import type { Log } from '@habtwin/runtime/log'
import { Identity } from '@habtwin/runtime/tls/identity'
import { HttpServer } from './server.ts'
import { habitat } from './support.ts'

const DAY = 86_400_000
const silent = { info() {}, warn() {}, error() {} } as unknown as Log

/** A panel that speaks TLS. */
async function panel({ hsts = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-https-'))
  const clock = new TestClock(Date.now() - 300 * DAY)
  const settings = { names: ['habitat.example'] }
  const identity = await Identity.open({ folder, part: 'sim', habitat: 'sam', settings, clock, log: silent })
  const of = habitat({ tls: { identity, handshake: 5_000, hsts }, authority: () => identity.authority })
  const server = await HttpServer.start(of.options)
  const ask = (path: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const ca = identity.authority ?? ''
      request({ host: '127.0.0.1', port: server.port, path, ca, headers, agent: false }, (answer) => {
        let body = ''
        answer.on('data', (chunk) => {
          body += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
        .on('error', reject)
        .end()
    })
  return {
    ...{ identity, clock, server, ask },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      of[Symbol.dispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

describe('the panel with TLS', () => {
  it('answers, and hands out whom to trust', async () => {
    await using at = await panel()
    assert.equal((await at.ask('/api/about')).status, 200)
    const { status, headers, body } = await at.ask('/ca.pem')
    assert.equal(status, 200)
    assert.equal(headers['content-type'], 'application/x-x509-ca-cert')
    assert.equal(body, at.identity.authority)
  })

  it('asks browsers to come by TLS only under a name, never on loopback or an address, nor where that is switched off', async () => {
    await using at = await panel()
    const named = await at.ask('/api/about', { host: `habitat.example:${at.server.port}` })
    assert.match(String(named.headers['strict-transport-security']), /^max-age=\d+$/)
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const { status, headers } = await at.ask('/api/about', { host: `${host}:${at.server.port}` })
      assert.deepEqual([status, headers['strict-transport-security']], [200, undefined], host)
    }
    await using without = await panel({ hsts: false })
    const quiet = await without.ask('/api/about', { host: 'habitat.example' })
    assert.deepEqual([quiet.status, quiet.headers['strict-transport-security']], [200, undefined])
  })

  it('lets no page ask that came without TLS, though it be of the same name', async () => {
    await using at = await panel()
    const host = `habitat.example:${at.server.port}`
    const from = async (origin: string) => (await at.ask('/api/about', { host, origin })).status
    assert.equal(await from(`https://${host}`), 200)
    assert.equal(await from(`http://${host}`), 403)
    assert.equal(await from('https://elsewhere.example'), 403)
  })

  it('shows a renewed certificate to the next who comes, while a request that is under way is answered', async () => {
    await using at = await panel()
    const ca = at.identity.authority ?? ''
    const socket = connect({ host: '127.0.0.1', port: at.server.port, ca })
    await once(socket, 'secureConnect')
    socket.write('GET /api/about HTTP/1.1\r\nHost: 127.0.0.1\r\n')
    const before = at.identity.pair.fingerprint
    await at.clock.advance(300 * DAY)
    await at.identity.look()
    assert.notEqual(at.identity.pair.fingerprint, before)
    socket.write('Connection: close\r\n\r\n')
    let answer = ''
    for await (const chunk of socket) answer += chunk
    assert.match(answer, /^HTTP\/1\.1 200/)
    const next = connect({ host: '127.0.0.1', port: at.server.port, ca })
    await once(next, 'secureConnect')
    assert.equal(next.getPeerX509Certificate()?.fingerprint256, at.identity.pair.fingerprint)
    next.destroy()
  })
})
