/** The ensemble: finds out what it is not told, doubts what it should, and goes on from where it was. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import { Matrix } from 'ml-matrix'
import { assimilate } from './filter.ts'
import { Ensemble, type HabitatPlan, type Observation } from './index.ts'
import { mean, spread } from './matrix.ts'

const START = 29_700_000
const plan: HabitatPlan = {
  timezone: 'UTC',
  pressure: 1_000,
  wake: 7,
  sleep: 23,
  switches: [],
  zones: [{ id: 'room', label: 'Room', volume: 100, crew: 2, beside: [], lung: { volume: 20 } }],
}

/** A made room of constant air, so that every reading has a right value; what differs is given. */
function readings(given: Readonly<Record<string, number>> = {}, zone = 'room'): Observation[] {
  const values = { 'a/co2': 800, 'a/temperature': 22, 'a/humidity': 45, 'lung/level': 50, ...given }
  return Object.entries(values).map(([name, value]) => {
    const [device = '', point = ''] = name.split('/')
    return { device, zone, point, value, trust: 'good' }
  })
}

function settled(minutes = 90): Ensemble {
  const ensemble = new Ensemble(plan)
  for (let i = 0; i < minutes; i++) ensemble.step(START + i, readings())
  return ensemble
}

describe('filter', () => {
  it('gives mean and variance of a normal belief, as by Bayes', () => {
    const values = Float64Array.from(
      { length: 2_000 },
      (_, i) => Math.sin(i * 12.9898) * 3 + Math.cos(i * 4.1) * 2 + 10,
    )
    const [before, sd] = [mean(values), spread(values)]
    const row = { id: 'x', kind: 'state', mean: 0, sd: 1, values } as const
    assimilate([{ row, taper: 1 }], values.slice(), 14, 4)
    const gain = sd ** 2 / (sd ** 2 + 4)
    // a sampled correlation is believed a little less than whole
    assert.ok(Math.abs(mean(values) - (before + gain * (14 - before))) < 0.01)
    assert.ok(Math.abs(spread(values) ** 2 - gain * 4) < 0.05)
  })

  it('is the square-root filter of the textbook where nothing is chance', () => {
    const n = 400
    const rows = [0, 1, 2].map((r) =>
      Array.from({ length: n }, (_, m) => Math.sin(m * 12.9898) + 0.2 * Math.cos(m * (r + 2))),
    )
    const ours = rows.map(
      (values, r) => ({ id: `${r}`, kind: 'state', mean: 0, sd: 1, values: Float64Array.from(values) }) as const,
    )
    assimilate(
      ours.map((row) => ({ row, taper: 1 })),
      Float64Array.from(rows[0] as number[]),
      1.5,
      0.2,
    )
    // K = P Hᵀ (H P Hᵀ + R)⁻¹; afterwards the spread of what was read is that of (1 − K H) P
    const x = new Matrix(rows)
    const apart = x.clone().subColumnVector(new Matrix([x.mean('row')]).transpose())
    const covariance = apart.mmul(apart.transpose()).div(n - 1)
    const gain = covariance.getColumnVector(0).div(covariance.get(0, 0) + 0.2)
    for (const [r, row] of ours.entries()) {
      const before = x.mean('row')
      const expected = (before[r] as number) + gain.get(r, 0) * (1.5 - (before[0] as number))
      assert.ok(Math.abs(mean(row.values) - expected) < 0.01, `${mean(row.values)} ${expected}`)
      const variance = covariance.get(r, r) - gain.get(r, 0) * covariance.get(0, r)
      assert.ok(Math.abs(spread(row.values) ** 2 - variance) < 0.01, `${spread(row.values) ** 2} ${variance}`)
    }
  })

  it('does not move what has nothing to do with the reading', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => i % 2)
    const other = Float64Array.from({ length: 100 }, (_, i) => Math.floor(i / 2) % 2)
    const row = { id: 'y', kind: 'state', mean: 0, sd: 1, values: other } as const
    assimilate([{ row, taper: 1 }], values, 5, 0.1)
    assert.equal(mean(other), 0.5)
  })
})

