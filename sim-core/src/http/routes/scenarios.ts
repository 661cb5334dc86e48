/** The scenarios that come with habtwin. */
import { HabtwinError, type ScenarioEntry, scenarioEntry } from '@habtwin/contract'
import { z } from 'zod'
import type { App } from '../app.ts'

export interface Scenarios {
  list(): Promise<readonly ScenarioEntry[]>
  /** A scenario as one may submit it; undefined where there is none of this id. */
  whole(id: string): Promise<object | undefined>
}

export function scenarioRoutes(app: App, scenarios: Scenarios): void {
  app.get(
    '/api/scenarios',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Scenarios that come with habtwin, with the few things that people change',
        response: { 200: z.array(scenarioEntry) },
      },
    },
    async () => [...(await scenarios.list())],
  )
  app.get(
    '/api/scenarios/:id',
    {
      schema: {
        tags: ['jobs'],
        summary: 'A scenario whole, as it may be changed and submitted',
        params: z.object({ id: z.string().max(128) }),
        response: { 200: z.looseObject({}) },
      },
    },
    async (request) => {
      const whole = await scenarios.whole(request.params.id)
      if (whole === undefined) {
        throw new HabtwinError('request/not-found', `There is no scenario ${request.params.id}; see /api/scenarios`)
      }
      return { ...whole }
    },
  )
}
