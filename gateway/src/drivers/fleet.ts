/**
 * From the configuration to what the scheduler polls: loads the drivers that are named, opens each bus when the
 * first device on it is opened, and closes the buses last.
 */
import { isDeepStrictEqual } from 'node:util'
import type { DevicePoint } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { ScheduledDevice } from '../scheduler/scheduler.ts'
import {
  type Bus,
  type BusSketch,
  type DeviceInbox,
  type Driver,
  type HabitatFacts,
  isSimulated,
  type StateHook,
} from './driver.ts'
import { registry } from './registry.generated.ts'

/** A device as the configuration has it, checked by its driver's schema. */
export interface FleetDevice {
  readonly zone: string
  readonly driver: string
  readonly bus?: string
  /** ms */
  readonly every: number
  /** ms */
  readonly timeout: number
  readonly [option: string]: unknown
}

export interface FleetBus {
  readonly driver: string
  readonly [option: string]: unknown
}

export interface FleetOptions {
  readonly clock: Clock
  readonly habitat: HabitatFacts
  readonly buses: Readonly<Record<string, FleetBus>>
  readonly devices: Readonly<Record<string, FleetDevice>>
  /** The newest good value of a point in a zone: see DeviceContext. */
  readonly nearby?: ((zone: string, point: string) => number | undefined) | undefined
  /** A place for the state of a device or bus, by its name (`device/{id}` or `bus/{id}`). */
  readonly state?: ((name: string) => StateHook) | undefined
  /** Where devices deliver that publish their readings themselves. */
  readonly inbox?: DeviceInbox | undefined
  /** Faults that stop nothing. */
  report(error: HabtwinError): void
}

/** A device of the fleet, before and while it is open. */
export interface FleetMember extends ScheduledDevice {
  readonly zone: string
  readonly driver: string
  readonly simulated: boolean
  readonly points: Readonly<Record<string, DevicePoint>>
  /** How fast its clock runs beside the wall's: 1 for all real instruments, 0 for "as fast as it goes". */
  readonly pace: number
  /** ms between readings on its own clock; `every` is on the wall's. */
  readonly ownEvery: number
  /** ms after power-up in which its values are not yet to be believed. */
  readonly warmup?: number | undefined
  /** ms that one reading keeps the bus; 0 where that is next to nothing. */
  readonly airtime: number
}

/** The drivers of these names, loaded. Throws config/unknown-driver with those there are. */
export async function loadDrivers(names: Iterable<string> = Object.keys(registry)): Promise<Map<string, Driver>> {
  const unique = [...new Set(names)]
  const drivers = await Promise.all(
    unique.map((name) => {
      const load = Object.hasOwn(registry, name) ? registry[name] : undefined
      if (load !== undefined) return load()
      const known = Object.keys(registry).join(', ')
      throw new HabtwinError('config/unknown-driver', `there is no driver ${name}; there are ${known}`, { where: name })
    }),
  )
  return new Map(drivers.map((driver) => [driver.name, driver]))
}

/** What a change of the configuration does to the fleet. Nothing has been touched until `swap`. */
export interface FleetPlan {
  /** Every device as it will be. */
  readonly members: readonly FleetMember[]
  /** Devices whose instruments must have been let go of before the swap: they go, or come anew. */
  readonly stop: readonly string[]
  /** Devices to be polled after the swap. */
  readonly start: readonly FleetMember[]
  /** Buses that are closed, and opened again where they are still there. */
  readonly buses: readonly string[]
  swap(): Promise<void>
}

/** Keys of a device that its driver does not go by: what they say is changed without touching the instrument. */
const beyondDriver = ['label', 'commands', 'conditioning', 'calibrate', 'expect', 'warmup', 'derive', 'report']

export class Fleet implements AsyncDisposable {
  #members: readonly FleetMember[]
  #buses: ReadonlyMap<string, OpenBus>
  #options: FleetOptions

  private constructor(members: readonly FleetMember[], buses: ReadonlyMap<string, OpenBus>, options: FleetOptions) {
    this.#members = members
    this.#buses = buses
    this.#options = options
  }

  get members(): readonly FleetMember[] {
    return this.#members
  }

  /** Loads what is named and describes every device; touches no instrument yet. Throws a `config/*` error. */
  static async load(options: FleetOptions): Promise<Fleet> {
    const drivers = await driversOf(options)
    const buses = new Map(
      Object.entries(options.buses).map(([id, bus]) => [id, new OpenBus(id, bus, drivers, options)]),
    )
    return new Fleet(membersOf(options, drivers, buses), buses, options)
  }

