/** The configuration of a receiver: what mission control needs, with the sections that it shares with a habitat's. */
import { id } from '@habtwin/contract'
import { z } from 'zod'
import { timezone } from './quantity.ts'
import { sections } from './schema.ts'

const { access, broker, http, tls, influx, store, jobs } = sections

const receive = z.strictObject({
  label: z.string().default('Mission control'),
  /** Of those who look on. */
  timezone: timezone.default('UTC'),
  /** Those that are recorded; left out, all that are heard of. */
  habitats: z.array(id).min(1).optional(),
  /** What the gateways call the bridge that leads here. */
  consumer: id.default('earth'),
  /** The same of single habitats that call it otherwise. */
  consumers: z.record(id, id).default({}),
  /** Habitats at most: whoever may speak at the broker could invent names. */
  most: z.int().min(1).max(10_000).default(500),
})

/** A broker that somebody else runs; where it is given, there is none of our own. */
const remote = {
  url: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .refine(
      (written) => [written ?? []].flat().every((one) => /^(?:mqtts?|wss?):\/\/[^@]+$/.test(one)),
      'write for example `mqtts://broker.example:8883`; user and password have keys of their own',
    ),
  username: z.string().optional(),
  password: z.string().optional(),
  password_file: z.string().optional(),
  ca: z.string().optional(),
  certificate: z.string().optional(),
  key: z.string().optional(),
}

/** The schema of the file of a receiver. */
export const receiveSchema = z.strictObject({
  receive: receive.prefault({}),
  broker: broker
    .extend({
      ...remote,
      // gateways of many habitats, often behind one address
      max_connections: z.int().positive().default(2_000),
      max_connections_per_address: z.int().positive().default(2_000),
    })
    .prefault({}),
  http: http.omit({ gateway: true }).prefault({}),
  tls: tls.prefault({}),
  access: access.prefault({}),
  influx: influx.optional(),
  store: store.prefault({}),
  jobs: jobs.omit({ redis: true }).prefault({}),
})

export type ReceiveConfig = z.output<typeof receiveSchema>
