import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Guard } from './guard.ts'

const HOUR = 3_600_000
const YEAR = 365.25 * 24 * HOUR

for (const step of [HOUR, -HOUR, 20 * YEAR, -20 * YEAR]) {
  test(`a clock that is put by ${step / HOUR} h: limits, means and rates are judged on as if nothing had been`, async () => {
    const clock = new TestClock()
    const told: Alert[] = []
    let from = 0
    const alerts = () => told.slice(from)
    using guard = new Guard(
      {
        pressure: 1013,
        zones: {
          crew: {
            label: 'Crew',
            crew: 4,
            limits: {
              tvoc: { warning: { above: 500 }, caution: { above: 200, mean: HOUR } },
              temperature: { rate: { perMinute: 1, level: 'caution' } },
            },
          },
        },
      },
      { clock, onAlert: (alert) => told.push(alert) },
    )
    guard.device({ device: 'air', zone: 'crew', label: 'Air', every: 1_000 })
    guard.start()
    guard.sim(true)
    let tvoc = 100
    let temperature = 20
    const run = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        await clock.advance(1_000)
        guard.reading('air', 'crew', clock.now(), { tvoc, temperature })
      }
    }
    await run(3_600)
    assert.deepEqual(alerts(), [])
    clock.step(step)
    guard.stepped(step)
    // a limit that is passed in the very next reading is told with it
    tvoc = 510
    await run(1)
    const passed = alerts().filter(({ level }) => level === 'warning')
    assert.equal(passed.length, 1)
    assert.equal(passed[0]?.since, clock.now(), 'in the new time')
    tvoc = 100
    await run(120)
    assert.deepEqual(
      alerts().map(({ active }) => active),
      [true, false],
    )
    // the hour's mean reaches back over the step: 305 for half of it
    from = told.length
    tvoc = 305
    await run(1_700)
    assert.deepEqual(alerts(), [])
    await run(300)
    assert.deepEqual([...new Set(alerts().map(({ level, quantity }) => `${level} ${quantity}`))], ['caution tvoc'])
    from = told.length
    for (let minute = 0; minute < 6; minute++) {
      temperature += 2
      await run(60)
    }
    assert.ok(alerts().some(({ quantity, level }) => quantity === 'temperature' && level === 'caution'))
    assert.ok(
      alerts().every(({ quantity }) => quantity !== 'device'),
      'nobody was missed',
    )
  })
}
