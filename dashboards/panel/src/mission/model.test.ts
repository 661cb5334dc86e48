import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeState } from '@habtwin/contract/bridge'
import { budgetText, confirmedText, countdown, delayText, nextChange, senderOf, sentState,
  sentText, standing, timesOf, wayOf, worstOf } from './model.ts' // biome-ignore format: one line

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const now = Date.UTC(2026, 10, 20, 12)
const lane = { waiting: 0, sent: 0 }

function link(more: Partial<BridgeState> = {}): BridgeState {
  return {
    ...{ t: now, bridge: 'earth', to: 'habtwin', state: 'up', since: now - HOUR, remote: 'mqtts://earth:8883' },
    ...{ delay: 0, simulated: false, lanes: { urgent: lane, live: lane, backlog: lane } },
    ...{ taken: 1_000, confirmed: 1_000, gaps: 0, inFlight: 0 },
    ...more,
  }
}

test('what is left is counted down by the second, days apart', () => {
  assert.deepEqual([0, 900, 187_000, 3_787_000, 2 * 86_400_000 + 3_787_000, -5].map(countdown), ['0:00', '0:01', '3:07', '1:03:07', '2 d 01:03:07', '0:00']) // biome-ignore format: one line
})

test('a delay is said as long as it is', () => {
  assert.deepEqual([0, 800, 45_000, 20 * MINUTE, 725_000].map(delayText), ['none', '0.8 s', '45 s', '20 min', '12 min 5 s']) // biome-ignore format: one line
})

test('a link that is down, one out of contact as planned, and an emergency look different', () => {
  assert.deepEqual(standing(link()), { tone: 'good', words: 'connected' })
  assert.deepEqual(standing(link({ state: 'down', reason: 'connection refused' })), { tone: 'bad', words: 'not connected: connection refused' }) // biome-ignore format: one line
  const next = { from: now + HOUR, to: now + 2 * HOUR }
  assert.deepEqual(standing(link({ state: 'waiting', next })), { tone: 'calm', words: 'no contact, as planned' })
  assert.equal(standing(link({ state: 'waiting', reason: 'the bytes of this contact are used up' })).words, 'the bytes of this contact are used up') // biome-ignore format: one line
  assert.match(standing(link({ emergency: { by: 'ada', since: now } })).words, /emergency/)
  assert.equal(standing(link({ reason: 'it refuses topic x' })).words, 'it refuses topic x')
  assert.equal(worstOf([link(), link({ state: 'waiting' })]), 'calm')
  assert.equal(worstOf([]), undefined)
})

test('within a contact its end is counted down to, else the next one; in an emergency neither', () => {
  const contact = { open: true, from: now - HOUR, to: now + HOUR }
  const next = { from: now + 10 * HOUR, to: now + 12 * HOUR }
  assert.deepEqual(nextChange(link({ contact, next }), now), { what: 'LOS', at: now + HOUR })
  assert.deepEqual(nextChange(link({ contact: { ...contact, open: false }, next }), now), { what: 'AOS', at: next.from }) // biome-ignore format: one line
  // the word of an hour ago still counts down rightly
  assert.deepEqual(nextChange(link({ contact, next }), now + 2 * HOUR), { what: 'AOS', at: next.from })
  assert.equal(nextChange(link({ contact, next, emergency: { by: 'ada', since: now } }), now), undefined)
  assert.equal(nextChange(link(), now), undefined)
})

test('a message says when it arrives and when an answer can be there', () => {
  assert.deepEqual(wayOf(link({ plan: { delay: 20 * MINUTE } }), 'crew', now), { arrives: now + 20 * MINUTE, answer: now + 40 * MINUTE }) // biome-ignore format: one line
  assert.equal(wayOf(link(), 'crew', now), undefined)
  assert.equal(wayOf(link({ plan: { delay: 20 * MINUTE }, emergency: { by: 'ada', since: now } }), 'crew', now), undefined) // biome-ignore format: one line
})

test('a command that is under way says where it is when', () => {
  const way = { sent: 1, leaves: 1, arrives: 2, answer: 3 }
  const told = { id: 'x', journey: { sent: 0, leaves: 0, arrives: 20, answer: 40 } }
  const states = [10, 30, 50].map((now) => sentState({ ...told, state: 'waiting' }, now, String))
  assert.deepEqual(states, ['under way, arrives at 20; earliest answer 40', 'there since 20; earliest answer 40', 'no answer yet']) // biome-ignore format: one line
  assert.equal(sentState({ ...told, state: 'done', confirmed: 'Ada' }, 50, String), 'done, confirmed by Ada')
  assert.equal(
    sentState({ ...told, state: 'refused', reason: 'there is smoke' }, 50, String),
    'refused: there is smoke',
  )
  assert.equal(sentText(way, String), 'Sent: it arrives at 2, and waits there for the crew. Earliest answer at 3.')
})

test('nothing is complete while one is missing', () => {
  assert.equal(confirmedText(link()), '100 % of 1,000, none lost')
  assert.equal(confirmedText(link({ taken: 1_000_000, confirmed: 999_999 })), '99.9 % of 1,000,000, none lost')
  assert.equal(confirmedText(link({ taken: 0, confirmed: 0 })), 'nothing yet')
  assert.match(confirmedText(link({ gaps: 12 })), /12 lost before they could cross/)
})

test('the budget says its rate and what is used of the contact', () => {
  assert.equal(budgetText(link({ budget: { rate: 9_600, contact: 2_000_000, used: 1_240_000 } })), '9,600 bit/s, 1.2 MB of 2.0 MB used in this contact') // biome-ignore format: one line
  assert.equal(budgetText(link()), undefined)
})

test('a command that waits says from whom it is, when it was sent and how long it is good for', () => {
  const one = { id: 'x', device: 'heater', point: 'state', value: 1, by: 'Cap', via: 'bridge/earth', t: now, expires: now + 5 * MINUTE } // biome-ignore format: one line
  assert.equal(senderOf(one), 'Cap, by the link earth')
  assert.equal(senderOf({ ...one, via: 'mission-control' }), 'Cap, mission control')
  assert.equal(timesOf({ ...one, sent: now - 20 * MINUTE }, now), 'sent 20 min ago, its time is over in 5:00')
  assert.equal(timesOf(one, now + 6 * MINUTE), 'came 6 min ago, its time is over')
})
