/**
 * How what an instrument says is mended, as somebody found it against a reference:
 *
 *   what it says ─► points (piecewise linear) ─► × gain + offset ─► what is true
 *
 * All in the point's unit. It is rising throughout, so that what the instrument said can be had back.
 */
import { z } from 'zod'

/** A day, `2026-11-01`. */
export const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

export const calibration = z.object({
  offset: z.number().optional(),
  gain: z.number().positive().optional(),
  /** What it said beside what was true, rising in both. Beyond the ends the nearest line goes on. */
  points: z.array(z.tuple([z.number(), z.number()])).optional(),
  /** The day on which it was found. */
  date: day.optional(),
  by: z.string().optional(),
  /** The day on which it should be done again. */
  due: day.optional(),
})

export type Calibration = z.infer<typeof calibration>

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
