/** A chip on a simulated bus under a clock that the test moves, for the tests of the I2C drivers. */
import type { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { I2cLine, type I2cPeer } from '../../simulated/i2c.ts'
import { passing } from '../conformance.ts'
import type { Air, DeviceContext, Driver, Instrument, Sample, StateHook } from '../driver.ts'
import { I2cBus, type Mux } from './bus.ts'

/** The air that the simulated chips are in; a test may change it. */
export type TestAir = Record<string, number>

export interface RigOptions {
  readonly options?: Readonly<Record<string, unknown>>
  readonly every?: number
  /** What stands at the chip's place, where it is not the driver's own stand-in. */
  readonly peer?: (air: Air) => I2cPeer
  readonly state?: StateHook
  /** hPa outside. */
  readonly outside?: number
}

/** Everything of one test. */
export class Rig {
  readonly clock = new TestClock()
  readonly line = new I2cLine(this.clock)
  readonly bus: I2cBus
  readonly air: TestAir = { co2: 812, temperature: 22.1, humidity: 48, pressure: 879, light: 420, tvoc: 140 }
  /** What other devices of the zone measure. */
  readonly nearby: TestAir = {}
  readonly options: Record<string, unknown>
  readonly #driver: Driver
  readonly #rig: RigOptions
  #instrument: Instrument | undefined

  constructor(driver: Driver, rig: RigOptions = {}) {
    this.#driver = driver
    this.#rig = rig
    this.options = driver.options.parse(rig.options ?? {}) as Record<string, unknown>
    const mux = this.options.mux as Mux | undefined
    this.bus = new I2cBus('/dev/i2c-1', this.clock, mux === undefined ? [] : [mux.address], async () =>
      this.line.open(),
    )
    const air: Air = (point) => this.air[point] ?? 0
    this.line.attach((rig.peer?.(air) ?? driver.standIn?.(this.options, air)) as I2cPeer, mux)
  }

  /** What its configuration says of it. */
  get points() {
    return this.#driver.describe(this.options, undefined, this.#every).points
  }

  get #every(): number {
    return this.#rig.every ?? 10_000
  }

  async open(): Promise<Instrument> {
    await this.#instrument?.[Symbol.asyncDispose]()
    const context = {
      id: 'it',
      zone: 'crew',
      every: this.#every,
      clock: this.clock,
      habitat: { pressure: this.#rig.outside ?? 1_013.25, timezone: 'UTC', zones: {} },
      state: this.#rig.state,
      report: (error: HabtwinError) => {
        throw error
      },
      signal: new AbortController().signal,
      nearby: (point: string) => this.nearby[point],
      options: this.options,
      bus: this.bus,
    } satisfies DeviceContext
    this.#instrument = await passing(this.clock, this.#driver.open(context))
    return this.#instrument
  }

  /** One reading; time goes on while it waits. */
  async read(signal = new AbortController().signal): Promise<Sample> {
    const instrument = this.#instrument ?? (await this.open())
    return passing(this.clock, Promise.resolve(instrument.read?.(signal) as Promise<Sample>))
  }

  /** Lets that many ms go by, and reads. */
  async after(ms: number): Promise<Sample> {
    await this.clock.advance(ms)
    return this.read()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instrument?.[Symbol.asyncDispose]()
    await this.bus[Symbol.asyncDispose]()
  }
}
