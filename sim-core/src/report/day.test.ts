import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { type Calendar, dayOf } from './day.ts'

const HOUR = 3_600_000
const epoch = Date.parse('2026-11-09T07:00:00-07:00')
const now = Date.parse('2026-11-20T12:00:00-07:00')
const phoenix: Calendar = { timezone: 'America/Phoenix', mission: { epoch, day: 24 * HOUR }, now }

test('a sol begins when the mission says, not at midnight', () => {
  const day = dayOf({ sol: 12 }, phoenix)
  assert.deepEqual([day.key, day.date, day.state], ['sol-12', '2026-11-20', 'running'])
  assert.equal(day.from, Date.parse('2026-11-20T07:00:00-07:00'))
  assert.equal(day.to - day.from, 24 * HOUR)
  assert.equal(day.until, now)
})

test('today is meant where nothing else is said: a sol, or a date where no mission has begun', () => {
  assert.equal(dayOf({}, phoenix).key, 'sol-12')
  assert.equal(dayOf({}, { ...phoenix, mission: undefined }).key, '2026-11-20')
  assert.equal(dayOf({}, { ...phoenix, now: epoch - HOUR }).key, '2026-11-09')
})

test('a date has as many hours as its zone gives it', () => {
  for (const [timezone, date, hours] of [
    ['America/Phoenix', '2026-11-20', 24],
    ['Europe/Berlin', '2026-03-29', 23],
    ['Europe/Berlin', '2026-10-25', 25],
    // midnight itself is left out there: the day begins at 01:00
    ['America/Santiago', '2026-09-06', 23],
    ['Pacific/Kiritimati', '2026-11-20', 24],
    ['Asia/Kathmandu', '2026-11-20', 24],
    ['UTC', '2026-12-31', 24],
  ] as const) {
    const { from, to } = dayOf({ date }, { timezone, mission: undefined, now })
    assert.equal((to - from) / HOUR, hours, `${timezone} ${date}`)
  }
  const { from } = dayOf({ date: '2026-11-20' }, { timezone: 'Asia/Kathmandu', mission: undefined, now })
  assert.equal(new Date(from).toISOString(), '2026-11-19T18:15:00.000Z')
})

test('a day is yet to come, under way, or over', () => {
  assert.deepEqual(
    [11, 12, 13].map((sol) => dayOf({ sol }, phoenix).state),
    ['over', 'running', 'future'],
  )
  const future = dayOf({ sol: 13 }, phoenix)
  assert.equal(future.until, future.from)
})

test('what is no day is told', () => {
  for (const [asked, calendar] of [
    [{ sol: 0 }, phoenix],
    [{ sol: 1.5 }, phoenix],
    [{ sol: 1e9 }, phoenix],
    [{ sol: 3 }, { ...phoenix, mission: undefined }],
    [{ date: '2026-02-30' }, phoenix],
    [{ date: '20.11.2026' }, phoenix],
    [{ sol: 3, date: '2026-11-20' }, phoenix],
  ] as const) {
    assert.throws(
      () => dayOf(asked, calendar),
      (error) => isHabtwinError(error, 'request/invalid'),
      JSON.stringify(asked),
    )
  }
})
