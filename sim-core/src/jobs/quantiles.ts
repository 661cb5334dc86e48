/** Exact quantiles of many runs. */

/** Sorts figures in place and writes their quantiles, with linear interpolation (type 7 of Hyndman and Fan, 1996). */
export function quantiles(
  figures: Float64Array,
  shares: readonly number[],
  put: (q: number, value: number) => void,
): void {
  const last = figures.length - 1
  if (isConstant(figures)) {
    // most figures of a habitat do not depend on the seed
    for (let q = 0; q < shares.length; q++) put(q, figures[0] as number)
    return
  }
  figures.sort()
  for (let q = 0; q < shares.length; q++) {
    const place = (shares[q] as number) * last
    const low = Math.floor(place)
    const below = figures[low] as number
    const above = figures[Math.min(last, low + 1)] as number
    put(q, below + (place - low) * (above - below))
  }
}

function isConstant(figures: Float64Array): boolean {
  const first = figures[0]
  for (let i = 1; i < figures.length; i++) if (figures[i] !== first) return false
  return true
}
