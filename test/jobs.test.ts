/** Scenario jobs over the whole line: submitted, watched and fetched by HTTP while sim is killed under them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunRecord } from '@habtwin/contract'
import { habitat, jobFolder } from '@habtwin/sim-core/jobs/support'
import { Client } from './support/jobs.ts'
import { demoHabitat, Line, steadyPorts, temporaryFolder } from './support/line.ts'
import { slow } from './support/servers.ts'
import { until } from './support/until.ts'

const scenario = habitat()
const STEPS = 200_000

/** A scenario in our own form, as far as it is looked at. */
interface Whole {
  readonly agents: Readonly<Record<string, { readonly air?: { readonly co2: string } }>>
}

/** A line without instruments whose jobs know the small habitat's library. */
async function configuration(library: string): Promise<string> {
  return `${await steadyPorts()}habitat: { id: jobs }\njobs: { workers: 1, library: ${library} }\n`
}

test('a job under which sim is killed goes on, and has the rows of one that was left in peace', {
  skip: slow,
}, async () => {
  using folder = jobFolder()
  await using line = new Line(folder.path, await configuration(folder.library))
  const client = new Client((await line.ready).panel)
  const killed = await client.submit({ scenario, steps: STEPS, every: 4 })
  const waiting = await client.submit({ scenario, steps: STEPS, every: 4, label: 'it waits while sim is killed' })
  let rows = 0
  for (let times = 0; times < 3; times++) {
    await client.until(killed, 'some rows', (job) => job.rows > rows || job.state === 'done')
    rows = (await client.job(killed))?.rows ?? 0
    line.kill('sim')
    await until(async () => (await client.job(killed)) === undefined, 'sim is gone')
    await client.until(killed, 'sim is back', () => true)
  }
  assert.match(await client.events(killed), /"state":"done"/)
  await client.until(waiting, 'the other one is done', ({ state }) => state === 'done')
  assert.equal((await client.job(killed))?.rows, STEPS / 4)
  assert.equal(await client.csv(killed), await client.csv(waiting))
})

test('SIGTERM ends the line within 5 s while a job runs, and the next start goes on with it', async () => {
  using folder = jobFolder()
  const config = await configuration(folder.library)
  let id: string
  {
    await using line = new Line(folder.path, config)
    const client = new Client((await line.ready).panel)
    id = await client.submit({ scenario, steps: STEPS, every: 4 })
    await client.until(id, 'some rows', (job) => job.rows > 0)
    const asked = performance.now()
    await line.stop()
    assert.ok(performance.now() - asked < 5_000)
  }
  await using line = new Line(folder.path, config)
  const client = new Client((await line.ready).panel)
  await client.until(id, 'it is done', ({ state }) => state === 'done')
  assert.equal((await client.job(id))?.rows, STEPS / 4)
})

/** The twin is done with the past when it is less than this behind, ms of the habitat's time: some seconds of ours. */
const RECENT = 10 * 60_000

test('a job begins with the habitat as the live twin has it: its first row has the air that the twin says', {
  skip: slow,
}, async () => {
  using folder = temporaryFolder()
  // little past, so that the twin has soon gone through it, and tells of now
  const fast = demoHabitat('2 h').replace('speed: 1,', 'speed: 30,')
  await using line = new Line(folder.path, (await steadyPorts()) + fast)
  const { panel } = await line.ready
  const get = async (path: string) => (await fetch(`http://${panel}/api/${path}`)).json()
  const client = new Client(panel)
  const estimate = async () =>
    (await get('twin/estimate')) as Record<string, Record<string, { t: number; mean: number }>>
  await until(async () => {
    const listed = (await get('scenarios')) as { id: string }[]
    const { crew, greenhouse } = await estimate()
    // what is said of whole minutes; a first reading is told at once
    const { now } = (await get('about')) as { now: number }
    const isNow = [crew, greenhouse].every((zone) => zone?.o2 && zone.o2.t % 60_000 === 0 && zone.o2.t > now - RECENT)
    return isNow && listed.some(({ id }) => id === 'live')
  }, 'the twin has a model, and says how both zones stand')
  const id = await client.submit({
    from: { live: true },
    steps: 60,
    changes: [{ agent: 'crew', amount: '+1', at: 0.5 }],
  })
  await client.until(id, 'it is done', ({ state }) => state === 'done')
  const job = await client.job(id)
  assert.equal(job?.scenario, 'live')
  assert.match(job?.label ?? '', /^As it stood, Sol \d+, \d\d:\d\d$/)
  const { scenario } = (await get(`jobs/${id}/request`)) as { scenario: Whole }
  const { agents } = (await get(`jobs/${id}/results`)) as RunRecord
  const told = await estimate()
  for (const [room, zone] of [
    ['crew_room', 'crew'],
    ['greenhouse', 'greenhouse'],
  ] as const) {
    const kg = (gas: string) => agents[room]?.storage[gas]?.[0] ?? Number.NaN
    const mol = { co2: kg('co2') / 44.009, o2: kg('o2') / 31.998, n2: kg('n2') / 28.014, h2o: kg('h2o') / 18.015 }
    const dry = mol.co2 + mol.o2 + mol.n2
    const began = Number.parseFloat(scenario.agents[room]?.air?.co2 ?? '')
    const first = (1e6 * mol.co2) / dry
    // the row is a minute after the beginning: four people awake give 272 m³ some 9 ppm in it, one at exercise 15 more
    assert.ok(Math.abs(first - began) < 40, `${zone}: it begins with ${began} ppm, the first row has ${first}`)
    // the habitat has gone on meanwhile: O2 goes slowly
    const o2 = (100 * mol.o2) / dry
    const said = told[zone]?.o2?.mean ?? Number.NaN
    assert.ok(Math.abs(o2 - said) < 0.01 * o2, `${zone}: ${o2} % of O2, and the twin says ${said}`)
  }
  const { active = [] } = agents.crew ?? {}
  assert.equal((active.at(-1) ?? 0) - (active[0] ?? 0), 1)
})
