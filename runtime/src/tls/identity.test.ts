import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { connect, createServer, type Server, type TLSSocket } from 'node:tls'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '../clock.ts'
import type { Log } from '../log.ts'
import { authorityOf, Identity, type TlsSettings } from './identity.ts'
import { makeServer } from './make.ts'
import { ownAuthority, ownServer, renewServer, serverFile } from './own.ts'

const DAY = 86_400_000

/** A folder, a clock and a log; whatever an identity is opened with. @param age how far the clock is behind, ms */
function place(age = 0) {
  const root = mkdtempSync(join(tmpdir(), 'habtwin-identity-'))
  const folder = join(root, 'tls')
  const clock = new TestClock(Date.now() - age)
  const said: { code?: string; text: string }[] = []
  const take = (fields: { code?: string }, text: string) => void said.push({ ...fields, text })
  const log = { info: take, warn: take, error: take } as unknown as Log
  const open = (settings: Partial<TlsSettings> = {}) =>
    Identity.open({ folder, part: 'gateway', habitat: 'sam', settings: { names: [], ...settings }, clock, log })
  const own = (name: string) => ({ folder: join(root, name), habitat: name, clock })
  return {
    root,
    folder,
    clock,
    said,
    open,
    own,
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** A server that says what it is told. */
async function echo(identity: Identity): Promise<AsyncDisposable & { server: Server; port: number }> {
  const server = createServer(identity.context(), (socket) => socket.on('error', () => undefined).pipe(socket))
  const follows = identity.serve(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  return {
    server,
    port,
    async [Symbol.asyncDispose]() {
      follows[Symbol.dispose]()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function dial(port: number, ca: string | undefined): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ...(ca === undefined ? {} : { ca }) })
  await once(socket, 'secureConnect')
  return socket
}

async function says(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  return answer.toString()
}

describe('the certificate in force', () => {
  it('clients that trust the authority come in, without anything having been prepared', async () => {
    using at = place()
    const identity = await at.open()
    await using served = await echo(identity)
    const socket = await dial(served.port, identity.authority)
    assert.ok(socket.authorized)
    assert.match(socket.getProtocol() ?? '', /^TLSv1\.[23]$/)
    assert.equal(await says(socket, 'hello'), 'hello')
    socket.end()
  })

  it('is renewed before it ends, and nobody who is connected is dropped', async () => {
    using at = place(300 * DAY)
    const identity = await at.open()
    await using served = await echo(identity)
    const before = identity.pair
    const socket = await dial(served.port, identity.authority)
    await at.clock.advance(300 * DAY)
    await identity.look()
    assert.notEqual(identity.pair.fingerprint, before.fingerprint)
    assert.equal(await says(socket, 'still here'), 'still here')
    const later = await dial(served.port, identity.authority)
    assert.equal(later.getPeerX509Certificate()?.fingerprint256, identity.pair.fingerprint)
    for (const one of [socket, later]) one.end()
  })

  it('a new one that another process made is taken up, and each minute is looked at what there is', async () => {
    using at = place()
    const identity = await at.open()
    const stop = new AbortController()
    const running = identity.run(stop.signal)
    const own = { folder: at.folder, habitat: 'sam', clock: at.clock }
    const made = await renewServer(own, await ownAuthority(own), 'gateway', identity.pair.names)
    await at.clock.advance(61_000)
    await identity.look()
    assert.equal(identity.pair.fingerprint, made.fingerprint)
    stop.abort()
    await running
    assert.equal(at.clock.pending, 0)
  })

  it('a given certificate is taken, and followed when it is replaced', async () => {
    using at = place()
    const [first, second] = [at.own('first'), at.own('second')]
    const a = await ownServer(first, 'x', ['localhost', '127.0.0.1'])
    await ownServer(second, 'x', ['localhost', '127.0.0.1'])
    const file = join(at.root, 'given.pem')
    copyFileSync(serverFile(first.folder, 'x'), file)
    const settings = { certificate: file, key: file, authority: join(first.folder, 'ca.pem') }
    const identity = await at.open(settings)
    assert.equal(identity.pair.fingerprint, a.fingerprint)
    assert.equal(identity.authority, (await ownAuthority(first)).certificate)
    assert.equal(authorityOf({ names: [], ...settings }, at.folder), identity.authority)
    await using served = await echo(identity)
    copyFileSync(serverFile(second.folder, 'x'), file)
    await identity.look()
    const socket = await dial(served.port, (await ownAuthority(second)).certificate)
    assert.ok(socket.authorized)
    socket.end()
  })

  it('a bad one changes nothing, and says what is wrong', async () => {
    using at = place()
    const [first, second] = [at.own('first'), at.own('second')]
    await ownServer(first, 'x', ['localhost'])
    await ownServer(second, 'x', ['localhost'])
    const [certificate, key] = [join(at.root, 'c.pem'), join(at.root, 'k.pem')]
    for (const file of [certificate, key]) copyFileSync(serverFile(first.folder, 'x'), file)
    const identity = await at.open({ certificate, key })
    const before = identity.pair.fingerprint
    const codes: (string | undefined)[] = []
    for (const spoil of [
      () => copyFileSync(serverFile(second.folder, 'x'), key),
      () => writeFileSync(key, 'no key'),
      () => renameSync(key, `${key}.away`),
    ]) {
      spoil()
      await at.clock.advance(60_000)
      at.said.length = 0
      await identity.look()
      codes.push(at.said[0]?.code)
      assert.equal(identity.pair.fingerprint, before)
    }
    assert.deepEqual(codes, ['tls/mismatch', 'tls/invalid', 'tls/unreadable'])
  })

  it('one that is over is told at the start, and never takes the place of one that is not', async () => {
    using at = place()
    const now = at.clock.now()
    const by = await ownAuthority(at.own('past'))
    const past = await makeServer(['localhost'], { from: now - 90 * DAY, to: now - 10 * DAY }, by)
    const file = join(at.root, 'given.pem')
    writeFileSync(file, past.certificate + past.key)
    const identity = await at.open({ certificate: file, key: file })
    assert.equal(at.said[0]?.code, 'tls/expired')
    const good = at.own('good')
    const valid = await ownServer(good, 'x', ['localhost'])
    copyFileSync(serverFile(good.folder, 'x'), file)
    await identity.look()
    assert.equal(identity.pair.fingerprint, valid.fingerprint)
    writeFileSync(file, past.certificate + past.key)
    await at.clock.advance(2 * DAY)
    at.said.length = 0
    await identity.look()
    assert.equal(identity.pair.fingerprint, valid.fingerprint)
    assert.equal(at.said[0]?.code, 'tls/expired')
  })

  it('what cannot be read at the start is an error, to be tried again', async () => {
    using at = place()
    const file = join(at.root, 'none.pem')
    await assert.rejects(at.open({ certificate: file, key: file }), (error) => isHabtwinError(error, 'tls/unreadable'))
  })
})