  /** What another configuration would do. Throws a `config/*` error, and nothing has changed. */
  async plan(change: Pick<FleetOptions, 'habitat' | 'buses' | 'devices'>): Promise<FleetPlan> {
    const before = this.#options
    const options = { ...before, ...change }
    const drivers = await driversOf(options)
    const kept = new Set(Object.keys(options.buses).filter((id) => this.#isSame(id, options, drivers)))
    const buses = new Map(
      Object.entries(options.buses).map(([id, bus]) => {
        const known = kept.has(id) ? this.#buses.get(id) : undefined
        return [id, known ?? new OpenBus(id, bus, drivers, options)]
      }),
    )
    const fresh = membersOf(options, drivers, buses)
    const known = new Map(this.#members.map((one) => [one.id, one]))
    const isKept = ({ id, bus }: FleetMember) =>
      (bus === undefined || kept.has(bus)) &&
      isDeepStrictEqual(forDriver(before.devices[id]), forDriver(options.devices[id]))
    const members = fresh.map((one) => (isKept(one) ? (known.get(one.id) ?? one) : one))
    const standing = new Set(members)
    const gone = [...this.#buses].filter(([id]) => !kept.has(id))
    return {
      members,
      stop: this.#members.filter((one) => !standing.has(one)).map(({ id }) => id),
      start: members.filter((one) => known.get(one.id) !== one),
      buses: gone.map(([id]) => id),
      swap: async () => {
        await Promise.all(gone.map(([, bus]) => bus[Symbol.asyncDispose]()))
        for (const bus of buses.values()) bus.adopt(options, drivers)
        this.#members = members
        this.#buses = buses
        this.#options = options
      },
    }
  }

  /** True for a bus that goes on. A simulated one holds the instruments themselves, so it is another with others. */
  #isSame(id: string, options: FleetOptions, drivers: ReadonlyMap<string, Driver>): boolean {
    const known = this.#buses.get(id)
    const bus = options.buses[id]
    if (known === undefined || bus === undefined || !isDeepStrictEqual(known.options, bus)) return false
    if (!known.simulated && drivers.get(bus.driver)?.simulated !== true) return true
    const riders = (of: FleetOptions) =>
      Object.entries(of.devices).flatMap(([device, one]) => (one.bus === id ? [[device, forDriver(one)]] : []))
    return isDeepStrictEqual(riders(this.#options), riders(options))
  }

  /** Closes the buses; every device must have been disposed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#buses.values().map((bus) => bus[Symbol.asyncDispose]()))
  }
}

function driversOf({ devices, buses }: FleetOptions): Promise<Map<string, Driver>> {
  return loadDrivers([...Object.values(devices), ...Object.values(buses)].map(({ driver }) => driver))
}

function membersOf(
  options: FleetOptions,
  drivers: ReadonlyMap<string, Driver>,
  buses: ReadonlyMap<string, OpenBus>,
): FleetMember[] {
  return Object.entries(options.devices).map(([id, device]) => {
    const driver = drivers.get(device.driver) as Driver
    const bus = device.bus === undefined ? undefined : buses.get(device.bus)
    if (driver.rides !== undefined && (bus === undefined || !driver.rides.includes(bus.driver.name))) {
      const message = `${device.driver} needs a bus of the driver ${driver.rides.join(' or ')}`
      throw new HabtwinError('config/unknown-reference', message, { where: `devices.${id}.bus` })
    }
    return member(id, device, driver, bus, options)
  })
}

/** What of a device's configuration its instrument is opened with. */
function forDriver(device: FleetDevice | undefined): object | undefined {
  return device && Object.fromEntries(Object.entries(device).filter(([key]) => !beyondDriver.includes(key)))
}

function member(
  id: string,
  device: FleetDevice,
  driver: Driver,
  bus: OpenBus | undefined,
  options: FleetOptions,
): FleetMember {
  const { clock, habitat, report, inbox } = options
  const { points, pace = 1, every: ownEvery = device.every, warmup } = driver.describe(device, bus, device.every)
  const { zone, every, timeout } = device
  const state = options.state?.(`device/${id}`)
  return {
    ...{
      id,
      zone,
      every,
      timeout,
      points,
      pace,
      ownEvery,
      warmup,
      driver: driver.name,
      simulated: driver.simulated || bus?.simulated === true,
      bus: device.bus,
      airtime: (bus === undefined ? undefined : driver.airtime?.(device, bus)) ?? 0,
    },
    async open(signal) {
      const opened = await bus?.open(signal)
      // a driver that needs no bus does not look at it
      return driver.open({
        id,
        zone,
        every,
        clock,
        habitat,
        state,
        report,
        inbox,
        signal,
        nearby: (point) => options.nearby?.(zone, point),
        options: device,
        bus: opened as Bus,
      })
    },
  }
}

/** A bus that is opened when it is first needed, and again if that failed. */
class OpenBus implements AsyncDisposable, BusSketch {
  readonly driver: Driver
  readonly options: FleetBus
  #id: string
  #drivers: ReadonlyMap<string, Driver>
  #fleet: FleetOptions
  #opening: Promise<Bus> | undefined

  constructor(id: string, bus: FleetBus, drivers: ReadonlyMap<string, Driver>, fleet: FleetOptions) {
    const driver = drivers.get(bus.driver)
    if (driver?.bus === undefined) {
      throw new HabtwinError('config/unknown-reference', `${bus.driver} is no bus`, { where: `buses.${id}.driver` })
    }
    this.#id = id
    this.#drivers = drivers
    this.#fleet = fleet
    this.driver = driver
    this.options = bus
  }

  get devices(): readonly string[] {
    return Object.keys(this.#fleet.devices).filter((device) => this.#fleet.devices[device]?.bus === this.#id)
  }

  /** Goes on under another configuration, in which it is the same. */
  adopt(fleet: FleetOptions, drivers: ReadonlyMap<string, Driver>): void {
    this.#fleet = fleet
    this.#drivers = drivers
  }

  /** True where stand-ins take the place of the instruments. */
  get simulated(): boolean {
    return isSimulated(this.options)
  }

  async open(signal: AbortSignal): Promise<Bus> {
    this.#opening ??= this.#open(signal)
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #open(signal: AbortSignal): Promise<Bus> {
    const { clock, habitat, report } = this.#fleet
    const state = this.#fleet.state?.(`bus/${this.#id}`)
    const { options, devices } = this
    const passengers = devices.map((id) => {
      const device = this.#fleet.devices[id] as FleetDevice
      return { id, options: device, driver: this.#drivers.get(device.driver) as Driver }
    })
    const bus = await this.driver.bus?.open({
      id: this.#id,
      clock,
      habitat,
      state,
      report,
      signal,
      options,
      devices,
      passengers,
    })
    return bus as Bus
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    if (opening === undefined) return
    await opening.then(
      (bus) => bus[Symbol.asyncDispose](),
      () => {}, // told when it was opened
    )
  }
}
