/** A recording through the whole line: every value in the store once, and what the twin makes of it beside. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ask, pointCounts } from './support/influx.ts'
import { freePorts, habtwin, Line, temporaryFolder } from './support/line.ts'
import { metrics } from './support/metrics.ts'
import { missing, slow, startInfluxd, type TestServer } from './support/servers.ts'
import { stored } from './support/stored.ts'
import { until } from './support/until.ts'

/** A week of an office, a row a minute: https://archive.ics.uci.edu/dataset/357/occupancy+detection */
const OFFICE = fileURLToPath(new URL('../../shared/reference/occupancy/datatraining.txt', import.meta.url))
/** Of these the first two days: what the twin makes of each minute takes a processor some ten seconds a day. */
const ROWS = 3_000
const END = Date.UTC(2015, 1, 4, 17, 51) + (ROWS - 1) * 60_000
const DATABASE = 'hab'
/** On a busy machine the twin goes through what came late in larger steps, and tells less of them. */
const LEAST = ROWS / 10
const points = ['co2', 'humidity', 'humidity-ratio', 'light', 'occupancy', 'temperature']

test('two days of an office arrive whole, with estimates and forecasts beside it', {
  skip: slow || (existsSync(OFFICE) ? false : `the recording is not there: ${OFFICE}`),
}, async (context) => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'office.txt')
  writeFileSync(
    file,
    `${readFileSync(OFFICE, 'utf8')
      .split('\n', ROWS + 1)
      .join('\n')}\n`,
  )
  await using influxd = missing('influxd') ? undefined : await startInfluxd()
  if (influxd) await ask(influxd.url, '', `CREATE DATABASE "${DATABASE}"`)
  await using line = new Line(
    folder.path,
    `${freePorts}habitat: { id: office }
zones: { office: { label: Office } }
store: { commit: 1 s }
${influxd ? `influx: { url: '${influxd.url}', database: ${DATABASE} }` : ''}
devices:
  sensor:
    zone: office
    driver: replay
    file: ${file}
    time: date
    columns: { temperature: Temperature, humidity: Humidity, light: Light, co2: CO2, humidity-ratio: HumidityRatio, occupancy: Occupancy }
    speed: max
`,
  )
  const { panel } = await line.ready
  await until(async () => (await metrics(panel))('habtwin_readings_stored_total') >= ROWS, 'all is stored')
  await until(async () => (await estimatedUpTo(panel)) >= END - 120_000, 'the twin has gone through it', 600_000)
  const exported = join(folder.path, 'office.csv')
  const { status } = await habtwin('export', '--data', line.data, '--out', exported)
  assert.equal(status, 0)
  if (influxd) await compare(influxd, panel, context)
  await line.stop()

  const { counts, twice } = stored(line.data)
  assert.deepEqual(counts, Object.fromEntries(points.map((point) => [`sensor/${point}`, ROWS])))
  assert.deepEqual(twice, {})
})

async function compare(influxd: TestServer, panel: string, context: { diagnostic(text: string): void }): Promise<void> {
  await until(async () => (await metrics(panel))('habtwin_influx_lag') === 0, 'InfluxDB has all')
  const readings = await pointCounts(influxd.url, DATABASE, 'reading', 'device')
  assert.deepEqual(readings, Object.fromEntries(points.map((point) => [`sensor/${point}`, ROWS])))
  const estimates = await pointCounts(influxd.url, DATABASE, 'estimate', 'zone')
  const forecasts = await pointCounts(influxd.url, DATABASE, 'forecast', 'lead')
  context.diagnostic(`co2: ${estimates['office/co2']} estimates, ${forecasts['24h/co2_p50']} forecasts of each lead`)
  for (const point of ['co2', 'temperature', 'humidity']) {
    const minutes = estimates[`office/${point}`] ?? 0
    assert.ok(minutes > LEAST && minutes <= ROWS + 1, `${minutes} estimates of ${point}`)
    assert.equal(estimates[`office/${point}_sd`], minutes)
    for (const lead of ['1h', '6h', '24h']) {
      for (const field of ['p05', 'p50', 'p95']) {
        assert.equal(forecasts[`${lead}/${point}_${field}`], minutes, `forecasts of ${point}, made ${lead} before`)
      }
    }
    assert.ok((forecasts[`latest/${point}_p50`] ?? 0) > 24, `the newest forecast of ${point} is there`)
  }
}

