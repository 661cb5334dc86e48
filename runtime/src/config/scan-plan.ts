/**
 * Whether what is to be read fits on the wires. A bus that several devices share lets one of them speak at a time, so
 * their readings, each as often as it is asked for, can take no more time than there is.
 */
import { isHabtwinError } from '@habtwin/contract'
import type { Fault } from './faults.ts'
import type { DriverKeys } from './schema.ts'

/** A device as the bus knows it. */
export interface Rider {
  readonly device: string
  readonly bus: string
  /** ms between readings. */
  readonly every: number
  /** ms that one reading keeps the bus, at the least. */
  readonly airtime: number
}

export interface BusLoad {
  readonly bus: string
  /** Share of the time that it is busy, at the least. Above 1 the plan cannot be kept. */
  readonly busy: number
  /** Who keeps it busy, the greatest share first. */
  readonly riders: readonly (Rider & { readonly share: number })[]
}

/** How busy each bus is whose devices say how long they take. */
export function busLoads(riders: readonly Rider[]): BusLoad[] {
  const timed = riders
    .filter(({ airtime }) => airtime > 0)
    .map((rider) => ({ ...rider, share: rider.airtime / rider.every }))
  return [...Map.groupBy(timed, ({ bus }) => bus)].map(([bus, on]) => ({
    bus,
    busy: on.reduce((sum, { share }) => sum + share, 0),
    riders: on.toSorted((a, b) => b.share - a.share),
  }))
}

/** A bus is not planned fuller than this: commands, late answers and second attempts need room as well. */
const ROOM = 0.9

/** What to say of a bus that has more to carry than it can. */
export function overload({ busy, riders }: BusLoad): string {
  const all = riders
    .map(({ device, airtime, every }) => `${device} ${seconds(airtime)} every ${seconds(every)}`)
    .join(', ')
  const times = (busy / ROOM).toFixed(1)
  const [first] = riders
  const alike = riders.every(({ every }) => every === first?.every)
  const longer = alike
    ? `write \`every: ${Math.ceil(((first?.every ?? 0) / 1_000) * (busy / ROOM))} s\` or more for each`
    : `make the intervals ${times} times as long`
  return (
    `this bus would be busy ${Math.round(busy * 100)} % of the time, ${Math.round((busy - 1) * 100)} % more than there is ` +
    `(${all}); ${longer}, read fewer points, or raise the baud rate`
  )
}

type At = (path: readonly PropertyKey[], code: 'config/scan-plan', message: string) => Fault
interface Written {
  readonly buses: Readonly<Record<string, unknown>>
  readonly devices: Readonly<Record<string, unknown>>
}
type Device = { driver: string; bus?: string; every: number; timeout: number; enabled: boolean }

/** The buses of a configuration that cannot keep its plan, and the devices that cannot be read within their timeout. */
export function scanFaults({ buses, devices }: Written, drivers: readonly DriverKeys[], at: At): Fault[] {
  const faults: Fault[] = []
  const riders = Object.entries(devices as Record<string, Device>).flatMap(([device, keys]): Rider[] => {
    const { driver, bus, every, timeout, enabled } = keys
    if (!enabled || bus === undefined) return []
    const sketch = { options: buses[bus], devices: [] }
    const airtime = airtimeOf(() => drivers.find(({ name }) => name === driver)?.airtime?.(keys, sketch))
    if (airtime > timeout) {
      const message = `one reading takes ${seconds(airtime)} on this bus at the least; write \`timeout: ${Math.ceil((airtime * 2) / 1_000)} s\`, or read fewer points`
      faults.push(at(['devices', device, 'timeout'], 'config/scan-plan', message))
    }
    return [{ device, bus, every, airtime }]
  })
  for (const load of busLoads(riders))
    if (load.busy > 1) faults.push(at(['buses', load.bus], 'config/scan-plan', overload(load)))
  return faults
}

/** Keys that a driver cannot make sense of are told where it is asked for its points. */
function airtimeOf(ask: () => number | undefined): number {
  try {
    return ask() ?? 0
  } catch (error) {
    if (isHabtwinError(error)) return 0
    throw error
  }
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${Number((ms / 1_000).toFixed(2))} s`
}
