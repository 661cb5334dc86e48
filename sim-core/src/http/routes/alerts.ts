/** What a person should know, and that somebody does. */
import { randomUUID } from 'node:crypto'
import { type Alert, alert, commandResult, HabtwinError, id } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { z } from 'zod'
import { allowCommand } from '../access.ts'
import type { App } from '../app.ts'
import { moment, spanOf } from '../words.ts'
import { type Commands, sent } from './commands.ts'

const EXPIRES = 30_000

export interface Alerts {
  active(): readonly Alert[]
  /** Alerts that changed within a span (ms), each as it last was. */
  alerts(span: { from: number; to: number }): readonly Alert[]
  /** The habitat's clock, ms. */
  now(): number
}

export function alertRoutes(app: App, alerts: Alerts, commands: Commands, clock: Clock): void {
  app.get(
    '/api/alerts',
    {
      schema: {
        tags: ['alerts'],
        summary: 'Alerts that hold now, and those that changed within a span, by default of the last 24 hours',
        querystring: z.object({ from: moment.optional(), to: moment.optional() }),
        response: { 200: z.object({ active: z.array(alert), history: z.array(alert) }) },
      },
    },
    (request) => {
      const span = spanOf(request.query, alerts.now())
      if (span.from > span.to) throw new HabtwinError('request/invalid', '`from` is later than `to`')
      return { active: [...alerts.active()], history: [...alerts.alerts(span)] }
    },
  )
  app.post(
    '/api/alerts/:id/ack',
    {
      schema: {
        tags: ['alerts'],
        summary: 'Say that somebody has seen it',
        description: 'It is a command to whoever raised the alert, `guard` or `twin`.',
        params: z.object({ id }),
        body: z.object({ by: z.string().min(1).max(128).optional() }),
        response: {
          200: commandResult.pick({ id: true, state: true, reason: true }),
          202: commandResult.pick({ id: true, state: true, reason: true }),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const standing = alerts.active().find((one) => one.id === id)
      const raiser = standing?.source ?? 'guard'
      const signature = allowCommand(request, raiser, 'acknowledge', request.body.by, (name) =>
        commands.mayCommand(name),
      )
      if (standing === undefined) {
        throw new HabtwinError('request/not-found', `No alert ${id} holds at present`)
      }
      const command = { id: randomUUID(), value: id, ...signature, expires: clock.now() + EXPIRES }
      const result = await sent(commands, raiser, 'acknowledge', command, clock)
      return reply.code(result.state === 'waiting' ? 202 : 200).send(result)
    },
  )
}
