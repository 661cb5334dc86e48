import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contactAt, contactFrom, journey, lastContact, nextContact } from './contact.ts'
import { lightTime } from './light-time.ts'
import type { ContactPlan } from './link-plan.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const noon = Date.UTC(2026, 10, 20, 12)
const at = (text: string) => Date.parse(`2026-11-${text}:00Z`)
const daily = (...windows: [number, number][]): ContactPlan => ({
  ...{ epoch: 0, period: DAY },
  windows: windows.map(([from, to]) => [from * HOUR, to * HOUR]),
})

test('there is contact within a window, from its first moment on and not at its last', () => {
  const plan = daily([8, 10.5])
  assert.equal(contactAt(plan, noon), undefined)
  assert.deepEqual(contactAt(plan, at('20T08:00')), { from: at('20T08:00'), to: at('20T10:30') })
  assert.equal(contactAt(plan, at('20T10:30')), undefined)
  for (const t of ['20T09:00', '20T10:30', '21T07:59']) assert.equal(lastContact(plan, at(t)).to, at('20T10:30'))
  assert.deepEqual(nextContact(plan, noon), { from: at('21T08:00'), to: at('21T10:30') })
  assert.deepEqual(nextContact(plan, at('20T08:00')), { from: at('21T08:00'), to: at('21T10:30') })
})

test('windows over midnight, and windows that touch, are one contact', () => {
  const plan = daily([22, 26], [2, 3], [9, 10])
  assert.deepEqual(contactAt(plan, at('21T01:00')), { from: at('20T22:00'), to: at('21T03:00') })
  assert.deepEqual(contactAt(plan, at('21T02:30')), { from: at('20T22:00'), to: at('21T03:00') })
  assert.deepEqual(nextContact(plan, at('21T02:30')), { from: at('21T09:00'), to: at('21T10:00') })
})

test('windows that fill the day are a contact that never ends, and no plan is one as well', () => {
  for (const plan of [daily([0, 24]), daily([0, 12], [12, 24]), undefined]) {
    assert.equal(contactAt(plan, noon)?.to, Number.POSITIVE_INFINITY)
    assert.equal(nextContact(plan, noon), undefined)
    assert.equal(contactFrom(plan, noon), noon)
  }
})

test('a day of the mission need not be a day of Earth', () => {
  const sol = 88_775_244
  const plan = { epoch: noon, period: sol, windows: [[0, HOUR] as [number, number]] }
  assert.deepEqual(nextContact(plan, noon + HOUR), { from: noon + sol, to: noon + sol + HOUR })
  assert.deepEqual(contactAt(plan, noon - sol), { from: noon - sol, to: noon - sol + HOUR }) // before the mission, too
})

test('with a constant delay an answer is there after two of them', () => {
  for (const from of ['crew', 'mission-control'] as const) {
    const { leaves, arrives, answer } = journey({ delay: 20 * MINUTE }, from, noon)
    assert.deepEqual([leaves, arrives, answer], [noon, noon + 20 * MINUTE, noon + 40 * MINUTE])
  }
  assert.equal(journey({}, 'crew', noon).answer, noon)
})

test('what crew sends waits for contact, and what is sent to them arrives within one', () => {
  const plan = { delay: 20 * MINUTE, contacts: daily([8, 10.5]) }
  assert.deepEqual(journey(plan, 'crew', noon), {
    ...{ sent: noon, leaves: at('21T08:00'), arrives: at('21T08:20'), answer: at('21T08:40') },
  })
  // it is sent so that it arrives when the antenna listens
  assert.deepEqual(journey(plan, 'mission-control', at('21T07:30')), {
    ...{ sent: at('21T07:30'), leaves: at('21T07:40'), arrives: at('21T08:00'), answer: at('21T08:20') },
  })
  // the answer to what leaves at the end of a window is too late for it
  assert.equal(journey(plan, 'crew', at('20T10:29')).answer, at('21T08:00'))
})

test('with the delay of Mars each way takes its own light time', () => {
  const { arrives, answer } = journey({ delay: 'mars' }, 'crew', noon)
  assert.equal(arrives, noon + lightTime(noon, 'earth'))
  assert.equal(answer, arrives + lightTime(arrives, 'mars'))
  assert.ok(answer - noon > 6 * MINUTE && answer - noon < 46 * MINUTE)
})
