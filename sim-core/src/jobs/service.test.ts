import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { EnsembleRecord, JobRequest, RunRecord } from '@habtwin/contract'
import { isHabtwinError } from '@habtwin/contract/errors'
import { TestClock } from '@habtwin/runtime/clock'
import { Simulation } from '../engine/index.ts'
import { readLibrary, resolve } from '../scenario/index.ts'
import { follow } from './follow.ts'
import { currencies, habitat, jobFolder, TestJobs } from './support.ts'

const scenario = habitat()

/** A job of the habitat, run to its end: its results. */
async function results(made: TestJobs, request: JobRequest): Promise<RunRecord> {
  const { job } = await made.jobs.submit(request, 'local')
  const ended = await made.ended(job.id)
  assert.equal(ended.state, 'done', ended.error?.detail ?? '')
  return JSON.parse(await made.results(job.id))
}

const refusal = (code: Parameters<typeof isHabtwinError>[1], text: RegExp) => (error: unknown) =>
  isHabtwinError(error, code) && text.test(error.message)

test('a job gives what the engine gives, with its summary', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const { job } = await made.jobs.submit({ scenario, label: 'first', project: 'p', every: 7 }, 'local')
  assert.deepEqual(
    [job.state, job.seed, job.steps, job.runs, job.by, job.label],
    ['queued', 5, 2400, 1, 'local', 'first'],
  )
  const ended = await made.ended(job.id)
  assert.deepEqual([ended.state, ended.progress, ended.step, ended.rows], ['done', 1, 2400, 343])
  assert.equal(ended.summary?.hours, 2400)
  const record: RunRecord = JSON.parse(await made.results(job.id))
  const simulation = new Simulation(resolve(scenario, { library: readLibrary(folder.library) }), { every: 7 })
  simulation.advance(2400)
  const chunk = simulation.take()
  assert.deepEqual(record.step_num, [...(chunk?.steps ?? [])])
  for (const [c, column] of simulation.columns.entries()) {
    const own = [...(chunk?.values.subarray(c * 343, (c + 1) * 343) ?? [])]
    const agent = record.agents[column.agent]
    if (column.kind === 'active') assert.deepEqual(agent?.active, own)
    if (column.kind === 'storage') assert.deepEqual(agent?.storage[column.name], own)
    if (column.kind === 'flow') assert.deepEqual(agent?.flows[column.direction][column.name]?.[column.connection], own)
  }
})

test('a job that is interrupted again and again has bit for bit the rows of one that was not', async () => {
  using folder = jobFolder()
  const changes = [
    { agent: 'ann', amount: '+1', at: 20_000 },
    { agent: 'tank', storage: { potable: '+50' }, at: 31_000.5 },
  ]
  const request = { scenario, steps: 150_000, changes }
  let id = ''
  let interrupted = 0
  for (let done = false; !done; ) {
    await using made = new TestJobs(folder)
    if (id === '') id = (await made.jobs.submit(request, 'local')).job.id
    const rows = made.jobs.get(id).rows
    // stopped as soon as it has gone on by some rows
    const seen = await made.until(id, (job) => (interrupted < 4 && job.rows > rows) || job.state === 'done')
    done = seen.state === 'done'
    if (!done) interrupted++
  }
  assert.ok(interrupted >= 3, `it was interrupted ${interrupted} times`)
  await using made = new TestJobs(folder)
  const whole = await made.jobs.submit(request, 'local')
  const [resumed, uninterrupted] = [made.jobs.get(id), await made.ended(whole.job.id)]
  assert.equal(await made.results(id, 'csv'), await made.results(whole.job.id, 'csv'))
  assert.deepEqual(resumed.summary, uninterrupted.summary)
})

test('a state that another version left is not gone on with: the job is run from its beginning', async () => {
  using folder = jobFolder()
  let id: string
  {
    await using made = new TestJobs(folder, { version: '1' })
    id = (await made.jobs.submit({ scenario, steps: 60_000 }, 'local')).job.id
    await made.until(id, ({ rows }) => rows > 0)
  }
  await using made = new TestJobs(folder, { version: '2' })
  assert.equal((await made.ended(id)).rows, 60_000)
})

