/** What habitat this is. */
import { clockState, id } from '@habtwin/contract'
import { habitatRow } from '@habtwin/contract/habitats'
import { z } from 'zod'
import type { App } from '../app.ts'

const bound = z.object({ above: z.number().optional(), below: z.number().optional() })

export const about = z.object({
  /** Pressure in hPa. */
  habitat: z.object({ id, label: z.string(), timezone: z.string(), pressure: z.number() }),
  /** When the first day began, and how long a day is, ms. */
  mission: z.object({ epoch: z.number(), day: z.number() }).optional(),
  zones: z.record(
    id,
    z.looseObject({
      label: z.string(),
      /** m³ */
      volume: z.number().optional(),
      crew: z.number().optional(),
      /** Species to m². */
      plants: z.record(z.string(), z.number()).optional(),
      limits: z.record(z.string(), z.record(z.string(), bound)).optional(),
    }),
  ),
  /** At mission control: how the link to it stands there. */
  afar: habitatRow.shape.link.optional(),
  version: z.string(),
  /** On which side of the link it is asked; the habitat's own where left out. */
  side: z.enum(['crew', 'mission-control']).optional(),
  demo: z.boolean(),
  /** True where no real instrument stands behind it. */
  simulated: z.boolean(),
  /** How fast the habitat's clock runs beside the wall's; 0 for as fast as it goes. */
  pace: z.number(),
  /** The habitat's clock, ms. */
  now: z.number(),
  /** Whether times are final; where they are not, of the node that says so. Left out as long as no node has spoken. */
  clock: clockState.extend({ node: id, waiting: z.int() }).optional(),
  mqtt: z.object({ host: z.string(), port: z.number() }),
  /** True where mission control's side runs beside the habitat, for a visitor to look at. */
  across: z.boolean().optional(),
  /** What a visitor may set in a virtual habitat. */
  disturb: z
    .object({ device: id, points: z.record(z.string(), z.array(z.union([z.string(), z.number()]))) })
    .optional(),
})

export type About = z.infer<typeof about>

export interface AboutSource {
  about(): About
}

export function aboutRoutes(app: App, source: AboutSource): void {
  app.get(
    '/api/about',
    { schema: { tags: ['habitat'], summary: 'The habitat, its zones and its clock', response: { 200: about } } },
    () => source.about(),
  )
}
