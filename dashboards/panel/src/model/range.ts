/** How high the chart is: ruled by what was measured and by what is expected now. */

export interface Extent {
  readonly min: number
  readonly max: number
}

export interface Ruled {
  /** What was measured, and the band of the forecast that holds now. */
  readonly ruling: Iterable<number>
  /** What had been forecast earlier: it may widen the chart, but not by much. */
  readonly earlier: Iterable<number>
  readonly limits: readonly number[]
  /** A difference that is not worth the whole height. */
  readonly least: number
}

/** What was forecast earlier takes at most this share of the height on either side; more is cut off. */
const EARLIER = 0.4
const AIR = 0.08
/** A limit may be shown where the whole is then at most so many times as high as without it. */
const WITH_LIMIT = 1.7

function extent(values: Iterable<number>): Extent | undefined {
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
  }
  return min <= max ? { min, max } : undefined
}

/**
 * The axis's ends. Where no limit lies among the data, the nearest above and below are
 * shown, if that leaves over half of the height.
 * @returns undefined where there is nothing to show
 */
export function rangeOf({ ruling, earlier, limits, least }: Ruled): Extent | undefined {
  const said = extent(earlier)
  const core = extent(ruling) ?? said
  if (core === undefined) return undefined
  const height = Math.max(core.max - core.min, least)
  const more = height * EARLIER
  let min = Math.max(core.min - more, Math.min(core.min, said?.min ?? core.min))
  let max = Math.min(core.max + more, Math.max(core.max, said?.max ?? core.max))
  const most = Math.max(max - min, least) * WITH_LIMIT
  const above = extent(limits.filter((limit) => limit > max))?.min
  const below = extent(limits.filter((limit) => limit < min))?.max
  const isMarked = limits.some((limit) => limit >= min && limit <= max)
  if (!isMarked && above !== undefined && above - min <= most) max = above
  if (!isMarked && below !== undefined && max - below <= most) min = below
  const air = Math.max(max - min, least) * AIR
  // Nothing that is never negative gets an axis that is.
  return { min: min >= 0 ? Math.max(0, min - air) : min - air, max: max + air }
}
