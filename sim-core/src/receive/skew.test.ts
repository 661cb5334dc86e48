import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Skew } from './skew.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const MIN = 60_000

/** Words that come every five seconds, each so long after it was said, from a clock so far ahead. */
function heard(skew: Skew, ahead: number, lags: readonly number[], from = 0): void {
  for (const [i, lag] of lags.entries()) {
    const mono = (from + i) * 5_000
    skew.heard(NOW + mono + ahead - lag, NOW + mono, mono)
  }
}

test('what came soonest tells how the clocks stand, whatever else was held up', () => {
  const skew = new Skew()
  heard(skew, 5 * MIN, [2_000, 60_000, 200, 9_000])
  assert.equal(skew.ms, 5 * MIN - 200)
})

test('one word from the future is enough; that a clock is behind takes several: one may have lain somewhere', () => {
  const ahead = new Skew()
  heard(ahead, 3 * MIN, [100])
  assert.equal(ahead.ms, 3 * MIN - 100)
  const behind = new Skew()
  heard(behind, 0, [3_600_000, 1_800_000])
  assert.equal(behind.ms, 0)
  heard(behind, 0, [80], 2)
  assert.equal(behind.ms, 0, 'that is what the way takes')
  const really = new Skew()
  heard(really, -8 * MIN, [100, 100, 100])
  assert.equal(really.ms, -8 * MIN - 100)
})

test('a clock that was put right is believed as soon as eight words have come since, or ten minutes have passed', () => {
  const skew = new Skew()
  heard(skew, 5 * MIN, [100])
  heard(skew, 0, Array(8).fill(100), 1)
  assert.equal(skew.ms, 0)
  const seldom = new Skew()
  heard(seldom, 5 * MIN, [100])
  seldom.heard(NOW + 601_000, NOW + 601_000, 601_000)
  assert.equal(seldom.ms, 0)
})

test('while nothing was heard clocks are taken to agree', () => {
  assert.equal(new Skew().ms, 0)
})
