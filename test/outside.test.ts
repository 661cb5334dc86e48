/** A device that publishes its readings itself, through the whole line: what it was told was taken is in the store. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { addUser, changeUsers, hashPassword } from '@habtwin/runtime/users/index'
import { readAll } from '@habtwin/sim-core/store/index'
import mqtt, { type MqttClient } from 'mqtt'
import { Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

const habitat = `
habitat: { id: sam }
store: { commit: 1 s }
zones: { crew: { volume: 272 m3 } }
devices: { balcony: { zone: crew, driver: outside, points: { co2: {} } } }
`
const READINGS = 120
const SECRET = 'the lettuce is fine'

async function device(broker: string): Promise<MqttClient> {
  for (;;) {
    const options = { username: 'balcony', password: SECRET, clientId: 'balcony', reconnectPeriod: 0 }
    const client = mqtt.connect(`mqtt://${broker}`, options)
    client.on('error', () => {})
    const there = await new Promise((resolve) => {
      client.once('connect', () => resolve(true))
      client.once('close', () => resolve(false))
    })
    if (there) return client
    client.end(true)
    await new Promise((resolve) => setTimeout(resolve, 100)) // the gateway is being started again
  }
}

/** Moments of which the store has a value. */
function moments(data: string): Set<number> {
  const found = new Set<number>()
  for (const { device, rows } of readAll(join(data, 'sim'))) {
    if (device === 'balcony') for (const { t, value } of rows) if (value !== null) found.add(t)
  }
  return found
}

test('what an outside device was told was taken is in the store, though the gateway was killed', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  const password = await hashPassword(SECRET)
  const users = join(folder.path, 'data', 'access')
  changeUsers(users, (before) => addUser(before, { name: 'balcony', role: 'device', device: 'balcony', password }, 1))
  await using line = new Line(folder.path, (await steadyPorts()) + habitat)
  const { mqtt: broker } = await line.ready
  const begin = Date.now() - 60_000
  const taken = new Set<number>()
  for (let life = 0; life < 2; life++) {
    const client = await device(broker)
    const told = Promise.withResolvers<void>()
    const before = taken.size
    for (let i = 0; i < READINGS; i++) {
      const t = begin + (life * READINGS + i) * 10
      client.publish('hab/sam/in/balcony', JSON.stringify({ t, values: { co2: 600 + i } }), { qos: 1 }, (error) => {
        if (!error) taken.add(t)
        if (taken.size - before === READINGS / 2) told.resolve()
      })
    }
    await told.promise
    line.kill('gateway')
    client.end(true)
  }
  assert.ok(taken.size >= READINGS)
  const strange = await device(broker)
  const closed = new Promise<void>((resolve) => strange.once('close', () => resolve()))
  strange.publish('hab/sam/in/cellar', '{"co2":1}', { qos: 1 })
  await closed // it may speak for itself only
  await line.stop()
  await using again = new Line(folder.path, (await steadyPorts()) + habitat)
  await until(() => taken.isSubsetOf(moments(again.data)), 'everything that was acknowledged')
})
