/** What a device is, and how it fares. */
import { z } from 'zod'
import { id } from './reading.ts'

export const devicePoint = z.object({
  unit: z.string(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  /** The values that a command may set, where the point can be written. */
  writable: z.array(z.union([z.string(), z.number()])).optional(),
})

export const deviceInfo = z.object({
  device: id,
  zone: id,
  node: id,
  driver: z.string(),
  label: z.string(),
  /** True where no real instrument stands behind it. */
  simulated: z.boolean(),
  /** Milliseconds between readings, on the device's own clock. */
  every: z.number().positive(),
  /** How fast its clock runs beside the wall's: 1 for all real instruments, 0 for "as fast as it goes". */
  pace: z.number().nonnegative().optional(),
  points: z.record(id, devicePoint),
})

export const deviceHealth = z.object({
  state: z.enum(['ok', 'degraded', 'down']),
  reason: z.string().optional(),
  t: z.number(),
  /** Milliseconds that the last answer took. */
  latency: z.number().optional(),
})

export const nodeStatus = z.object({
  state: z.enum(['online', 'offline']),
  t: z.number(),
  version: z.string(),
  boot: z.string(),
  journal: z.string(),
  /** Where its broker listens for MQTT, `host:port`. */
  mqtt: z.string().optional(),
})

export type DevicePoint = z.infer<typeof devicePoint>
export type DeviceInfo = z.infer<typeof deviceInfo>
export type DeviceHealth = z.infer<typeof deviceHealth>
export type NodeStatus = z.infer<typeof nodeStatus>
