/** What is published for everyone. */
import { z } from 'zod'
import { type PublicValue, publicValue } from '../../public/publisher.ts'
import type { App } from '../app.ts'

export type { PublicValue } from '../../public/publisher.ts'

export function publicRoutes(app: App, published: () => readonly PublicValue[]): void {
  app.get(
    '/api/public',
    {
      schema: {
        tags: ['access'],
        summary: 'What everybody may see, as old as is configured',
        response: { 200: z.array(publicValue) },
      },
    },
    () => [...published()],
  )
}
