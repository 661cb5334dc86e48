import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeState } from '@habtwin/contract/bridge'
import type { Tally } from '@habtwin/contract/tally'
import { behindText, demoText, figuresOf, tallyText, underWayNow } from './tally.ts'

const MINUTE = 60_000
const now = Date.UTC(2026, 10, 20, 12)
const journal = 'a'.repeat(32)
const lane = { waiting: 0, sent: 0 }
const at = (t: number) => new Date(t).toISOString().slice(11, 19)

function link(more: Partial<BridgeState> = {}): BridgeState {
  return {
    ...{ t: now, bridge: 'earth', to: 'habtwin', state: 'up', since: now - 60 * MINUTE, remote: 'mqtt://earth' },
    ...{ delay: 2 * MINUTE, simulated: true, lanes: { urgent: lane, live: lane, backlog: lane } },
    ...{ taken: 1_000, confirmed: 1_000, gaps: 0, inFlight: 0 },
    ...more,
  }
}

function tally(more: Partial<Tally> = {}): Tally {
  const figures = { taken: 1_300, stored: 1_000, underWay: 300, lost: 0, twice: 0 }
  return { t: now, told: now, newest: now - 2 * MINUTE, said: { [journal]: 1_000 }, ...figures, ...more }
}

test('what mission control has is told with what is on its way, what is lost and what is there twice', () => {
  assert.equal(tallyText(tally(), link(), now), '1,000 here · 300 on their way · lost 0 · twice 0')
  assert.equal(tallyText(tally({ told: now - 3 * MINUTE, lost: 2, twice: 1 }), link(), now), '1,000 here · 300 on their way, as was told 3 min ago · lost 2 · twice 1') // biome-ignore format: one line
  assert.equal(tallyText(tally({ stored: 0, newest: null }), link({ since: now - 30_000 }), now), '300 on their way, the first is here in 1:30') // biome-ignore format: one line
  const tones = (one: Tally) => figuresOf(one, 7).map(({ name, text, tone }) => `${name} ${text} ${tone}`)
  assert.deepEqual(tones(tally()), ['stored 1,000 plain', 'under-way 7 plain', 'lost 0 good', 'twice 0 good'])
  assert.deepEqual(tones(tally({ lost: 3, twice: 1 })).slice(2), ['lost 3 bad', 'twice 1 bad'])
  assert.equal(behindText(now - 125_000, now), '2 min 5 s behind')
  assert.equal(behindText(null, now), 'nothing has arrived yet')
})

test('what is on its way goes by what the gateway says now, also while nothing crosses', () => {
  assert.equal(underWayNow(tally(), undefined), 300)
  const other = 'b'.repeat(32)
  const heads = [{ journal, next: 1_401 }, { journal: other, next: 11 }] // biome-ignore format: one line
  assert.equal(underWayNow(tally(), link({ heads })), 410)
})

test('the link of the demo: up, with when the first is there; cut, with what waits; mended, with what follows', () => {
  assert.match(demoText(link(), now, at).is, /^The link is up, 2 min one way/)
  const mended = link({
    since: now - 10_000,
    budget: { rate: 128_000 },
    lanes: { urgent: lane, live: lane, backlog: { waiting: 41_000, sent: 0 } },
  })
  assert.equal(demoText(mended, now, at).comes, 'What left when it came up is there at 12:01:50, in 1:50. 41,000 of the past follow through 128 kbit/s, the newest first.') // biome-ignore format: one line
  const cut = link({ state: 'down', cut: { by: 'Ada', since: now - 83_000 }, lanes: { urgent: lane, live: lane, backlog: { waiting: 190, sent: 0 } } }) // biome-ignore format: one line
  assert.deepEqual(demoText(cut, now, at), {
    is: 'Cut for 1:23, by Ada.',
    comes: 'Nothing crosses. The habitat goes on: 190 readings wait in its journal.',
  })
  assert.equal(demoText(link({ state: 'down' }), now, at).is, 'Mission control is not there yet.')
})
