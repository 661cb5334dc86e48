/** The whole line on a machine whose clock is not set at first: real processes, killed on the way, and InfluxDB. */
import assert from 'node:assert/strict'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { readAll } from '@habtwin/sim-core/store/index'
import { ask, pointCounts } from './support/influx.ts'
import { Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { metrics } from './support/metrics.ts'
import { missing, startInfluxd } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'
import { Witness } from './support/witness.ts'

const DATABASE = 'hab'
/** What two processes' clocks may differ by, ms: the grain of either, and what is slewed meanwhile. */
const SLACK = 60

async function json<T>(address: string, path: string): Promise<T> {
  return (await (await fetch(`http://${address}${path}`)).json()) as T
}

test('what is read before the clock is set is shown at once, and stored and mirrored with its right time when it is: all of it, once', {
  skip: missing('influxd'),
}, async () => {
  using folder = temporaryFolder()
  await using influxd = await startInfluxd()
  await ask(influxd.url, '', `CREATE DATABASE "${DATABASE}"`)
  await using witness = await Witness.start(2, 50)
  const evidence = join(folder.path, 'synchronized')
  const config = `${await steadyPorts()}store: { commit: 500 ms }
clock: { sync: untrusted, evidence: ['${evidence}'] }
influx: { url: '${influxd.url}', database: ${DATABASE} }
${witness.config}`
  await using line = new Line(folder.path, config)
  const { panel, gateway } = await line.ready
  const taken = async (count: number) => {
    const before = witness.handed.length
    await until(() => witness.handed.length > before + count, 'readings')
  }

  await taken(50)
  type Device = { device: string; last: { clock?: { boot: string; mono: number }; values: { counter: number } } | null }
  await until(
    async () => (await json<Device[]>(panel, '/api/devices')).every(({ last }) => last?.clock !== undefined),
    'the newest reading of each device is shown, and that its clock was not set',
  )
  type About = { clock?: { synced: boolean; reason: string; waiting: number } }
  await until(async () => (await json<About>(panel, '/api/about')).clock?.synced === false, 'REST says so')
  assert.equal((await json<About>(panel, '/api/about')).clock?.reason, 'nobody vouches for it yet')
  assert.equal((await metrics(gateway))('habtwin_clock_synced'), 0)

  // either process is killed, and what it had not made durable comes again
  line.kill('sim')
  await taken(100)
  await until(async () => (await metrics(panel).catch(() => undefined)) !== undefined, 'sim is back')
  // all that was handed out so far is with sim: what a killed gateway alone has may be lost with it, and nothing else
  const safe = Date.now()
  const handed = witness.handed.length
  await until(async () => {
    const taken = await json<{ taken: number }[]>(panel, '/api/completeness').catch(() => [])
    const waiting = (await json<About>(panel, '/api/about').catch((): About => ({}))).clock?.waiting ?? 0
    return waiting >= handed && taken.length === 2 && taken.reduce((sum, one) => sum + one.taken, 0) <= waiting
  }, 'sim has all of it')
  const first = line.pid('gateway')
  const gone = witness.gone()
  line.kill('gateway')
  await gone
  await until(() => line.pid('gateway') !== undefined && line.pid('gateway') !== first, 'the gateway is back')
  const back = Date.now()
  await taken(150)
  await until(async () => ((await json<About>(panel, '/api/about')).clock?.waiting ?? 0) > 100, 'readings wait')
  assert.deepEqual(stored(line.data).counts, {}, 'in no series')
  assert.deepEqual(await pointCounts(influxd.url, DATABASE, 'reading', 'device'), {})

  writeFileSync(evidence, '')
  await until(async () => (await json<About>(panel, '/api/about')).clock?.synced === true, 'the clock is set')
  await taken(100)
  // a daemon that vouches again changes nothing
  utimesSync(evidence, Date.now() / 1_000, Date.now() / 1_000)
  await taken(50)
  await witness[Symbol.asyncDispose]() // from here on nothing is taken
  await until(async () => {
    const { counts } = stored(line.data)
    const [about, copied] = [
      await json<About>(panel, '/api/about'),
      pointCounts(influxd.url, DATABASE, 'reading', 'device'),
    ]
    return about.clock?.waiting === 0 && Object.keys(counts).length === 2 && isDeepStrictEqual(await copied, counts)
  }, 'all is stored, and mirrored')
  await line.stop()

  const { twice } = stored(line.data)
  assert.deepEqual(twice, {})
  let lost = 0
  for (const { device, rows } of readAll(join(line.data, 'sim'))) {
    const handed = witness.handed.filter((one) => one.device === device)
    const times = new Map(rows.map(({ t, value }) => [value, t]))
    assert.equal(times.size, rows.length, 'none twice')
    assert.ok(rows.every(({ quality }) => quality === undefined))
    for (const [i, { value, at }] of handed.entries()) {
      const t = times.get(value)
      // and what was on its way when the instruments ended
      if (t === undefined) {
        assert.ok((at >= safe && at < back) || i >= handed.length - 2, `${device} ${value} is not stored`)
        lost++
        continue
      }
      // stamped after it was handed out, and before the next was asked for
      assert.ok(t >= at - SLACK, `${device} ${value} is stamped ${at - t} ms too early`)
      const next = handed[i + 1]?.at
      if (next !== undefined && times.has(handed[i + 1]?.value ?? -1))
        assert.ok(t <= next + SLACK, `${device} ${value} is stamped ${t - next} ms too late`)
    }
  }
  assert.ok(lost < witness.handed.length / 4)
})
