/** Scenario jobs over HTTP: how soon there is something to see, how soon a worker is free again, many at once. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Job } from '../contract/src/index.ts'
import { freePorts, Line, temporaryFolder } from '../test/support/line.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { cpu, rss } from './support/process.ts'
import { median } from './support/statistics.ts'

/** SIMOC's presets, where they lie beside the checkout. */
const REFERENCE = fileURLToPath(new URL('../../shared/reference/simoc', import.meta.url))
const PRESET = 'one_person_10_days'
const TIMES = 11
const QUEUED = 200
const SEEDS = 1_000
const GOALS = { first: 50, cancel: 100, ensemble: 5 }

export const jobs: Bench = { name: 'jobs', gate: false, run: measure }

async function measure(): Promise<Outcome> {
  using folder = temporaryFolder()
  const library = existsSync(REFERENCE) ? `, library: ${REFERENCE}` : ''
  await using line = new Line(folder.path, `${freePorts}habitat: { id: bench }\njobs: { workers: 2${library} }\n`)
  const client = new Client((await line.ready).panel)
  const pid = line.pid('sim')
  if (pid === undefined) throw new Error('sim has ended')
  await sleep(3_000) // what a start leaves behind in memory is gone
  const before = rss(pid)
  const cold = await client.first()
  const first: number[] = []
  for (let i = 0; i < TIMES; i++) first.push(await client.first())
  const cancels: number[] = []
  for (let i = 0; i < TIMES; i++) cancels.push(await client.cancelled())
  const many = await queue(client, pid)
  const own = await ensemble(client, pid, PRESET)
  const ten = existsSync(REFERENCE)
    ? await ensemble(client, pid, JSON.parse(readFileSync(join(REFERENCE, 'config_1h.json'), 'utf8')))
    : undefined
  await sleep(32_000) // threads end
  return {
    figures: {
      first_rows_cold_ms: round(cold),
      first_rows_ms: round(median(first)),
      first_rows_most_ms: round(Math.max(...first)),
      cancel_ms: round(median(cancels)),
      cancel_most_ms: round(Math.max(...cancels)),
      ...many,
      [`ensemble_${PRESET}`]: own,
      ...(ten === undefined ? {} : { ensemble_simoc_1h: ten }),
      rss_before_mb: round(before),
      rss_after_mb: round(rss(pid)),
    },
    goals: [
      atMost('first_rows_most_ms', Math.max(...first), GOALS.first),
      atMost('cancel_most_ms', Math.max(...cancels), GOALS.cancel),
      { figure: 'queued_lost', goal: '= 0', met: many.queued_lost === 0 },
      atMost('ensemble s', (ten ?? own).seconds, GOALS.ensemble),
    ],
  }
}

class Client {
  readonly #base: string

  constructor(panel: string) {
    this.#base = `http://${panel}/api/jobs`
  }

  async submit(request: object): Promise<string> {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(this.#base, { method: 'POST', headers, body: JSON.stringify(request) })
    if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`)
    return ((await answer.json()) as Job).id
  }

  async job(id: string): Promise<Job> {
    return (await (await fetch(`${this.#base}/${id}`)).json()) as Job
  }

  async list(): Promise<Job[]> {
    return (await (await fetch(`${this.#base}?limit=1000`)).json()) as Job[]
  }

  /** Resolves when a job has ended. */
  async ended(id: string): Promise<Job> {
    await (await fetch(`${this.#base}/${id}/events`)).text()
    return this.job(id)
  }

  async cancel(id: string): Promise<void> {
    await fetch(`${this.#base}/${id}/cancel`, { method: 'POST' })
  }

  async removeAll(): Promise<void> {
    for (const { id } of await this.list()) await fetch(`${this.#base}/${id}`, { method: 'DELETE' })
  }

  /** ms from the request to a row in the hand of whoever asked. */
  async first(): Promise<number> {
    const begin = performance.now()
    const id = await this.submit({ scenario: PRESET })
    const rows = await fetch(`${this.#base}/${id}/results?format=ndjson&follow=true`)
    const reader = rows.body?.getReader()
    await reader?.read()
    const took = performance.now() - begin
    await reader?.cancel()
    await this.ended(id)
    return took
  }

  /** ms from the request to a free worker, of a job that would run for long. */
  async cancelled(): Promise<number> {
    const id = await this.submit({ scenario: PRESET, steps: 9_000_000, every: 1_000 })
    while ((await this.job(id)).step < 1_000) await sleep(5)
    const begin = performance.now()
    await this.cancel(id)
    const took = performance.now() - begin
    const { state } = await this.job(id)
    if (state !== 'cancelled') throw new Error(`a job that was cancelled is ${state}`)
    return took
  }
}

/** Many jobs at once: of one project first, then of another, which must not wait for all of the first. */
async function queue(client: Client, pid: number) {
  await client.removeAll()
  const idle = rss(pid)
  let most = idle
  const projects = Array.from({ length: QUEUED }, (_, i) => (i < (QUEUED * 3) / 4 ? 'first' : 'second'))
  // whoever comes first keeps both workers, so that all others wait
  const long = { scenario: PRESET, steps: 9_000_000, every: 1_000, project: 'before' }
  const before = [await client.submit(long), await client.submit(long)]
  for (const project of projects) await client.submit({ scenario: PRESET, project })
  const waiting = rss(pid)
  for (const id of before) await client.cancel(id)
  const begin = performance.now()
  let done: Job[] = []
  while (done.length < QUEUED && performance.now() - begin < 120_000) {
    await sleep(50)
    most = Math.max(most, rss(pid))
    done = (await client.list()).filter(({ state }) => state === 'done')
  }
  const order = done.sort((a, b) => (a.completed ?? 0) - (b.completed ?? 0)).map(({ project }) => project)
  return {
    queued: QUEUED,
    queued_s: round((performance.now() - begin) / 1000),
    queued_lost: QUEUED - done.length,
    // fair: the second project's 50 jobs are done after about 100
    second_project_done_after: order.lastIndexOf('second') + 1,
    queued_rss_idle_mb: round(idle),
    queued_rss_waiting_mb: round(waiting),
    queued_rss_most_mb: round(most),
  }
}

async function ensemble(client: Client, pid: number, scenario: string | object) {
  await client.removeAll()
  const [begin, used] = [performance.now(), cpu(pid)]
  const id = await client.submit({ scenario, ensemble: { seeds: SEEDS } })
  let ended = false
  const job = client.ended(id).finally(() => {
    ended = true
  })
  let most = 0
  while (!ended) {
    most = Math.max(most, rss(pid))
    await sleep(20)
  }
  const { state, steps, rows } = await job
  if (state !== 'done') throw new Error(`the ensemble is ${state}`)
  const seconds = round((performance.now() - begin) / 1000)
  return {
    seeds: SEEDS,
    seconds,
    cpu_s: round(cpu(pid) - used),
    steps_per_second: round(steps / seconds),
    rows,
    rss_most_mb: round(most),
  }
}
