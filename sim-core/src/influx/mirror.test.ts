import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { missing, startInfluxd, startVictoria } from '../../../test/support/servers.ts'
import { LONG } from '../../../test/support/until.ts'
import { Store } from '../store/store.ts'
import { folder, JOURNAL, memoryLog, one } from '../store/support.ts'
import { InfluxMirror } from './mirror.ts'
import type { InfluxConfig } from './transport.ts'

const BEGIN = Date.UTC(2026, 10, 20)
const DATABASE = 'hab'

/** `count` readings, one a second, from number `first` on. */
function readings(first: number, count: number) {
  return Array.from({ length: count }, (_, i) => one(first + i, BEGIN + (first + i) * 1000, (first + i) % 7))
}

/** A mirror that runs until the end of the scope. */
function running(store: Store, config: InfluxConfig) {
  const clock = new TestClock()
  const log = memoryLog()
  const control = new AbortController()
  const mirror = new InfluxMirror({
    habitat: 'sam',
    config,
    cursor: store.cursor('influx'),
    infoAt: (device, t) => store.infoAt(device, t),
    clock,
    log,
  })
  const run = mirror.run(control.signal)
  const stop = async () => {
    control.abort()
    await run
    assert.equal(clock.pending, 0)
  }
  /** Moves time until something is so; the servers are real and take real time. */
  const until = async (so: () => boolean) => {
    const end = performance.now() + LONG
    while (!so()) {
      assert.ok(performance.now() < end, `never so; ${JSON.stringify(mirror.status)}`)
      await clock.advance(1000)
    }
  }
  return { mirror, log, until, stop, [Symbol.asyncDispose]: stop }
}

async function query(url: string, q: string): Promise<unknown[][]> {
  const response = await fetch(`${url}/query?db=${DATABASE}&epoch=ms&q=${encodeURIComponent(q)}`, { method: 'POST' })
  const body = (await response.json()) as { results: { series?: { values: unknown[][] }[]; error?: string }[] }
  assert.equal(body.results[0]?.error, undefined)
  return body.results[0]?.series?.[0]?.values ?? []
}

/** How many values there are, and how many rows: more rows than values would be something twice. */
async function count(url: string): Promise<number> {
  return (await query(url, 'SELECT count(co2) FROM reading'))[0]?.[1] as number
}

const influxd = { skip: missing('influxd') }

test('InfluxDB away for the whole run: it all arrives when it is back, and nothing twice', influxd, async () => {
  using dir = folder()
  await using server = await startInfluxd()
  await query(server.url, `CREATE DATABASE ${DATABASE}`)
  await server.kill()
  {
    await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
    await using mirror = running(store, { url: server.url, database: DATABASE })
    for (let i = 0; i < 20; i++) store.commit({ readings: readings(i * 100 + 1, 100) })
    await store.pack()
    await mirror.until(() => mirror.mirror.status.lastError?.code === 'influx/unreachable')
    assert.equal(mirror.mirror.status.lag, 20)
    await server.start()
    await mirror.until(() => mirror.mirror.status.lag === 0)
    assert.equal(mirror.mirror.status.connected, true)
    assert.equal(await count(server.url), 2000)
    store.commit({ readings: readings(2001, 10) })
    await mirror.until(() => mirror.mirror.status.lag === 0)
  }
  // opened again, it goes on from where it was
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
  await using mirror = running(store, { url: server.url, database: DATABASE })
  store.commit({ readings: readings(2011, 10) })
  await mirror.until(() => mirror.mirror.status.lag === 0)
  assert.equal(await count(server.url), 2020)
  assert.ok(mirror.mirror.status.written <= 20)
  const sum = (await query(server.url, 'SELECT sum(co2) FROM reading'))[0]?.[1]
  assert.equal(
    sum,
    readings(1, 2020).reduce((total, each) => total + (each.reading.values.co2 ?? 0), 0),
  )
})

test('InfluxDB killed in the middle of a batch: what it had not acknowledged is sent again', influxd, async () => {
  using dir = folder()
  await using server = await startInfluxd()
  await query(server.url, `CREATE DATABASE ${DATABASE}`)
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
  for (let i = 0; i < 40; i++) store.commit({ readings: readings(i * 1000 + 1, 1000) })
  await using mirror = running(store, { url: server.url, database: DATABASE })
  await mirror.until(() => mirror.mirror.status.written > 0)
  await server.kill()
  await mirror.until(() => mirror.mirror.status.lag === 0 || !mirror.mirror.status.connected)
  await server.start()
  await mirror.until(() => mirror.mirror.status.lag === 0)
  assert.equal(await count(server.url), 40_000)
})

