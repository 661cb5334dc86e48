/**
 * A bridge to Mosquitto on a link that is cut, delayed, stalled and broken, while both sides are killed. How the same
 * fares with many more readings, at a habtwin, and between two Mosquittos: bench/bridge.ts.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toBroker } from './support/crossings.ts'
import { faultRun } from './support/faults.ts'
import { missing } from './support/servers.ts'

const plan = {
  ...{ readings: 2_000, seed: 20_261_121, cuts: 6, kills: 2, breaks: 2, stalls: 1 },
  ...{ delay: 400, gap: [50, 400] as const },
}

test('to a plain broker nothing is lost, and no more comes twice than was under way', {
  skip: missing('mosquitto'),
}, async () => {
  await using crossing = await toBroker()
  const { handed, acknowledged, lost, ...again } = await faultRun(crossing, plan)
  assert.equal(handed, plan.readings)
  assert.ok(acknowledged > plan.readings / 2)
  assert.equal(lost, 0)
  assert.ok(again.twice - again.redelivered <= again.inFlight + again.unread, JSON.stringify(again))
})