test('a job may begin from the end of another, with changes', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const first = await made.jobs.submit(
    { scenario, steps: 100, changes: [{ agent: 'bob', amount: 3, at: 50 }] },
    'local',
  )
  await made.ended(first.job.id)
  const from = { job: first.job.id }
  const same = await results(made, { from, steps: 50 })
  const long = await results(made, { scenario, steps: 150, changes: [{ agent: 'bob', amount: 3, at: 50 }] })
  assert.deepEqual(same.step_num, long.step_num.slice(100))
  assert.deepEqual(same.agents.tank, {
    ...same.agents.tank,
    storage: { potable: long.agents.tank?.storage.potable?.slice(100) },
  })
  const more = await results(made, {
    from,
    steps: 50,
    changes: [
      { agent: 'bob', amount: '+2' },
      { agent: 'cid', amount: 0, at: 10 },
    ],
  })
  assert.deepEqual([more.agents.bob?.active[0], more.agents.cid?.active[8], more.agents.cid?.active[10]], [5, 2, 0])
  const seeded = await results(made, { from, steps: 50, seed: 99 })
  assert.notDeepEqual(seeded.agents.ann, same.agents.ann)
})

test('what cannot be run is refused with its path, and nothing is queued', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { limits: { values: 1e6, steps: 1e6 } })
  const submit = (request: JobRequest) => made.jobs.submit(request, 'local')
  const broken = habitat({ agents: { ...scenario.agents, dan: { prototypes: ['nobody'] } } })
  await assert.rejects(submit({ scenario: broken }), refusal('scenario/invalid', /agents\.dan\.prototypes/))
  await assert.rejects(submit({}), refusal('scenario/invalid', /^scenario:/))
  await assert.rejects(
    submit({ scenario, changes: [{ agent: 'eve', amount: 1 }] }),
    refusal('scenario/invalid', /changes\[0\]\.agent.*"eve"/),
  )
  await assert.rejects(submit({ scenario, steps: 1_000_000_000 }), refusal('job/too-large', /^steps: 1,000,000,000/))
  await assert.rejects(submit({ scenario, steps: 500_000 }), refusal('job/too-large', /every: \d+ it fits/))
  await assert.rejects(
    submit({ scenario, ensemble: { seeds: 100_000, sweep: [] } }),
    refusal('job/too-large', /^(steps|ensemble)/),
  )
  const sweep = [{ agent: 'tank', what: 'storage.potable', values: [5, 5_000] }]
  await assert.rejects(
    submit({ scenario, ensemble: { seeds: 1, sweep } }),
    refusal('scenario/invalid', /ensemble\.sweep\[0\]\.values\[1\]/),
  )
  await assert.rejects(submit({ from: { job: 'none' } }), refusal('scenario/invalid', /^from\.job/))
  assert.deepEqual(made.jobs.list({ limit: 10 }), [])
})

test('a SIMOC configuration may bring its library along; without any it is refused', async () => {
  using folder = jobFolder()
  await using made = new TestJobs({ ...folder, library: undefined })
  const library = { agent_desc: {}, currency_desc: currencies }
  assert.equal((await results(made, { scenario, steps: 5, library })).step_num.length, 5)
  await assert.rejects(made.jobs.submit({ scenario }, 'local'), refusal('scenario/invalid', /^library:/))
})

test('as many jobs as may wait are taken, and no more', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { most: 1, limits: { queue: 2 } })
  // none of them ends by itself
  const submit = () => made.jobs.submit({ scenario, steps: 50_000_000, every: 1_000 }, 'local')
  const { job } = await submit()
  await made.until(job.id, ({ state }) => state === 'running')
  await submit()
  await submit()
  await assert.rejects(submit(), refusal('job/queue-full', /2 jobs/))
})

test('the same key is the same job, also where both come at once; with another request it is refused', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const request = { scenario, steps: 10, label: 'x' }
  const [a, b] = await Promise.all([made.jobs.submit(request, 'local', 'k'), made.jobs.submit(request, 'local', 'k')])
  const reordered = { label: 'x', steps: 10, scenario }
  const c = await made.jobs.submit(reordered, 'local', 'k')
  assert.deepEqual([a.again, b.again, c.again], [false, true, true])
  assert.deepEqual([b.job.id, c.job.id], [a.job.id, a.job.id])
  await assert.rejects(made.jobs.submit({ ...request, steps: 11 }, 'local', 'k'), refusal('job/conflict', /"k"/))
  assert.notEqual((await made.jobs.submit(request, 'somebody', 'k')).job.id, a.job.id)
})

