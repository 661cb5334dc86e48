/**
 * Where one machine is not enough: gateways speak to a cluster of somebody else's brokers, and recorders that share the
 * habitats between them listen there. A server of the cluster and a recorder are killed; nothing is lost or stored twice.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '@habtwin/runtime'
import { PlayedGateway } from './support/gateways.ts'
import { temporaryFolder } from './support/line.ts'
import { startNatsCluster } from './support/nats.ts'
import { Receiver, rowsOf } from './support/receiver.ts'
import { freePort, missing, slow } from './support/servers.ts'
import { storedIn } from './support/stored.ts'
import { until } from './support/until.ts'

const HABITATS = 6

test('a recorder and a server of a NATS cluster are killed, and nothing is lost or stored twice', {
  skip: slow || missing('nats-server'),
}, async () => {
  using folder = temporaryFolder()
  await using cleanup = new AsyncDisposableStack()
  const cluster = await startNatsCluster()
  for (const server of cluster) cleanup.use(server)
  const urls = cluster.map(({ url }) => url)
  const panel = await freePort()
  const config = `broker: { url: [${urls.map((url) => `"${url}"`).join(', ')}] }\nhttp: { panel: ${panel} }\nstore: { commit: 1 s }\n`
  const desk = { panel: `127.0.0.1:${panel}` }
  const first = new Receiver(folder.path, config)
  cleanup.use(first)
  await first.ready
  const second = new Receiver(folder.path, config)
  cleanup.use(second)
  const gateways = Array.from({ length: HABITATS }, (_, i) =>
    cleanup.use(
      new PlayedGateway({
        habitat: `hab-${i}`,
        // each begins with another server
        url: urls.map((_, k) => urls[(i + k) % urls.length] ?? ''),
        clock: systemClock,
      }),
    ),
  )
  for (const gateway of gateways) gateway.start()
  const allUp = () => gateways.every(({ link }) => link.up)
  const allDone = () => gateways.every((one) => one.isDone)
  await until(allUp, 'all gateways are connected')
  await until(async () => (await rowsOf(desk)).length === HABITATS, 'all habitats are recorded')
  let t = Date.now() - 3_600_000
  let n = 0
  const take = (count: number) => {
    n += count
    for (let i = 0; i < count; i++, t += 10) for (const one of gateways) one.read('air', t, { co2: i, temperature: 20 })
  }
  take(200)
  await until(allDone, 'all is stored')

  take(200)
  await cluster[1]?.kill()
  take(200)
  await until(allUp, 'those who were connected to it have found another')
  await until(allDone, 'all is stored without that server')

  take(200)
  await first.kill()
  take(200)
  await until(allDone, 'all is stored by the other recorder')
  await cluster[1]?.start()
  await cluster[2]?.kill()
  take(200)
  await until(allDone, 'all is stored with another server gone')
  await second[Symbol.asyncDispose]()
  for (const { habitat } of gateways) {
    const { counts, twice } = storedIn(join(folder.path, 'data', 'habitats', habitat))
    assert.deepEqual(counts, { 'air/co2': n, 'air/temperature': n }, habitat)
    assert.deepEqual(twice, {}, habitat)
  }
})
