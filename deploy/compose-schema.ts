/**
 * What both Docker Compose and balena's supervisor take, as an allow-list: balena drops or misreads many keys of
 * Compose without a word (`env_file`, `logging`, `profiles`, `${…}`), so what is not here is refused.
 * Source: https://docs.balena.io/reference/supervisor/docker-compose/
 */
import { z } from 'zod'

const strings = z.array(z.string())
const size = z.string().regex(/^\d+[kmg]$/)
const span = z.string().regex(/^\d+(s|m|h)$/)

const service = z.strictObject({
  build: z.strictObject({
    context: z.literal('.'),
    dockerfile: z.string(),
    args: z.record(z.string(), z.string()).optional(),
  }),
  command: strings.optional(),
  restart: z.enum(['always', 'on-failure', 'unless-stopped']),
  network_mode: z.literal('host'),
  depends_on: strings.optional(),
  environment: z.record(z.string(), z.string()).optional(),
  /** `name:/path`: the host's own folders cannot be mounted. */
  volumes: z.array(z.string().regex(/^[a-z-]+:\/[a-z0-9/-]+$/)).optional(),
  devices: strings.optional(),
  group_add: strings.optional(),
  read_only: z.boolean().optional(),
  tmpfs: strings.optional(),
  cap_drop: strings.optional(),
  security_opt: z.tuple([z.literal('no-new-privileges')]),
  mem_limit: size,
  healthcheck: z.strictObject({ test: strings, interval: span, timeout: span, start_period: span }).optional(),
})

export const compose = z.strictObject({
  version: z.literal('2.4'),
  volumes: z.record(z.string(), z.strictObject({})),
  services: z.record(z.string(), service),
})

/** `balena.yml`. Source: https://docs.balena.io/reference/balena-yml/ */
export const balena = z.strictObject({
  name: z.string(),
  type: z.literal('sw.application'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string(),
  data: z.strictObject({
    defaultDeviceType: z.string(),
    /** Only what the images are built for: 64-bit ARM and AMD. */
    supportedDeviceTypes: z.array(
      z.enum([
        'raspberrypi3-64',
        'raspberrypi4-64',
        'raspberrypi400-64',
        'raspberrypi5',
        'raspberrypi0-2w-64',
        'generic-aarch64',
        'generic-amd64',
      ]),
    ),
  }),
})
