/** Scenario jobs over the whole line: submitted, watched and fetched by HTTP while sim is killed under them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { habitat, jobFolder } from '@habtwin/sim-core/jobs/support'
import { Client } from './support/jobs.ts'
import { Line, steadyPorts } from './support/line.ts'
import { until } from './support/until.ts'

const scenario = habitat()
const STEPS = 400_000

/** A line without instruments whose jobs know the small habitat's library. */
async function configuration(library: string): Promise<string> {
  return `${await steadyPorts()}habitat: { id: jobs }\njobs: { workers: 1, library: ${library} }\n`
}

test('a job under which sim is killed goes on, and has the rows of one that was left in peace', async () => {
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
