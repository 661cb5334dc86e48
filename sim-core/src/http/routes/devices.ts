/** The instruments: what they are, how they fare, and whether all they said has arrived. */
import { deviceHealth, deviceInfo, reading } from '@habtwin/contract'
import { z } from 'zod'
import type { App } from '../app.ts'

const device = deviceInfo.extend({ health: deviceHealth.nullable(), last: reading.nullable() })

const completeness = z.object({
  device: z.string(),
  /** Readings that it took. */
  taken: z.int(),
  stored: z.int(),
  gaps: z.array(z.object({ from: z.number(), to: z.number(), count: z.number().optional(), reason: z.string() })),
})

/** A device's description with its health and its last reading; null where there was none yet. */
export type DeviceState = z.infer<typeof device>

export interface Devices {
  devices(): readonly DeviceState[]
  completeness(): readonly z.infer<typeof completeness>[]
}

export function deviceRoutes(app: App, source: Devices): void {
  app.get(
    '/api/devices',
    {
      schema: {
        tags: ['instruments'],
        summary: 'Every device, its health and its last reading',
        response: { 200: z.array(device) },
      },
    },
    () => [...source.devices()],
  )
  app.get(
    '/api/completeness',
    {
      schema: {
        tags: ['instruments'],
        summary: 'Of each device, how many readings were taken and how many are stored',
        response: { 200: z.array(completeness) },
      },
    },
    () =>
      source
        .completeness()
        .map(({ device, taken, stored, gaps }) => ({ device, taken, stored, gaps: gaps.map(shown) })),
  )
}

/** What a gap says to people; its journal is of no use to them. */
function shown({ from, to, count, reason }: z.infer<typeof completeness>['gaps'][number]) {
  return { from, to, ...(count === undefined ? {} : { count }), reason }
}
