import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { Aedes } from 'aedes'
import { TestClock } from './clock.ts'
import { Link, type LinkOptions } from './mqtt.ts'

let folder: string
let socketPath: string
let count = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'habtwin-link-'))
})
after(() => rm(folder, { recursive: true }))
beforeEach(() => {
  socketPath = join(folder, `${++count}.sock`)
  clock = new TestClock()
})

let clock: TestClock
let stack: AsyncDisposableStack
beforeEach(() => {
  stack = new AsyncDisposableStack()
})
afterEach(() => stack.disposeAsync())

/** A broker at the socket of this test, and a way to make it vanish. */
async function startBroker() {
  const aedes = await Aedes.createBroker()
  aedes.authorizeSubscribe = (_, sub, done) => done(null, sub.topic.startsWith('secret') ? null : sub)
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    aedes.handle(socket)
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const stop = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
    await new Promise<void>((resolve) => aedes.close(resolve))
  }
  stack.defer(async () => {
    if (server.listening) await stop()
  })
  return {
    aedes,
    stop,
    publish: (topic: string, payload: string, retain = false) =>
      new Promise<void>((resolve, reject) =>
        aedes.publish({ cmd: 'publish', topic, payload, qos: 0, retain, dup: false }, (error) =>
          error ? reject(error) : resolve(),
        ),
      ),
  }
}

function newLink(options: Partial<LinkOptions> = {}): Link {
  return stack.use(new Link({ socketPath, clientId: `link-${count}`, clock, random: () => 0, ...options }))
}

const happens = (link: Link, name: 'up' | 'down') =>
  new Promise<void>((resolve) => {
    link.once(name, () => resolve())
  })

