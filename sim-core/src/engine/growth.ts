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
function norm(rate: number): number {
  return density(rate) / MEAN
}

/** A bell that is cut off half way up: 1 around the middle. @param rate 0 to 1 */
function clipped(rate: number): number {
  return Math.min(2 * norm(rate), PEAK) / PEAK
}

const curves = { norm, clipped }

const hourly = (curve: (rate: number) => number) => Float64Array.from({ length: 24 }, (_, hour) => curve(hour / 24))
/** The curves over the hours of a day. */
export const daily = { norm: hourly(norm), clipped: hourly(clipped) }
/** Ages for which a curve is kept ready: a year of hours and more. */
const MOST_AGES = 10_000
/** Curves that were made last: crops share them. */
const MOST_CURVES = 100
const made = new Map<string, (age: number) => number>()

/**
 * A curve over age, ready for every age that is a whole number of steps.
 * @param lifetime h
 * @param dt h a step
 */
export function ageCurve(type: keyof typeof curves, lifetime: number, dt: number): (age: number) => number {
  const key = `${type} ${lifetime} ${dt}`
  const known = made.get(key)
  if (known !== undefined) return known
  if (made.size >= MOST_CURVES) made.clear()
  const curve = curves[type]
  const ready = Float64Array.from({ length: Math.min(MOST_AGES, Math.ceil(lifetime / dt) + 2) }, (_, i) =>
    curve((i * dt) / lifetime),
  )
  const follow = (age: number) => {
    const i = Math.round(age / dt)
    return i * dt === age && i < ready.length ? (ready[i] as number) : curve(age / lifetime)
  }
  made.set(key, follow)
  return follow
}
