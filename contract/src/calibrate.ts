/** Reckoning with a calibration, both ways. Without a schema, as the panel does it too. */
import type { Calibration } from './calibration.ts'

type Points = NonNullable<Calibration['points']>

/** What is true where the instrument says `read`. */
export function calibrated({ points, gain = 1, offset = 0 }: Calibration, read: number): number {
  return (points === undefined ? read : between(points, read, 0, 1)) * gain + offset
}

/** What the instrument said where `value` was made of it. */
export function uncalibrated({ points, gain = 1, offset = 0 }: Calibration, value: number): number {
  const mended = (value - offset) / gain
  return points === undefined ? mended : between(points, mended, 1, 0)
}

/** From one column of the points to the other, on the line of the two that are nearest. */
function between(points: Points, x: number, from: 0 | 1, to: 0 | 1): number {
  const [first] = points
  if (first === undefined) return x
  let i = 1
  while (i < points.length - 1 && x > (points[i] as Points[number])[from]) i++
  const b = points[i]
  // a single point is a shift
  if (b === undefined) return x - first[from] + first[to]
  const a = points[i - 1] as Points[number]
  // reckoned from the nearer end, so that the points themselves come out exactly
  const near = x > (a[from] + b[from]) / 2 ? b : a
  return near[to] + ((x - near[from]) * (b[to] - a[to])) / (b[from] - a[from])
}

/** True where it should have been done again by `now`, ms. */
export function overdue({ due }: Pick<Calibration, 'due'>, now: number): boolean {
  return due !== undefined && now >= Date.parse(due)
}
