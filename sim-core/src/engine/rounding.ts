/** Rounding to six decimals by the exact decimal value, ties to even, as Python's `round(x, 6)` does. */

/** Within this of a tie the scaled value may have been rounded across it, and the digits decide. */
const NEAR = 1e-3
/** From here on the scaled value is rounded by more than that, and the digits decide. */
const LARGE = 2 ** 43
/** From here on doubles are farther apart than six decimals: rounding finds the same again. */
const COARSE = 2 ** 33

/** x, rounded to six decimals. */
export function round6(x: number): number {
  const scaled = x * 1e6
  if (!(scaled < LARGE && scaled > -LARGE)) return Math.abs(x) < COARSE ? exactly(x) : x
  const low = Math.floor(scaled)
  const rest = scaled - low
  if (rest < 0.5 - NEAR) return low / 1e6
  if (rest > 0.5 + NEAR) return (low + 1) / 1e6
  return exactly(x)
}

/** Near a tie: x is compared with it digit by digit. */
function exactly(x: number): number {
  // a double that is no tie is at least 5e-29 away from one: 2^-73, the last bit near the least tie, over 2e6
  const digits = Math.abs(x).toFixed(60)
  const point = digits.indexOf('.')
  const tail = digits.slice(point + 7)
  const size = BigInt(digits.slice(0, point) + digits.slice(point + 1, point + 7))
  const half = `5${'0'.repeat(tail.length - 1)}`
  const up = tail > half || (tail === half && size % 2n === 1n)
  const rounded = Number(up ? size + 1n : size) / 1e6
  return x < 0 ? -rounded : rounded
}
