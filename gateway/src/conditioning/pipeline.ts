/**
 * What each reading of one device passes before it counts:
 *
 *   a point at a time                                        the reading as a whole
 *   conversion → calibration → range → rate → flat line  →  warm-up, stale → derived points → report by exception
 *
 * A bad value is null and says why; an uncertain one stays, for the guard and for whoever has nothing better. Nothing is
 * allocated for a reading that is in order.
 */
import type { DevicePoint } from '@habtwin/contract'
import { type Conditioning, plainConditioning } from '@habtwin/runtime/config/conditioning'
import { UNCORRECTED } from '@habtwin/runtime/config/derived'
import type { Sample } from '../drivers/driver.ts'
import { Cell } from './cell.ts'
import { Derived } from './derived.ts'
import { type Input, type Neighbours, Other, Own, Pressure } from './inputs.ts'
import { Line, type Moments } from './line.ts'
import { Report } from './report.ts'
import { isStale } from './stale.ts'
import { Warmup } from './warmup.ts'

/** What has to be known of a device. */
export interface ConditionedDevice {
  readonly id: string
  readonly zone: string
  /** ms between readings. */
  readonly every: number
  /** How fast its clock runs beside the wall's; 1 where left out. */
  readonly pace?: number
  /** As its driver declares them. */
  readonly points: Readonly<Record<string, DevicePoint>>
  /** ms after opening, where nothing is written. */
  readonly warmup?: number | undefined
  readonly conditioning?: Conditioning
}

/** What became of the readings of a device. */
export interface ConditioningTally {
  /** Values for points that the device does not have. */
  undeclared: number
  /** Values that were not usable. */
  bad: number
  /** Readings that nobody needed to hear of. */
  held: number
}

/** A value is fresh for so many intervals, and at least this long, ms: as the guard's Presence has it. */
const INTERVALS = 3
const LEAST = 10_000

export class Pipeline {
  readonly zone: string
  readonly patience: number
  readonly tally: ConditioningTally = { undeclared: 0, bad: 0, held: 0 }
  readonly #every: number
  readonly #pace: number
  readonly #lines = new Map<string, Line>()
  readonly #derived: { readonly derived: Derived; readonly cell: Cell; readonly kept: Cell | undefined }[] = []
  readonly #reckoned = new Map<string, Cell>()
  readonly #warmup: Warmup | undefined
  readonly #report: Report | undefined
  readonly #at: Moments = { now: 0, rate: 0, flat: 0 }
  readonly #moment: { sample: Sample; late: boolean; now: number } = { sample: { values: {} }, late: false, now: 0 }
  #t = Number.NaN
  #opened: number | undefined

  /**
   * @param pressure the habitat's, hPa
   * @throws HabtwinError config/unit where a point comes in a unit that is none of its own
   */
  constructor(device: ConditionedDevice, neighbours: Neighbours, pressure: number) {
    const { id, zone, every, pace = 1, points, warmup, conditioning = plainConditioning } = device
    this.zone = zone
    this.#every = every
    this.#pace = pace
    this.patience = Math.max(LEAST, INTERVALS * every)
    for (const [name, point] of Object.entries(points)) {
      this.#lines.set(name, new Line(id, name, point, conditioning.calibrate[name], conditioning.expect[name]))
    }
    const input = (name: string): Input => {
      const [first, other] = name.split(':') as [string, string?]
      return other === undefined ? new Own(first, this.cell(first), this.patience) : new Other(neighbours, first, other)
    }
    const barometer = new Pressure(
      this.#lines.has('pressure') ? input('pressure') : undefined,
      () => neighbours.nearby(zone, 'pressure'),
      pressure,
    )
    for (const derivation of conditioning.derive) {
      const derived = new Derived(derivation, { input, pressure: barometer })
      const cell = this.#lines.get(derived.point)?.cell ?? new Cell()
      this.#reckoned.set(derived.point, cell)
      const kept = derived.keeps ? new Cell() : undefined
      if (kept !== undefined) this.#reckoned.set(UNCORRECTED, kept)
      this.#derived.push({ derived, cell, kept })
    }
    const cold = conditioning.warmup ?? warmup ?? 0
    this.#warmup = cold > 0 ? new Warmup(cold) : undefined
    this.#report = conditioning.report && new Report(conditioning.report, every)
  }

  /** The newest value of a point, derived ones included. */
  cell(point: string): Cell | undefined {
    return this.#lines.get(point)?.cell ?? this.#reckoned.get(point)
  }

  /** The instrument has been opened. @param mono monotonic ms */
  opened(mono: number): void {
    this.#opened = mono
    this.#warmup?.opened(mono)
    this.#report?.restart()
  }

  /** Takes the place of another one, of the same device while that is open: it counts on, and is no warmer for it. */
  succeeds(before: Pipeline): void {
    Object.assign(this.tally, before.tally)
    if (before.#opened !== undefined) this.opened(before.#opened)
  }

  /**
   * Mends the sample in place.
   * @param late true for what an instrument or recording remembers
   * @param mono monotonic ms
   * @param now ms since the epoch
   * @returns true where it is to be reported; otherwise nothing has changed that anybody asked to hear of
   */
  take(sample: Sample & { t: number }, late: boolean, mono: number, now: number): boolean {
    const { values } = sample
    const live = !late && this.#pace === 1
    if (!late) this.#passes(sample.t, mono)
    const doubt = late ? undefined : this.#doubt(sample.t, live, mono, now)
    for (const point in values) {
      const line = this.#lines.get(point)
      if (line === undefined) {
        delete values[point]
        this.tally.undeclared++
      } else if (!line.take(sample, point, doubt, late, this.#at)) this.tally.bad++
    }
    if (this.#derived.length > 0) this.#reckon(sample, late, mono)
    if (late || this.#report === undefined || this.#report.isDue(sample, mono)) return true
    this.tally.held++
    return false
  }

  /**
   * Time that has passed since the reading before. A clock that is put right goes back or leaps: the longer of the
   * machine's and the readings' own is taken for a rate, so that no step makes one; a flat line is by the machine's.
   */
  #passes(t: number, mono: number): void {
    const at = this.#at
    const own = t - this.#t
    const wall = this.#pace === 1 ? mono - at.now : 0
    if (!Number.isNaN(own)) at.rate += Math.max(own, wall, 0)
    at.flat = this.#pace === 1 ? mono : at.rate
    at.now = mono
    this.#t = t
  }

  #doubt(t: number, live: boolean, mono: number, now: number): string | undefined {
    if (this.#warmup?.isCold(mono)) return 'uncertain:warmup'
    return live && isStale(t, now, this.#every) ? 'uncertain:stale' : undefined
  }

  #reckon(sample: Sample, late: boolean, mono: number): void {
    const moment = this.#moment
    moment.sample = sample
    moment.late = late
    moment.now = mono
    for (const { derived, cell, kept } of this.#derived) derived.add(moment, cell, kept)
  }
}
