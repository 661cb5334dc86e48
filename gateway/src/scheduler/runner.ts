/**
 * One device through its life:
 *
 *   open ──► poll ──► wait for the next slot of the grid ──► poll …
 *     ▲       │ fails once: degraded, tried again at the next slot
 *     └ rest ◄┘ fails twice, or cannot be reached: down, closed, opened again after a back-off
 *
 * A device that streams is opened in the same way and then left to itself.
 */
import type { DeviceHealth, DevicePoint } from '@habtwin/contract'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { Stamper } from '../clock/stamper.ts'
import type { Instrument, Sample, Setting } from '../drivers/driver.ts'
import { type Backoff, wait } from './backoff.ts'
import { Health } from './health.ts'
import type { Job, Lane } from './lane.ts'
import type { Entry, Timetable } from './timetable.ts'

/** What the scheduler needs to know of a device. */
export interface ScheduledDevice {
  readonly id: string
  /** ms between readings. */
  readonly every: number
  /** ms for an answer. */
  readonly timeout: number
  /** Devices of one bus take turns; a device without one has its own. */
  readonly bus?: string | undefined
  readonly points: Readonly<Record<string, DevicePoint>>
  open(signal: AbortSignal): Promise<Instrument>
}

/** A sample with its time. */
export type Stamped = Sample & { t: number; clock?: { boot: string; mono: number } }

/** Where everything goes. What is thrown here is a bug and ends the scheduler. */
export interface Sink {
  /** A promise holds back the next reading of this device until it resolves. */
  onSample(device: string, sample: Stamped, how: { readonly late: boolean }): Promise<void> | void
  onHealth(device: string, health: DeviceHealth): void
  /** Each time an instrument was opened, before its first reading. */
  onOpen?(device: string, instrument: Instrument): void
}

/** What a device has come to since the start. */
export interface Tally {
  /** Readings that were taken. */
  samples: number
  /** Attempts that gave none. */
  failures: number
  /** Slots of the grid that passed while the device or its bus was still busy. */
  missed: number
}

/** What a runner lives on. */
export interface Ground {
  readonly clock: Clock
  readonly timetable: Timetable
  readonly lane: Lane
  readonly sink: Sink
  readonly backoff: Backoff
  /** Ends the scheduler with a bug. */
  readonly fail: (error: unknown) => void
}

const LIVE = { late: false } as const
const LATE = { late: true } as const

export class Runner {
  readonly device: ScheduledDevice
  #ground: Ground
  #health: Health
  #stamper: Stamper
  #instrument: Instrument | undefined
  #closing: Promise<void> = Promise.resolve()
  #streaming: { abort: AbortController; done: Promise<void> } | undefined
  #stopped = false
  /** Failures since the last good reading, and rests taken because of them. */
  #failures = 0
  #rests = 0
  /** Whether those were because its bus was gone. */
  #gone = false
  #anchor = 0
  #slot = 0
  #tally = { samples: 0, failures: 0, missed: 0 }
  #entry: Entry
  #opening: Job
  #polling: Job

