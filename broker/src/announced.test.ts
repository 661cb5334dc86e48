import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { announce } from '@habtwin/runtime/announcement'
import mqtt, { type MqttClient } from 'mqtt'
import { createBroker } from './broker.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'habtwin-announced-'))
})
after(() => rmSync(folder, { recursive: true }))

const guest = announce({ who: { role: 'public', name: 'guest', via: 'session' }, from: '192.0.2.7' })

async function house(connectTimeout = 60_000) {
  const stack = new AsyncDisposableStack()
  const panel = join(folder, `${Math.random().toString(36).slice(2)}.sock`)
  const broker = stack.use(createBroker({ habitat: 'sam', sockets: { panel }, limits: { connectTimeout } }))
  await broker.start()
  const socket = () => {
    const made = connect(panel)
    made.on('error', () => undefined)
    stack.defer(() => void made.destroy())
    return made
  }
  return { broker, socket, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** The first answer that is a packet of this type. */
async function packet(socket: Socket, type: number): Promise<Buffer> {
  for (;;) {
    const [data] = (await once(socket, 'data')) as [Buffer]
    if ((data[0] ?? 0) >> 4 === type) return data
  }
}

const CONNECT = Buffer.from([0x10, 13, 0, 4, ...Buffer.from('MQTT'), 4, 2, 0, 60, 0, 1, 0x66])
const CONNACK = 2

describe('the panel’s socket', () => {
  it('lets in whoever the first line names, however it is cut', async () => {
    await using h = await house()
    const whole = h.socket()
    whole.write(Buffer.concat([Buffer.from(guest), CONNECT]))
    assert.equal((await packet(whole, CONNACK))[3], 0)
    const cut = h.socket()
    for (const byte of Buffer.concat([Buffer.from(guest), CONNECT.with(14, 0x67)].map((part) => Buffer.from(part)))) {
      cut.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.equal((await packet(cut, CONNACK))[3], 0)
  })

  it('and it is what the line says: the public hears what is public', async () => {
    await using h = await house()
    const client: MqttClient = new mqtt.MqttClient(
      () => {
        const socket = h.socket()
        socket.write(guest)
        return socket
      },
      { reconnectPeriod: 0 },
    )
    await new Promise((resolve) => client.once('connect', resolve))
    const heard: string[] = []
    client.on('message', (topic) => heard.push(topic))
    await client.subscribeAsync('hab/sam/public/#')
    await assert.rejects(client.subscribeAsync('#'))
    const got = new Promise((resolve) => client.once('message', resolve))
    await h.broker.publish('hab/sam/alert/a', '1')
    await h.broker.publish('hab/sam/public/crew/co2', '1')
    await got
    assert.deepEqual(heard, ['hab/sam/public/crew/co2'])
    client.end(true)
  })

  it('whoever says nothing that can be understood, too much, or nothing at all, is turned away', async () => {
    await using h = await house(200)
    for (const bytes of ['nonsense\n', 'x'.repeat(5_000), '{"who":{"role":"service"}}\n', CONNECT, '']) {
      const socket = h.socket()
      const closed = once(socket, 'close')
      socket.resume()
      if (bytes.length > 0) socket.write(bytes)
      await closed
    }
    assert.equal(h.broker.counts.refused.get('not-mqtt'), 5)
    assert.equal(h.broker.counts.connections, 0)
  })
})
