import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createPlain, type Server as PlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createServer } from 'node:tls'
import { Aedes } from 'aedes'
import { systemClock } from '../clock.ts'
import { Link } from '../mqtt.ts'
import { type ClientTlsFiles, clientTls } from './client.ts'
import { makeServer } from './make.ts'
import { caFile, issueClient, ownAuthority } from './own.ts'

const DAY = 86_400_000

/** An authority, and brokers whose certificates are as a test wants them. */
async function far() {
  const root = mkdtempSync(join(tmpdir(), 'habtwin-far-'))
  const own = { folder: join(root, 'tls'), habitat: 'earth', clock: systemClock }
  const authority = await ownAuthority(own)
  const stack = new AsyncDisposableStack()
  stack.defer(() => rmSync(root, { recursive: true, force: true }))
  const listen = async (server: PlainServer) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stack.defer(() => void server.close())
    const bound = server.address()
    return bound !== null && typeof bound === 'object' ? bound.port : 0
  }
  return {
    ...{ root, own, authority, listen },
    async broker(names: string[], from = -DAY, to = DAY, more: object = {}) {
      const now = Date.now()
      const { certificate: cert, key } = await makeServer(names, { from: now + from, to: now + to }, authority)
      const aedes = await Aedes.createBroker()
      stack.defer(() => new Promise<void>((resolve) => aedes.close(resolve)))
      const server = createServer({ cert, key, ...more }, (socket) => {
        socket.on('error', () => undefined)
        aedes.handle(socket)
      })
      server.on('tlsClientError', () => undefined)
      return listen(server)
    },
    /** Connects, and tells how that went. */
    async dial(port: number, files: ClientTlsFiles): Promise<string> {
      await using link = new Link({
        url: `mqtts://127.0.0.1:${port}`,
        clientId: 'far',
        tls: clientTls(files),
        retry: { first: 100_000, cap: 100_000 },
      })
      link.start()
      const up = once(link, 'up').then(() => 'up')
      // what is returned unawaited would find the link closed
      return await Promise.race([up, once(link, 'failed').then(([why]) => String(why))])
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

describe('a link with TLS', () => {
  it('comes up where it trusts the authority and the name is right', async () => {
    await using at = await far()
    const ca = caFile(at.own.folder)
    assert.equal(await at.dial(await at.broker(['127.0.0.1']), { ca }), 'up')
    assert.equal(await at.dial(await at.broker(['earth.example']), { ca, servername: 'earth.example' }), 'up')
  })

  it('says what is wrong with the certificate of the other side', async () => {
    await using at = await far()
    const ca = caFile(at.own.folder)
    const good = await at.broker(['127.0.0.1'])
    assert.match(await at.dial(await at.broker(['127.0.0.1'], -9 * DAY, -DAY), { ca }), /has expired/)
    assert.match(await at.dial(await at.broker(['127.0.0.1'], DAY, 9 * DAY), { ca }), /not valid yet/)
    assert.match(await at.dial(await at.broker(['earth.example']), { ca }), /for other names/)
    assert.match(await at.dial(good, {}), /authority that is not trusted here/)
    const plain = await at.listen(createPlain((socket) => socket.on('error', () => undefined).end('hello, I am plain')))
    assert.match(await at.dial(plain, { ca }), /does not speak TLS/)
  })

  it('shows its certificate to those who ask for one, and says that one is asked for', async () => {
    await using at = await far()
    const ca = caFile(at.own.folder)
    const strict = { requestCert: true, rejectUnauthorized: true, ca: at.authority.certificate, maxVersion: 'TLSv1.2' }
    const port = await at.broker(['127.0.0.1'], -DAY, DAY, strict)
    const made = await issueClient(at.own, 'sam', 30)
    const certificate = join(at.root, 'sam.pem')
    writeFileSync(certificate, made.certificate + made.key)
    assert.equal(await at.dial(port, { ca, certificate, key: certificate }), 'up')
    assert.notEqual(await at.dial(port, { ca }), 'up')
  })

  it('says which file cannot be used, and looks again at the next attempt', async () => {
    await using at = await far()
    const port = await at.broker(['127.0.0.1'])
    const ca = join(at.root, 'later.pem')
    await using link = new Link({
      url: `mqtts://127.0.0.1:${port}`,
      clientId: 'far',
      tls: clientTls({ ca }),
      retry: { first: 20, cap: 20 },
    })
    const failed = once(link, 'failed')
    queueMicrotask(() => link.start())
    const [why] = await failed
    assert.match(String(why), /later\.pem/)
    writeFileSync(ca, at.authority.certificate)
    await once(link, 'up')
  })
})
