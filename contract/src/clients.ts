/** Who is connected to a broker, retained on `clients/{node}` by its gateway. */
import { z } from 'zod'

export const connectedClient = z.object({
  /** The MQTT client id. */
  client: z.string(),
  name: z.string(),
  role: z.string(),
  /** How it is known: by password, token, certificate, a login at the panel, or by where it is. */
  via: z.string(),
  /** IP address; empty for a process of the house. */
  from: z.string(),
  /** Seen first, ms. */
  since: z.number(),
})

export const connectedClients = z.object({
  t: z.number(),
  /** How many there are; of very many the first are listed. */
  count: z.int().nonnegative(),
  clients: z.array(connectedClient),
})

export type ConnectedClient = z.infer<typeof connectedClient>
export type ConnectedClients = z.infer<typeof connectedClients>
