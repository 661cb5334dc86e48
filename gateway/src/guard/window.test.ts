import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Window } from './window.ts'

describe('a window', () => {
  it('says nothing before half its span was seen', () => {
    const window = new Window(60_000, 60)
    for (let t = 0; t < 30_000; t += 1_000) {
      window.add(t, 5)
      assert.equal(window.mean(), undefined)
    }
    window.add(30_000, 5)
    assert.equal(window.mean(), 5)
  })

  it('gives the mean of its span, whatever came before and after any gap', () => {
    const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 60, maxLength: 200 })
    fc.assert(
      fc.property(values, fc.integer({ min: -1e9, max: 1e12 }), (list, start) => {
        const window = new Window(60_000, 60)
        const begin = Math.floor(start / 1_000) * 1_000
        for (const [i, value] of list.entries()) window.add(begin + i * 1_000, value)
        const last = list.slice(-60)
        const mean = last.reduce((sum, value) => sum + value, 0) / last.length
        assert.ok(Math.abs((window.mean() ?? Number.NaN) - mean) < 1e-9)
      }),
    )
  })

  it('a gap longer than its span leaves only what came after', () => {
    const window = new Window(10_000, 10)
    for (let t = 0; t < 10_000; t += 1_000) window.add(t, 100)
    window.add(1_000_000, 7)
    assert.equal(window.mean(), 7)
    assert.equal(window.slope(), undefined)
  })

  it('finds the slope of a line per minute, at any sampling that gives three buckets', () => {
    const slopes = fc.double({ min: -100, max: 100, noNaN: true })
    fc.assert(
      fc.property(slopes, fc.integer({ min: 200, max: 60_000 }), (slope, every) => {
        const window = new Window(300_000, 10)
        for (let t = 0; t <= 600_000; t += every) window.add(1.7e12 + t, 400 + (slope * t) / 60_000)
        assert.ok(Math.abs((window.slope() ?? Number.NaN) - slope) < 1e-6)
      }),
    )
  })
})
