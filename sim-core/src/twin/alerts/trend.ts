/**
 * A straight trend in a noisy series that also depends on something else, and how sure it is.
 *
 *   y = a + b x + s t + noise
 *
 * by iterated least squares with Huber's weights (k 1.345), so that an afternoon beside an open hatch does not make a
 * trend. Its standard error counts the noise as coloured: neighbouring residuals that resemble each other (lag-1
 * correlation r) are worth (1 − r)/(1 + r) of as many independent ones (Bartlett 1946).
 */

export interface Trend {
  /** Per unit of time. */
  readonly slope: number
  readonly error: number
}

/** A gain differs by about this much between two instruments: how far b may go without the data insisting. */
const GAIN = 0.1
const HUBER = 1.345
/** Resemblance that is always allowed for: no residuals of a real instrument are white. */
const LEAST_COLOUR = 0.2

/**
 * @param t in any unit
 * @param x what y also depends on, as a difference of two instruments does on the level by their gains
 * @param growing what the trend multiplies: ones, or the level for an error that goes with it
 * @returns undefined where there is not enough to tell
 */
export function trend(
  t: readonly number[],
  y: readonly number[],
  x: readonly number[],
  growing: readonly number[],
): Trend | undefined {
  const n = y.length
  if (n < 12) return undefined
  const mid = mean(t)
  const level = mean(x)
  const rows = t.map((at, i) => [1, (x[i] as number) - level, (at - mid) * (growing[i] as number)] as const)
  let weights = new Array<number>(n).fill(1)
  let scale = spread(y)
  if (scale === 0) return undefined
  let fit: ReturnType<typeof solve>
  let residuals: number[] = []
  for (let pass = 0; pass < 5; pass++) {
    fit = solve(rows, y, weights, (scale / GAIN) ** 2)
    if (fit === undefined) return undefined
    const { c } = fit
    residuals = rows.map((row, i) => (y[i] as number) - row[0] * c[0] - row[1] * c[1] - row[2] * c[2])
    scale = spread(residuals)
    if (scale <= 1e-12) return undefined
    weights = residuals.map((r) => Math.min(1, (HUBER * scale) / Math.max(Math.abs(r), 1e-300)))
  }
  if (fit === undefined) return undefined
  const r = Math.max(LEAST_COLOUR, Math.min(0.98, resemblance(residuals, scale)))
  // the fit itself takes colour out of a short series (Kendall 1954): about (1 + 4 r)/n
  const colour = Math.min(0.98, r + (1 + 4 * r) / n)
  return { slope: fit.c[2], error: scale * Math.sqrt(fit.v22 * ((1 + colour) / (1 - colour))) }
}

/** Normal equations of three unknowns by Cramer; `ridge` holds back the second. */
function solve(
  rows: readonly (readonly [number, number, number])[],
  y: readonly number[],
  w: readonly number[],
  ridge: number,
) {
  let [a, b, c, d, e, f, p, q, s] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  for (const [i, [u, v, z]] of rows.entries()) {
    const k = w[i] as number
    const h = y[i] as number
    a += k * u * u
    b += k * u * v
    c += k * u * z
    d += k * v * v
    e += k * v * z
    f += k * z * z
    p += k * u * h
    q += k * v * h
    s += k * z * h
  }
  d += ridge
  const det = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
  if (!(Math.abs(det) > 1e-12 * a * d * f)) return undefined
  const c0 = (p * (d * f - e * e) - b * (q * f - s * e) + c * (q * e - s * d)) / det
  const c1 = (a * (q * f - s * e) - p * (b * f - c * e) + c * (b * s - c * q)) / det
  const c2 = (a * (d * s - q * e) - b * (b * s - c * q) + p * (b * e - c * d)) / det
  return { c: [c0, c1, c2] as const, v22: (a * d - b * b) / det }
}

/** Standard deviation by the median of absolute deviations. */
export function spread(values: readonly number[]): number {
  const middle = median(values)
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)))
}

export function median(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort()
  const n = sorted.length
  return n === 0 ? Number.NaN : ((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2
}

function resemblance(residuals: readonly number[], scale: number): number {
  let [with1, all] = [0, 0]
  let before = 0
  for (const r of residuals) {
    const clipped = Math.min(3 * scale, Math.max(-3 * scale, r))
    with1 += clipped * before
    all += clipped * clipped
    before = clipped
  }
  return all === 0 ? 0 : with1 / all
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