test('a line that InfluxDB will never take is dropped, counted and said; its neighbours arrive', influxd, async () => {
  using dir = folder()
  await using server = await startInfluxd()
  await query(server.url, `CREATE DATABASE ${DATABASE}`)
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
  const alert = {
    id: 'x', level: 'caution', zone: 'crew', quantity: 'q'.repeat(70_000), value: 1, limit: 1, since: 1, t: BEGIN,
    text: 'x', source: 'guard', active: true,
  } // biome-ignore format: short
  store.commit({ readings: readings(1, 30), records: [{ topic: 'alert/x', body: alert, t: BEGIN }] })
  store.commit({ readings: readings(31, 30) })
  await using mirror = running(store, { url: server.url, database: DATABASE })
  await mirror.until(() => mirror.mirror.status.lag === 0)
  assert.equal(await count(server.url), 60)
  assert.equal(mirror.mirror.status.refused, 1)
  assert.match(mirror.log.lines.join('\n'), /does not take a line/)
})

test(
  'a value of another type than InfluxDB has is counted as it counts it, and holds nothing up',
  influxd,
  async () => {
    using dir = folder()
    await using server = await startInfluxd()
    await query(server.url, `CREATE DATABASE ${DATABASE}`)
    await fetch(`${server.url}/write?db=${DATABASE}&precision=ms`, {
      method: 'POST',
      body: `reading o2="text" ${BEGIN}`,
    })
    await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
    const values = { journal: JOURNAL, seq: 100, n: 1, t: BEGIN + 100_000, values: { o2: 20.9 } }
    store.commit({ readings: [...readings(1, 30), { device: 'o2', reading: values }] })
    await using mirror = running(store, { url: server.url, database: DATABASE })
    await mirror.until(() => mirror.mirror.status.lag === 0)
    assert.equal(await count(server.url), 30)
    assert.equal(mirror.mirror.status.refused, 1)
  },
)

test('a database that is not there is waited for', influxd, async () => {
  using dir = folder()
  await using server = await startInfluxd()
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
  store.commit({ readings: readings(1, 30) })
  await using mirror = running(store, { url: server.url, database: DATABASE })
  await mirror.until(() => mirror.mirror.status.lastError?.code === 'influx/refused')
  assert.equal(mirror.mirror.status.lag, 1)
  await query(server.url, `CREATE DATABASE ${DATABASE}`)
  const t = [BEGIN, BEGIN + 600_000]
  mirror.mirror.offer('crew', 'co2', { made: BEGIN, t, p05: [1, 1], p50: [2, 2], p95: [3, 3] })
  await mirror.until(() => mirror.mirror.status.lag === 0 && mirror.mirror.status.connected)
  assert.equal(await count(server.url), 30)
  const forecast = await query(server.url, "SELECT co2_p50 FROM forecast WHERE lead = 'latest'")
  assert.deepEqual(forecast, [[BEGIN, 2], [BEGIN + 300_000, 2], [BEGIN + 600_000, 2]]) // biome-ignore format: short
})

test('the v2 path, with a bucket, is taken as well', { skip: missing('victoria-metrics') }, async () => {
  using dir = folder()
  await using server = await startVictoria()
  await using store = Store.open({ folder: dir.path, mirrors: ['influx'] })
  for (let i = 0; i < 10; i++) store.commit({ readings: readings(i * 100 + 1, 100) })
  await using mirror = running(store, { url: server.url, org: 'hab', bucket: 'habitat', token: 'secret' })
  await mirror.until(() => mirror.mirror.status.lag === 0)
  await (await fetch(`${server.url}/internal/force_flush`)).arrayBuffer()
  const exported = await (await fetch(`${server.url}/api/v1/export?match[]=reading_co2&start=0`)).text()
  const series = exported.trim().split('\n').map((text) => JSON.parse(text)) // biome-ignore format: short
  assert.equal(series.length, 1)
  assert.equal(series[0].metric.habitat, 'sam')
  assert.deepEqual(series[0].timestamps, readings(1, 1000).map((each) => each.reading.t)) // biome-ignore format: short
})
