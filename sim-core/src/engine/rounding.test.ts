import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { comparisons } from './criteria.ts'
import { round6 } from './rounding.ts'
import { rounded } from './testing/oracle.ts'

/** As near to a tie at the sixth decimal as doubles come, on either side of it or upon it. */
const ties = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 16n }), fc.constantFrom(-1, 0, 1), fc.boolean())
  .map(([k, beside, negative]) => {
    const tie = Number(`${k * 10n + 5n}e-7`)
    const bits = new DataView(new ArrayBuffer(8))
    bits.setFloat64(0, tie)
    bits.setBigUint64(0, bits.getBigUint64(0) + BigInt(beside))
    return negative ? -bits.getFloat64(0) : bits.getFloat64(0)
  })
const figures = fc.oneof(
  ties,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }),
  // true ties: odd multiples of 2⁻⁷ end in 5 at the seventh decimal
  fc.integer({ min: -1e9, max: 1e9 }).map((k) => (2 * k + 1) / 128),
)

describe('rounding to six decimals', () => {
  it('finds what the exact decimals say, ties to even', () => {
    fc.assert(
      fc.property(figures, (x) => {
        assert.equal(round6(x) + 0, rounded(x) + 0, `${x}`)
      }),
      { numRuns: runs(20_000) },
    )
  })

  it('does as Python does with figures that people know', () => {
    // python3: round(x, 6)
    const known: [number, number][] = [
      [0.0078125, 0.007812],
      [0.0234375, 0.023438],
      [2.675e-6, 3e-6],
      [0.0000005, 0],
      [0.0000015, 2e-6],
      [1.0000005, 1.000001],
      [-0.0078125, -0.007812],
      [8_800_000.1234567, 8_800_000.123457],
      [4_294_967_297.000001, 4_294_967_297.000001],
      [1e300, 1e300],
      [5e-324, 0],
    ]
    for (const [x, to] of known) assert.equal(round6(x), to, `${x}`)
  })

  it('is what comparisons with a limit go by, near it and far from it', () => {
    const { below, atMost, above, atLeast } = comparisons
    const near = fc.tuple(
      fc.double({ min: -1e7, max: 1e7, noNaN: true }),
      fc.double({ min: -4e-6, max: 4e-6, noNaN: true }),
    )
    fc.assert(
      fc.property(near, figures, ([limit, by], other) => {
        const l = round6(limit)
        for (const x of [limit + by, l, other]) {
          const r = rounded(x)
          assert.deepEqual([below(x, l), atMost(x, l), above(x, l), atLeast(x, l)], [r < l, r <= l, r > l, r >= l])
        }
      }),
      { numRuns: runs(5_000) },
    )
  })
})
