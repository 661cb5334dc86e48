/**
 * The ensemble square-root filter, one reading at a time (J. S. Whitaker and T. M. Hamill, "Ensemble data assimilation
 * without perturbed observations", Monthly Weather Review 130 (2002) 1913): for a reading y with variance R,
 *
 *   K = cov(x, h) / (var(h) + R)      mean += K (y − h̄)      x' −= α K h',  α = 1/(1 + √(R/(var(h) + R)))
 *
 * where h is what the instrument would read in each member. A reading moves only rows that it has to do with
 * (localisation): with a hundred members, what has nothing to do with it seems to. For the same reason a correlation
 * counts only as far as it is larger than chance makes it: K is multiplied by max(0, 1 − c/(n r²)) (after J. L.
 * Anderson, "Localization and sampling error correction", Monthly Weather Review 140 (2012) 2359).
 */
import type { Row } from '../models/piece.ts'
import { mean, spread } from './matrix.ts'

/** A row that a reading may move, and how far it is believed to (0 to 1). */
export interface Touch {
  readonly row: Row
  readonly taper: number
}

/** Squared correlations below this many times 1/n are taken for chance. */
const CHANCE = 2

/**
 * @param read what the instrument would read, by member; overwritten by its deviations from the mean
 * @param variance of the reading
 */
export function assimilate(touched: readonly Touch[], read: Float64Array, reading: number, variance: number): void {
  const n = read.length
  const expected = mean(read)
  let squares = 0
  for (let m = 0; m < n; m++) {
    const apart = (read[m] as number) - expected
    read[m] = apart
    squares += apart * apart
  }
  const total = squares / (n - 1) + variance
  if (!(total > 0)) return
  const alpha = 1 / (1 + Math.sqrt(variance / total))
  const apart = reading - expected
  for (const { row, taper } of touched) {
    const { values } = row
    let covariance = 0
    let sum = 0
    let square = 0
    for (let m = 0; m < n; m++) {
      const value = values[m] as number
      covariance += value * (read[m] as number)
      sum += value
      square += value * value
    }
    const own = square - (sum * sum) / n
    const sure = 1 - (CHANCE * own * squares) / (n * covariance * covariance)
    if (!(sure > 0)) continue
    const gain = (taper * sure * covariance) / ((n - 1) * total)
    const shift = gain * apart
    const shrink = gain * alpha
    for (let m = 0; m < n; m++) values[m] = (values[m] as number) + shift - shrink * (read[m] as number)
  }
}

/**
 * Relaxation to prior spread (J. S. Whitaker and T. M. Hamill, Monthly Weather Review 140 (2012) 3078): gives a part
 * of the spread back that readings took, since the model errs in ways that the ensemble does not know of.
 */
export class Relaxation {
  readonly #before = new Map<Row, number>()
  readonly #share: number

  /** @param share of the loss that is given back, 0 to 1 */
  constructor(share: number) {
    this.#share = share
  }

  remember(rows: readonly Row[]): void {
    for (const row of rows) this.#before.set(row, spread(row.values))
  }

  relax(rows: readonly Row[]): void {
    for (const row of rows) {
      const before = this.#before.get(row)
      if (before === undefined) continue
      const middle = mean(row.values)
      const after = spread(row.values, middle)
      if (!(after > 0) || after >= before) continue
      stretch(row, middle, 1 + (this.#share * (before - after)) / after)
    }
  }
}

/** Multiplies the deviations from the mean. */
export function stretch({ values }: Row, middle: number, factor: number): void {
  for (let m = 0; m < values.length; m++) values[m] = middle + factor * ((values[m] as number) - middle)
}
