/**
 * Asks every instrument in its turn.
 *
 *   timetable (one timer) ─► runner (one a device) ─► lane (one a bus) ─► instrument
 *                                 │ time, health
 *                                 ▼
 *                               sink
 *
 * Slots lie on a grid from the start, so they do not drift; a slot that passes while a device or its bus is
 * busy is skipped and counted, never made up for.
 */
import { HabtwinError } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import { allowedText, allows } from '@habtwin/runtime/config/commands'
import type { Setting } from '../drivers/driver.ts'
import { type Backoff, defaultBackoff } from './backoff.ts'
import { Lane } from './lane.ts'
import { type Ground, Runner, type ScheduledDevice, type Sink, type Tally } from './runner.ts'
import { Timetable } from './timetable.ts'

export type { ScheduledDevice, Sink, Stamped, Tally } from './runner.ts'

export interface SchedulerOptions {
  readonly clock: Clock
  readonly devices: readonly ScheduledDevice[]
  readonly sink: Sink
  readonly backoff?: Partial<Backoff>
  /** Spreads the devices' grids over this span at most, ms, so that they do not all speak at once. Default 0. */
  readonly spread?: number
}

export class Scheduler {
  #clock: Clock
  #timetable: Timetable
  #lanes = new Map<string, Lane>()
  #runners: Map<string, Runner>
  #ended = Promise.withResolvers<void>()
  readonly #spread: number
  readonly #common: Omit<Ground, 'lane'>
  /** Devices on each lane. */
  readonly #riders = new WeakMap<Lane, number>()
  /** Grids that were begun; undefined while it does not run. */
  #begun: number | undefined

  constructor({ clock, devices, sink, backoff, spread = 0 }: SchedulerOptions) {
    this.#spread = spread
    this.#clock = clock
    this.#timetable = new Timetable(clock)
    const fail = (error: unknown) => this.#ended.reject(error)
    this.#common = { clock, timetable: this.#timetable, sink, backoff: { ...defaultBackoff, ...backoff }, fail }
    this.#runners = new Map(devices.map((device) => [device.id, this.#runner(device)]))
  }

  /** Takes a device in, and polls it from now on. Those that are there keep their slots. */
  add(device: ScheduledDevice): void {
    if (this.#runners.has(device.id)) throw new HabtwinError('bug/unexpected', `${device.id} is scheduled already`)
    const runner = this.#runner(device)
    this.#runners.set(device.id, runner)
    if (this.#begun !== undefined) this.#start(runner, this.#clock.mono())
  }

  /** Lets go of a device: when this resolves its instrument is closed, and its bus has been left to the others. */
  async remove(id: string): Promise<void> {
    const runner = this.#runners.get(id)
    if (runner === undefined) return
    this.#runners.delete(id)
    const name = laneName(runner.device)
    const lane = this.#lanes.get(name) as Lane
    const left = (this.#riders.get(lane) ?? 1) - 1
    this.#riders.set(lane, left)
    // nobody may come on by this lane any more, not even while it is being left
    if (left === 0) this.#lanes.delete(name)
    runner.halt()
    await (left === 0 ? lane.close() : lane.withdraw(id))
    await runner.stop()
  }

  /**
   * Opens and polls until the signal aborts, then lets go of every instrument.
   * Rejects only with a bug: what the sink throws, or a driver throws that is no HabtwinError.
   */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#ended.resolve()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    try {
      const anchor = this.#clock.mono()
      this.#begun = 0
      for (const runner of this.#runners.values()) this.#start(runner, anchor)
      await this.#ended.promise
    } finally {
      this.#begun = undefined
      signal.removeEventListener('abort', stop)
      await Promise.all(this.#lanes.values().map((lane) => lane.close()))
      await Promise.all(this.#runners.values().map((runner) => runner.stop()))
      this.#timetable.clear()
    }
  }

  /**
   * Sets a point of a device, ahead of all polls that wait, and gives what the instrument says it is then.
   * Rejects with `command/refused` where the device or point takes no such command, or with a `device/*` error.
   * @param before called when its turn has come; where it throws, nothing is set
   */
  async write(device: string, point: string, value: Setting, before?: () => void): Promise<Setting> {
    const runner = this.#runners.get(device)
    if (runner === undefined)
      throw new HabtwinError('command/refused', `there is no device ${device}`, { where: device })
    const writable = runner.device.points[point]?.writable
    const where = `${device}/${point}`
    if (writable === undefined) throw new HabtwinError('command/refused', 'this point cannot be set', { where })
    if (!allows(writable, value)) {
      const can = allowedText(writable, runner.device.points[point]?.unit ?? '1')
      throw new HabtwinError('command/refused', `${value} is not what it can be set to (${can})`, { where })
    }
    return runner.write(point, value, before)
  }

  /** What each device has come to since the start. */
  tallies(): Record<string, Tally> {
    return Object.fromEntries(this.#runners.entries().map(([id, runner]) => [id, runner.tally]))
  }

  /** How long each bus has been taken since the start, ms: its air time. */
  *airTimes(): Iterable<readonly [bus: string, ms: number]> {
    for (const [name, lane] of this.#lanes) if (name.startsWith(BUS)) yield [name.slice(BUS.length), lane.busy]
  }

  #start(runner: Runner, from: number): void {
    const i = this.#begun ?? 0
    this.#begun = i + 1
    runner.start(from + phase(i, Math.min(runner.device.every, this.#spread)))
  }

  #runner(device: ScheduledDevice): Runner {
    return new Runner(device, { ...this.#common, lane: this.#lane(device) })
  }

  #lane(device: ScheduledDevice): Lane {
    const name = laneName(device)
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = new Lane(this.#clock, this.#timetable)
      this.#lanes.set(name, lane)
    }
    this.#riders.set(lane, (this.#riders.get(lane) ?? 0) + 1)
    return lane
  }
}

const BUS = 'bus '

function laneName({ id, bus }: ScheduledDevice): string {
  return bus === undefined ? `device ${id}` : BUS + bus
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

/**
 * Where a device's grid begins, ms after the start: spread evenly (multiples of the golden ratio are, however many
 * there are), so that devices with one interval do not all speak at once.
 */
function phase(i: number, span: number): number {
  return ((i * GOLDEN) % 1) * span
}
