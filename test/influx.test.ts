/** InfluxDB as a copy behind the store: away for as long as it likes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { ask, pointCounts } from './support/influx.ts'
import { Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { metrics } from './support/metrics.ts'
import { missing, startInfluxd } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'
import { Witness } from './support/witness.ts'

const DATABASE = 'hab'

test('what was stored while InfluxDB was away arrives when it comes, all of it and once', {
  skip: missing('influxd'),
}, async () => {
  using folder = temporaryFolder()
  await using influxd = await startInfluxd()
  await ask(influxd.url, '', `CREATE DATABASE "${DATABASE}"`)
  await influxd.kill()
  await using witness = await Witness.start(2, 20)
  const ports = await steadyPorts()
  const config = () => `${ports}store: { commit: 500 ms }
influx: { url: '${influxd.url}', database: ${DATABASE} }
${witness.config}`
  const taken = async (count: number) => {
    const before = witness.handed.length
    await until(() => witness.handed.length > before + count, 'readings')
  }

  {
    // a whole life of the line without it, and a kill
    await using line = new Line(folder.path, config())
    await line.ready
    await taken(150)
    line.kill('sim')
    await taken(250)
  }
  await using line = new Line(folder.path, config())
  const { panel } = await line.ready
  await taken(100)
  await influxd.start()
  await until(async () => (await metrics(panel))('habtwin_influx_lines_total') > 400, 'what was kept arrives')
  await influxd.kill()
  await taken(100)
  await influxd.start()
  await witness[Symbol.asyncDispose]() // from here on nothing is taken
  const copied = () => pointCounts(influxd.url, DATABASE, 'reading', 'device')
  await until(async () => {
    const { counts } = stored(line.data)
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    // what was being read when the first line ended, and when the instruments did, was handed out and never came
    return witness.handed.length - total <= 4 && isDeepStrictEqual(await copied(), counts)
  }, 'the rest arrives, and nothing else is there')
  await line.stop()

  const { counts, twice } = stored(line.data)
  assert.deepEqual(twice, {})
  assert.equal(Object.keys(counts).length, 2)
})
