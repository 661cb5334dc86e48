/**
 * One job: report by exception. A reading is held back while no value of it has moved by more than its band since the
 * last that was reported, nor come, gone or changed in quality; and never for longer than the heartbeat. A point without
 * a band is reported at each change. What is held back has been seen by the guard all the same.
 */
import type { Sample } from '../drivers/driver.ts'

export interface Reporting {
  /** By point, in its unit. */
  readonly deadbands: Readonly<Record<string, number>>
  /** ms */
  readonly heartbeat: number
}

interface Told {
  readonly band: number
  /** NaN where it was no value. */
  value: number
  quality: string | undefined
}

export class Report {
  readonly #bands: Readonly<Record<string, number>>
  readonly #heartbeat: number
  readonly #slack: number
  readonly #told = new Map<string, Told>()
  #at = Number.NEGATIVE_INFINITY

  /** @param every ms between readings */
  constructor({ deadbands, heartbeat }: Reporting, every: number) {
    this.#bands = deadbands
    this.#heartbeat = heartbeat
    // a reading that comes a little early is not left for the one after it
    this.#slack = every / 2
  }

  /** The next reading is reported whatever it says. */
  restart(): void {
    this.#at = Number.NEGATIVE_INFINITY
  }

  /**
   * True where the reading is to be reported, and then it counts as reported.
   * @param now monotonic ms
   */
  isDue(sample: Sample, now: number): boolean {
    if (now - this.#at < this.#heartbeat - this.#slack && !this.#hasChanged(sample)) return false
    this.#at = now
    for (const point in sample.values) this.#tell(point, sample.values[point] ?? Number.NaN, sample.quality?.[point])
    return true
  }

  #hasChanged({ values, quality }: Sample): boolean {
    for (const point in values) {
      const told = this.#told.get(point)
      if (told === undefined || told.quality !== quality?.[point]) return true
      const value = values[point] ?? Number.NaN
      if (Math.abs(value - told.value) > told.band || Number.isNaN(value) !== Number.isNaN(told.value)) return true
    }
    return false
  }

  #tell(point: string, value: number, quality: string | undefined): void {
    const told = this.#told.get(point)
    if (told === undefined) this.#told.set(point, { band: this.#bands[point] ?? 0, value, quality })
    else {
      told.value = value
      told.quality = quality
    }
  }
}
