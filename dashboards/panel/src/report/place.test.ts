import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedIn, beside, hashOf } from './place.ts'

test('an address names a sol, a date, or today', () => {
  assert.deepEqual(askedIn('#/report/sol-12'), { sol: 12 })
  assert.deepEqual(askedIn(hashOf('2026-11-20')), { date: '2026-11-20' })
  for (const hash of ['#/report', '#/report/', '#/report/yesterday', '#/report/sol-', '']) {
    assert.deepEqual(askedIn(hash), {}, hash)
  }
})

test('the days beside a day are the next ones of its calendar', () => {
  assert.equal(beside('sol-12', 1), 'sol-13')
  assert.equal(beside('sol-1', -1), undefined)
  assert.equal(beside('2026-12-31', 1), '2027-01-01')
  assert.equal(beside('2026-03-01', -1), '2026-02-28')
})
