/** Chance that is the same each time, and everywhere. */

/** @returns a whole number from 0 up to `below`, that one left out */
export type Random = (below: number) => number

/** xorshift32 (Marsaglia 2003): fast, and good enough to shake things. */
export function randomOf(seed: number): Random {
  // seeds that follow each other must not begin alike
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}
