/** Jobs that begin with the habitat as it stands. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract/errors'
import { liveScenario } from '../scenario/live/live.ts'
import { figures, plan } from '../scenario/live/support.ts'
import { jobFolder, TestJobs } from './support.ts'

/** A twin whose estimate of the CO2 goes up with each question. */
function twin() {
  let asked = 0
  return async () => {
    const crew = { ...figures.zones.crew, co2: 1_000 + 50 * asked++ }
    return liveScenario(plan, { ...figures, zones: { ...figures.zones, crew } })
  }
}

test('a job of the live habitat keeps the scenario whole: what it asked for, sent again, gives the same rows', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { live: twin() })
  const asked = { from: { live: true }, steps: 30, every: 10, changes: [{ agent: 'crew', amount: '+2' }] } as const
  const { job } = await made.jobs.submit({ ...asked, changes: [...asked.changes] }, 'local')
  assert.deepEqual([job.scenario, job.label, job.steps], ['live', 'As it stood, 2026-11-21, 15:24', 30])
  const ended = await made.ended(job.id)
  assert.deepEqual([ended.state, ended.rows, ended.summary?.lived.crew?.active], ['done', 3, 6])
  const kept = made.jobs.request(job.id)
  assert.equal(kept.from, undefined)
  const again = await made.jobs.submit(kept, 'local')
  await made.ended(again.job.id)
  assert.equal(await made.results(again.job.id), await made.results(job.id))
  const later = await made.jobs.submit({ ...asked, changes: [...asked.changes] }, 'local')
  await made.ended(later.job.id)
  assert.notEqual(await made.results(later.job.id), await made.results(job.id), 'the habitat has gone on')
})

test('after a restart it goes on from what the habitat was, without asking again', async () => {
  using folder = jobFolder()
  const request = { from: { live: true as const }, steps: 20_000, every: 500 }
  const live = twin()
  const whole = await (async () => {
    await using made = new TestJobs(folder, { live: twin() })
    const { job } = await made.jobs.submit(request, 'local')
    await made.ended(job.id)
    return made.results(job.id)
  })()
  let id = ''
  {
    await using made = new TestJobs(folder, { live })
    id = (await made.jobs.submit(request, 'local')).job.id
    await made.until(id, ({ step }) => step > 0)
  }
  await using made = new TestJobs(folder)
  assert.equal((await made.ended(id)).state, 'done')
  assert.equal(await made.results(id), whole)
})

test('sent again with its key it is the same job, whatever the habitat does meanwhile', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { live: twin() })
  const request = { from: { live: true as const }, steps: 5 }
  const first = await made.jobs.submit(request, 'local', 'k')
  const second = await made.jobs.submit(request, 'local', 'k')
  assert.deepEqual([second.again, second.job.id], [true, first.job.id])
})

test('a name that somebody gave stays, with the moment behind it, however long it is', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { live: twin() })
  const { job } = await made.jobs.submit({ from: { live: true }, steps: 1, label: 'Two more' }, 'local')
  assert.equal(job.label, 'Two more, from 2026-11-21, 15:24')
  const long = await made.jobs.submit({ from: { live: true }, steps: 1, label: 'x'.repeat(200) }, 'local')
  assert.equal(long.job.label?.length, 200)
  assert.match(long.job.label ?? '', /x, from 2026-11-21, 15:24$/)
})

test('several runs may begin with it', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { live: twin() })
  const ensemble = { seeds: 1, sweep: [{ agent: 'crew', what: 'amount', values: [2, 4, 6] }] }
  const { job } = await made.jobs.submit({ from: { live: true }, steps: 60, every: 30, ensemble }, 'local')
  assert.deepEqual([job.runs, job.scenario], [3, 'live'])
  assert.equal((await made.ended(job.id)).state, 'done')
})

test('what cannot be run is told, and nothing is kept of it', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { live: twin() })
  const refused = (request: object, code: Parameters<typeof isHabtwinError>[1], text: RegExp) =>
    assert.rejects(
      made.jobs.submit({ from: { live: true }, ...request }, 'local'),
      (error: unknown) => isHabtwinError(error, code) && text.test(error.message),
    )
  await refused({ scenario: 'sam_14_days' }, 'scenario/invalid', /^scenario: the live habitat is given already/)
  await refused({ changes: [{ agent: 'nobody', amount: 1 }] }, 'scenario/invalid', /nobody/)
  using another = jobFolder()
  await using alone = new TestJobs(another)
  const none = (error: unknown) => isHabtwinError(error, 'twin/no-model')
  await assert.rejects(alone.jobs.submit({ from: { live: true } }, 'local'), none)
  assert.deepEqual(made.jobs.list({ limit: 10 }), [])
})
