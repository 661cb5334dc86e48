/** Who is connected to the brokers of the habitat. */
import { type ConnectedClients, connectedClient, id } from '@habtwin/contract'
import { z } from 'zod'
import type { App } from '../app.ts'

const answer = z.object({
  count: z.int(),
  clients: z.array(connectedClient.extend({ node: id })),
})

/** @param told by node, what it told last */
export function clientRoutes(app: App, told: () => ReadonlyMap<string, ConnectedClients>): void {
  app.get(
    '/api/clients',
    {
      schema: {
        tags: ['access'],
        summary: 'Who is connected by MQTT, since when, and how it is known who that is',
        response: { 200: answer },
      },
    },
    () => {
      const all = [...told()]
      return {
        count: all.reduce((sum, [, { count }]) => sum + count, 0),
        clients: all.flatMap(([node, { clients }]) => clients.map((one) => ({ ...one, node }))),
      }
    },
  )
}
