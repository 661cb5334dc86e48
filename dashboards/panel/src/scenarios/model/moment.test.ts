import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localMoment, localText } from './moment.ts'

test('a local time is a moment, on both sides of a change of clocks', () => {
  for (const zone of ['UTC', 'America/Phoenix', 'Europe/Berlin', 'Asia/Kolkata']) {
    for (const t of [Date.UTC(2026, 2, 29, 5, 30), Date.UTC(2026, 9, 25, 5), Date.UTC(2026, 10, 20, 23, 59)]) {
      assert.equal(localMoment(localText(t, zone), zone), t, `${zone} ${new Date(t).toISOString()}`)
    }
  }
})

test('what is no time is no moment', () => {
  assert.equal(localMoment('', 'UTC'), undefined)
  assert.equal(localMoment('2026-13-45T99:99', 'UTC'), undefined)
})
