/** Everything that was measured passes here before it counts, and what each device said last is kept for the others. */
import type { Clock } from '@habtwin/runtime/clock'
import type { Stamped } from '../scheduler/scheduler.ts'
import type { Neighbours } from './inputs.ts'
import { type ConditionedDevice, type ConditioningTally, Pipeline } from './pipeline.ts'

/** How a reading goes on. `held`: judged by the guard, but not journalled, as nothing has changed. */
export interface Onward {
  readonly late: boolean
  readonly held: boolean
}

const LIVE: Onward = { late: false, held: false }
const LATE: Onward = { late: true, held: false }
const HELD: Onward = { late: false, held: true }

/** A value that another device goes by is no older than this, ms. */
const NEARBY = 600_000

export class Conditioning {
  readonly #clock: Pick<Clock, 'now' | 'mono'>
  readonly #pressure: number
  readonly #pipelines = new Map<string, Pipeline>()
  readonly #neighbours: Neighbours

  /** @param pressure the habitat's, hPa */
  constructor(clock: Pick<Clock, 'now' | 'mono'>, pressure: number) {
    this.#clock = clock
    this.#pressure = pressure
    this.#neighbours = {
      cell: (device, point) => {
        const pipeline = this.#pipelines.get(device)
        const cell = pipeline?.cell(point)
        return pipeline === undefined || cell === undefined ? undefined : { cell, patience: pipeline.patience }
      },
      nearby: (zone, point) => this.nearby(zone, point),
    }
  }

  /**
   * Makes a device known, or known anew while it is open.
   * @throws HabtwinError config/unit where a point of it comes in a unit that is none of its own
   */
  device(device: ConditionedDevice): void {
    const pipeline = new Pipeline(device, this.#neighbours, this.#pressure)
    const before = this.#pipelines.get(device.id)
    if (before !== undefined) pipeline.succeeds(before)
    this.#pipelines.set(device.id, pipeline)
  }

  /** A device is gone; nobody goes by what it said any more. */
  forget(device: string): void {
    this.#pipelines.delete(device)
  }

  /** An instrument has been opened: it may be cold. */
  opened(device: string): void {
    this.#pipelines.get(device)?.opened(this.#clock.mono())
  }

  /** Mends a reading in place, and says how it goes on. */
  take(device: string, sample: Stamped, late: boolean): Onward {
    const pipeline = this.#pipelines.get(device)
    const report = pipeline?.take(sample, late, this.#clock.mono(), this.#clock.now()) ?? true
    return late ? LATE : report ? LIVE : HELD
  }

  /** The newest good value of a point in a zone, in the point's unit, and not older than ten minutes. */
  nearby(zone: string, point: string): number | undefined {
    const now = this.#clock.mono()
    let newest: number | undefined
    let at = now - NEARBY
    for (const pipeline of this.#pipelines.values()) {
      const cell = pipeline.zone === zone ? pipeline.cell(point) : undefined
      if (cell === undefined || cell.at < at || cell.quality !== undefined || Number.isNaN(cell.value)) continue
      newest = cell.value
      at = cell.at
    }
    return newest
  }

  /** What became of the readings of each device since it was made known. */
  tallies(): Record<string, ConditioningTally> {
    return Object.fromEntries(this.#pipelines.entries().map(([id, { tally }]) => [id, { ...tally }]))
  }
}