test('a job that is cancelled keeps its rows; cancelling again, or what is done, changes nothing', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { most: 1 })
  const { job } = await made.jobs.submit({ scenario, steps: 5_000_000, every: 10 }, 'local')
  const waiting = await made.jobs.submit({ scenario }, 'local')
  await made.until(job.id, ({ rows }) => rows > 0)
  assert.equal((await made.jobs.cancel(waiting.job.id)).job.state, 'cancelled')
  const { cancelled, job: ended } = await made.jobs.cancel(job.id)
  assert.deepEqual([cancelled, ended.state, ended.summary?.steps], [true, 'cancelled', ended.step])
  assert.ok(ended.rows > 0 && ended.rows < 500_000)
  const { step_num } = JSON.parse(await made.results(job.id, 'json', ['tank']))
  assert.deepEqual([step_num.length, step_num[0], step_num.at(-1)], [ended.rows, 10, ended.rows * 10])
  assert.equal((await made.jobs.cancel(job.id)).cancelled, false)
  assert.equal(made.jobs.get(job.id).state, 'cancelled')
})

test('a job that is deleted is gone with all that it held, also while it runs', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const { job } = await made.jobs.submit({ scenario, steps: 5_000_000, every: 10 }, 'local')
  await made.until(job.id, ({ rows }) => rows > 0)
  await made.jobs.remove(job.id)
  assert.throws(() => made.jobs.get(job.id), refusal('request/not-found', new RegExp(job.id)))
  assert.equal(made.jobs.bytes, 0)
  await assert.rejects(made.jobs.remove(job.id), refusal('request/not-found', /./))
})

test('the oldest finished jobs go when they are too old, or when results take too much', async () => {
  using folder = jobFolder()
  const clock = new TestClock()
  await using made = new TestJobs(folder, { clock, limits: { keep: 86_400_000, size: 200_000 } })
  const run = async (steps: number) => {
    const { job } = await made.jobs.submit({ scenario, steps }, 'local')
    await made.ended(job.id)
    return job.id
  }
  const [small, large] = [await run(10), await run(40_000)]
  await clock.advance(600_000)
  const ids = () => made.jobs.list({ limit: 10 }).map(({ id }) => id)
  assert.deepEqual(ids(), [])
  assert.ok(![small, large].some((id) => ids().includes(id)))
  const later = await run(10)
  await clock.advance(600_000)
  assert.deepEqual(ids(), [later])
  await clock.advance(90_000_000)
  assert.deepEqual(ids(), [])
})

test('results are the same in every format, filtered and from any row', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const { job } = await made.jobs.submit({ scenario, steps: 30_000 }, 'local')
  await made.ended(job.id)
  const record: RunRecord = JSON.parse(await made.results(job.id, 'json', ['tank', '*.in.potable.tank'], 1234))
  assert.deepEqual(Object.keys(record.agents), ['tank', 'ann', 'bob', 'cid'])
  const rows = (await made.results(job.id, 'ndjson', ['tank', '*.in.potable.tank'], 1234)).trimEnd().split('\n')
  const csv = (await made.results(job.id, 'csv', ['tank', '*.in.potable.tank'], 1234)).trimEnd().split('\n')
  assert.equal(
    csv[0],
    'step_num,tank.active,tank.storage.potable,ann.in.potable.tank,bob.in.potable.tank,cid.in.potable.tank',
  )
  assert.deepEqual([rows.length, csv.length, record.step_num[0]], [30_000 - 1234, 30_001 - 1234, 1235])
  for (const i of [0, 777, 28_000]) {
    const row = JSON.parse(rows[i] as string)
    assert.equal(Object.values(row).join(','), csv[i + 1])
    assert.equal(row.step_num, record.step_num[i])
    assert.equal(row['tank.storage.potable'], record.agents.tank?.storage.potable?.[i])
    assert.equal(row['cid.in.potable.tank'], record.agents.cid?.flows.in.potable?.tank?.[i])
  }
  await assert.rejects(made.results(job.id, 'json', ['nobody']), refusal('request/invalid', /nobody/))
})

test('who follows a job has every row once, and ends with it', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const { job } = await made.jobs.submit({ scenario, steps: 40_000 }, 'local')
  const more = follow(made.jobs, job.id, new AbortController().signal)
  const followed = await made.results(job.id, 'csv', ['tank'], 0, more)
  assert.equal(made.jobs.get(job.id).state, 'done')
  assert.equal(followed, await made.results(job.id, 'csv', ['tank']))
})

