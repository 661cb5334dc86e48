import assert from 'node:assert/strict'
import { test } from 'node:test'
import { between, comparable, converted, laid, residuals } from './residual.ts'

const HOUR = 3_600_000

test('a history is laid over the hours of the run that is taken to begin at a moment', () => {
  const start = Date.UTC(2026, 10, 20)
  const history = { t: [start, start + HOUR], value: [400, 500] }
  assert.deepEqual(laid(history, start, HOUR), { hours: [0.5, 1.5], values: [400, 500] })
})

test('between two rows of a run its figure is on the line between them, and beyond them there is none', () => {
  assert.equal(between([1, 2, 4], [10, 20, 40], 3), 30)
  assert.equal(between([1, 2, 4], [10, 20, 40], 1), 10)
  assert.equal(between([1, 2, 4], [10, 20, 40], 4), 40)
  assert.equal(between([1, 2, 4], [10, null, 40], 3), null)
  assert.equal(between([1, 2, 4], [10, 20, 40], 5), null)
  assert.equal(between([], [], 1), null)
})

test('residuals are recorded less simulated, with their bias and root mean square', () => {
  const recorded = { hours: [1, 2, 3, 9], values: [13, 16, null, 1] }
  const found = residuals(recorded, [1, 2, 3], [10, 20, 30])
  assert.deepEqual(found.values, [3, -4, null, null])
  assert.equal(found.n, 2)
  assert.equal(found.bias, -0.5)
  assert.equal(found.rms, Math.sqrt(12.5))
})

test('where nothing can be compared there are no figures', () => {
  const { rms, bias, n } = residuals({ hours: [5], values: [1] }, [1, 2], [1, 1])
  assert.deepEqual([rms, bias, n], [undefined, undefined, 0])
})

test('the run is told in the unit of the recorded point', () => {
  assert.equal(comparable('%', '[ppm]'), true)
  assert.equal(comparable('kg', '[ppm]'), false)
  assert.equal(comparable('', '[ppm]'), false)
  assert.deepEqual(converted([20.9, null], '%', '[ppm]'), [209_000, null])
})
