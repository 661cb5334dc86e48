/** What was measured. */
import { type DeviceInfo, HabtwinError, id } from '@habtwin/contract'
import { z } from 'zod'
import type { History, HistoryQuery } from '../../store/types.ts'
import type { App } from '../app.ts'
import { columns } from '../columns.ts'
import { moment, span, spanOf } from '../words.ts'

/** Rows of one answer. */
export const MOST_ROWS = 200_000

const query = z.object({
  device: id.meta({ examples: ['air'] }),
  point: id.meta({ examples: ['co2'] }),
  from: moment.optional(),
  to: moment.optional(),
  every: span.optional().describe('Sum up to one mean a span, e.g. `10 min`; then min, max and n are given too.'),
})

const history = z.object({
  /** UCUM. */
  unit: z.string(),
  /** ms since the epoch; with `every` a span's begin. */
  t: z.array(z.number()),
  value: z.array(z.number().nullable()),
  /** Left out where all are good. */
  quality: z.array(z.string().nullable()).optional(),
  min: z.array(z.number()).optional(),
  max: z.array(z.number()).optional(),
  n: z.array(z.number()).optional(),
})

export interface Histories {
  /** A device's newest description. */
  info(device: string): DeviceInfo | undefined
  history(query: HistoryQuery, signal: AbortSignal): Promise<History>
  /** The habitat's clock, ms. */
  now(): number
}

export function historyRoutes(app: App, source: Histories): void {
  app.get(
    '/api/history',
    {
      schema: {
        tags: ['instruments'],
        summary: 'Readings of one point over time, by default of the last 24 hours',
        querystring: query,
        response: { 200: history },
      },
    },
    async (request, reply) => {
      const { device, point, every } = request.query
      const points = source.info(device)?.points ?? {}
      const known = Object.hasOwn(points, point) ? points[point] : undefined
      if (known === undefined) throw new HabtwinError('request/not-found', `There is no ${point} of a device ${device}`)
      const series = { kind: 'reading', device, point } as const
      const wanted = { series, ...spanOf(request.query, source.now()), ...(every === undefined ? {} : { every }) }
      const found = await bounded(source, wanted, request.signal)
      // what is sent is JSON already: a long answer as a stream
      return reply.type('application/json').send(columns({ unit: known.unit, ...found }, found.t.length) as never)
    },
  )
}

/** A history that fits into one answer. Throws request/invalid, request/too-large. */
export async function bounded(
  source: Pick<Histories, 'history'>,
  query: HistoryQuery,
  signal: AbortSignal,
): Promise<Omit<History, 'more'>> {
  if (query.from > query.to) throw new HabtwinError('request/invalid', '`from` is later than `to`')
  const { more, ...found } = await source.history({ ...query, limit: MOST_ROWS }, signal)
  if (more === true) throw new HabtwinError('request/too-large', `The span has more than ${MOST_ROWS} rows`)
  return found
}
