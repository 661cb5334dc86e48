import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Job, scenarioEntry } from '@habtwin/contract'
import { z } from 'zod'
import { jobFolder, habitat as smallHabitat, TestJobs } from '../../jobs/support.ts'
import { liveScenario } from '../../scenario/live/live.ts'
import { figures, plan } from '../../scenario/live/support.ts'
import { HttpServer } from '../server.ts'
import { habitat } from '../support.ts'

const scenario = smallHabitat()

/** A server over real jobs. */
class Server implements AsyncDisposable {
  readonly made: TestJobs
  readonly http: HttpServer
  readonly #stack: AsyncDisposableStack

  private constructor(made: TestJobs, http: HttpServer, stack: AsyncDisposableStack) {
    this.made = made
    this.http = http
    this.#stack = stack
  }

  static async start(setting: ConstructorParameters<typeof TestJobs>[1] = {}): Promise<Server> {
    await using stack = new AsyncDisposableStack()
    const made = stack.use(new TestJobs(stack.use(jobFolder()), setting))
    const { options } = stack.use(habitat({ jobs: made.jobs }))
    const http = stack.use(await HttpServer.start(options))
    return new Server(made, http, stack.move())
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://${this.http.address}${path}`, init)
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.ask(path, { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } })
  }

  async submitted(request: object): Promise<Job> {
    const answer = await this.post('/api/jobs', request)
    assert.equal(answer.status, 202)
    return (await answer.json()) as Job
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

async function isProblem(answer: Response, status: number, code: string, detail: RegExp): Promise<void> {
  assert.equal(answer.status, status)
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/)
  const body = (await answer.json()) as { code: string; detail: string }
  assert.equal(body.code, code)
  assert.match(body.detail, detail)
}

test('a job is submitted, listed, fetched in the format that is asked for, and deleted', async () => {
  await using server = await Server.start()
  const answer = await server.post('/api/jobs', { scenario, steps: 24, project: 'p', label: 'a day' })
  const { id } = (await answer.json()) as Job
  assert.deepEqual([answer.status, answer.headers.get('location')], [202, `/api/jobs/${id}`])
  await server.submitted({ scenario, steps: 24 })
  await server.made.ended(id)
  const list = (await (await server.ask('/api/jobs?project=p')).json()) as Job[]
  assert.deepEqual([list.length, list[0]?.id], [1, id])
  const request = (await (await server.ask(`/api/jobs/${id}/request`)).json()) as object
  assert.deepEqual(request, { scenario, steps: 24, project: 'p', label: 'a day' })
  for (const [format, accept, type] of [
    ['', 'application/json', 'application/json'],
    ['', 'text/csv;q=0.9', 'text/csv'],
    ['', 'application/x-ndjson, text/csv', 'application/x-ndjson'],
    ['?format=csv', 'application/json', 'text/csv'],
  ] as const) {
    const found = await server.ask(`/api/jobs/${id}/results${format}`, { headers: { accept } })
    assert.ok((found.headers.get('content-type') ?? '').startsWith(type), `${format} ${accept}`)
    const text = await found.text()
    if (type === 'application/json') assert.equal(JSON.parse(text).step_num.length, 24)
    else assert.equal(text.trimEnd().split('\n').length, type === 'text/csv' ? 25 : 24)
  }
  assert.equal((await server.ask(`/api/jobs/${id}`, { method: 'DELETE' })).status, 204)
  await isProblem(await server.ask(`/api/jobs/${id}`), 404, 'request/not-found', new RegExp(id))
})

test('the same Idempotency-Key is one job, in quotes or without; with another body it is refused', async () => {
  await using server = await Server.start()
  const send = async (key: string, steps: number) =>
    server.post('/api/jobs', { scenario, steps }, { 'idempotency-key': key })
  const [first, again] = [await send('"abc"', 5), await send('abc', 5)]
  assert.deepEqual([first.status, again.status], [202, 202])
  assert.equal(((await first.json()) as Job).id, ((await again.json()) as Job).id)
  await isProblem(await send('"abc"', 6), 409, 'job/conflict', /"abc"/)
  await isProblem(await send('x'.repeat(300), 6), 400, 'request/invalid', /Idempotency-Key/)
})

test('bad input is answered with a problem that names the place, and nothing is queued', async () => {
  await using server = await Server.start()
  const agents = { ...scenario.agents, eve: { flows: { in: { potable: { value: 'much', connections: ['tank'] } } } } }
  const post = (body: unknown) => server.post('/api/jobs', body)
  await isProblem(
    await post({ scenario: { ...scenario, agents } }),
    422,
    'scenario/invalid',
    /agents\.eve\.flows\.in\.potable\.value/,
  )
  await isProblem(await post({ scenario, steps: 1e9 }), 413, 'job/too-large', /^steps/)
  await isProblem(await post({ scenario, steps: 'many' }), 400, 'request/invalid', /steps/)
  await isProblem(
    await post({ scenario, changes: [{ agent: 'ann', amount: 'two' }] }),
    400,
    'request/invalid',
    /changes\/0\/amount/,
  )
  await isProblem(await post({ scenario, speed: 1 }), 400, 'request/invalid', /speed/)
  await isProblem(await post('{'), 400, 'request/invalid', /./)
  await isProblem(await post(`{"scenario": "${'x'.repeat(50_000_000)}"}`), 413, 'request/too-large', /./)
  const proxied = await server.post('/api/jobs', { scenario }, { 'x-forwarded-for': '10.0.0.1' })
  await isProblem(proxied, 403, 'request/forbidden', /machine/)
  assert.deepEqual(await (await server.ask('/api/jobs')).json(), [])
})

