import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import fc from 'fast-check'
import { type Entry, Timetable } from './timetable.ts'

describe('timetable', () => {
  it('fires whatever was scheduled, moved and cancelled, in order of its due time', async () => {
    const step = fc.record({ entry: fc.nat(9), due: fc.nat(500), cancel: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const clock = new TestClock()
        const timetable = new Timetable(clock)
        const fired: [entry: number, at: number][] = []
        const entries = Array.from(
          { length: 10 },
          (_, i): Entry => ({ due: 0, place: -1, fire: (now) => fired.push([i, now]) }),
        )
        const expected = new Map<number, number>()
        for (const { entry, due, cancel } of steps) {
          if (cancel) {
            timetable.cancel(entries[entry] as Entry)
            expected.delete(entry)
          } else {
            timetable.schedule(entries[entry] as Entry, due)
            expected.set(entry, due)
          }
        }
        for (let i = 0; i < 6; i++) await clock.advance(100)
        assert.deepEqual(
          fired.toSorted((a, b) => a[1] - b[1] || a[0] - b[0]),
          [...expected].toSorted((a, b) => a[1] - b[1] || a[0] - b[0]),
        )
        assert.deepEqual(
          fired.map(([, at]) => at),
          fired.map(([, at]) => at).toSorted((a, b) => a - b),
        )
        assert.equal(clock.pending, 0)
      }),
      { numRuns: 20 },
    )
  })

  it('keeps one timer however much is scheduled, and none when it is cleared', () => {
    const clock = new TestClock()
    const timetable = new Timetable(clock)
    for (let i = 0; i < 100; i++) timetable.schedule({ due: 0, place: -1, fire: () => {} }, 1_000 - i)
    assert.equal(clock.pending, 1)
    timetable.clear()
    assert.equal(clock.pending, 0)
  })
})
