import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Chance } from '../ensemble/chance.ts'
import { Ensemble, type HabitatPlan, type Observation } from '../ensemble/index.ts'
import { Matrix } from '../ensemble/matrix.ts'
import { Battery } from './battery.ts'
import type { World } from './piece.ts'

const DAY = 1_440
const START = 29_700_000 - (29_700_000 % DAY)

/** One of 10 kWh, so full in all members, into which so many watts flow. */
function battery(full: number, watts: number) {
  const matrix = new Matrix(3, new Chance(1))
  const piece = new Battery({ index: 0, id: 'crew' }, 10_000, [0], matrix)
  piece.energy.fill(full * 10_000)
  const input = { battery: watts, usual: watts, spared: 0 }
  const world = { members: 3, zones: [{ index: 0, input }], normals: () => new Float64Array(3) } as unknown as World
  return { piece, world, input }
}

describe('a battery', () => {
  it('holds 95 % of what comes in, and gives 95 % of what it loses', () => {
    for (const [watts, after] of [
      [1_000, 5_950],
      [-950, 4_000],
    ] as const) {
      const { piece, world } = battery(0.5, watts)
      for (let minute = 0; minute < 60; minute++) piece.step(world, 1 / 60, false)
      assert.ok(Math.abs((piece.energy[0] as number) - after) < 1e-6, `${piece.energy[0]}`)
    }
  })

  it('is never fuller than full nor emptier than empty, and then takes and gives nothing', () => {
    for (const [full, watts] of [
      [1, 5_000],
      [0, -5_000],
    ] as const) {
      const { piece, world } = battery(full, watts)
      piece.step(world, 1, false)
      assert.equal(piece.energy[0], full * 10_000)
      assert.equal(piece.came[0], 0)
      assert.equal(piece.lost[0], 0)
    }
  })

  it('stays as full as it was where nobody knows what flows', () => {
    const { piece, world } = battery(0.4, Number.NaN)
    piece.step(world, 1, false)
    piece.step(world, 1, true)
    assert.equal(piece.energy[0], 4_000)
  })
})

const plan: HabitatPlan = {
  timezone: 'UTC', pressure: 1_000, wake: 7, sleep: 23, switches: [],
  zones: [
    {
      id: 'room', label: 'Room', volume: 100, crew: 1, beside: [], plants: { lettuce: 10 },
      lamps: { from: 6, to: 18, par: 500 }, battery: { device: 'meter', capacity: 30 },
    },
  ],
} // biome-ignore format: a list

/** Sun from six to eighteen hours, more than the load; 1 kW of load at night. */
const watts = (minute: number) => (minute % DAY >= 360 && minute % DAY < 1_080 ? 1_100 : -1_000)

/** Two days, up to midnight, with its meter: charge in %, as it is in truth. */
function lived(): { ensemble: Ensemble; charge: number } {
  const ensemble = new Ensemble(plan)
  let energy = 15_000
  for (let i = 0; i < 2 * DAY; i++) {
    const wh = watts(i) / 60
    energy += wh > 0 ? 0.95 * wh : wh / 0.95
    const values = { battery: watts(i), charge: energy / 300, co2: 700, temperature: 21, humidity: 40 }
    const observed = Object.entries(values).map(([point, value]): Observation => {
      return { device: 'meter', zone: 'room', point, value, trust: 'good' }
    })
    ensemble.step(START + i, observed)
  }
  return { ensemble, charge: energy / 300 }
}

describe('the twin of a battery', () => {
  it('knows how full it is, and foresees by the day before when it will be emptiest', () => {
    const { ensemble, charge } = lived()
    const now = ensemble.estimate('room', 'charge')
    assert.ok(now && Math.abs(now.mean - charge) < 1, `${now?.mean} of ${charge}`)
    const members = ensemble.forecast([360, 1_080]).members('room', 'charge')
    assert.ok(members)
    const level = (lead: number) =>
      members.slice(lead * 100, (lead + 1) * 100).reduce((sum, value) => sum + value, 0) / 100
    // six hours of 1 kW from it, then twelve of 1.1 kW into it, of 30 kWh
    assert.ok(Math.abs(level(0) - (charge - 21)) < 3, `${level(0)}`)
    assert.ok(Math.abs(level(1) - (charge - 21 + 42)) < 6, `${level(1)}`)
  })

  it('what lamps do not take stays in it', () => {
    const { ensemble } = lived()
    const mean = (changes: Parameters<Ensemble['forecast']>[1]) => {
      const members = ensemble.forecast([600], changes).members('room', 'charge')
      assert.ok(members)
      return members.reduce((sum, value) => sum + value, 0) / 100
    }
    // 10 m² at 500 umol/m2/s are 2.3 kW, half of it for four hours
    const more = mean([{ what: 'lamps', zone: 'room', factor: 0.5 }]) - mean([])
    assert.ok(more > 10 && more < 18, `${more}`)
  })

  it('a zone without one has no charge', () => {
    const { ensemble } = lived()
    assert.equal(ensemble.estimate('room', 'level'), undefined)
    const [zone] = plan.zones
    const without = new Ensemble({
      ...plan,
      zones: [{ ...(zone as HabitatPlan['zones'][number]), battery: undefined }],
    })
    without.step(START, [{ device: 'meter', zone: 'room', point: 'charge', value: 50, trust: 'good' }])
    assert.equal(without.estimate('room', 'charge'), undefined)
    assert.deepEqual(without.innovations, [])
  })
})
