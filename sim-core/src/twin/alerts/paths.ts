/**
 * Futures of one quantity as single paths, so that a first passage can be asked of each.
 *
 * Bands by lead say how likely a value is at one moment, but not how moments hang together. Where there is an
 * ensemble its members say that, and the calibrated bands say how far they may be off: each member keeps its rank at
 * every lead and is given the band's value at that rank (ensemble copula coupling, Schefzik, Thorarinsdottir and
 * Gneiting, Statistical Science 28 (2013) 616–640). Where there is none, the path at level u runs along the
 * u-quantile of every lead: the most dependence that is possible, hence the least chance that a limit is reached
 * which the bands allow.
 */
import { type Forecast, type PointInfo, pointInfo } from '@habtwin/contract'

/** Paths of one quantity: `values[lead × count + path]`, at `leads` (ms after the present, ascending). */
export interface Paths {
  readonly leads: readonly number[]
  readonly count: number
  readonly values: Float64Array
}

/** Futures of an ensemble, as its forecast gives them: Float64Array [lead × members]. */
export interface Members {
  /** ms after the present, ascending. */
  readonly leads: readonly number[]
  readonly values: Float64Array
}

/** Paths made where there is no ensemble. */
const MADE = 99
/** A normal distribution's 95 % point. */
const Z95 = 1.6448536

/** Paths that are comonotone: each follows its quantile of the bands. */
export function fromBands(quantity: string, forecast: Forecast): Paths {
  const leads = forecast.t.map((t) => t - forecast.made)
  const values = new Float64Array(leads.length * MADE)
  const { range } = pointInfo(quantity)
  for (let l = 0; l < leads.length; l++) {
    for (let i = 0; i < MADE; i++) values[l * MADE + i] = quantileAt(range, forecast, l, LEVELS[i] as number)
  }
  return { leads, count: MADE, values }
}

/** Members with their order at each lead kept, and the bands' distribution in place of their own. */
export function fromMembers(quantity: string, forecast: Forecast | undefined, members: Members): Paths {
  const { leads, values } = members
  const count = values.length / leads.length
  if (forecast === undefined || forecast.t.length === 0) return { leads, count, values }
  const bands = at(forecast, leads)
  const { range } = pointInfo(quantity)
  const out = new Float64Array(values.length)
  const scores = Array.from({ length: count }, (_, rank) => normalQuantile((rank + 0.5) / count))
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  for (let l = 0; l < leads.length; l++) {
    const row = values.subarray(l * count, (l + 1) * count)
    // equal members keep the order that they had at the lead before
    order.sort((a, b) => (row[a] as number) - (row[b] as number))
    for (let rank = 0; rank < count; rank++) {
      out[l * count + (order[rank] as number)] = quantileAt(range, bands, l, scores[rank] as number)
    }
  }
  return { leads, count, values: out }
}

/**
 * The bands' value for a standard normal `z`: two half normals that meet in the median, as three quantiles tell no
 * more. Within what the quantity can be.
 */
function quantileAt([low, high]: PointInfo['range'], { p05, p50, p95 }: Bands, lead: number, z: number): number {
  const middle = p50[lead] as number
  const half = z < 0 ? middle - (p05[lead] as number) : (p95[lead] as number) - middle
  return Math.min(high, Math.max(low, middle + (z / Z95) * half))
}

type Bands = Pick<Forecast, 'p05' | 'p50' | 'p95'>

/** The bands at other leads, straight between those given; before the first and after the last as these. */
function at(forecast: Forecast, leads: readonly number[]): Bands {
  const bands = { p05: [] as number[], p50: [] as number[], p95: [] as number[] }
  const last = forecast.t.length - 1
  let k = 0
  for (const lead of leads) {
    const t = forecast.made + lead
    while (k < last && (forecast.t[k + 1] as number) <= t) k++
    const from = forecast.t[k] as number
    const to = forecast.t[Math.min(last, k + 1)] as number
    const share = to > from ? Math.min(1, Math.max(0, (t - from) / (to - from))) : 0
    for (const name of ['p05', 'p50', 'p95'] as const) {
      const a = forecast[name][k] as number
      const b = forecast[name][Math.min(last, k + 1)] as number
      bands[name].push(a + share * (b - a))
    }
  }
  return bands
}

/** Standard normal quantile (Acklam's rational approximation, relative error below 1.2e-9). */
export function normalQuantile(p: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ]
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ]
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]
  const poly = (k: readonly number[], x: number) => k.reduce((sum, one) => sum * x + one, 0)
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p))
    return poly(c, q) / (poly(d, q) * q + 1)
  }
  if (p > 1 - 0.02425) return -normalQuantile(1 - p)
  const q = p - 0.5
  const r = q * q
  return (poly(a, r) * q) / (poly(b, r) * r + 1)
}

const LEVELS = Float64Array.from({ length: MADE }, (_, i) => normalQuantile((i + 1) / (MADE + 1)))