describe('ensemble', () => {
  it('comes to what instruments say, and says how sure it is', () => {
    const ensemble = settled()
    const co2 = ensemble.estimate('room', 'co2')
    assert.ok(co2 && Math.abs(co2.mean - 800) < 2 * co2.sd + 20, JSON.stringify(co2))
    // one instrument of ±4.6 % and ±23 ppm: it cannot be surer than that allows
    assert.ok(co2.sd > 15 && co2.sd < 60, `${co2.sd}`)
    const temperature = ensemble.estimate('room', 'temperature')
    assert.ok(temperature && Math.abs(temperature.mean - 22) < 0.6)
  })

  it('says nothing of a zone or quantity that it does not know, nor before the first minute', () => {
    const ensemble = settled(1)
    assert.equal(ensemble.estimate('nowhere', 'co2'), undefined)
    assert.equal(ensemble.estimate('room', 'tvoc'), undefined)
    assert.equal(new Ensemble(plan).estimate('room', 'co2'), undefined)
  })

  it('leaves a single wild reading out, and tells of it', () => {
    const ensemble = settled()
    const before = ensemble.estimate('room', 'co2')
    ensemble.step(START + 90, readings({ 'a/co2': 3_100 }))
    const after = ensemble.estimate('room', 'co2')
    assert.ok(before && after && Math.abs(after.mean - before.mean) < 20)
    assert.equal(ensemble.ignored[0]?.reason, 'outlier')
    assert.equal(ensemble.innovations.find(({ point }) => point === 'co2')?.accepted, false)
  })

  it('follows a step once three readings agree, at once where two instruments do', () => {
    const one = settled()
    for (let i = 90; i < 100; i++) one.step(START + i, readings({ 'a/co2': 1_700 }))
    assert.ok((one.estimate('room', 'co2')?.mean ?? 0) > 1_400)
    const two = settled(0)
    for (let i = 0; i < 90; i++) two.step(START + i, readings({ 'b/co2': 805 }))
    two.step(START + 90, readings({ 'a/co2': 1_700, 'b/co2': 1_705 }))
    assert.ok(two.innovations.filter(({ point }) => point === 'co2').every(({ accepted }) => accepted))
  })

  it('never believes a reading that is ten times off', () => {
    const ensemble = settled()
    for (let i = 90; i < 150; i++) ensemble.step(START + i, readings({ 'a/co2': 8_000 + i }))
    assert.ok((ensemble.estimate('room', 'co2')?.mean ?? 0) < 3_000)
    assert.equal(ensemble.ignored[0]?.reason, 'scale')
  })

  it('stays physical whatever comes', () => {
    const ensemble = settled()
    const wild = [Number.NaN, Number.POSITIVE_INFINITY, -1e9, 1e12, 0, -40]
    for (let i = 0; i < 300; i++) {
      const value = wild[i % wild.length] as number
      ensemble.step(
        START + 90 + i,
        readings({ 'a/co2': value, 'a/temperature': value, 'a/humidity': value, 'lung/level': value }),
      )
      for (const quantity of ['co2', 'temperature', 'humidity', 'o2']) {
        const { mean, sd } = ensemble.estimate('room', quantity) ?? { mean: Number.NaN, sd: Number.NaN }
        assert.ok(Number.isFinite(mean) && Number.isFinite(sd), `${quantity} ${mean} ± ${sd}`)
        if (quantity !== 'temperature') assert.ok(mean >= 0, quantity)
      }
    }
    for (const { id, mean, sd } of ensemble.parameters) assert.ok(Number.isFinite(mean + sd), id)
  })

  it('a minute that is not later than the last changes nothing', () => {
    const ensemble = settled()
    const before = ensemble.estimate('room', 'co2')
    ensemble.step(START, readings({ 'a/co2': 5_000 }))
    assert.deepEqual(ensemble.estimate('room', 'co2'), before)
  })

  it('goes on from a snapshot to the very same figures, also through bytes', () => {
    const one = settled()
    const two = new Ensemble(plan)
    assert.ok(two.restore(deserialize(serialize(one.snapshot()))))
    for (let i = 90; i < 120; i++) {
      for (const ensemble of [one, two]) ensemble.step(START + i, readings({ 'a/co2': 800 + i }))
    }
    assert.deepEqual(two.parameters, one.parameters)
    assert.deepEqual(two.forecast([60]).members('room', 'co2'), one.forecast([60]).members('room', 'co2'))
  })

  it('over a long silence it grows less sure, and is there again with the first readings', () => {
    const ensemble = settled()
    const before = ensemble.estimate('room', 'temperature')?.sd ?? 0
    ensemble.step(START + 90 + 1_000, [])
    assert.ok((ensemble.estimate('room', 'temperature')?.sd ?? 0) > 2 * before)
    for (let i = 0; i < 10; i++) ensemble.step(START + 1_100 + i, readings())
    assert.ok(Math.abs((ensemble.estimate('room', 'temperature')?.mean ?? 0) - 22) < 1)
  })

  it('a forecast leaves the ensemble as it was, in one go or in pieces', () => {
    const ensemble = settled()
    const before = ensemble.estimate('room', 'co2')
    const whole = ensemble.forecast([30, 90]).members('room', 'co2')
    const ahead = ensemble.ahead([30, 90])
    while (!ahead.advance(7));
    assert.deepEqual(ahead.futures.members('room', 'co2'), whole)
    assert.deepEqual(ensemble.estimate('room', 'co2'), before)
  })

  it('foresees the height of a lung, but of one with a blower that nobody told the switching of', () => {
    assert.ok(settled().forecast([60]).members('room', 'level'))
    const zones = plan.zones.map((zone) => ({ ...zone, blower: { flow: 30 } }))
    const blown = new Ensemble({ ...plan, zones })
    blown.step(START, readings())
    assert.equal(blown.forecast([60]).members('room', 'level'), undefined)
    assert.ok(blown.assumptions.some((one) => one.includes('blower')))
  })

  it('people who are said to have come raise what is foreseen', () => {
    const ensemble = settled()
    const level = (changes: Parameters<Ensemble['forecast']>[1]) =>
      mean(ensemble.forecast([120], changes).members('room', 'co2') ?? new Float64Array())
    const more = level([{ what: 'crew', zone: 'room', add: 5 }]) - level([])
    // five people, 36 mol of air a m³ at 1,000 hPa less warmth: about 5 × 240 ppm/h in 100 m³, which sets in slowly
    assert.ok(more > 1_000 && more < 3_000, `${more} ppm`)
  })
})