/** Lets real sockets work while the test's clock stands still. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

describe('a link', () => {
  it('that is begun before its broker comes up when the broker does', async () => {
    const link = newLink()
    link.start()
    // the first attempt has failed once the second waits
    for (let i = 0; i < 3; i++) {
      await until(() => clock.pending === 1)
      await clock.advance(10_000)
    }
    assert.equal(link.up, false)
    await until(() => clock.pending === 1)
    await startBroker()
    const up = happens(link, 'up')
    await clock.advance(10_000)
    await up
    assert.ok(link.up)
  })

  it('waits longer after each failure, up to a cap, and begins anew once it was up', async () => {
    const link = newLink({ retry: { first: 100, cap: 300 } })
    link.start()
    for (const wait of [100, 200, 300, 300]) {
      await until(() => clock.pending === 1)
      await clock.advance(wait - 1)
      assert.equal(clock.pending, 1)
      await clock.advance(1)
    }
    await until(() => clock.pending === 1)
    const broker = await startBroker()
    const up = happens(link, 'up')
    await clock.advance(300)
    await up
    await broker.stop()
    await until(() => clock.pending === 1)
    await clock.advance(99)
    assert.equal(clock.pending, 1)
    await clock.advance(1)
  })

  it('that is held breaks without a word and stays away, and is back at once when it is released', async () => {
    await startBroker()
    const link = newLink()
    link.hold('cut before it began')
    link.start()
    assert.equal(clock.pending, 0, 'it does not even try')
    const first = happens(link, 'up')
    link.release()
    await first
    const reasons: string[] = []
    link.on('down', (reason) => reasons.push(reason))
    link.on('failed', (reason) => reasons.push(reason))
    const down = happens(link, 'down')
    link.hold('cut')
    await down
    await clock.advance(600_000)
    assert.deepEqual([link.up, clock.pending, reasons], [false, 0, ['cut']])
    await assert.rejects(link.publish('a/b', 'x'))
    const up = happens(link, 'up')
    link.release()
    await up
    assert.ok(link.up)
  })

  it('subscribes again by itself, and hears what is retained each time', async () => {
    let broker = await startBroker()
    await broker.publish('a/kept', 'first', true)
    const link = newLink()
    const heard: string[] = []
    link.subscribe('a/+', (topic, payload, { retain }) => heard.push(`${topic} ${payload} ${retain}`))
    link.start()
    await until(() => heard.length === 1)
    await broker.publish('a/live', 'x')
    await until(() => heard.length === 2)
    const down = happens(link, 'down')
    await broker.stop()
    await down
    broker = await startBroker()
    await broker.publish('a/kept', 'second', true)
    await until(() => clock.pending === 1)
    await clock.advance(10_000)
    await until(() => heard.length === 3)
    assert.deepEqual(heard, ['a/kept first true', 'a/live x false', 'a/kept second true'])
  })

  it('takes subscriptions while it is up, calls every handler that fits, and lets go of them', async () => {
    const broker = await startBroker()
    const link = newLink()
    link.start()
    await happens(link, 'up')
    const heard: string[] = []
    const one = link.subscribe('x/1', () => heard.push('one'), { qos: 1 })
    link.subscribe('x/#', () => heard.push('all'))
    const subscribed = new Promise((resolve) =>
      broker.aedes.on('subscribe', (subs) => subs[0]?.topic === 'x/#' && resolve(0)),
    )
    await subscribed
    await broker.publish('x/1', '')
    await until(() => heard.length === 2)
    one[Symbol.dispose]()
    await link.publish('x/1', 'own', { qos: 1 })
    await until(() => heard.length === 3)
    assert.deepEqual(heard, ['one', 'all', 'all'])
  })

  it('says which subscription is refused, and keeps the others', async () => {
    const broker = await startBroker()
    const link = newLink()
    const heard: string[] = []
    link.subscribe('secret/#', () => heard.push('secret'))
    link.subscribe('open', () => heard.push('open'))
    const refused = new Promise((resolve) => link.once('refused', resolve))
    link.start()
    assert.equal(await refused, 'secret/#')
    await broker.publish('secret/x', '')
    await broker.publish('open', '')
    await until(() => heard.length > 0)
    assert.deepEqual(heard, ['open'])
  })

  it('rejects what is published while it is down, and what was not answered when it went down', async () => {
    const link = newLink()
    const unavailable = (error: unknown) => isHabtwinError(error, 'link/unavailable')
    await assert.rejects(link.publish('x', ''), unavailable)
    link.start()
    await until(() => clock.pending === 1)
    await assert.rejects(link.publish('x', ''), unavailable)
    const broker = await startBroker()
    broker.aedes.authorizePublish = () => broker.stop() // never answers
    const up = happens(link, 'up')
    await clock.advance(10_000)
    await up
    await assert.rejects(link.publish('x', '1', { qos: 1 }), unavailable)
    assert.equal(link.up, false)
  })

  it('leaves its will where it is lost, and takes it back where it closes', async () => {
    const broker = await startBroker()
    const wills: string[] = []
    broker.aedes.subscribe(
      'will/+',
      (packet, done) => {
        wills.push(packet.topic)
        done()
      },
      () => {},
    )
    const polite = newLink({ clientId: 'polite', will: { topic: 'will/polite', payload: 'x' } })
    polite.start()
    await happens(polite, 'up')
    await polite[Symbol.asyncDispose]()
    const other = newLink({ clientId: 'other', will: { topic: 'will/other', payload: 'x' } })
    other.start()
    await happens(other, 'up')
    // the same name again puts it out, as a process that was started twice would
    const twin = newLink({ clientId: 'other' })
    twin.start()
    await until(() => wills.length > 0)
    assert.deepEqual(wills, ['will/other'])
  })

  it('closes at once while it waits, while it connects and when it never began', async () => {
    const idle = newLink()
    await idle[Symbol.asyncDispose]()
    idle.start()
    const waiting = newLink()
    waiting.start()
    await until(() => clock.pending === 1)
    await waiting[Symbol.asyncDispose]()
    const connecting = newLink()
    connecting.start()
    await connecting[Symbol.asyncDispose]()
    assert.equal(clock.pending, 0)
  })

  it('cuts the connection where the broker does not let it go', async () => {
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      sockets.push(socket)
      // CONNACK, and silence from then on
      socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])))
      socket.on('error', () => {})
    })
    server.listen({ path: socketPath, allowHalfOpen: true } as { path: string })
    stack.defer(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const link = newLink()
    link.start()
    await happens(link, 'up')
    const waits = link.publish('x', '', { qos: 1 })
    const closed = link[Symbol.asyncDispose]()
    await assert.rejects(waits)
    await clock.advance(500)
    await closed
    assert.equal(link.up, false)
  })
})
