/** What a device is, and how it fares. */
import { z } from 'zod'
import { calibration } from './calibration.ts'
import { clockState } from './clock.ts'
import { id } from './reading.ts'

/** Any value from `min` to `max`, or those that are whole steps above `min`; in the point's unit. */
export const writableRange = z.object({ min: z.number(), max: z.number(), step: z.number().positive().optional() })

export const devicePoint = z.object({
  unit: z.string(),
  label: z.string().optional(),
  range: z.tuple([z.number(), z.number()]).optional(),
  /** What the gateway does to what the instrument says, before it counts: `uncalibrated` gives that back. */
  calibration: calibration.optional(),
  /** Not measured but reckoned by the gateway: from what, in words or as the expression. */
  derived: z.string().optional(),
  /** The values that a command may set, where the point can be written: a list, or a range in the point's unit. */
  writable: z.union([z.array(z.union([z.string(), z.number()])), writableRange]).optional(),
  /** The value that does no harm: allowed at any time, and set by the gateway itself when a hold or interlock says so. */
  safe: z.union([z.string(), z.number()]).optional(),
  /** ms after which a value falls back to the safe one unless it is set again. */
  hold: z.number().positive().optional(),
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
  /**
   * Where it reports by exception, the longest it is silent while all is well, ms: between two heartbeats nothing has
   * changed by more than it was asked to tell. Its readings are then to be missed by `spacing`, not by `every`.
   */
  heartbeat: z.number().positive().optional(),
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

/** How the gateway's configuration fares, where its file was changed while it ran. */
export const configStatus = z.object({
  /** `faulty`: the new file has faults, and what was there before goes on. `restart`: part of it waits for a restart. */
  state: z.enum(['ok', 'faulty', 'restart']),
  t: z.number(),
  file: z.string(),
  /** What is wrong with the file, in its order; each in one sentence. */
  faults: z
    .array(
      z.object({ path: z.string(), line: z.number().optional(), column: z.number().optional(), message: z.string() }),
    )
    .optional(),
  /** What the last change that was taken changed, in words. */
  changes: z.array(z.string()).optional(),
  /** What the file says and only a restart of the gateway brings about, in words. */
  restart: z.array(z.string()).optional(),
})

export const nodeStatus = z.object({
  state: z.enum(['online', 'offline']),
  t: z.number(),
  version: z.string(),
  boot: z.string(),
  journal: z.string(),
  /** Left out by a node that does not look after it. */
  clock: clockState.optional(),
  /** Where its broker listens for MQTT, `host:port`. */
  mqtt: z.string().optional(),
  config: configStatus.optional(),
})

export type WritableRange = z.infer<typeof writableRange>
export type ConfigStatus = z.infer<typeof configStatus>
export type DevicePoint = z.infer<typeof devicePoint>
export type DeviceInfo = z.infer<typeof deviceInfo>
export type DeviceHealth = z.infer<typeof deviceHealth>
export type NodeStatus = z.infer<typeof nodeStatus>
