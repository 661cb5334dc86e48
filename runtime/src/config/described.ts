/** Devices whose drivers say that they cannot be so: two without an address on one line, a unit that does not convert. */
import { type ErrorCode, isHabtwinError } from '@habtwin/contract'
import type { Fault } from './faults.ts'
import type { DriverKeys } from './schema.ts'

type At = (path: readonly PropertyKey[], code: ErrorCode, message: string) => Fault
interface Written {
  readonly buses: Readonly<Record<string, unknown>>
  readonly devices: Readonly<Record<string, unknown>>
}
type Device = { driver: string; bus?: string; enabled: boolean; every: number }

export function describeFaults({ buses, devices }: Written, drivers: readonly DriverKeys[], at: At): Fault[] {
  const used = Object.entries(devices as Record<string, Device>).filter(([, { enabled }]) => enabled)
  return used.flatMap(([id, device]) => {
    const riders = used.flatMap(([other, { bus }]) => (bus === device.bus ? [other] : []))
    const bus = device.bus === undefined ? undefined : { options: buses[device.bus], devices: riders }
    try {
      drivers.find(({ name }) => name === device.driver)?.describe?.(device, bus, device.every)
      return []
    } catch (error) {
      if (!isHabtwinError(error)) throw error
      // what it is about may be a key of the device
      const below = error.where?.split('.') ?? []
      return [at(['devices', id, ...(has(device, below) ? below : [])], error.code, error.message)]
    }
  })
}

function has(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true
  return (
    typeof value === 'object' && value !== null && key in value && has((value as Record<string, unknown>)[key], rest)
  )
}
