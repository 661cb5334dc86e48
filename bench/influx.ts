/** InfluxDB is away for a whole run. When it is back, all that is stored must arrive there, as it was and once. */
import { setTimeout as sleep } from 'node:timers/promises'
import { readAll } from '@habtwin/sim-core/store/index'
import { temporaryFolder } from '../test/support/line.ts'
import { missing, startInfluxd } from '../test/support/servers.ts'
import { until } from '../test/support/until.ts'
import type { Bench, Outcome } from './support/bench.ts'
import { LoadedLine } from './support/line.ts'

const SECONDS = 20
const DATABASE = 'habitat'
const LOAD = { devices: 100, every: 100 }

export const influx: Bench = { name: 'influx', gate: true, run: measure }

async function measure(): Promise<Outcome> {
  const why = missing('influxd')
  if (why) return { figures: {}, skipped: why }
  using folder = temporaryFolder()
  await using server = await startInfluxd()
  await query(server.url, `CREATE DATABASE ${DATABASE}`)
  await server.kill()
  const also = `influx: { url: '${server.url}', database: ${DATABASE} }`
  {
    await using _loaded = await LoadedLine.start(folder.path, { ...LOAD, also })
    await sleep(SECONDS * 1_000)
  }
  const end = Date.now()
  await server.start()
  const begin = performance.now()
  let caughtUp: number
  {
    await using quiet = await LoadedLine.drain(folder.path, { ...LOAD, also })
    await until(async () => (await quiet.figures('sim')).sum('habtwin_influx_lag') === 0, 'InfluxDB has it all')
    caughtUp = performance.now() - begin
  }
  const stored = inStore(`${folder.path}/data/sim`, end)
  const [count = 0, sum = Number.NaN] = await query(
    server.url,
    `SELECT count(o2), sum(o2) FROM reading WHERE time < ${end}ms`,
  )
  return {
    figures: {
      away_s: SECONDS,
      stored_readings: stored.count,
      arrived_readings: count,
      missing_readings: Math.max(0, stored.count - count),
      twice_readings: Math.max(0, count - stored.count),
      values_equal: Math.abs(sum - stored.sum) < 1e-9 * stored.sum,
      caught_up_ms: Math.round(caughtUp),
    },
    pass: stored.count > 0 && count === stored.count && Math.abs(sum - stored.sum) < 1e-9 * stored.sum,
  }
}

function inStore(folder: string, before: number): { count: number; sum: number } {
  const out = { count: 0, sum: 0 }
  for (const { rows } of readAll(folder, { to: before - 1 })) {
    for (const { value } of rows) {
      out.count++
      out.sum += value ?? 0
    }
  }
  return out
}

/** The figures of the first row; the first column is its time. */
async function query(url: string, text: string): Promise<number[]> {
  const answer = await fetch(`${url}/query?db=${DATABASE}&epoch=ms&q=${encodeURIComponent(text)}`, { method: 'POST' })
  const { results } = (await answer.json()) as { results: { error?: string; series?: { values: number[][] }[] }[] }
  if (results[0]?.error !== undefined) throw new Error(results[0].error)
  return results[0]?.series?.[0]?.values[0]?.slice(1) ?? []
}
