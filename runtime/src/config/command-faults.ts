/** Faults of what is written about commands: a point that cannot be set, an interlock that nobody can judge. */
import { type DevicePoint, type ErrorCode, isHabtwinError } from '@habtwin/contract'
import { pointCommands, resolveCommands } from './commands.ts'
import { derive, derivedPoints } from './derived.ts'
import type { Fault } from './faults.ts'
import type { DriverKeys } from './schema.ts'

type At = (path: readonly PropertyKey[], code: ErrorCode, message: string) => Fault
type Points = Readonly<Record<string, DevicePoint>>

/**
 * @param tree the file as written; what in it has another fault is left out, as that is told already
 * @param at makes a fault with its place
 */
export function commandFaults(tree: Record<string, unknown>, drivers: readonly DriverKeys[], at: At): Fault[] {
  const devices = records(tree.devices)
  if (!devices.some(([, device]) => isRecord(device.commands))) return []
  const described = new Map<string, Points | undefined>()
  const pointsOf = (device: string) => {
    if (!described.has(device)) {
      const own = describe(device, tree, drivers)
      const written = derive.safeParse(devices.find(([id]) => id === device)?.[1].derive ?? {}).data ?? {}
      described.set(device, own && { ...own, ...derivedPoints(written) })
    }
    return described.get(device)
  }
  const faults: Fault[] = []
  for (const [name, device] of devices) {
    for (const [point, raw] of records(device.commands)) {
      const path = ['devices', name, 'commands', point]
      const written = pointCommands.safeParse(raw).data
      if (written === undefined) continue
      for (const [i, { device: other }] of (written.refuse_when ?? []).entries()) {
        if (devices.some(([id, { enabled }]) => id === other && enabled !== false)) continue
        const message = `there is no device "${other}" that is used`
        faults.push(at([...path, 'refuse_when', i, 'device'], 'config/unknown-reference', message))
      }
      const points = pointsOf(name)
      if (points === undefined) continue
      const declared = Object.hasOwn(points, point) ? points[point] : undefined
      if (declared === undefined) {
        const message = `${name} has no ${point}; it has ${Object.keys(points).join(', ')}`
        faults.push(at(path, 'config/unknown-reference', message))
        continue
      }
      resolveCommands(point, declared, written, pointsOf, (below, code, message) =>
        faults.push(at([...path, ...below], code, message)),
      )
    }
  }
  return faults
}

/** The points of a device as its driver gives them; undefined where its own keys have a fault. */
export function describe(
  name: string,
  tree: Record<string, unknown>,
  drivers: readonly DriverKeys[],
): Points | undefined {
  const device = records(tree.devices).find(([id]) => id === name)?.[1]
  const driver = drivers.find((one) => one.name === device?.driver)
  const keys = driver?.options.safeParse(device)
  if (device === undefined || driver?.describe === undefined || !keys?.success) return undefined
  const bus = records(tree.buses).find(([id]) => id === device.bus)?.[1]
  const busKeys = drivers.find((one) => one.name === bus?.driver)?.bus?.options.safeParse(bus)
  if (bus !== undefined && !busKeys?.success) return undefined
  const riders = records(tree.devices).flatMap(([id, other]) => (other.bus === device.bus ? [id] : []))
  const sketch = bus === undefined ? undefined : { options: busKeys?.data, devices: riders }
  try {
    return driver.describe(keys.data, sketch, 10_000).points
  } catch (error) {
    if (!isHabtwinError(error)) throw error
    return undefined // it is told when the device itself is looked at
  }
}

export function records(value: unknown): [string, Record<string, unknown>][] {
  if (!isRecord(value)) return []
  return Object.entries(value).filter((entry): entry is [string, Record<string, unknown>] => isRecord(entry[1]))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
