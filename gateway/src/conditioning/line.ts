/** One point on its way: conversion → calibration → range → rate of change → flat line. */
import { type Calibration, calibrated, type DevicePoint } from '@habtwin/contract'
import type { Expectation } from '@habtwin/runtime/config/conditioning'
import type { Sample } from '../drivers/driver.ts'
import { Cell } from './cell.ts'
import { type Conversion, conversionOf, converted } from './conversion.ts'
import { Flat } from './flat.ts'
import { isBad, mark, missing } from './quality.ts'
import { type Range, rangeOf } from './range.ts'
import { Rate } from './rate.ts'

/** When a reading is: `rate` and `flat` are ms of clocks that do not go back, `now` is monotonic. */
export interface Moments {
  now: number
  rate: number
  flat: number
}

export class Line {
  readonly cell = new Cell()
  readonly range: Range
  readonly conversion: Conversion | undefined
  readonly #calibration: Calibration | undefined
  readonly #rate: Rate | undefined
  readonly #flat: Flat | undefined

  /** @throws HabtwinError config/unit */
  constructor(
    device: string,
    name: string,
    point: DevicePoint,
    calibration: Calibration | undefined,
    expected: Expectation | undefined,
  ) {
    this.conversion = conversionOf(device, name, point)
    this.#calibration = calibration
    this.range = rangeOf(name, point, this.conversion, calibration, expected?.range)
    this.#rate = expected?.perMinute === undefined ? undefined : new Rate(expected.perMinute)
    this.#flat = expected?.flat === undefined ? undefined : new Flat(expected.flat)
  }

  /**
   * Mends the value in place.
   * @param doubt of the whole reading, if any
   * @returns false where it is no value
   */
  take(sample: Sample, name: string, doubt: string | undefined, late: boolean, at: Moments): boolean {
    const said = sample.quality?.[name]
    let value = sample.values[name]
    if (value === null || value === undefined) return this.#bad(sample, name, missing(said), late, at.now)
    if (said !== undefined && isBad(said)) return this.#bad(sample, name, said, late, at.now)
    if (!Number.isFinite(value)) return this.#bad(sample, name, 'bad:not-a-number', late, at.now)
    if (this.conversion !== undefined) value = converted(this.conversion, value)
    if (this.#calibration !== undefined) value = calibrated(this.#calibration, value)
    if (value < this.range[0] || value > this.range[1]) return this.#bad(sample, name, 'bad:range', late, at.now)
    sample.values[name] = value
    // what an instrument remembers is judged by its own past, which is not here
    const quality = late ? said : (said ?? doubt ?? this.#doubt(value, at))
    if (quality !== undefined && quality !== said) mark(sample, name, quality)
    if (!late) this.cell.set(value, quality, at.now)
    return true
  }

  #doubt(value: number, { rate, flat }: Moments): string | undefined {
    const tooFast = this.#rate?.doubts(value, rate)
    const stuck = this.#flat?.doubts(value, flat)
    return tooFast ? 'uncertain:rate' : stuck ? 'uncertain:flat' : undefined
  }

  #bad(sample: Sample, name: string, quality: string, late: boolean, now: number): false {
    sample.values[name] = null
    mark(sample, name, quality)
    if (!late) this.cell.set(null, quality, now)
    return false
  }
}
