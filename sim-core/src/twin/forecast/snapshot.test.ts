import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Expert } from './experts/expert.ts'
import { Forecaster, type ForecasterOptions } from './forecaster.ts'

const options: ForecasterOptions = {
  stepMinutes: 1,
  leads: [5, 60, 300],
  quantities: ['co2', 'temperature'],
  beside: ['light'],
}

/** A room with holes, spikes and steps in it. */
function readings(k: number) {
  const busy = Math.sin(k / 90) > 0.3 ? 1 : 0
  return {
    co2: k % 53 === 7 ? Number.NaN : Math.round(500 + 400 * busy + 20 * Math.sin(k * k) + (k % 211 === 3 ? 2_000 : 0)),
    temperature: 20 + 2 * Math.sin(k / 200) + 0.1 * Math.cos(k * k),
    light: 300 * busy,
  }
}

const said = (forecaster: Forecaster) =>
  [...forecaster.forecasts].map(([name, { medians, quantiles }]) => [name, [...medians], [...quantiles]])

describe('snapshot of a forecaster', () => {
  it('lets another go on to the very same forecasts, also after a silence', () => {
    const one = new Forecaster(options)
    for (let k = 0; k < 1_500; k++) one.step(readings(k))
    // once more in the middle of a jump that is not yet understood
    for (const until of [1_505, 1_900]) {
      const other = Forecaster.restore(one.snapshot(), options)
      assert.ok(other)
      assert.deepEqual(said(other), said(one))
      for (let k = until - 5; k < until + 400; k++) {
        if (k === until + 200) for (const forecaster of [one, other]) forecaster.skip(90)
        one.step(readings(k))
        other.step(readings(k))
        if (k % 20 === 0) assert.deepEqual(said(other), said(one), `step ${k}`)
      }
      assert.deepEqual(other.snapshot(), one.snapshot())
    }
  })

  it('is not taken up where it is cut off, of another shape, or not one at all', () => {
    const one = new Forecaster(options)
    for (let k = 0; k < 100; k++) one.step(readings(k))
    const bytes = one.snapshot()
    assert.equal(Forecaster.restore(bytes, { ...options, leads: [5, 60] }), undefined)
    assert.equal(Forecaster.restore(bytes, { ...options, quantities: ['co2'] }), undefined)
    assert.equal(Forecaster.restore(bytes.subarray(0, bytes.length - 9), options), undefined)
    assert.equal(Forecaster.restore(new Uint8Array(3), options), undefined)
    assert.equal(
      Forecaster.restore(
        Uint8Array.from({ length: 5_000 }, (_, i) => i),
        options,
      ),
      undefined,
    )
  })

  it('does not grow, and neither does a silence of years cost memory', () => {
    const one = new Forecaster(options)
    for (let k = 0; k < 100; k++) one.step(readings(k))
    const { length } = one.snapshot()
    one.skip(1_000_000)
    for (let k = 0; k < 400; k++) one.step(readings(k))
    assert.equal(one.snapshot().length, length)
    assert.ok(one.forecasts.get('co2')?.medians.every(Number.isFinite))
  })
})

describe('an expert from outside', () => {
  /** Knows what comes. */
  const seer = (
    quantity: string,
    { leads, own }: Parameters<NonNullable<ForecasterOptions['experts']>>[1],
  ): Expert => ({
    names: ['seer'],
    step() {},
    forecast(out, stride, offset) {
      for (const [l, lead] of leads.entries()) {
        out[l * stride + offset] = quantity === 'co2' ? 700 + 200 * Math.sin((own.k + lead) ** 2) : Number.NaN
      }
    },
  })

  it('is followed where it has proved itself, and does no harm where it has nothing to say', () => {
    const with_ = new Forecaster({ ...options, experts: (quantity, scene) => [seer(quantity, scene)] })
    const without = new Forecaster(options)
    const error = [0, 0]
    const last: (number | undefined)[][] = [[], []]
    for (let k = 0; k < 2_500; k++) {
      const co2 = 700 + 200 * Math.sin(k ** 2)
      for (const [i, forecaster] of [with_, without].entries()) {
        if (k > 2_000) error[i] = (error[i] as number) + Math.abs((last[i]?.[k - 5] as number) - co2)
        forecaster.step({ co2, temperature: 20 + Math.sin(k / 100) })
        last[i]?.push(forecaster.forecasts.get('co2')?.medians[0])
      }
    }
    assert.ok((error[0] as number) < 0.2 * (error[1] as number), String(error))
    assert.ok(with_.forecasts.get('temperature')?.medians.every(Number.isFinite))
  })
})
