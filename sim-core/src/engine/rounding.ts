/** Rounding to six decimals by the exact decimal value, ties to even, as Python's `round(x, 6)` does. */

/** Within this of a tie the scaled value may have been rounded across it, and the digits decide. */
const NEAR = 1e-3
/** From here on a scaled double has no room for halves. */
const LARGE = 2 ** 43

/** x, rounded to six decimals. */
export function round6(x: number): number {
  const scaled = x * 1e6
  if (!(scaled < LARGE && scaled > -LARGE)) return x
  const low = Math.floor(scaled)
  const rest = scaled - low
  if (rest < 0.5 - NEAR) return low / 1e6
  if (rest > 0.5 + NEAR) return (low + 1) / 1e6
  return exactly(x)
}

/** Near a tie: x is compared with it digit by digit. */
function exactly(x: number): number {
  // 60 digits hold any double that is near a tie here: 2^43 / 1e6 has 23 bits before the point, 30 after
  const digits = Math.abs(x).toFixed(60)
  const point = digits.indexOf('.')
  const tail = digits.slice(point + 7)
  const size = BigInt(digits.slice(0, point) + digits.slice(point + 1, point + 7))
  const half = `5${'0'.repeat(tail.length - 1)}`
  const up = tail > half || (tail === half && size % 2n === 1n)
  const rounded = Number(up ? size + 1n : size) / 1e6
  return x < 0 ? -rounded : rounded
}
