/**
 * Which readings are believed, and when the ensemble doubts itself.
 *
 * A reading beyond 6 σ is left out; three alike in a row are a step of the habitat, unless its neighbours contradict.
 * One that never changes while the model says that it should is frozen. When readings are off again and again, the
 * parameters that might be the reason get some of their first spread back, so that they can move.
 */
import type { TwinModel } from '@habtwin/contract'
import { stretch } from './filter.ts'
import type { Instrument } from './instruments.ts'
import { type Matrix, mean, spread } from './matrix.ts'
import type { Priors } from './parameters.ts'
import type { Innovation } from './types.ts'

const OUTLIER = 6
const AGREE = 3
/** Minutes of the very same value. */
const FROZEN = 30
const MOST_IGNORED = 50
/** Minutes over which innovations are averaged, and the mean square from which parameters are unsettled. */
const WINDOW = 45
const UNSETTLED = 3
/** Factor a minute on the spread, until this share of the first spread is reached. */
const STRETCH = 1.02
const ENOUGH = 0.3

export class Doubts {
  ignored: TwinModel['ignored'] = []
  /** Mean square of innovations, by zone and point. */
  readonly #unrest = new Map<string, number>()

  /**
   * @param agreed its neighbours say the same
   * @returns why the reading is not believed, or undefined where it is
   */
  judge(
    instrument: Instrument,
    value: number,
    expected: number,
    z: number,
    t: number,
    agreed: boolean,
  ): string | undefined {
    if (value === instrument.last) instrument.same++
    else {
      if (!Number.isNaN(instrument.last)) instrument.moved = true
      instrument.same = 0
    }
    instrument.last = value
    let reason: string | undefined
    if (instrument.moved && instrument.same >= FROZEN && Math.abs(z) > 2.5) reason = 'frozen'
    else if (Math.abs(z) > OUTLIER) reason = agreed ? undefined : this.#far(instrument, value, expected, z)
    else instrument.far = 0
    if (reason !== undefined) this.#note(instrument, value, reason, t)
    return reason
  }

  #far(instrument: Instrument, value: number, expected: number, z: number): string | undefined {
    const sign = Math.sign(z)
    instrument.far = instrument.farSign === sign ? instrument.far + 1 : 1
    instrument.farSign = sign
    if (wrongScale(value, expected)) return 'scale'
    if (instrument.far < AGREE) return 'outlier'
    return undefined
  }

  #note({ device, point }: Instrument, value: number, reason: string, t: number): void {
    const known = this.ignored.find((one) => one.device === device && one.point === point && one.reason === reason)
    const others = this.ignored.filter((one) => one !== known)
    this.ignored = [{ device, point, t, count: (known?.count ?? 0) + 1, value, reason }, ...others].slice(
      0,
      MOST_IGNORED,
    )
  }

  /** Gives parameters of zones whose readings are off again and again some of their spread back. */
  unsettle(innovations: readonly Innovation[], matrix: Matrix, priors: Priors): void {
    const zones = new Set<string>()
    for (const { zone, point, z, accepted } of innovations) {
      if (!accepted) continue
      const key = `${zone}/${point}`
      const before = this.#unrest.get(key) ?? 1
      const now = before + (Math.min(z * z, 36) - before) / WINDOW
      this.#unrest.set(key, now)
      if (now > UNSETTLED) zones.add(key)
    }
    if (zones.size === 0) return
    for (const row of matrix.rows) {
      if (row.kind !== 'parameter' || !concerns(row.id, zones)) continue
      const middle = mean(row.values)
      const sd = spread(row.values, middle)
      if (sd > 0 && sd < ENOUGH * priors.raw(row.id)) stretch(row, middle, STRETCH)
    }
  }
}

/** A reading in another unit: a power of ten, or a fraction for per cent. */
function wrongScale(value: number, expected: number): boolean {
  if (!(value > 0 && expected > 0)) return value < 0 && expected > 0
  const powers = Math.log10(value / expected)
  return Math.abs(powers) > 0.8 && Math.abs(powers - Math.round(powers)) < 0.06
}

/** Whether a parameter may be why readings of a zone's point are off. */
function concerns(id: string, keys: ReadonlySet<string>): boolean {
  const [name, a, b] = id.split('/')
  for (const key of keys) {
    const [zone, point] = key.split('/')
    if (point === 'level') {
      if (name === 'leak') return true
      continue
    }
    if (point === 'temperature') {
      if (name === 'coupling' && a === zone) return true
      continue
    }
    if (a === zone || b === zone || name === 'crew') return true
  }
  return false
}