test('an ensemble has the exact quantiles of its runs', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const request = { scenario, steps: 60, every: 7, seed: 11 }
  const { job } = await made.jobs.submit({ ...request, ensemble: { seeds: 21, sweep: [] } }, 'local')
  const ended = await made.ended(job.id)
  assert.deepEqual([ended.state, ended.runs, ended.step, ended.rows], ['done', 21, 21 * 60, 9])
  const record: EnsembleRecord = JSON.parse(await made.results(job.id))
  assert.deepEqual(record.quantiles, [0.05, 0.25, 0.5, 0.75, 0.95])
  assert.deepEqual(record.step_num, [7, 14, 21, 28, 35, 42, 49, 56, 60])
  const model = resolve(scenario, { library: readLibrary(folder.library) })
  const runs = Array.from({ length: 21 }, (_, i) => {
    const simulation = new Simulation(model, { ...request, seed: 11 + i })
    simulation.advance(60)
    return simulation.take()?.values as Float64Array
  })
  const c = new Simulation(model).columns.findIndex(({ agent, kind }) => agent === 'ann' && kind === 'flow')
  for (let row = 0; row < 9; row++) {
    const sorted = runs.map((values) => values[c * 9 + row] as number).sort((a, b) => a - b)
    const expected = [1, 5, 10, 15, 19].map((place) => sorted[place])
    assert.deepEqual(
      record.points[0]?.columns['ann.in.potable.tank']?.map((one) => one[row]),
      expected,
    )
  }
})

test('a sweep has one point for each combination, each the same as a job of its own', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const sweep = [
    { agent: 'ann', what: 'amount', values: [1, '+3'] },
    { agent: 'spring', what: 'rate', values: ['-20%', 1, 1.5] },
  ]
  const changes = [{ agent: 'bob', amount: 0, at: 30 }]
  const { job } = await made.jobs.submit({ scenario, steps: 50, changes, ensemble: { seeds: 1, sweep } }, 'local')
  await made.ended(job.id)
  const { points }: EnsembleRecord = JSON.parse(await made.results(job.id))
  assert.deepEqual(
    points.map(({ at }) => Object.values(at)),
    [
      [1, '-20%'],
      [1, 1],
      [1, 1.5],
      ['+3', '-20%'],
      ['+3', 1],
      ['+3', 1.5],
    ],
  )
  const alone = await results(made, {
    scenario,
    steps: 50,
    changes: [...changes, { agent: 'ann', amount: '+3' }, { agent: 'spring', rate: '-20%' }],
  })
  assert.deepEqual(points[3]?.columns['tank.storage.potable']?.[2], alone.agents.tank?.storage.potable)
  assert.deepEqual(points[3]?.columns['bob.active']?.[0], alone.agents.bob?.active)
})

test('an ensemble that is interrupted has the results of one that was not, with one thread or two', async () => {
  using folder = jobFolder()
  const request = {
    scenario,
    steps: 3_000,
    ensemble: { seeds: 60, sweep: [{ agent: 'cid', what: 'amount', values: [2, 3] }] },
  }
  let id = ''
  for (const most of [2, 1]) {
    await using made = new TestJobs(folder, { most })
    if (id === '') id = (await made.jobs.submit(request, 'local')).job.id
    const { rows } = made.jobs.get(id)
    await made.until(id, (job) => job.rows > rows)
  }
  await using made = new TestJobs(folder)
  assert.equal((await made.ended(id)).rows, 6_000)
  const whole = await made.jobs.submit(request, 'local')
  await made.ended(whole.job.id)
  assert.equal(await made.results(id, 'csv', ['tank']), await made.results(whole.job.id, 'csv', ['tank']))
})

test('an ensemble may begin from another job, with changes: each run is that of a job with its seed', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const first = await made.jobs.submit({ scenario, steps: 40 }, 'local')
  await made.ended(first.job.id)
  const changes = [
    { agent: 'ann', amount: '+1' },
    { agent: 'bob', amount: 0, at: 20 },
  ]
  const request = { from: { job: first.job.id }, changes, steps: 50, seed: 99 }
  const { job } = await made.jobs.submit({ ...request, ensemble: { seeds: 1, sweep: [] } }, 'local')
  await made.ended(job.id)
  const { step_num, points }: EnsembleRecord = JSON.parse(await made.results(job.id))
  const alone = await results(made, request)
  assert.deepEqual(step_num, alone.step_num)
  assert.deepEqual(points[0]?.columns['cid.in.potable.tank']?.[2], alone.agents.cid?.flows.in.potable?.tank)
  assert.deepEqual(points[0]?.columns['bob.active']?.[2], alone.agents.bob?.active)
})

