/** `habtwin broker` as a real process: who wants only the broker has it, with all that a gateway's would have. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dataFolder, systemClock } from '@habtwin/runtime'
import { makeClient } from '@habtwin/runtime/tls/make'
import { ownAuthority } from '@habtwin/runtime/tls/own'
import { addToken, addUser, changeUsers, newToken } from '@habtwin/runtime/users/index'
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { habtwin, launcher, plainEnvironment, temporaryFolder } from './support/line.ts'
import { metrics } from './support/metrics.ts'
import { until } from './support/until.ts'

const CONFIG = `habitat: { id: sam }
zones: { greenhouse: {} }
devices: { balcony: { zone: greenhouse, driver: outside, every: 30 s, points: { co2: {} } } }
broker: { mqtt: 0, websocket: 0, tls: 0, mqtt5: true }
http: { gateway: 0 }
tls: { clients: optional }
`

const DAY = 86_400_000

interface Ready {
  readonly mqtt: string
  readonly mqtts: string
  readonly websocket: string
  readonly gateway: string
}

/** Starts it, and reads the line that says where it listens. */
async function start(file: string, data: string): Promise<{ child: ChildProcess; ready: Ready }> {
  const child = spawn(process.execPath, [launcher, 'broker', '--json', '--config', file, '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...plainEnvironment(), HABTWIN_LOG: 'error' },
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, ready: (JSON.parse(line.toString()) as { ready: Ready }).ready }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  child.kill(signal)
  const [status] = (await once(child, 'exit')) as [number | null]
  return status
}

async function enter(url: string, options: IClientOptions): Promise<{ client: MqttClient; texts: string[] }> {
  const client = mqtt.connect(url, { reconnectPeriod: 0, rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  const texts: string[] = []
  client.on('message', (_topic, payload) => texts.push(payload.toString()))
  await new Promise((resolve, reject) => {
    client.once('connect', resolve)
    client.once('close', () => reject(new Error('closed')))
  })
  return { client, texts }
}

test('the broker alone serves its users at every door, keeps what it acknowledged, says how it is, and ends when told', async () => {
  using folder = temporaryFolder()
  const [file, data] = [join(folder.path, 'habitat.yaml'), join(folder.path, 'data')]
  writeFileSync(file, CONFIG)
  const tokens = { kai: newToken(), balcony: newToken() }
  changeUsers(dataFolder(data).access, (users) => {
    let all = addUser(users, { name: 'kai', role: 'crew' }, Date.now())
    all = addUser(all, { name: 'balcony', role: 'device' }, Date.now())
    for (const [user, { hash }] of Object.entries(tokens)) all = addToken(all, { id: user, user, hash }, Date.now())
    return all
  })
  const as = (name: keyof typeof tokens) => ({ username: name, password: tokens[name].secret })

  const first = await start(file, data)
  try {
    const again = await habtwin('broker', '--config', file, '--data', data)
    assert.equal(again.status, 1)
    assert.match(again.err, /data\/locked/)

    const desk: IClientOptions = { ...as('kai'), clientId: 'desk', clean: false }
    const reader = await enter(`mqtts://${first.ready.mqtts}`, desk)
    await reader.client.subscribeAsync('hab/sam/in/#', { qos: 1 })
    await reader.client.endAsync()
    const balcony = await enter(`ws://${first.ready.websocket}/mqtt`, { ...as('balcony'), clientId: 'balcony', protocolVersion: 5 }) // biome-ignore format: one thought
    await balcony.client.publishAsync('hab/sam/in/balcony/co2', '812', { qos: 1 })
    await assert.rejects(balcony.client.publishAsync('hab/sam/in/other/co2', '812', { qos: 1 }))
    await assert.rejects(balcony.client.subscribeAsync('#'))

    const authority = await ownAuthority({ folder: dataFolder(data).tls, habitat: 'sam', clock: systemClock })
    const past = { from: Date.now() - 20 * DAY, to: Date.now() - 10 * DAY }
    const { certificate: cert, key } = await makeClient('kai', 'urn:habtwin:user:kai', past, authority)
    await assert.rejects(enter(`mqtts://${first.ready.mqtts}`, { cert, key }))

    const { gateway } = first.ready
    assert.equal((await fetch(`http://${gateway}/healthz`)).status, 200)
    assert.equal((await fetch(`http://${gateway}/readyz`)).status, 200)
    const figures = await metrics(gateway)
    assert.equal(figures('habtwin_broker_connections'), 1)
    assert.equal(figures('habtwin_broker_waiting'), 1)
    assert.equal(figures('habtwin_broker_refused_total{reason="publish"}'), 1)
    assert.equal(figures('habtwin_broker_refused_total{reason="subscribe"}'), 1)
    assert.equal(figures('habtwin_broker_refused_total{reason="tls-certificate-expired"}'), 1)
    balcony.client.end(true)
  } finally {
    await stop(first.child, 'SIGKILL')
  }

  const second = await start(file, data)
  try {
    const reader = await enter(`mqtt://${second.ready.mqtt}`, { ...as('kai'), clientId: 'desk', clean: false })
    await until(() => reader.texts.length === 1, 'what was acknowledged before the kill')
    assert.deepEqual(reader.texts, ['812'])
    reader.client.end(true)
  } finally {
    assert.equal(await stop(second.child, 'SIGTERM'), 0)
  }
  const audit = join(data, 'gateway', 'audit')
  const written = readdirSync(audit).map((name) => readFileSync(join(audit, name), 'utf8')).join('') // biome-ignore format: one thought
  for (const reason of ['publish', 'subscribe', 'tls-certificate-expired'])
    assert.match(written, new RegExp(`"reason":"${reason}"`))
})