test('events tell how a job stands and what becomes of it, and end with it', async () => {
  await using server = await Server.start({ most: 1 })
  const before = await server.submitted({ scenario, steps: 50_000_000, every: 1_000 })
  const { id } = await server.submitted({ scenario, steps: 60_000 })
  const answer = await server.ask(`/api/jobs/${id}/events`, { headers: { 'last-event-id': '7' } })
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/)
  await server.post(`/api/jobs/${before.id}/cancel`, {}) // it waited for that one
  const events = [...(await answer.text()).matchAll(/^event: (\w+)\nid: (\w+)\ndata: (.*)\n$/gm)].map(
    ([, kind, id, data]) => ({ kind, id, data: JSON.parse(data ?? '') }),
  )
  const states = events.filter(({ kind }) => kind === 'state').map(({ data }) => data.state)
  // who reads slowly is told how it stands, not all that it went through
  assert.deepEqual(
    states.filter((state) => state !== 'running'),
    ['queued', 'done'],
  )
  const rows = events.filter(({ kind }) => kind === 'results').map(({ data }) => data.rows)
  assert.deepEqual(
    [...rows].sort((a, b) => a - b),
    rows,
  )
  assert.equal(rows.at(-1), 60_000)
  assert.equal(events.at(-1)?.id, 'end')
  const again = await server.ask(`/api/jobs/${id}/events`, { headers: { 'last-event-id': 'end' } })
  assert.equal(again.status, 204)
})

test('rows come while the job runs, and stop when it is cancelled', async () => {
  await using server = await Server.start()
  const { id } = await server.submitted({ scenario, steps: 5_000_000, every: 10 })
  const answer = await server.ask(`/api/jobs/${id}/results?format=ndjson&follow=true&columns=tank.storage`)
  let [lines, cancelled] = [0, false]
  const decoder = new TextDecoder()
  for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
    lines += decoder.decode(piece, { stream: true }).split('\n').length - 1
    if (lines < 1_000 || cancelled) continue
    cancelled = true
    const ended = (await (await server.post(`/api/jobs/${id}/cancel`, {})).json()) as {
      cancelled: boolean
      detail: string
    }
    assert.equal(ended.cancelled, true)
  }
  assert.equal(lines, server.made.jobs.get(id).rows)
  const again = (await (await server.post(`/api/jobs/${id}/cancel`, {})).json()) as {
    cancelled: boolean
    detail: string
  }
  assert.deepEqual(again.cancelled, false)
  assert.match(again.detail, /cancelled/)
})

test('who goes away does not leave anything behind that listens', async () => {
  await using server = await Server.start()
  const { id } = await server.submitted({ scenario, steps: 50_000_000, every: 1000 })
  const away = new AbortController()
  const answer = await server.ask(`/api/jobs/${id}/events`, { signal: away.signal })
  const reader = answer.body?.getReader()
  await reader?.read()
  assert.equal(server.made.jobs.listeners, 1)
  away.abort()
  await server.made.until(id, () => server.made.jobs.listeners <= 1)
  await server.post(`/api/jobs/${id}/cancel`, {})
  assert.equal(server.made.jobs.listeners, 0)
})

test('the scenarios that come with habtwin are listed, and can be had whole and submitted', async () => {
  await using server = await Server.start()
  const list = z.array(scenarioEntry).parse(await (await server.ask('/api/scenarios')).json())
  assert.ok(list.length > 0)
  for (const { id } of list) {
    const whole = (await (await server.ask(`/api/scenarios/${id}`)).json()) as object
    const { steps } = await server.submitted({ scenario: whole, steps: 24 })
    assert.equal(steps, 24)
    assert.equal((await server.submitted({ scenario: id, steps: 24 })).scenario, id)
  }
  await isProblem(await server.ask('/api/scenarios/nowhere'), 404, 'request/not-found', /nowhere/)
})

test('a job may begin with the habitat as it stands; where there is no model of it, that is told', async () => {
  await using server = await Server.start({ live: async () => liveScenario(plan, figures) })
  const job = await server.submitted({ from: { live: true }, steps: 3, label: 'As it is' })
  assert.deepEqual([job.scenario, job.label], ['live', 'As it is, from 2026-11-21, 15:24'])
  await server.made.ended(job.id)
  const rows = await (await server.ask(`/api/jobs/${job.id}/results?format=csv&columns=crew_room.storage.co2`)).text()
  assert.equal(rows.trimEnd().split('\n').length, 4)
  const request = (await (await server.ask(`/api/jobs/${job.id}/request`)).json()) as { scenario: object }
  assert.deepEqual(request.scenario, liveScenario(plan, figures).form)
  for (const from of [{ live: false }, { live: true, job: 'x' }, {}]) {
    await isProblem(await server.post('/api/jobs', { from }), 400, 'request/invalid', /from/)
  }
  await using untold = await Server.start()
  await isProblem(await untold.post('/api/jobs', { from: { live: true } }), 409, 'twin/no-model', /no live twin/)
})
