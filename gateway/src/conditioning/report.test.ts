import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Report } from './report.ts'

test('no change larger than the band is held back, however it came about, nor any of quality', () => {
  const value = fc.option(fc.double({ min: -50, max: 50, noNaN: true }), { nil: null })
  const doubt = fc.constantFrom(undefined, undefined, undefined, 'uncertain:rate')
  const step = fc.record({ co2: value, temperature: value, doubt, after: fc.integer({ min: 1, max: 2_000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.double({ min: 0, max: 20, noNaN: true }), (steps, band) => {
      const report = new Report({ deadbands: { co2: band }, heartbeat: 5_000 }, 1_000)
      let told: (typeof steps)[number] | undefined
      let toldAt = 0
      let now = 0
      for (const one of steps) {
        now += one.after
        const { co2, temperature, doubt } = one
        const sample = { values: { co2, temperature }, ...(doubt === undefined ? {} : { quality: { co2: doubt } }) }
        if (report.isDue(sample, now)) {
          told = one
          toldAt = now
          continue
        }
        assert.ok(told, 'the first is reported')
        assert.ok(now - toldAt < 5_000, 'it is not silent for longer than its heartbeat')
        assert.equal(doubt, told.doubt)
        assert.equal(temperature, told.temperature, 'a point without a band is reported at each change')
        assert.equal(co2 === null, told.co2 === null)
        assert.ok(Math.abs((co2 ?? 0) - (told.co2 ?? 0)) <= band)
      }
    }),
  )
})

test('a slow drift is reported each time that it has gone as far as the band', () => {
  const report = new Report({ deadbands: { co2: 5 }, heartbeat: 3_600_000 }, 1_000)
  const told: number[] = []
  for (let i = 0; i <= 20; i++) if (report.isDue({ values: { co2: 800 + i } }, i * 1_000)) told.push(800 + i)
  assert.deepEqual(told, [800, 806, 812, 818])
})

test('a heartbeat that would come a little early does not wait for the next reading', () => {
  const report = new Report({ deadbands: {}, heartbeat: 60_000 }, 10_000)
  const told: number[] = []
  for (let i = 0; i < 13; i++) {
    const now = i * 10_000 + (i === 6 ? -3 : 0)
    if (report.isDue({ values: { co2: 800 } }, now)) told.push(i)
  }
  assert.deepEqual(told, [0, 6, 12])
})

test('after a restart the next reading is reported whatever it says', () => {
  const report = new Report({ deadbands: {}, heartbeat: 60_000 }, 1_000)
  assert.equal(report.isDue({ values: { co2: 800 } }, 0), true)
  assert.equal(report.isDue({ values: { co2: 800 } }, 1_000), false)
  report.restart()
  assert.equal(report.isDue({ values: { co2: 800 } }, 2_000), true)
})
