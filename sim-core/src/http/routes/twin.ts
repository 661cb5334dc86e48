/** What the twin says now, and what it said before. */
import {
  estimate,
  forecast,
  HabtwinError,
  id,
  outlook,
  scores,
  topic,
  twinModel,
  type WhatifAnswer,
  type WhatifRequest,
  whatifAnswer,
  whatifRequest,
} from '@habtwin/contract'
import { z } from 'zod'
import type { SeriesKey } from '../../store/types.ts'
import type { App } from '../app.ts'
import { columns } from '../columns.ts'
import { moment, span, spanOf } from '../words.ts'
import { bounded, type Histories } from './history.ts'

/** Largest what-if, bytes: 50 changes take less. */
const MOST_CHANGES = 16_384

const wanted = z.object({ zone: id.optional(), quantity: id.optional() })
const nested = <T extends z.ZodType>(body: T) => z.record(id, z.record(id, body))

const past = z.object({
  zone: id,
  quantity: id,
  lead: z
    .enum(['1h', '6h', '24h', 'estimate'])
    .describe('How long before its time a forecast was made; or the estimates of that time itself.'),
  from: moment.optional(),
  to: moment.optional(),
  every: span.optional(),
})
const numbers = z.array(z.number().nullable()).optional()

export interface TwinState extends Pick<Histories, 'history' | 'now'> {
  /** The latest bodies by topic (relative), of all topics that begin so. */
  latest(prefix: string): ReadonlyMap<string, unknown>
  /** @throws HabtwinError twin/no-model, twin/busy, link/unavailable */
  whatif(request: WhatifRequest): Promise<WhatifAnswer>
}

/** What the twin says on one topic each, and where that is found. */
const single = [
  { path: 'score', topic: topic.score, body: scores, summary: 'How good its forecasts were, over those whose time has come' },
  { path: 'model', topic: topic.model, body: twinModel, summary: 'What it goes by: parameters, assumptions, readings it did not believe' },
  { path: 'outlook', topic: topic.outlook, body: outlook, summary: 'How long limits are off, and the odds that they are reached' },
] as const // biome-ignore format: a table

export function twinRoutes(app: App, source: TwinState): void {
  app.get(
    '/api/twin/estimate',
    {
      schema: {
        tags: ['twin'],
        summary: 'How each zone stands: mean and standard deviation',
        querystring: wanted,
        response: { 200: nested(estimate) },
      },
    },
    (request) => byZone<z.infer<typeof estimate>>(source.latest('twin/estimate/'), request.query),
  )
  app.get(
    '/api/twin/forecast',
    {
      schema: {
        tags: ['twin'],
        summary: 'How each zone will stand: median and 90 % band',
        querystring: wanted,
        response: { 200: nested(forecast) },
      },
    },
    (request) => byZone<z.infer<typeof forecast>>(source.latest('twin/forecast/'), request.query),
  )
  for (const { path, topic, body, summary } of single) {
    const schema = { tags: ['twin'], summary, response: { 200: body } }
    // whichever of the three it is: the answer is what was published under that schema
    app.get(`/api/twin/${path}`, { schema }, () => newest(source, topic, path) as never)
  }
  whatifRoute(app, source)
  app.get(
    '/api/twin/history',
    {
      schema: {
        tags: ['twin'],
        summary: 'What was said before about each moment, to be compared with what came',
        querystring: past,
        response: {
          200: z.object({
            t: z.array(z.number()),
            mean: numbers,
            sd: numbers,
            p05: numbers,
            p50: numbers,
            p95: numbers,
          }),
        },
      },
    },
    async (request, reply) => {
      const { zone, quantity, lead, every } = request.query
      const name = topic.estimate(zone, quantity)
      if (!source.latest(name).has(name)) {
        throw new HabtwinError('request/not-found', `The twin says nothing of ${quantity} in a zone ${zone}`)
      }
      const fields = lead === 'estimate' ? (['mean', 'sd'] as const) : (['p50', 'p05', 'p95'] as const)
      const query = { ...spanOf(request.query, source.now()), ...(every === undefined ? {} : { every }) }
      const found = await Promise.all(
        fields.map((field) => {
          const series = { kind: lead === 'estimate' ? 'estimate' : 'forecast', zone, quantity, lead, field }
          return bounded(source, { ...query, series: series as SeriesKey }, request.signal)
        }),
      )
      const [{ t } = { t: [] }] = found
      const body: Record<string, unknown> = { t }
      for (const [i, field] of fields.entries()) body[field] = aligned(t, found[i] ?? { t: [], value: [] })
      return reply.type('application/json').send(columns(body, t.length) as never)
    },
  )
}

function whatifRoute(app: App, source: Pick<TwinState, 'whatif'>): void {
  app.post(
    '/api/twin/whatif',
    {
      bodyLimit: MOST_CHANGES,
      schema: {
        tags: ['twin'],
        summary: 'What would come if something were done: nothing is done by asking',
        body: whatifRequest,
        response: { 200: whatifAnswer },
      },
    },
    (request) => source.whatif(request.body),
  )
}

function newest(source: Pick<TwinState, 'latest'>, topic: string, path: string): unknown {
  const said = source.latest(topic).get(topic)
  if (said === undefined) throw new HabtwinError('request/not-found', `The twin has said nothing of its ${path} yet`)
  return said
}

/** Bodies of topics `…/{zone}/{quantity}` as zone → quantity → body. */
function byZone<T>(latest: ReadonlyMap<string, unknown>, want: z.infer<typeof wanted>) {
  // without a prototype: a zone may be called `constructor`
  const zones: Record<string, Record<string, T>> = Object.create(null)
  for (const [name, body] of latest) {
    const [zone = '', quantity = ''] = name.split('/').slice(2)
    if ((want.zone ?? zone) !== zone || (want.quantity ?? quantity) !== quantity) continue
    zones[zone] ??= {}
    zones[zone][quantity] = body as T
  }
  return zones
}

/** The values at the given times; all fields are written together, but a commit may come in between. */
function aligned(t: readonly number[], other: { t: readonly number[]; value: readonly (number | null)[] }) {
  if (other.t.length === t.length && other.t.every((at, i) => at === t[i])) return other.value
  const values = new Map(other.t.map((at, i) => [at, other.value[i] ?? null]))
  return t.map((at) => values.get(at) ?? null)
}
