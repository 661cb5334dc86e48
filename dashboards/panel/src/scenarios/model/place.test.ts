import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOf, MOST_RUNS, placeOf } from './place.ts'

test('an address says what is shown, there and back', () => {
  const place = { preset: 'a b', runs: ['4f2a', '99c1'] }
  assert.deepEqual(placeOf(hashOf(place)), place)
  assert.equal(hashOf({ preset: undefined, runs: [] }), '#/scenarios')
})

test('an address that somebody mistyped shows what can be shown', () => {
  assert.deepEqual(placeOf('#/scenarios'), { preset: undefined, runs: [] })
  assert.deepEqual(placeOf('#/scenarios?runs=4f2a,,../x,4f2a&preset='), { preset: undefined, runs: ['4f2a'] })
  const many = Array.from({ length: 20 }, (_, i) => `job${i}`)
  assert.equal(placeOf(`#/scenarios?runs=${many.join(',')}`).runs.length, MOST_RUNS)
})
