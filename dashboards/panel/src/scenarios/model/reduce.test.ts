import assert from 'node:assert/strict'
import { test } from 'node:test'
import { daily, within } from './reduce.ts'

const hours = Array.from({ length: 72 }, (_, i) => i + 1)

test('a day is its mean, between its lowest and its highest', () => {
  const found = daily(hours, { mid: hours })
  assert.deepEqual(found.mid, [12.5, 36.5, 60.5])
  assert.deepEqual(found.low, [1, 25, 49])
  assert.deepEqual(found.high, [24, 48, 72])
  assert.deepEqual(found.hours, [12.5, 36.5, 60.5])
})

test('of several seeds a day is shaded as far as their bands go', () => {
  const found = daily([1, 2], { mid: [10, 12], low: [8, 9], high: [13, null] })
  assert.deepEqual([found.mid, found.low, found.high], [[11], [8], [13]])
})

test('a day without any figure is a gap', () => {
  assert.deepEqual(daily([1, 25], { mid: [null, 5] }).mid, [null, 5])
})

test('what lies outside the span is left out, but for one row on either side', () => {
  const found = within(hours, { mid: hours, low: hours, high: hours }, 10, 12, 1_000)
  assert.deepEqual(found.hours, [9, 10, 11, 12, 13])
  assert.deepEqual(found.low, found.hours)
})

test('too many rows are thinned, and the last stays', () => {
  const found = within(hours, { mid: hours }, 0, 100, 10)
  assert.ok(found.hours.length <= 11)
  assert.equal(found.hours.at(-1), 72)
  assert.deepEqual(within(hours, { mid: hours }, 100, 200, 10).hours, [])
})
