import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime'
import { Budget, publishBytes } from './budget.ts'

/** Sends whenever it is allowed to for so long, and says how many bytes that were. */
function run(budget: Budget, clock: TestClock, ms: number, size: () => number): number {
  const end = clock.mono() + ms
  let sent = 0
  for (;;) {
    const wait = budget.wait(undefined)
    if (clock.mono() + wait >= end) break
    // timers fire late, by as much as a loaded machine may take
    if (wait > 0) clock.skip(wait + (sent % 7) * 10)
    else {
      const bytes = size()
      budget.spend(bytes)
      sent += bytes
    }
  }
  clock.skip(Math.max(0, end - clock.mono()))
  return sent
}

test('9,600 bit/s are kept within 2 % in any minute, whatever the size of messages, and used within 2 %', () => {
  for (const size of [() => 40, () => 250, () => 600, () => 20 + Math.floor(Math.random() * 1_000)]) {
    const clock = new TestClock()
    const budget = new Budget(clock, { rate: 9_600 })
    for (let minute = 0; minute < 5; minute++) {
      const sent = run(budget, clock, 60_000, size)
      assert.ok(Math.abs(sent / 72_000 - 1) < 0.02, `${sent} bytes in a minute`)
    }
    // an hour of silence does not make the link any faster
    clock.skip(3_600_000)
    assert.ok(run(budget, clock, 60_000, size) < 72_000 * 1.02)
  }
})

test('a contact has so many bytes, and the next contact as many again', () => {
  const clock = new TestClock()
  const budget = new Budget(clock, { perContact: 1_000 })
  assert.equal(budget.wait(1), 0)
  budget.spend(600)
  assert.equal(budget.wait(1), 0)
  budget.spend(500)
  assert.equal(budget.wait(1), Number.POSITIVE_INFINITY)
  assert.equal(budget.used, 1_100)
  assert.equal(budget.wait(2), 0)
  assert.equal(budget.used, 0)
})

test('bytes are counted as MQTT encodes them', () => {
  // fixed header, one byte of length, two of the topic's, topic, packet identifier, payload
  assert.equal(publishBytes(26, 50, 1), 1 + 1 + 2 + 26 + 2 + 50)
  assert.equal(publishBytes(26, 50, 0), 1 + 1 + 2 + 26 + 50)
  // the remaining length takes a byte more beyond 127, 16,383 and 2,097,151 (MQTT 3.1.1, table 2.4)
  for (const [remaining, digits] of [
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2_097_151, 3],
    [2_097_152, 4],
  ] as const) {
    // biome-ignore format: a table
    assert.equal(publishBytes(10, remaining - 12, 0), 1 + digits + remaining)
  }
})
