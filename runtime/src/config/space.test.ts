import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contactAt } from '@habtwin/contract'
import { z } from 'zod'
import { linkPlanOf, spaceFault, spaceKeys } from './space.ts'

const schema = z.strictObject(spaceKeys)
const HOUR = 3_600_000
const mission = { epoch: Date.parse('2026-11-20T07:00:00-07:00'), day: 88_775_244 }
const faults = (written: unknown) => schema.safeParse(written).error?.issues.map(({ message }) => message) ?? []

test('a delay is a span with its unit, or the light time of Mars', () => {
  assert.deepEqual(linkPlanOf(schema.parse({ delay: '20 min' }), undefined), { delay: 1_200_000 })
  assert.deepEqual(linkPlanOf(schema.parse({ delay: 'mars' }), undefined), { delay: 'mars' })
  assert.equal(linkPlanOf(schema.parse({}), mission), undefined)
  assert.notDeepEqual(faults({ delay: 20 }), [])
  assert.notDeepEqual(faults({ delay: 'venus' }), [])
})

test('windows are of the day in UTC, also over midnight', () => {
  const plan = linkPlanOf(schema.parse({ contacts: [{ from: '08:00', to: '10:30' }, { from: '23:00', to: '01:00' }] }), mission) // biome-ignore format: one line
  assert.deepEqual(plan?.contacts, {
    epoch: 0,
    period: 24 * HOUR,
    windows: [
      [8 * HOUR, 10.5 * HOUR],
      [23 * HOUR, 25 * HOUR],
    ],
  })
})

test('windows in mission time follow the days of the mission, whose length it chooses', () => {
  const written = schema.parse({ contacts: { time: 'mission', windows: [{ from: '01:00', to: '02:00' }] } })
  const plan = linkPlanOf(written, mission)
  const tenth = mission.epoch + 9 * mission.day + 1.5 * HOUR
  assert.ok(contactAt(plan?.contacts, tenth))
  assert.equal(contactAt(plan?.contacts, tenth + HOUR), undefined)
  assert.match(spaceFault(written, undefined) ?? '', /mission/)
  assert.match(spaceFault(written, { ...mission, day: HOUR }) ?? '', /day has 1 h/)
  assert.equal(spaceFault(written, mission), undefined)
})

test('contacts that come every so often begin with the mission', () => {
  const plan = linkPlanOf(schema.parse({ contacts: { every: '12 h', for: '20 min', offset: '1 h' } }), mission)
  assert.deepEqual(plan?.contacts, { epoch: mission.epoch + HOUR, period: 12 * HOUR, windows: [[0, HOUR / 3]] })
  assert.notDeepEqual(faults({ contacts: { every: '20 min', for: '20 min' } }), [])
})

test('what can be no window is refused with what it should look like', () => {
  for (const contacts of [[], [{ from: '8', to: '9:00' }], { every: '12 h' }, { time: 'local', windows: [] }]) {
    assert.notDeepEqual(faults({ contacts }), [], JSON.stringify(contacts))
  }
})
