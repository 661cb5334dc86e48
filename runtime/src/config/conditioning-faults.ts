/** What is written about the readings of each device, in the units of its points; and the faults of that, with places. */
import type { ErrorCode } from '@habtwin/contract'
import { z } from 'zod'
import { describe, records } from './command-faults.ts'
import {
  type Conditioning,
  conditioningKeys,
  isConditioned,
  type Points,
  resolveConditioning,
  type WrittenConditioning,
} from './conditioning.ts'
import { derivedPoints } from './derived.ts'
import type { Fault } from './faults.ts'
import type { DriverKeys } from './schema.ts'

type At = (path: readonly PropertyKey[], code: ErrorCode, message: string) => Fault

const keys = z.object(conditioningKeys)

/** @param at makes a fault with its place; what has another fault is left out, as that is told already */
export function conditioningFaults(tree: Record<string, unknown>, drivers: readonly DriverKeys[], at: At): Fault[] {
  const faults: Fault[] = []
  resolveAll(tree, drivers, (path, code, message) => faults.push(at(path, code, message)))
  return faults
}

/** Of each device for which anything is written. */
export function resolveAll(
  tree: Record<string, unknown>,
  drivers: readonly DriverKeys[],
  complain: (path: readonly PropertyKey[], code: ErrorCode, message: string) => void,
): Map<string, Conditioning> {
  const devices = records(tree.devices)
  const all = new Map<string, Conditioning>()
  if (!devices.some(([, device]) => isConditioned(device))) return all
  const written = new Map<string, WrittenConditioning | undefined>(
    devices.map(([name, device]) => [name, keys.safeParse(device).data]),
  )
  const known = new Map<string, Points | undefined>()
  const own = (name: string): Points | undefined => {
    if (!known.has(name)) known.set(name, describe(name, tree, drivers))
    return known.get(name)
  }
  const others = (name: string): Points | undefined | null => {
    if (!devices.some(([id, { enabled }]) => id === name && enabled !== false)) return null
    const points = own(name)
    return points && { ...points, ...derivedPoints(written.get(name)?.derive ?? {}) }
  }
  for (const [name, device] of devices) {
    const mine = written.get(name)
    if (mine === undefined || !isConditioned(device)) continue
    const resolved = resolveConditioning(mine, { own: own(name), others }, (path, code, message) =>
      complain(['devices', name, ...path], code, message),
    )
    all.set(name, resolved)
  }
  return all
}
