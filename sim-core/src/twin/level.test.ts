import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Level, SILENCE } from './level.ts'
import { noise } from './testing.ts'

test('one wild value is passed over; three alike are a step', () => {
  const level = new Level(1)
  for (let minute = 0; minute < 200; minute++) level.step(800 + 6 * noise(minute))
  level.step(4000)
  assert.ok(level.doubted && Math.abs(level.mean - 800) < 20)
  for (let i = 0; i < 3; i++) level.step(2000)
  assert.ok(!level.doubted && Math.abs(level.mean - 2000) < 20)
})

test('whatever is measured, it stays a number with a spread', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.double({ min: -1e9, max: 1e9, noNaN: true })), { minLength: 1 }), (measured) => {
      const level = new Level(1)
      for (const one of measured) level.step(one ?? undefined)
      if (!level.silent) assert.ok(Number.isFinite(level.mean) && level.sd >= 0)
    }),
  )
})

test('the spread of a steady level is about what the instrument scatters, and less after many readings', () => {
  const level = new Level(1)
  const truth = 800
  let [missed, n] = [0, 0]
  for (let minute = 0; minute < 2_000; minute++) {
    level.step(truth + 40 * noise(minute))
    if (minute < 500) continue
    missed += Number(Math.abs(level.mean - truth) > 2 * level.sd)
    n++
  }
  assert.ok(level.sd < 40 / Math.sqrt(12), `${level.sd}`)
  assert.ok(missed / n < 0.1, `${missed / n} beyond two standard deviations`)
})

test('after an hour of silence it says nothing, and begins anew with the next measurement', () => {
  const level = new Level(1)
  for (let minute = 0; minute < 100; minute++) level.step(800)
  for (let minute = 0; minute <= SILENCE; minute++) level.step(undefined)
  assert.ok(level.silent)
  level.step(1_900)
  assert.deepEqual([level.silent, level.mean], [false, 1_900])
})

test('looking at a minute that has only begun changes nothing, and one that goes on from its state goes on alike', () => {
  const level = new Level(1)
  for (let minute = 0; minute < 100; minute++) level.step(800 + noise(minute))
  const again = new Level(1, level.state)
  level.peek(900)
  level.step(801)
  again.step(801)
  assert.deepEqual(level.state, again.state)
})
