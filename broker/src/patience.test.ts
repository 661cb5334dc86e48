import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { Patience } from './patience.ts'

test('a publisher is told when a message was taken, or after the time that it waits at most, and once', async () => {
  const clock = new TestClock()
  const patience = new Patience(clock, 50)
  const told: string[] = []
  const quick = patience.limit(() => told.push('quick'))
  const stuck = patience.limit(() => told.push('stuck'))
  quick()
  assert.deepEqual(told, ['quick'])
  await clock.advance(30)
  const later = patience.limit(() => told.push('later'))
  await clock.advance(20)
  assert.deepEqual(told, ['quick', 'stuck'])
  stuck()
  later()
  await clock.advance(200)
  assert.deepEqual(told, ['quick', 'stuck', 'later'])
  assert.equal(clock.pending, 0)
})

test('however many there were, nothing is held of those that are over', async () => {
  const clock = new TestClock()
  const patience = new Patience(clock, 50)
  let told = 0
  for (let i = 0; i < 5_000; i++) patience.limit(() => told++)()
  for (let i = 0; i < 5_000; i++) patience.limit(() => told++)
  await clock.advance(50)
  assert.equal(told, 10_000)
  assert.equal(clock.pending, 0)
})
