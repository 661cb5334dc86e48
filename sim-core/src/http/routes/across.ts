/** In the demo: the way to its second view, and a look at it from outside of the simulation, past the link's delay. */
import { habitatRow } from '@habtwin/contract/habitats'
import { tally } from '@habtwin/contract/tally'
import { z } from 'zod'
import type { App } from '../app.ts'

const across = z.object({
  /** Where mission control's own panel is. */
  panel: z.string(),
  /** How it sees this habitat; null while it does not answer. */
  row: habitatRow.nullable(),
  /** What is in its store. */
  tally: tally.nullable(),
})

export type AcrossView = z.infer<typeof across>

export interface Across {
  look(): Promise<AcrossView>
}

export function acrossRoutes(app: App, source: Across): void {
  app.get(
    '/api/across',
    {
      schema: {
        tags: ['link'],
        summary: 'In the demo: what mission control has just now, seen from outside of the simulated link',
        response: { 200: across },
      },
    },
    () => source.look(),
  )
}
