/** Scenario jobs: submitted, watched, fetched while they run, cancelled, deleted. */
import { Readable } from 'node:stream'
import { HabtwinError, job, jobRequest, jobState } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { events, follow, hasEnded, LAST } from '../../jobs/follow.ts'
import { type Format, formats, write } from '../../jobs/results.ts'
import type { Jobs } from '../../jobs/service.ts'
import { jobOwner } from '../access.ts'
import type { App } from '../app.ts'

export type JobService = Pick<Jobs, 'submit' | 'get' | 'list' | 'request' | 'results' | 'cancel' | 'remove' | 'watch'>

/** Largest request, bytes: a configuration with hundreds of agents has some hundred kilobytes. */
const MOST_BODY = 4_000_000

const types: Readonly<Record<Format, string>> = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
}

const named = z.object({ id: z.string().max(64) })
const key = z.string().regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible characters')

const list = z.object({
  project: z.string().optional(),
  state: jobState.optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z.string().optional().describe('The id of a job: only older ones.'),
})

const results = z.object({
  format: z.enum(formats).optional().describe('Else what `Accept` asks for; else JSON.'),
  columns: z
    .string()
    .optional()
    .describe('Beginnings of names, with `*` for any letters, separated by commas: `human,*.storage.co2`.'),
  from: z.coerce.number().int().min(0).default(0).describe('The first row, from 0.'),
  follow: z
    .stringbool()
    .default(false)
    .describe('Goes on as rows come, until the job ends. NDJSON and CSV of one run.'),
})

export function jobRoutes(app: App, jobs: JobService, clock: Clock): void {
  app.post(
    '/api/jobs',
    {
      bodyLimit: MOST_BODY,
      schema: {
        tags: ['jobs'],
        summary: 'Submit a scenario; it is run as soon as its turn comes',
        description: 'With a header `Idempotency-Key` the same request sent twice is one job.',
        body: jobRequest,
        response: { 202: job },
      },
    },
    async (request, reply) => {
      const { job } = await jobs.submit(request.body, jobOwner(request), keyOf(request))
      return reply.code(202).header('location', `/api/jobs/${job.id}`).send(job)
    },
  )
  app.get(
    '/api/jobs',
    {
      schema: { tags: ['jobs'], summary: 'Jobs, the newest first', querystring: list, response: { 200: z.array(job) } },
    },
    (request) => jobs.list(request.query),
  )
  app.get(
    '/api/jobs/:id',
    { schema: { tags: ['jobs'], summary: 'How a job stands', params: named, response: { 200: job } } },
    (request) => jobs.get(request.params.id),
  )
  app.get(
    '/api/jobs/:id/request',
    { schema: { tags: ['jobs'], summary: 'What was submitted', params: named, response: { 200: jobRequest } } },
    (request) => jobs.request(request.params.id),
  )
  app.post(
    '/api/jobs/:id/cancel',
    {
      schema: {
        tags: ['jobs'],
        summary: 'End a job and keep what there is of it; one that has ended stays as it is',
        params: named,
        response: { 200: z.object({ cancelled: z.boolean(), detail: z.string(), job }) },
      },
    },
    async (request) => {
      jobOwner(request)
      const { job, cancelled } = await jobs.cancel(request.params.id)
      const detail = cancelled ? `cancelled, with ${job.rows} rows` : `it had ended already: ${job.state}`
      return { cancelled, detail, job }
    },
  )
  app.delete(
    '/api/jobs/:id',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Delete a job and its results; one that runs is cancelled first',
        params: named,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      jobOwner(request)
      await jobs.remove(request.params.id)
      return reply.code(204).send()
    },
  )
  resultRoute(app, jobs)
  eventRoute(app, jobs, clock)
}

function resultRoute(app: App, jobs: JobService): void {
  app.get(
    '/api/jobs/:id/results',
    {
      schema: {
        tags: ['jobs'],
        summary: 'The results of a job, as far as there are any',
        description:
          'JSON is column by column: of one run `{step_num, agents}`, of several `{step_num, quantiles, points}`. ' +
          'NDJSON and CSV have one line a kept step.',
        params: named,
        querystring: results,
        response: {
          200: { description: 'The records', content: { 'application/json': { schema: z.looseObject({}) } } },
        },
      },
    },
    async (request, reply) => {
      const { columns = '', from, follow: follows } = request.query
      const format = request.query.format ?? accepted(request)
      const { id } = request.params
      const patterns = columns.split(',').flatMap((pattern) => pattern.trim() || [])
      const found = jobs.results(id, patterns, from)
      if (follows && (format === 'json' || found.ensemble !== undefined)) {
        throw new HabtwinError('request/invalid', 'follow: goes with NDJSON or CSV of a job of one run')
      }
      const more = follows ? follow(jobs, id, request.signal) : undefined
      if (format === 'csv') reply.header('content-disposition', `attachment; filename="${id}.csv"`)
      const text = Readable.from(write(found, format, more), { objectMode: false })
      return reply.type(types[format]).send(text as never)
    },
  )
}

function eventRoute(app: App, jobs: JobService, clock: Clock): void {
  app.get(
    '/api/jobs/:id/events',
    {
      schema: {
        tags: ['jobs'],
        summary: 'What becomes of a job, as server-sent events: state, progress, results; ends with the job',
        params: named,
        response: {
          200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      // a browser connects again after the end: that there is nothing more tells it to stop (HTML, 9.2.3)
      if (hasEnded(jobs.get(id)) && request.headers['last-event-id'] === LAST) return reply.code(204 as 200).send()
      const text = Readable.from(events(jobs, id, clock, request.signal), { objectMode: false })
      return reply
        .type('text/event-stream')
        .header('x-accel-buffering', 'no')
        .send(text as never)
    },
  )
}

/** draft-ietf-httpapi-idempotency-key-header-07, 2.1: a string in quotes; without them it is as clear. */
function keyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const given = headers['idempotency-key']
  if (given === undefined) return undefined
  const { data, error } = key.safeParse(String(given).replace(/^"(.*)"$/, '$1'))
  if (data !== undefined) return data
  throw new HabtwinError('request/invalid', `Idempotency-Key: ${error?.issues[0]?.message}`)
}

/** The format that a client asks for by `Accept`: the first of its list that there is. */
function accepted({ headers }: Pick<FastifyRequest, 'headers'>): Format {
  for (const type of (headers.accept ?? '').split(',')) {
    if (/^\s*application\/json\b/.test(type)) return 'json'
    if (/^\s*application\/(?:x-)?(?:ndjson|jsonl)\b/.test(type)) return 'ndjson'
    if (/^\s*text\/csv\b/.test(type)) return 'csv'
  }
  return 'json'
}
