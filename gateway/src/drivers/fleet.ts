/**
 * From the configuration to what the scheduler polls: loads the drivers that are named, opens each bus when the
 * first device on it is opened, and closes the buses last.
 */
import type { DevicePoint } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { ScheduledDevice } from '../scheduler/scheduler.ts'
import { type Bus, type BusSketch, type Driver, type HabitatFacts, isSimulated, type StateHook } from './driver.ts'
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

export class Fleet implements AsyncDisposable {
  readonly members: readonly FleetMember[]
  #buses: ReadonlyMap<string, OpenBus>

  private constructor(members: readonly FleetMember[], buses: ReadonlyMap<string, OpenBus>) {
    this.members = members
    this.#buses = buses
  }

  /** Loads what is named and describes every device; touches no instrument yet. Throws a `config/*` error. */
  static async load(options: FleetOptions): Promise<Fleet> {
    const named = [...Object.values(options.devices), ...Object.values(options.buses)].map(({ driver }) => driver)
    const drivers = await loadDrivers(named)
    const buses = new Map(
      Object.entries(options.buses).map(([id, bus]) => [id, new OpenBus(id, bus, drivers, options)]),
    )
    const members = Object.entries(options.devices).map(([id, device]) => {
      const driver = drivers.get(device.driver) as Driver
      const bus = device.bus === undefined ? undefined : buses.get(device.bus)
      if (driver.rides !== undefined && (bus === undefined || !driver.rides.includes(bus.driver.name))) {
        const message = `${device.driver} needs a bus of the driver ${driver.rides.join(' or ')}`
        throw new HabtwinError('config/unknown-reference', message, { where: `devices.${id}.bus` })
      }
      return member(id, device, driver, bus, options)
    })
    return new Fleet(members, buses)
  }

  /** Closes the buses; every device must have been disposed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#buses.values().map((bus) => bus[Symbol.asyncDispose]()))
  }
}

function member(
  id: string,
  device: FleetDevice,
  driver: Driver,
  bus: OpenBus | undefined,
  options: FleetOptions,
): FleetMember {
  const { clock, habitat, report } = options
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
  readonly devices: readonly string[]
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
    this.devices = Object.keys(fleet.devices).filter((device) => fleet.devices[device]?.bus === id)
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
