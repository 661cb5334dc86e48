/** Devices that cannot be on one bus together, as its driver sees it: two at one address. */
import type { Fault } from './faults.ts'
import type { DriverKeys } from './schema.ts'

type At = (path: readonly PropertyKey[], code: 'config/invalid', message: string) => Fault
interface Written {
  readonly buses: Readonly<Record<string, unknown>>
  readonly devices: Readonly<Record<string, unknown>>
}
type Device = { bus?: string; enabled: boolean }

export function clashFaults({ buses, devices }: Written, drivers: readonly DriverKeys[], at: At): Fault[] {
  return Object.entries(buses as Record<string, { driver: string }>).flatMap(([bus, { driver }]) => {
    const riders = Object.entries(devices as Record<string, Device>).filter(([, one]) => one.bus === bus && one.enabled)
    const found = drivers.find(({ name }) => name === driver)?.bus?.clashes?.(Object.fromEntries(riders)) ?? []
    return Array.from(found, ([device, message]) => at(['devices', device], 'config/invalid', message))
  })
}
