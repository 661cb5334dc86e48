/** The Mosquitto of mission control, as it is configured for its container, with the machine's own Mosquitto. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadReceiveConfig } from '@habtwin/runtime'
import { connectAsync, type IClientOptions } from 'mqtt'
import { parse } from 'yaml'
import { freePort, missing, startServer, takesConnections } from '../../test/support/servers.ts'

const here = import.meta.dirname
const root = join(here, '../..')
const read = (name: string) => readFileSync(join(here, name), 'utf8')

interface Service {
  readonly build: { readonly context: string; readonly dockerfile: string }
  readonly volumes?: readonly string[]
  readonly depends_on?: readonly string[]
  readonly network_mode: string
}
const house = parse(read('docker-compose.yml')) as {
  services: Record<string, Service>
  volumes: Record<string, object>
}

test('the compose file of mission control uses only what is there', () => {
  assert.deepEqual(Object.keys(house.services), ['broker', 'receive', 'influxdb', 'grafana'])
  for (const { build, volumes = [], depends_on = [] } of Object.values(house.services)) {
    assert.ok(existsSync(join(root, build.dockerfile)), build.dockerfile)
    for (const volume of volumes) assert.ok((volume.split(':')[0] ?? '') in house.volumes, volume)
    for (const other of depends_on) assert.ok(other in house.services, other)
  }
  for (const file of Object.values(house.services).map(({ build }) => build.dockerfile))
    for (const [, base] of readFileSync(join(root, file), 'utf8').matchAll(/^FROM (\S+)/gm))
      assert.match(base ?? '', /:\d/)
  assert.ok(statSync(join(here, 'mosquitto/first-boot.sh')).mode & 0o100)
})

test('its configuration names the secrets of that compose file, and writes where Grafana looks', () => {
  const config = loadReceiveConfig(join(root, 'deploy/examples/mission-control.yaml'), {})
  assert.equal(config.broker.password_file, '/run/secrets/habtwin/broker-password')
  assert.equal(config.influx?.bucket, 'habitat')
  assert.match(read('mosquitto/mosquitto.conf'), /^listener 1883 127\.0\.0\.1$/m)
  assert.match(read('mosquitto/mosquitto.conf'), /^allow_anonymous false$/m)
})

const skip = missing('mosquitto') || missing('mosquitto_passwd') || missing('openssl')

test('a gateway reaches its own habitat and nothing else, by TLS; nobody comes in without a password', {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-mosquitto-'))
  try {
    const [secrets, shared, bin] = ['secrets', 'shared', 'bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const env = { ...process.env, MOSQUITTO_SECRETS: secrets, HABTWIN_SECRETS: shared }
    const boot = (...args: string[]) => {
      // in its container the script ends by becoming Mosquitto, and speaks to it as process 1
      const done = spawnSync('sh', [join(here, 'mosquitto/first-boot.sh'), ...args], { env: { ...env, PATH: `${bin}:${process.env.PATH}` }, encoding: 'utf8' }) // biome-ignore format: one line
      assert.equal(done.status, 0, done.stderr)
      return done.stdout
    }
    // nobody is called mosquitto where it is not installed from Debian
    mkdirSync(bin)
    writeFileSync(join(bin, 'chown'), '#!/bin/sh\n')
    chmodSync(join(bin, 'chown'), 0o755)
    const receivers = () => readFileSync(join(shared, 'broker-password'), 'utf8')
    boot('true')
    const first = receivers()
    boot('true')
    const again = receivers()
    assert.equal(again, first, 'what was made is kept')
    assert.match(first, /^[0-9a-f]{48}$/)
    const password = boot('add', 'sam').trim()
    boot('add', 'mars')
    assert.match(boot('authority'), /BEGIN CERTIFICATE/)

    const [plain, tls] = [await freePort(), await freePort()]
    const lines = read('mosquitto/mosquitto.conf')
      .replace('listener 1883 127.0.0.1', `listener ${plain} 127.0.0.1`)
      .replace('listener 8883', `listener ${tls} 127.0.0.1`)
      .replaceAll('/mosquitto/secrets', secrets)
      .replaceAll('/mosquitto/data', folder)
      .replaceAll('/mosquitto/config', join(here, 'mosquitto'))
    await using _server = await startServer('mosquitto', plain, takesConnections, (own) => {
      writeFileSync(join(own, 'mosquitto.conf'), `${lines}\nuser ${process.env.USER ?? 'root'}\n`)
      return ['-c', join(own, 'mosquitto.conf')]
    })
    const ca = boot('authority')
    await using clients = new AsyncDisposableStack()
    const come = async (url: string, options: IClientOptions) => {
      const client = await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 10_000, ...options })
      clients.defer(() => client.endAsync(true))
      return client
    }
    const receive = await come(`mqtt://127.0.0.1:${plain}`, {
      username: 'receive',
      password: first,
    })
    const sam = await come(`mqtts://localhost:${tls}`, { ca, username: 'sam', password })
    await assert.rejects(come(`mqtts://localhost:${tls}`, { username: 'sam', password }))
    await assert.rejects(come(`mqtt://127.0.0.1:${plain}`, {}))
    await assert.rejects(come(`mqtt://127.0.0.1:${plain}`, { username: 'sam', password: 'wrong' }))

    const heard: string[] = []
    const last = Promise.withResolvers<void>()
    receive.on('message', (topic) => {
      heard.push(topic)
      if (topic === 'hab/sam/event/last') last.resolve()
    })
    const told = Promise.withResolvers<string>()
    sam.on('message', (topic) => told.resolve(topic))
    await receive.subscribeAsync('hab/#', { qos: 1 })
    await sam.subscribeAsync(['hab/sam/command/+/+', 'hab/mars/command/+/+'], { qos: 1 })
    await sam.publishAsync('hab/mars/device/air/reading', '{}', { qos: 1 })
    await sam.publishAsync('hab/sam/device/air/reading', '{}', { qos: 1 })
    await sam.publishAsync('hab/sam/event/last', '{}', { qos: 1 })
    await last.promise
    assert.deepEqual(heard, ['hab/sam/device/air/reading', 'hab/sam/event/last'])
    await receive.publishAsync('hab/mars/command/fan/state', '{}', { qos: 1 })
    await receive.publishAsync('hab/sam/command/fan/state', '{}', { qos: 1 })
    assert.equal(await told.promise, 'hab/sam/command/fan/state')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
