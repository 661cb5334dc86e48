/** Every query of the dashboards, asked of a real InfluxDB that holds one day of a small habitat. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { missing, startInfluxd } from '../../test/support/servers.ts'
import { overview } from './src/overview.ts'

const HOUR = 3_600_000
const now = Date.now()
const database = 'habitat'

const skip = missing('influxd')

let influx: Awaited<ReturnType<typeof startInfluxd>> | undefined

before(async () => {
  if (skip) return
  influx = await startInfluxd()
  await ask(`CREATE DATABASE ${database}`)
  const written = await fetch(`${influx.url}/write?db=${database}&precision=ms`, { method: 'POST', body: aDay() })
  assert.equal(written.status, 204, await written.text())
})

after(async () => {
  await influx?.[Symbol.asyncDispose]()
})

for (const { name, query } of queries()) {
  test(`${name} has an answer`, { skip }, async () => {
    const series = await ask(filledIn(query))
    assert.ok(series.length > 0, `no rows for ${filledIn(query)}`)
    for (const { columns, values } of series) {
      columns.forEach((column, i) => {
        assert.ok(
          values.some((row) => row[i] !== null),
          `column ${column} is empty`,
        )
      })
    }
  })
}

interface Series {
  columns: string[]
  values: unknown[][]
}

async function ask(q: string): Promise<Series[]> {
  assert.ok(influx)
  const answer = await fetch(`${influx.url}/query?${new URLSearchParams({ db: database, q })}`, { method: 'POST' })
  const body = (await answer.json()) as { error?: string; results?: { error?: string; series?: Series[] }[] }
  assert.equal(body.error ?? body.results?.[0]?.error, undefined, q)
  return body.results?.[0]?.series ?? []
}

/** Every query of every panel and variable. */
function queries(): { name: string; query: string }[] {
  const { panels = [], templating } = overview()
  const ofPanels = panels.flatMap((panel) =>
    ('targets' in panel ? (panel.targets ?? []) : []).map((target) => {
      const { refId, query } = target as unknown as { refId: string; query: string }
      return { name: `${refId} of "${panel.title}"`, query }
    }),
  )
  const ofVariables = (templating?.list ?? []).map(({ name, query }) => {
    assert.equal(typeof query, 'string')
    return { name: `variable ${name}`, query: String(query) }
  })
  return [...ofVariables, ...ofPanels]
}

/** What Grafana does before it asks. */
function filledIn(query: string): string {
  const filled = query
    .replaceAll(`\${habitat:regex}`, 'demo')
    .replaceAll(`\${zone:regex}`, '(crew|greenhouse)')
    .replaceAll('$timeFilter', `time >= ${now - 24 * HOUR}ms AND time <= ${now + 12 * HOUR}ms`)
    .replaceAll('$__interval', '2m')
  assert.doesNotMatch(filled, /\$(?!\/)/, 'a macro is left')
  return filled
}

/** The measurements of the mirror, as line protocol in milliseconds. */
function aDay(): string {
  const lines: string[] = []
  for (let t = now - 24 * HOUR; t <= now + 24 * HOUR; t += HOUR / 4) {
    for (const zone of ['crew', 'greenhouse']) {
      const values = Object.entries({ co2: 812.4, o2: 20.9, temperature: 22.1, humidity: 55 })
      if (t <= now) {
        const fields = values.map(([point, value]) => `${point}=${value}`)
        const sds = values.map(([point]) => `${point}_sd=0.5`)
        lines.push(`reading,habitat=demo,node=pi,zone=${zone},device=${zone}-air ${fields} ${t}`)
        lines.push(`estimate,habitat=demo,zone=${zone} ${[...fields, ...sds]} ${t}`)
      }
      const band = values.flatMap(([point, value]) =>
        [5, 50, 95].map((p) => `${point}_p${String(p).padStart(2, '0')}=${value + p / 100}`),
      )
      for (const lead of t > now ? ['latest', '24h'] : ['24h']) {
        lines.push(`forecast,habitat=demo,zone=${zone},lead=${lead} ${band} ${t}`)
      }
    }
  }
  const tags = 'habitat=demo,zone=crew,level=warning,quantity=co2,source=guard'
  lines.push(`alert,${tags} id="crew-co2",value=7000,limit=6750,active=true,text="CO₂ is high" ${now - HOUR}`)
  return lines.join('\n')
}
