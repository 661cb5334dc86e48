import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime'
import { LossAlarm } from './loss-alarm.ts'

test('a loss raises one alert, which is renewed while it goes on and ends after ten calm minutes', () => {
  const clock = new TestClock()
  const said: Alert[] = []
  const alarm = new LossAlarm(clock, (alert) => said.push(alert))
  const minutes = (count: number, losing: boolean) => {
    for (let i = 0; i < count * 60; i++) {
      clock.skip(1_000)
      if (losing) alarm.lost(5)
      alarm.tick()
    }
  }
  minutes(1, false)
  assert.equal(said.length, 0)
  minutes(3, true)
  assert.equal(said.length, 3)
  assert.ok(said.every(({ id, active, level }) => id === 'journal-lost' && active && level === 'warning'))
  assert.match(said[0]?.text ?? '', /^5 readings/)
  said.length = 0
  minutes(9, false)
  assert.ok(said.length <= 1, 'nothing new is lost, so nothing new is said')
  minutes(3, false)
  assert.equal(said.at(-1)?.active, false)
})
