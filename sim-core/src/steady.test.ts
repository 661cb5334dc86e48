import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { onwardTime, patientTime } from './steady.ts'

const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR

test('nothing grows old by a clock that is twenty years ahead for a while, and all of it once that has stood for a day', async () => {
  const clock = new TestClock()
  const time = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, undefined)
  const begun = time()
  await clock.advance(HOUR)
  assert.equal(time(), begun + HOUR)
  clock.step(20 * YEAR)
  for (let i = 0; i < 23; i++) {
    await clock.advance(HOUR)
    assert.equal(time(), begun + (i + 2) * HOUR)
  }
  clock.step(-20 * YEAR)
  assert.equal(time(), clock.now())
  clock.step(20 * YEAR)
  assert.ok(time() < begun + YEAR)
  await clock.advance(24 * HOUR)
  assert.equal(time(), clock.now())
})

test('a start after years on the shelf waits a day as well', async () => {
  const clock = new TestClock()
  const known = clock.now() - 3 * YEAR
  const time = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, known)
  assert.equal(time(), known)
  await clock.advance(12 * HOUR)
  assert.equal(time(), known + 12 * HOUR)
  await clock.advance(13 * HOUR)
  assert.equal(time(), clock.now())
})

test('a clock that goes back is followed at once by what grows old, and waited for by the twin up to six hours', async () => {
  const clock = new TestClock()
  const old = patientTime({ now: () => clock.now(), mono: () => clock.mono() }, undefined)
  const twin = onwardTime(() => clock.now())
  const begun = twin()
  clock.step(-HOUR)
  assert.equal(old(), begun - HOUR)
  assert.equal(twin(), begun)
  await clock.advance(HOUR + 1)
  assert.equal(twin(), begun + 1)
  clock.step(-20 * YEAR)
  assert.equal(twin(), clock.now())
})