/** Up to when estimates of CO₂ are stored, ms. */
async function estimatedUpTo(panel: string): Promise<number> {
  const span = `from=${END - 3_600_000}&to=${END + 3_600_000}`
  const answer = await fetch(`http://${panel}/api/twin/history?zone=office&quantity=co2&lead=estimate&${span}`)
  // not found: it has said nothing yet
  const { t = [] } = (await answer.json()) as { t?: number[] }
  return t.at(-1) ?? 0
}

/** A recording of so many minutes in local times of Berlin, through the hour that came twice, with two bad rows. */
const MINUTES = 600
const BEGIN = Date.UTC(2025, 9, 25, 20, 0)
const bad = new Map([
  [100, 'yesterday;812,5;21,4'],
  [400, '26.10.2025 03:00;much;21,4'],
])

function recording(): string {
  const local = new Intl.DateTimeFormat('de-DE', {
    timeZone: 'Europe/Berlin',
    dateStyle: 'medium',
    timeStyle: 'medium',
  })
  const rows = Array.from({ length: MINUTES }, (_, i) => {
    const time = local.format(BEGIN + i * 60_000).replace(',', '')
    return bad.get(i) ?? `${time};${String(400 + i).replace('.', ',')};${(20 + i / 100).toFixed(2).replace('.', ',')}`
  })
  return `Zeit;CO2;Temperatur\n${rows.join('\n')}\n`
}

const playing = (file: string) => `${freePorts}habitat: { id: office }
zones: { office: { label: Office } }
devices:
  sensor:
    zone: office
    driver: replay
    file: ${file}
    time: Zeit
    timezone: Europe/Berlin
    columns: { co2: CO2, temperature: Temperatur }
    speed: 12000
`

for (const end of ['SIGTERM', 'SIGKILL'] as const) {
  const how = end === 'SIGTERM' ? 'ended and started again' : 'whose gateway is killed'
  test(`a recording in local times, ${how} in the middle, arrives whole and once`, { skip: slow }, async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'recording.csv')
    writeFileSync(file, recording())
    const good = MINUTES - bad.size
    let log = ''
    {
      await using line = new Line(folder.path, playing(file))
      const { panel } = await line.ready
      await until(async () => (await taken(panel)) > good / 3, 'a third of it')
      if (end === 'SIGKILL') {
        line.kill('gateway')
        await until(async () => (await taken(panel)) >= good, 'the rest')
      }
      log += line.log
    }
    await using line = new Line(folder.path, playing(file))
    const { panel } = await line.ready
    await until(async () => (await finished(panel)) && (await taken(panel)) === good, 'the rest')
    await line.stop()
    log += line.log
    const { counts, twice } = stored(line.data)
    assert.deepEqual(twice, {})
    assert.deepEqual(counts, { 'sensor/co2': good, 'sensor/temperature': good })
    for (const row of bad.keys()) {
      assert.match(log, new RegExp(`recording.csv:${row + 2}\\b`), 'a bad row is told with its line')
    }
  })
}

/** Readings of the recording that are stored or about to be. */
async function taken(panel: string): Promise<number> {
  const devices = (await (await fetch(`http://${panel}/api/completeness`)).json()) as { stored: number }[]
  return devices[0]?.stored ?? 0
}

async function finished(panel: string): Promise<boolean> {
  const [device] = (await (await fetch(`http://${panel}/api/devices`)).json()) as {
    health: { reason?: string } | null
  }[]
  return device?.health?.reason?.startsWith('recording finished') === true
}
