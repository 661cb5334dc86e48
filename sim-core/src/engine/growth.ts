/** How flows follow the hour of day and age: normalised bell curves. */

/** The bell's standard deviation, in its own units. */
const SIGMA = Math.PI / 10

function density(rate: number): number {
  const x = (rate - 0.5) / SIGMA
  return Math.exp(-(x * x) / (2 * SIGMA * SIGMA)) / (SIGMA * Math.sqrt(2 * Math.PI))
}

/** The mean of the density over a hundred points, so that the curve's own mean is 1. */
const MEAN = Array.from({ length: 100 }, (_, i) => density(i / 100)).reduce((sum, y) => sum + y, 0) / 100
const PEAK = density(0.5) / MEAN

/** A bell around the middle of the day or of life. @param rate 0 to 1 */
export function norm(rate: number): number {
  return density(rate) / MEAN
}

/** A bell that is cut off half way up: 1 around the middle. @param rate 0 to 1 */
export function clipped(rate: number): number {
  return Math.min(2 * norm(rate), PEAK) / PEAK
}
