import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forecastLeads } from '@habtwin/contract'
import fc from 'fast-check'
import {
  type Balance,
  firstBalance,
  predict,
  project,
  projectionIndex,
  projectionLeads,
  spread,
  update,
} from './balance.ts'
import { relativeHumidity, saturation, vapour } from './vapour.ts'

const sealed = { exchange: 0, reference: 400, memory: 1.5 }

function sure(level: number, source: number): Balance {
  return { level, source, levelVariance: 0, covariance: 0, sourceVariance: 0 }
}

test('in a sealed zone a constant source adds exactly what it gives', () => {
  const out = new Float64Array(projectionLeads.length)
  project(sure(800, 60), sealed, 60, new Float64Array(out.length).fill(60), out)
  for (const lead of [5, 60, 360, 1440]) {
    assert.ok(Math.abs((out[projectionIndex(lead * 60_000)] as number) - (800 + lead)) < 1e-9)
  }
})

test('the books close: what is in the zone is what was there, plus the source, less the exchange', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 2, noNaN: true })),
      fc.double({ min: -500, max: 500, noNaN: true }),
      (exchange, source) => {
        const model = { exchange, reference: 400, memory: 1.5 }
        let now = sure(900, source)
        let exchanged = 0
        for (let minute = 0; minute < 240; minute++) {
          const next = predict(now, model, source, 0, 1 / 60)
          // the exact mean excess over the step, from its own balance
          const gain = source / 60 - (next.level - now.level)
          exchanged += gain
          now = next
        }
        const steady = source / (exchange || 1)
        const exact = exchange === 0 ? 900 + source * 4 : 400 + steady + (500 - steady) * Math.exp(-exchange * 4)
        assert.ok(Math.abs(now.level - exact) < 1e-6 * (1 + Math.abs(source)))
        assert.ok(Math.abs(900 + source * 4 - exchanged - now.level) < 1e-6 * (1 + Math.abs(source)))
      },
    ),
  )
})

test('a projection and minute after minute of prediction arrive at the same level', () => {
  const model = { exchange: 0.3, reference: 400, memory: 1.5 }
  const out = new Float64Array(projectionLeads.length)
  project(sure(900, 200), model, 50, new Float64Array(out.length).fill(50), out)
  let now = sure(900, 200)
  for (let minute = 0; minute < 360; minute++) now = predict(now, model, 50, 0, 1 / 60)
  assert.ok(Math.abs(now.level - (out[projectionIndex(360 * 60_000)] as number)) < 0.5)
})

test('a measurement moves the level toward it and never makes the belief less certain', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 300, max: 5000, noNaN: true }),
      fc.double({ min: 0.1, max: 100, noNaN: true }),
      (measured, noise) => {
        const before = predict(firstBalance(800, 5, 100), sealed, 0, 100, 1 / 60)
        const after = update(before, measured, noise)
        assert.ok(Math.abs(measured - after.level) <= Math.abs(measured - before.level))
        assert.ok(after.levelVariance <= before.levelVariance && after.sourceVariance <= before.sourceVariance)
        assert.ok(after.levelVariance >= 0 && after.sourceVariance >= 0)
      },
    ),
  )
})

test('the further ahead, the less is known', () => {
  const now = firstBalance(800, 5, 100)
  const spreads = projectionLeads.map((lead) => spread(now, sealed, 100, lead / 3_600_000))
  for (let i = 1; i < spreads.length; i++) assert.ok((spreads[i] as number) > (spreads[i - 1] as number))
})

test('every lead of a forecast is a step of the projection', () => {
  for (const lead of forecastLeads(24 * 3_600_000)) assert.equal(projectionLeads[projectionIndex(lead)], lead)
})

test('vapour and relative humidity convert into each other, and air at 20 °C saturates at 2338 Pa', () => {
  assert.ok(Math.abs(saturation(20) - 2338.3) < 1)
  assert.ok(Math.abs(relativeHumidity(vapour(45, 24), 24) - 45) < 1e-9)
  assert.equal(relativeHumidity(5000, 20), 100)
})
