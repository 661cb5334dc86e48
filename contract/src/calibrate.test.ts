import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calibrated, overdue, uncalibrated } from './calibrate.ts'
import type { Calibration } from './calibration.ts'

const rising = fc
  .array(fc.tuple(fc.double({ min: 0.1, max: 500, noNaN: true }), fc.double({ min: 0.1, max: 500, noNaN: true })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((steps) => {
    let [read, real] = [0, 0]
    return steps.map(([dx, dy]): [number, number] => {
      read += dx
      real += dy
      return [read, real]
    })
  })

const any: fc.Arbitrary<Calibration> = fc.record({
  offset: fc.double({ min: -500, max: 500, noNaN: true }),
  gain: fc.double({ min: 0.1, max: 10, noNaN: true }),
  points: fc.option(rising, { nil: undefined }),
}) as fc.Arbitrary<Calibration>

const reading = fc.double({ min: -2_000, max: 6_000, noNaN: true })

test('a calibration never turns a rise into a fall', () => {
  fc.assert(
    fc.property(any, reading, reading, (curve, a, b) => {
      if (a < b) assert.ok(calibrated(curve, a) <= calibrated(curve, b))
    }),
  )
})

test('what the instrument said can be had back', () => {
  fc.assert(
    fc.property(any, reading, (curve, read) => {
      const back = uncalibrated(curve, calibrated(curve, read))
      assert.ok(Math.abs(back - read) < 1e-6 * Math.max(1, Math.abs(read)), `${read} came back as ${back}`)
    }),
  )
})

test('at the points it is what was found there, between and beyond them on the nearest line', () => {
  const curve: Calibration = { points: [[400, 412], [2_000, 2_050], [5_000, 5_000]] } // biome-ignore format: one line
  assert.deepEqual([400, 2_000, 5_000].map((read) => calibrated(curve, read)), [412, 2_050, 5_000]) // biome-ignore format: one line
  assert.equal(calibrated(curve, 1_200), 1_231)
  assert.ok(calibrated(curve, 300) < 412 && calibrated(curve, 6_000) > 5_000)
  assert.equal(calibrated({ points: [[0, 3]] }, 20), 23)
  assert.equal(calibrated({ gain: 1.02, offset: 12 }, 400), 420)
})

test('it is due from the first moment of its day', () => {
  const due = { due: '2026-11-21' }
  assert.equal(overdue(due, Date.UTC(2026, 10, 20, 23, 59)), false)
  assert.equal(overdue(due, Date.UTC(2026, 10, 21)), true)
  assert.equal(overdue({}, Date.UTC(2100, 0)), false)
})