  constructor(device: ScheduledDevice, ground: Ground) {
    this.device = device
    this.#ground = ground
    this.#stamper = new Stamper(ground.clock)
    this.#health = new Health(ground.clock, (health) => this.#guarded(() => ground.sink.onHealth(device.id, health)))
    this.#entry = { due: 0, place: -1, fire: () => this.#turn() }
    this.#opening = {
      device: device.id,
      timeout: device.timeout,
      act: (signal) => this.#open(signal),
      done: (instrument) => this.#opened(instrument as Instrument),
      failed: (error) => this.#failed(error, true),
    }
    this.#polling = {
      device: device.id,
      timeout: device.timeout,
      act: (signal) => this.#instrument?.read?.(signal),
      done: (sample, latency) => this.#polled(sample as Sample, latency),
      failed: (error) => this.#failed(error, false),
    }
  }

  get tally(): Tally {
    return { ...this.#tally }
  }

  /** @param anchor monotonic ms; every slot is a whole number of periods after it */
  start(anchor: number): void {
    this.#anchor = anchor
    this.#turn()
  }

  /** Asks for no turn any more. */
  halt(): void {
    this.#stopped = true
    this.#ground.timetable.cancel(this.#entry)
  }

  /** Stops streaming and lets go of the instrument. The lane must have been closed, or the device withdrawn from it. */
  async stop(): Promise<void> {
    this.halt()
    this.#streaming?.abort.abort()
    await this.#streaming?.done
    this.#close()
    await this.#closing
  }

  /** Sets a point, before the next poll of anything on the bus; gives what the instrument says it is then. */
  write(point: string, value: Setting, before?: () => void): Promise<Setting> {
    const { id, timeout } = this.device
    return new Promise((resolve, reject) => {
      const act = (signal: AbortSignal) => {
        if (this.#instrument === undefined)
          throw new HabtwinError('device/unreachable', 'the device is down', { where: id })
        if (!this.#instrument.write)
          throw new HabtwinError('command/refused', 'this device takes no commands', { where: id })
        before?.()
        return this.#instrument.write(point, value, signal)
      }
      this.#ground.lane.request({ device: id, timeout, act, done: (v) => resolve(v as Setting), failed: reject }, true)
    })
  }

  #turn(): void {
    this.#ground.lane.request(this.#instrument === undefined ? this.#opening : this.#polling)
  }

  async #open(signal: AbortSignal): Promise<Instrument> {
    await this.#closing
    const instrument = await this.device.open(signal)
    if (!signal.aborted) return instrument
    await instrument[Symbol.asyncDispose]()
    throw signal.reason
  }

  #opened(instrument: Instrument): void {
    this.#instrument = instrument
    // what passed while it was away is no slot missed
    this.#slot = Math.floor((this.#ground.clock.mono() - this.#anchor) / this.device.every)
    this.#guarded(() => this.#ground.sink.onOpen?.(this.device.id, instrument))
    if (this.#stopped) return
    if (instrument.stream === undefined) this.#ground.lane.request(this.#polling)
    else {
      const abort = new AbortController()
      this.#streaming = { abort, done: this.#stream(instrument, abort.signal) }
    }
  }

  #polled(sample: Sample, latency: number): void {
    const now = this.#ground.clock.mono()
    this.#good(now, latency)
    let taken: Promise<void> | undefined
    try {
      taken = this.#hand(sample, LIVE)
    } catch (error) {
      this.#ground.fail(error)
      return
    }
    if (taken === undefined) this.#next(now)
    else taken.then(() => this.#next(this.#ground.clock.mono()), this.#ground.fail)
  }

  async #stream(instrument: Instrument, signal: AbortSignal): Promise<void> {
    try {
      const reason = await instrument.stream?.(async (sample, how) => {
        this.#good(this.#ground.clock.mono(), undefined)
        await this.#hand(sample, how?.late ? LATE : LIVE)
      }, signal)
      if (!signal.aborted) this.#health.is('ok', this.#ground.clock.mono(), reason)
    } catch (error) {
      if (!signal.aborted) this.#failed(error, true)
    }
  }

  /** Stamps a sample and hands it on. */
  #hand(sample: Sample, how: typeof LIVE | typeof LATE): Promise<void> | undefined {
    if (sample.t === undefined) this.#stamper.stamp(sample)
    this.#tally.samples++
    return this.#ground.sink.onSample(this.device.id, sample as Stamped, how) ?? undefined
  }

  #good(now: number, latency: number | undefined): void {
    this.#failures = 0
    this.#rests = 0
    this.#health.is('ok', now, undefined, latency)
  }

  #failed(error: unknown, unopened: boolean): void {
    if (this.#stopped) return
    if (!isHabtwinError(error)) {
      this.#ground.fail(error)
      return
    }
    const now = this.#ground.clock.mono()
    this.#tally.failures++
    this.#failures++
    const reason = messageOf(error)
    if (!unopened && this.#failures === 1 && error.code !== 'device/unreachable') {
      this.#health.is('degraded', now, reason)
      this.#next(now)
      return
    }
    this.#health.is('down', now, reason)
    this.#close()
    this.#rest(now, error.code === 'device/unreachable')
  }

  #close(): void {
    const instrument = this.#instrument
    if (instrument === undefined) return
    this.#instrument = undefined
    this.#closing = Promise.resolve(instrument[Symbol.asyncDispose]()).catch(this.#ground.fail)
  }

  /** Waits for the next slot, and counts those that have passed already. */
  #next(now: number): void {
    if (this.#stopped) return
    const { every } = this.device
    const slot = Math.floor((now - this.#anchor + 0.5) / every) + 1
    if (slot > this.#slot + 1) this.#tally.missed += slot - this.#slot - 1
    this.#slot = slot
    this.#ground.timetable.schedule(this.#entry, this.#anchor + slot * every)
  }

  /** Waits for the first slot after the back-off; others have the bus until then. */
  #rest(now: number, gone: boolean): void {
    const { every } = this.device
    const { backoff } = this.#ground
    // that it was away for long says nothing of how it answers now that it is there
    if (gone !== this.#gone) this.#rests = 0
    this.#gone = gone
    this.#rests++
    // to find that a bus is not there takes nobody's time, unlike waiting for a device that does not answer
    const max = gone ? Math.min(backoff.gone, backoff.max) : backoff.max
    const slot = Math.ceil((now + wait({ ...backoff, max }, this.#rests) - this.#anchor) / every)
    // a slow instrument is looked for before its slot: it may take a while to come up
    const due = Math.min(this.#anchor + slot * every, now + max)
    this.#ground.timetable.schedule(this.#entry, due)
  }

  #guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#ground.fail(error)
    }
  }
}
