/**
 * A set of positive integers kept as sorted, disjoint, non-adjacent inclusive ranges: what was received,
 * what is durable, what is lost. Sequence numbers mostly come in order, so adding at the end is the fast case.
 */
import type { Range } from '@habtwin/contract'

export class RangeSet {
  #ranges: Range[]

  /** @param ranges sorted, disjoint ranges; copied */
  constructor(ranges: readonly Range[] = []) {
    this.#ranges = []
    for (const [a, b] of ranges) this.addRange(a, b)
  }

  /** Adds one number; false where it was there already. */
  add(value: number): boolean {
    const last = this.#ranges.at(-1)
    if (last !== undefined && value === last[1] + 1) {
      last[1] = value
      return true
    }
    if (last === undefined || value > last[1] + 1) {
      this.#ranges.push([value, value])
      return true
    }
    if (this.has(value)) return false
    this.addRange(value, value)
    return true
  }

  /** Adds every number from a to b, both included. */
  addRange(a: number, b: number): void {
    if (b < a) return
    const list = this.#ranges
    // the first range that ends at or after a − 1 is the first that can be joined
    let i = lowerBound(list, a - 1)
    const start = i
    while (i < list.length && (list[i] as Range)[0] <= b + 1) {
      const [x, y] = list[i] as Range
      if (x < a) a = x
      if (y > b) b = y
      i++
    }
    list.splice(start, i - start, [a, b])
  }

  /** Adds every number of another set. */
  addAll(other: RangeSet | readonly Range[]): void {
    for (const [a, b] of other instanceof RangeSet ? other.#ranges : other) this.addRange(a, b)
  }

  /** Removes every number from a to b, both included. */
  removeRange(a: number, b: number): void {
    if (b < a) return
    const list = this.#ranges
    const start = lowerBound(list, a)
    const kept: Range[] = []
    let i = start
    for (; i < list.length && (list[i] as Range)[0] <= b; i++) {
      const [x, y] = list[i] as Range
      if (x < a) kept.push([x, a - 1])
      if (y > b) kept.push([b + 1, y])
    }
    if (i > start) list.splice(start, i - start, ...kept)
  }

  /** The lowest number at or above one that is not in the set. */
  freeFrom(value: number): number {
    const found = this.#ranges[lowerBound(this.#ranges, value)]
    return found !== undefined && found[0] <= value ? found[1] + 1 : value
  }

  /** The highest number at or below one that is not in the set; 0 where there is none. */
  freeUpTo(value: number): number {
    const found = this.#ranges[lowerBound(this.#ranges, value)]
    return found !== undefined && found[0] <= value ? found[0] - 1 : value
  }

  /** The lowest number in the set at or above one; ∞ where there is none. */
  firstFrom(value: number): number {
    const found = this.#ranges[lowerBound(this.#ranges, value)]
    return found === undefined ? Number.POSITIVE_INFINITY : Math.max(found[0], value)
  }

  /** The highest number in the set at or below one; 0 where there is none. */
  lastUpTo(value: number): number {
    const at = lowerBound(this.#ranges, value)
    const found = this.#ranges[at]
    return found !== undefined && found[0] <= value ? value : (this.#ranges[at - 1]?.[1] ?? 0)
  }

  has(value: number): boolean {
    const found = this.#ranges[lowerBound(this.#ranges, value)]
    return found !== undefined && found[0] <= value
  }

  /** The highest number n such that every number from 1 to n is in the set; 0 where 1 is not. */
  get contiguous(): number {
    const first = this.#ranges[0]
    return first !== undefined && first[0] === 1 ? first[1] : 0
  }

  /** The highest number in the set, 0 where it is empty. */
  get max(): number {
    return this.#ranges.at(-1)?.[1] ?? 0
  }

  /** How many numbers are in the set. */
  get count(): number {
    let n = 0
    for (const [a, b] of this.#ranges) n += b - a + 1
    return n
  }

  get size(): number {
    return this.#ranges.length
  }

  /** What is missing between two numbers, both included. */
  missing(from: number, to: number): Range[] {
    const holes: Range[] = []
    let next = from
    for (let i = lowerBound(this.#ranges, from); i < this.#ranges.length; i++) {
      const [a, b] = this.#ranges[i] as Range
      if (a > to) break
      if (a > next) holes.push([next, a - 1])
      next = b + 1
    }
    if (next <= to) holes.push([next, to])
    return holes
  }

  /** The ranges above a number, for a mark: what is had beyond `seq`. */
  above(value: number): Range[] {
    const out: Range[] = []
    for (let i = lowerBound(this.#ranges, value + 1); i < this.#ranges.length; i++) {
      const [a, b] = this.#ranges[i] as Range
      out.push([Math.max(a, value + 1), b])
    }
    return out
  }

  toJSON(): Range[] {
    return this.#ranges.map(([a, b]) => [a, b])
  }

  [Symbol.iterator](): IterableIterator<Range> {
    return this.#ranges[Symbol.iterator]()
  }
}

/** Index of the first range whose end is at or above the value. */
function lowerBound(list: readonly Range[], value: number): number {
  let low = 0
  let high = list.length
  // most look-ups are near the end
  if (high > 0 && (list[high - 1] as Range)[1] < value) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as Range)[1] < value) low = middle + 1
    else high = middle
  }
  return low
}
