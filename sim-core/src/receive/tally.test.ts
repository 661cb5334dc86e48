import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeState } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Tallies, tallyOf } from './tally.ts'

const [journal, other, gone] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string]
const lane = { waiting: 0, sent: 0 }
const bridge = (...heads: { journal: string; next: number }[]): BridgeState => ({
  ...{ t: 1_000, bridge: 'earth', to: 'habtwin', state: 'up', since: 0, remote: 'mqtt://earth', delay: 0 },
  ...{ simulated: false, lanes: { urgent: lane, live: lane, backlog: lane }, taken: 0, confirmed: 0, gaps: 0 },
  ...{ inFlight: 0, heads },
})
const count = (journal: string, said: number, lost = 0, twice = 0) => ({ journal, said, stored: said - lost, lost, twice }) // biome-ignore format: one line

test('what was taken is stored, on its way, or lost; what is on its way is neither lost nor twice', () => {
  const told = bridge({ journal, next: 101 }, { journal: other, next: 11 })
  const counts = [count(journal, 60, 2, 1), count(gone, 40)]
  assert.deepEqual(tallyOf(counts, { bridge: told, newest: 5 }, 9), {
    ...{ t: 9, told: 1_000, taken: 150, stored: 98, underWay: 50, lost: 2, twice: 1, newest: 5 },
    said: { [journal]: 60, [other]: 0 },
  })
  assert.deepEqual(tallyOf([], { bridge: undefined, newest: undefined }, 9), { t: 9, taken: 0, stored: 0, underWay: 0, lost: 0, twice: 0, newest: null, said: {} }) // biome-ignore format: one line
})

test('a store is not counted again for each who asks, nor one that is too large for it', async () => {
  const clock = new TestClock()
  const tallies = new Tallies(clock)
  let counted = 0
  const store = {
    size: { values: 10 },
    async count() {
      counted++
      return [count(journal, counted)]
    },
  }
  const of = async () => (await tallies.of({ store, bridge: undefined, newest: undefined })).stored
  assert.deepEqual([await of(), await of()], [1, 1])
  await clock.advance(1_000)
  assert.equal(await of(), 2)
  await assert.rejects(tallies.of({ store: { ...store, size: { values: 4_000_000 } }, bridge: undefined, newest: undefined }), /too many/) // biome-ignore format: one line
})
