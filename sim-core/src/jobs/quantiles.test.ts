import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { quantiles } from './quantiles.ts'
import { QUANTILES } from './runner.ts'

function of(figures: Float64Array): number[] {
  const found: number[] = []
  quantiles(figures, QUANTILES, (q, value) => {
    found[q] = value
  })
  return found
}

/** The same, of figures that are sorted. */
function plainly(figures: Float64Array): number[] {
  const sorted = figures.slice().sort()
  return QUANTILES.map((share) => {
    const place = share * (sorted.length - 1)
    const [low, high] = [sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number]
    return low + (place - Math.floor(place)) * (high - low)
  })
}

test('quantiles are those of the sorted figures, however many there are and however often one comes', () => {
  const figure = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constantFrom(0, 1, 2, 3))
  fc.assert(
    fc.property(fc.array(figure, { minLength: 1, maxLength: 400 }), (figures) => {
      const expected = plainly(Float64Array.from(figures))
      for (const [q, value] of of(Float64Array.from(figures)).entries()) {
        const wanted = expected[q] as number
        assert.ok(Math.abs(value - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted)), `${value} instead of ${wanted}`)
      }
    }),
    { numRuns: runs(500) },
  )
})

test('quantiles of ascending, descending and equal figures are found as well', () => {
  const length = 1_000
  for (const make of [(i: number) => i, (i: number) => -i, (i: number) => Number(i > 500), (i: number) => i % 7]) {
    const figures = Float64Array.from({ length }, (_, i) => make(i))
    assert.deepEqual(of(figures.slice()), plainly(figures))
  }
})
