/** Exact quantiles of many runs: what is not asked for is not sorted. */

/** Below so many figures a range is sorted by insertion. */
const FEW = 16

/**
 * Writes the quantiles of figures, with linear interpolation (type 7 of Hyndman and Fan, Am. Stat. 50, 1996). Their
 * order is changed.
 * @param shares 0 to 1, ascending
 */
export function quantiles(figures: Float64Array, shares: readonly number[], put: (q: number, value: number) => void) {
  const last = figures.length - 1
  // most figures of a habitat do not depend on the seed
  const varies = !isConstant(figures)
  if (varies) settle(figures, 0, last, ranksOf(last, shares))
  for (let q = 0; q < shares.length; q++) {
    const place = (shares[q] as number) * last
    const low = Math.floor(place)
    const below = figures[low] as number
    const above = figures[Math.min(last, low + 1)] as number
    put(q, varies ? below + (place - low) * (above - below) : below)
  }
}

function isConstant(figures: Float64Array): boolean {
  const first = figures[0]
  for (let i = 1; i < figures.length; i++) if (figures[i] !== first) return false
  return true
}

const known = { last: -1, shares: [] as readonly number[], ranks: [] as readonly number[] }

/** The places between which the quantiles lie; asked for again and again for as many figures. */
function ranksOf(last: number, shares: readonly number[]): readonly number[] {
  if (known.last !== last || known.shares !== shares) {
    const low = shares.map((share) => Math.floor(share * last))
    known.ranks = [...new Set(low.flatMap((rank) => [rank, Math.min(last, rank + 1)]))].sort((a, b) => a - b)
    known.last = last
    known.shares = shares
  }
  return known.ranks
}

/**
 * Brings to each of the ranks what belongs there (Hoare's FIND, Commun. ACM 4, 1961, for several ranks at once).
 * @param ranks those from one up to another are within low and high
 */
function settle(
  a: Float64Array,
  low: number,
  high: number,
  ranks: readonly number[],
  from = 0,
  to = ranks.length,
): void {
  let [lo, hi, first, end] = [low, high, from, to]
  while (first < end && hi - lo >= FEW) {
    const pivot = middle(a[lo] as number, a[(lo + hi) >> 1] as number, a[hi] as number)
    let [i, j] = [lo, hi]
    while (i <= j) {
      while ((a[i] as number) < pivot) i++
      while ((a[j] as number) > pivot) j--
      if (i > j) break
      const swapped = a[i] as number
      a[i++] = a[j] as number
      a[j--] = swapped
    }
    // up to j all are at most the pivot, from i on at least; what is between is the pivot
    let left = first
    while (left < end && (ranks[left] as number) <= j) left++
    let right = left
    while (right < end && (ranks[right] as number) < i) right++
    settle(a, lo, j, ranks, first, left)
    lo = i
    first = right
  }
  if (first < end) insert(a, lo, hi)
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

function insert(a: Float64Array, lo: number, hi: number): void {
  for (let i = lo + 1; i <= hi; i++) {
    const moved = a[i] as number
    let j = i - 1
    while (j >= lo && (a[j] as number) > moved) {
      a[j + 1] = a[j] as number
      j--
    }
    a[j + 1] = moved
  }
}
