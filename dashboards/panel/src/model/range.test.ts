import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rangeOf } from './range.ts'

const readings = [900, 1_100]

test('forecasts made earlier are cut off rather than flatten what was measured', () => {
  const range = rangeOf({ ruling: readings, earlier: [0, 10_000], limits: [], least: 8 })
  assert.ok(range && range.min > 700 && range.max < 1_300)
})

test('a limit near the data is shown, one that would take over half of the height is not', () => {
  const near = rangeOf({ ruling: readings, earlier: [], limits: [1_220, 4_000], least: 8 })
  assert.ok(near && near.max > 1_220 && near.max < 1_400)
  const far = rangeOf({ ruling: readings, earlier: [], limits: [4_000], least: 8 })
  assert.ok(far && far.max < 1_200)
})

test('an axis is not negative where nothing is', () => {
  assert.equal(rangeOf({ ruling: [0, 100], earlier: [], limits: [], least: 1 })?.min, 0)
  assert.equal(rangeOf({ ruling: [], earlier: [], limits: [3], least: 1 }), undefined)
})

test('all that rules is within, and with air and limits keeps two fifths of the height', () => {
  const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  fc.assert(
    fc.property(fc.array(value, { minLength: 2 }), fc.array(value), fc.array(value), (ruling, earlier, limits) => {
      const range = rangeOf({ ruling, earlier, limits, least: 0.001 })
      assert.ok(range)
      const [low, high] = [Math.min(...ruling), Math.max(...ruling)]
      assert.ok(range.min <= low && range.max >= high)
      if (high - low > 0.01) assert.ok((high - low) / (range.max - range.min) > 0.2)
    }),
  )
})
