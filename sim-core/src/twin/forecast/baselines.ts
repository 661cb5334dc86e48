/**
 * What a forecast must beat. Each is given every reading in turn and knows nothing else; each in the best form that
 * is reasonable: parameters are fitted to all that came before.
 *
 * Time is counted in steps of the series' own grid; a missing reading is NaN.
 */
import type { Archive } from './archive.ts'
import { Normal } from './linear.ts'

export interface Baseline {
  step(value: number): void
  /** For each lead (in steps, ascending) what is expected; NaN as long as nothing is known. */
  forecast(leads: readonly number[], out: Float64Array): void
}

/** The last reading stays. */
export class Persistence implements Baseline {
  #last = Number.NaN
  step(value: number): void {
    if (!Number.isNaN(value)) this.#last = value
  }
  forecast(leads: readonly number[], out: Float64Array): void {
    out.fill(this.#last, 0, leads.length)
  }
}

/** The least squares line through the readings of the last quarter of an hour, continued. */
export class Trend implements Baseline {
  readonly #window: Float64Array
  #last = Number.NaN
  #k = -1
  /** @param steps in a quarter of an hour */
  constructor(steps: number) {
    this.#window = new Float64Array(Math.max(2, steps)).fill(Number.NaN)
  }
  step(value: number): void {
    this.#k++
    this.#window[this.#k % this.#window.length] = value
    if (!Number.isNaN(value)) this.#last = value
  }
  forecast(leads: readonly number[], out: Float64Array): void {
    const n = this.#window.length
    let [count, sum, sums, squares, products] = [0, 0, 0, 0, 0]
    for (let back = 0; back < n; back++) {
      const value = (this.#window[(this.#k + n - back) % n] as number) - this.#last
      if (Number.isNaN(value)) continue
      count++
      sum += back
      squares += back * back
      sums += value
      products += back * value
    }
    const spread = count * squares - sum * sum
    const slope = spread > 0 ? (sum * sums - count * products) / spread : 0
    const level = spread > 0 ? this.#last + (sums + slope * sum) / count : this.#last
    for (let i = 0; i < leads.length; i++) out[i] = level + slope * (leads[i] as number)
  }
}

/** The reading of 24 hours before the time meant. */
export class Seasonal implements Baseline {
  readonly #day: number
  readonly #ring: Float64Array
  #k = -1
  #last = Number.NaN
  /** @param day steps in a day */
  constructor(day: number) {
    this.#day = day
    this.#ring = new Float64Array(day + 1).fill(Number.NaN)
  }
  step(value: number): void {
    this.#k++
    this.#ring[this.#k % this.#ring.length] = value
    if (!Number.isNaN(value)) this.#last = value
  }
  forecast(leads: readonly number[], out: Float64Array): void {
    for (let i = 0; i < leads.length; i++) {
      const lead = leads[i] as number
      // beyond a day the last day that is known
      const k = this.#k + lead - this.#day * Math.ceil(lead / this.#day)
      const value = k < 0 ? Number.NaN : (this.#ring[k % this.#ring.length] as number)
      out[i] = Number.isNaN(value) ? this.#last : value
    }
  }
}

interface Smoother {
  readonly a: number
  readonly b: number
  readonly phi: number
  level: number
  trend: number
}

/**
 * Exponential smoothing with a damped trend (Gardner and McKenzie, Management Science 31, 1985). A grid of
 * parameters runs side by side; each lead takes the one with the least absolute error so far.
 */
export class DampedHolt implements Baseline {
  readonly #grid: Smoother[] = []
  readonly #leads: readonly number[]
  readonly #said: Float64Array[]
  readonly #errors: Float64Array[]
  #k = -1
  constructor(leads: readonly number[], stepMinutes: number) {
    this.#leads = leads
    for (const a of [0.3, 0.6, 0.95]) {
      for (const b of [0.03, 0.1, 0.3]) {
        for (const minutes of [10, 45, 180]) {
          this.#grid.push({ a, b, phi: Math.exp(-stepMinutes / minutes), level: Number.NaN, trend: 0 })
        }
      }
    }
    this.#said = leads.map((lead) => new Float64Array(lead * this.#grid.length).fill(Number.NaN))
    this.#errors = leads.map(() => new Float64Array(this.#grid.length))
  }
  step(value: number): void {
    this.#k++
    const n = this.#grid.length
    for (const [i, lead] of this.#leads.entries()) {
      const said = this.#said[i] as Float64Array
      const errors = this.#errors[i] as Float64Array
      const slot = (this.#k % lead) * n
      for (let g = 0; g < n; g++) {
        const error = Math.abs((said[slot + g] as number) - value)
        if (error >= 0) errors[g] = (errors[g] as number) + error
      }
    }
    for (const one of this.#grid) {
      const expected = one.level + one.phi * one.trend
      if (Number.isNaN(one.level)) one.level = value
      else if (Number.isNaN(value)) {
        one.level = expected
        one.trend *= one.phi
      } else {
        const level = expected + one.a * (value - expected)
        one.trend = one.phi * one.trend + one.b * (level - one.level - one.phi * one.trend)
        one.level = level
      }
    }
    for (const [i, lead] of this.#leads.entries()) {
      const said = this.#said[i] as Float64Array
      for (let g = 0; g < n; g++) said[(this.#k % lead) * n + g] = this.#at(g, lead)
    }
  }
  forecast(leads: readonly number[], out: Float64Array): void {
    for (let i = 0; i < leads.length; i++) {
      const errors = this.#errors[i] as Float64Array
      let best = 0
      for (let g = 1; g < errors.length; g++) if ((errors[g] as number) < (errors[best] as number)) best = g
      out[i] = this.#at(best, leads[i] as number)
    }
  }
  #at(g: number, lead: number): number {
    const one = this.#grid[g] as Smoother
    return one.level + (one.trend * one.phi * (1 - one.phi ** lead)) / (1 - one.phi)
  }
}

/**
 * Autoregression with intercept: least squares on all past rows whose lags are all known, refitted every hour,
 * iterated to the lead. Kept within twice the range seen, so that an unstable fit does not run away.
 */
export class Autoregression implements Baseline {
  readonly #order: number
  readonly #every: number
  readonly #normal: Normal
  readonly #ridge: Float64Array
  readonly #row: Float64Array
  readonly #coefficients: Float64Array
  /** The last values, oldest first. */
  readonly #lags: Float64Array
  readonly #path: Float64Array
  #reference = Number.NaN
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  #valid = 0
  #missing = 0
  #rows = 0
  #since = 0
  #fitted = false

  /**
   * @param every steps between fits
   * @param longest lead
   */
  constructor(order: number, every: number, longest: number) {
    this.#order = order
    this.#every = every
    this.#normal = new Normal(order + 1)
    this.#ridge = new Float64Array(order + 1)
    this.#row = new Float64Array(order + 1)
    this.#coefficients = new Float64Array(order + 1)
    this.#lags = new Float64Array(order)
    this.#path = new Float64Array(order + longest)
  }

  step(value: number): void {
    if (Number.isNaN(this.#reference) && !Number.isNaN(value)) this.#reference = value
    const p = this.#order
    // what was before a hole as long as this says nothing any more
    if (!Number.isNaN(value) && this.#missing >= p) this.#lags.fill(value - this.#reference)
    this.#missing = Number.isNaN(value) ? this.#missing + 1 : 0
    if (!Number.isNaN(value)) {
      this.#low = Math.min(this.#low, value)
      this.#high = Math.max(this.#high, value)
      if (this.#valid >= p) {
        this.#row.set(this.#lags)
        this.#row[p] = 1
        this.#normal.add(this.#row, 0, value - this.#reference, 1)
        this.#rows++
      }
    }
    this.#lags.copyWithin(0, 1)
    // the last value stands in for missing ones where a forecast is asked for; such rows are not learned from
    this.#lags[p - 1] = Number.isNaN(value) ? (this.#lags[p - 2] as number) : value - this.#reference
    this.#valid = Number.isNaN(value) ? 0 : this.#valid + 1
    if (++this.#since < this.#every && (this.#fitted || this.#since < 5)) return
    if (this.#rows < 2 * p) return
    let trace = 0
    for (let i = 0; i <= p; i++) trace += this.#normal.gram[(i * (i + 3)) / 2] as number
    this.#ridge.fill((1e-9 * trace) / (p + 1) + 1e-12)
    if (this.#normal.solve(this.#ridge, this.#coefficients)) this.#fitted = true
    this.#since = 0
  }

  /**
   * Holes among the last values are known better by now.
   * @param before the value so many steps before the next
   * @param known whether enough of them are readings to learn from
   */
  mend(before: (steps: number) => number, known: boolean): void {
    if (Number.isNaN(this.#reference)) return
    for (let i = 0; i < this.#order; i++) this.#lags[i] = before(this.#order - i) - this.#reference
    this.#valid = known ? this.#order : 0
  }

  keep(archive: Archive): void {
    this.#normal.keep(archive)
    archive.numbers(this.#coefficients, this.#lags)
    this.#reference = archive.number(this.#reference)
    this.#low = archive.number(this.#low)
    this.#high = archive.number(this.#high)
    this.#valid = archive.number(this.#valid)
    this.#missing = archive.number(this.#missing)
    this.#rows = archive.number(this.#rows)
    this.#since = archive.number(this.#since)
    this.#fitted = archive.number(Number(this.#fitted)) === 1
  }

  forecast(leads: readonly number[], out: Float64Array): void {
    const p = this.#order
    const last = this.#lags[p - 1] as number
    if (!this.#fitted) {
      out.fill(last + this.#reference, 0, leads.length)
      return
    }
    const path = this.#path
    const c = this.#coefficients
    path.set(this.#lags)
    const range = this.#high - this.#low
    const low = this.#low - this.#reference - range / 2
    const high = this.#high - this.#reference + range / 2
    const longest = leads[leads.length - 1] as number
    for (let k = p; k < p + longest; k++) {
      // three sums side by side: the processor need not wait for each to go on to the next
      let sum = c[p] as number
      let more = 0
      let most = 0
      let j = k - p
      let i = 0
      for (; i + 2 < p; i += 3, j += 3) {
        sum += (c[i] as number) * (path[j] as number)
        more += (c[i + 1] as number) * (path[j + 1] as number)
        most += (c[i + 2] as number) * (path[j + 2] as number)
      }
      for (; i < p; i++, j++) sum += (c[i] as number) * (path[j] as number)
      sum += more + most
      path[k] = sum < low ? low : Math.min(sum, high)
    }
    for (let i = 0; i < leads.length; i++) out[i] = (path[p + (leads[i] as number) - 1] as number) + this.#reference
  }
}