test('an ensemble that is cancelled keeps the rows that all its runs have reached', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const { job } = await made.jobs.submit({ scenario, steps: 20_000, ensemble: { seeds: 200, sweep: [] } }, 'local')
  await made.until(job.id, ({ rows }) => rows > 1)
  const { cancelled, job: ended } = await made.jobs.cancel(job.id)
  assert.deepEqual([cancelled, ended.state], [true, 'cancelled'])
  const { step_num, points }: EnsembleRecord = JSON.parse(await made.results(job.id, 'json', ['tank']))
  assert.deepEqual([step_num.length, step_num.at(-1)], [ended.rows, ended.rows])
  assert.equal(points[0]?.columns['tank.active']?.[4]?.length, ended.rows)
})

test('a scenario that takes more memory than a thread may have is refused, and jobs beside it go on', async () => {
  using folder = jobFolder()
  const clock = new TestClock()
  await using made = new TestJobs(folder, { most: 1, heap: 32, clock })
  const { job } = await made.jobs.submit({ scenario, steps: 200_000, every: 10 }, 'local')
  await made.until(job.id, ({ rows }) => rows > 0)
  const many = Array.from({ length: 1_900 }, (_, i) => [`drinker${i}`, { ...scenario.agents.ann, flows: flows(200) }])
  const large = habitat({ agents: { ...scenario.agents, ...Object.fromEntries(many) } })
  await assert.rejects(made.jobs.submit({ scenario: large }, 'local'), refusal('job/crashed', /memory/))
  assert.equal(made.jobs.get(job.id).state, 'running')
  await clock.advance(60_000)
  const { state, rows } = await made.ended(job.id)
  assert.deepEqual([state, rows], ['done', 20_000])
})

test('jobs go on in the store that is begun where a damaged one was moved aside', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { most: 1 })
  made.store.commit({
    readings: [{ device: 'air', reading: { journal: 'a'.repeat(32), seq: 1, n: 1, t: 1, values: {} } }],
  })
  const request = { scenario, steps: 400_000, every: 10 }
  const [{ job }, waiting] = [await made.jobs.submit(request, 'local'), await made.jobs.submit(request, 'local')]
  await made.until(job.id, ({ rows }) => rows > 0)
  {
    using vandal = new DatabaseSync(join(folder.path, 'store.db'), { timeout: 5000 })
    vandal.prepare('UPDATE ingest SET body = ?').run(Buffer.from('garbage'))
  }
  const series = { kind: 'reading', device: 'air', point: 'co2' } as const
  await assert.rejects(made.store.history({ series, from: 0, to: 9 }), refusal('store/damaged', /begun/))
  assert.equal(readdirSync(folder.path).filter((name) => /damaged-[^-]*$/.test(name)).length, 1)
  for (const { id } of [job, waiting.job]) {
    const { state, rows } = await made.ended(id)
    assert.deepEqual([state, rows], ['done', 40_000])
  }
  assert.equal(await made.results(job.id, 'csv'), await made.results(waiting.job.id, 'csv'))
})

test('threads end when there is nothing to do', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder, { idle: 1 })
  await results(made, { scenario, steps: 10 })
  while (made.threads.size > 0) await turn()
})

/** Many flows, so that a scenario is large. */
function flows(count: number) {
  const requires = Array.from({ length: count }, () => 'potable')
  return {
    in: { potable: { value: 1, connections: ['tank'], requires } },
    out: { waste: { value: 1, connections: ['bin'], requires } },
  }
}

test('ensembles that take turns in the same threads do not touch one another', async () => {
  using folder = jobFolder()
  await using made = new TestJobs(folder)
  const sweep = [{ agent: 'ann', what: 'amount' as const, values: [1, 2, 3] }]
  const requests: JobRequest[] = [
    { scenario, steps: 500, ensemble: { seeds: 40, sweep: [] } },
    { scenario, steps: 300, ensemble: { seeds: 5, sweep } },
  ]
  const alone: RunRecord[] = []
  for (const request of requests) alone.push(await results(made, request))
  const together = await Promise.all([...requests, ...requests].map((request) => results(made, request)))
  assert.deepEqual(together, [...alone, ...alone])
})
