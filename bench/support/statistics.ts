/** The little that benches need of statistics; robust, as other work on the machine disturbs them. */

/** The value below which a share of all lie, from 0 to 1; NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

export interface Trend {
  /** Per step of the series. */
  readonly slope: number
  /** 95 % interval of the slope. */
  readonly low: number
  readonly high: number
  /** Standard deviation about the line, from the median absolute deviation. */
  readonly scatter: number
}

/**
 * The trend of an evenly spaced series: Theil's slope, which is the median of all slopes between two points, with
 * Sen's interval (J. Am. Stat. Assoc. 63, 1968). Memory that a collector looks after rises and falls in waves, so
 * the interval is widened by how much each residual resembles the one before it.
 */
export function trend(series: readonly number[]): Trend {
  const n = series.length
  const slopes: number[] = []
  for (let j = 1; j < n; j++) {
    for (let i = 0; i < j; i++) slopes.push(((series[j] as number) - (series[i] as number)) / (j - i))
  }
  slopes.sort((a, b) => a - b)
  const slope = median(slopes)
  const level = median(series.map((value, i) => value - slope * i))
  const residuals = series.map((value, i) => value - slope * i - level)
  const alike = Math.min(0.95, Math.max(0, autocorrelation(residuals)))
  const deviation = Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * ((1 + alike) / (1 - alike)))
  const half = (1.96 * deviation) / 2
  const at = (place: number) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(place)))] ?? Number.NaN
  const middle = slopes.length / 2
  return {
    slope,
    low: at(middle - half),
    high: at(middle + half),
    scatter: 1.4826 * median(residuals.map(Math.abs)),
  }
}

/** How much each value resembles the one before it, from −1 to 1. */
function autocorrelation(residuals: readonly number[]): number {
  const mean = residuals.reduce((sum, value) => sum + value, 0) / residuals.length
  let [with_, own] = [0, 0]
  for (const [i, value] of residuals.entries()) {
    own += (value - mean) ** 2
    if (i > 0) with_ += (value - mean) * ((residuals[i - 1] as number) - mean)
  }
  return own === 0 ? 0 : with_ / own
}
