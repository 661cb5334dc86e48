import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import mqtt, { type MqttClient } from 'mqtt'
import { until } from '../../test/support/until.ts'
import { describeOver, mqtt5 } from './engines.cases.ts'

/** A broker in a process of its own that keeps its folder and port from one life to the next. */
class Mortal implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'habtwin-kill-'))
  #child: ChildProcess | undefined
  port = 0

  async start(): Promise<void> {
    const script = join(import.meta.dirname, 'kill.worker.ts')
    const child = spawn(process.execPath, [script, this.#folder, `${this.port}`, mqtt5() ? '5' : '4'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    this.port = Number(line.toString())
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** A client that has been let in. */
  async join(options: mqtt.IClientOptions): Promise<MqttClient> {
    const client = mqtt.connect(`mqtt://127.0.0.1:${this.port}`, { reconnectPeriod: 0, ...options })
    client.on('error', () => {})
    await connected(client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function connected(client: MqttClient): Promise<{ sessionPresent: boolean }> {
  return new Promise((resolve, reject) => {
    client.once('connect', resolve)
    client.once('close', () => reject(new Error('closed')))
  })
}

const SUBSCRIBER = { clientId: 'keeper', clean: false }

describeOver('a broker that is killed', () => {
  it('nothing that was acknowledged is lost, however often the process is killed', async () => {
    await using broker = new Mortal()
    await broker.start()
    const subscriber = await broker.join(SUBSCRIBER)
    await subscriber.subscribeAsync('kept/#', { qos: 1 })
    await subscriber.endAsync()
    const acknowledged = new Set<string>()
    const lives = mqtt5() ? 2 : 3
    for (let life = 0; life < lives; life++) {
      const publisher = await broker.join({ clientId: `publisher-${life}` })
      const most = 20 + Math.floor(300 * Math.random())
      const enough = Promise.withResolvers<void>()
      let taken = 0
      // unbounded by what comes back, so that the kill finds many under way
      for (let i = 0; i < most + 200; i++) {
        const text = `${life}/${i}`
        publisher.publish('kept/x', text, { qos: 1 }, (error) => {
          if (error) return
          acknowledged.add(text)
          if (++taken === most) enough.resolve()
        })
      }
      await enough.promise
      await broker.kill()
      publisher.end(true)
      await broker.start()
    }
    const arrived = new Set<string>()
    const again = mqtt.connect(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 0, ...SUBSCRIBER })
    again.on('error', () => {})
    again.on('message', (_topic, payload) => arrived.add(payload.toString()))
    const { sessionPresent } = await connected(again)
    assert.equal(sessionPresent, true)
    await until(() => acknowledged.isSubsetOf(arrived), 'everything that was acknowledged')
    assert.ok(acknowledged.size >= 20 * lives)
    again.end(true)
  })

  it('retained messages and last wills outlive the process, and what was taken back does not come again', async () => {
    await using broker = new Mortal()
    await broker.start()
    const will = { topic: 'wills/a', payload: Buffer.from('gone'), qos: 1 as const, retain: true }
    // put out by its own other connection: the will of that one is the one that stands
    const before = await broker.join({ clientId: 'a', will: { ...will, payload: Buffer.from('of the one before') } })
    const out = new Promise<void>((resolve) => before.once('close', () => resolve()))
    const mortal = await broker.join({ clientId: 'a', will })
    await out
    await mortal.publishAsync('state/a', 'first', { qos: 1, retain: true })
    await mortal.publishAsync('state/a', 'second', { qos: 1, retain: true })
    await mortal.publishAsync('state/b', 'there', { qos: 1, retain: true })
    await mortal.publishAsync('state/b', '', { qos: 1, retain: true })
    await broker.kill()
    await broker.start()
    const client = await broker.join({ clientId: 'b' })
    const arrived: string[] = []
    client.on('message', (topic, payload) => arrived.push(`${topic} ${payload}`))
    await client.subscribeAsync('#', { qos: 1 })
    await until(() => arrived.length >= 2, 'both')
    assert.deepEqual(arrived.sort(), ['state/a second', 'wills/a gone'])
    client.end(true)
    mortal.end(true)
  })
})
