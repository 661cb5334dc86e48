/** What people did: hatches, walks outside, exercise, who is where, machines switched by hand, meters, notes. */
import { randomUUID } from 'node:crypto'
import { eventKinds, HabtwinError, id, type LoggedEvent, loggedEvent } from '@habtwin/contract'
import { z } from 'zod'
import { kept } from '../../events/said.ts'
import { allowLog } from '../access.ts'
import type { App } from '../app.ts'
import { moment, spanOf } from '../words.ts'

const body = z.strictObject({
  id: id.optional().describe('Names the entry for ever: sent again, it is answered again and not logged again.'),
  kind: z.enum(eventKinds),
  by: z.string().trim().min(1).max(128).optional().describe('Needed of whoever has not logged in.'),
  t: z.union([z.number(), moment]).optional().describe('When it was so; now where left out.'),
  zone: id.optional().describe('Needed by hatch, exercise, crew, blower and valve where there is more than one.'),
  to: id.optional().describe('The other side of a hatch; left out it leads outside.'),
  value: z
    .number()
    .optional()
    .describe('From now on: people (crew, exercise, eva), 1 or 0 (hatch, blower, valve), a flow, what a meter shows.'),
  point: id.optional().describe('What a meter that was read measures: a point of the vocabulary, or a name.'),
  unit: z.string().max(32).optional().describe('Of a flow, or of a meter; converted.'),
  text: z.string().trim().max(2_000).optional(),
  withdraws: id.optional().describe('The entry that this one takes back. With a kind and value: corrects.'),
})

const wanted = z.object({
  from: moment.optional(),
  to: moment.optional(),
  kind: z.enum(eventKinds).optional(),
  zone: id.optional(),
})

export interface Events {
  list(query: z.output<typeof wanted>): readonly LoggedEvent[]
  log(event: LoggedEvent): Promise<{ event: LoggedEvent; stored: boolean }>
  /** Ids of all zones. */
  zones(): readonly string[]
  /** hPa */
  readonly pressure: number
  /** The habitat's clock, ms. */
  now(): number
}

export function eventRoutes(app: App, events: Events): void {
  app.get(
    '/api/events',
    {
      schema: {
        tags: ['events'],
        summary: 'What people logged within a span, by default the last 24 hours, the newest first',
        querystring: wanted,
        response: { 200: z.array(loggedEvent) },
      },
    },
    (request) => {
      const { kind, zone } = request.query
      const span = spanOf(request.query, events.now())
      if (span.from > span.to) throw new HabtwinError('request/invalid', '`from` is later than `to`')
      return [...events.list({ ...span, kind, zone })]
    },
  )
  app.post(
    '/api/events',
    {
      schema: {
        tags: ['events'],
        summary: 'Log something that was done, or take back what was logged',
        description:
          '201: it is stored. 202: the gateway has it, and it is stored as soon as the disk can be written. ' +
          'Where there is no answer, or 503, nothing is known of it: send it again with the same `id`.',
        body,
        response: { 201: loggedEvent, 202: loggedEvent },
      },
    },
    async (request, reply) => {
      const { id = randomUUID(), ...said } = request.body
      const by = allowLog(request, said.by)
      const around = { zones: events.zones(), pressure: events.pressure, now: events.now() }
      const { event, stored } = await events.log(kept({ id, ...said, by }, around))
      return reply.code(stored ? 201 : 202).send(event)
    },
  )
}
