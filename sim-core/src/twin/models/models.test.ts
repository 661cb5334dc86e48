/** Physics of the pieces: what leaves one place arrives in another, and each does what its equation says. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Body } from '../ensemble/body.ts'
import type { HabitatPlan } from '../ensemble/index.ts'
import { MOLAR, molesIn, total } from './air.ts'
import { gases, type World } from './piece.ts'

const MINUTE = 60_000
const MEMBERS = 7

const whole: HabitatPlan = {
  timezone: 'UTC',
  pressure: 879,
  wake: 7,
  sleep: 23,
  switches: [],
  zones: [
    {
      id: 'farm',
      label: 'Farm',
      volume: 480,
      plants: { lettuce: 20 },
      beside: [],
      lamps: { from: 5, to: 21, par: 500 },
    },
    {
      id: 'crew',
      label: 'Crew',
      volume: 272,
      crew: 4,
      beside: ['farm'],
      scrubber: { flow: 144, on: 1_200, off: 900 },
      oxygen: {},
      lung: { volume: 45 },
      blower: { flow: 30 },
      battery: { capacity: 30 },
    },
  ],
}

/** A room with nothing but air and a told number of people; nothing else exchanges with it. */
function room(changes: Partial<HabitatPlan['zones'][number]> = {}): HabitatPlan {
  return {
    ...whole,
    zones: [{ id: 'room', label: 'Room', volume: 272, crew: 1, beside: [], lung: { volume: 50 }, ...changes }],
  }
}

function body(plan: HabitatPlan): Body {
  return new Body(plan, MEMBERS, 1, () => 12)
}

/** Sets rows to one value in all members. */
function set(of: Body, rows: Readonly<Record<string, number>>): void {
  for (const [id, value] of Object.entries(rows)) {
    const row = of.matrix.row(id)
    assert.ok(row, id)
    row.values.fill(value)
  }
  of.matrix.refresh()
}

/** Moles of a gas and heat (J) of one member: in the zones, and booked as gone. */
function books({ world, batteries }: Body['habitat'], m: number): number[] {
  const { zones, ledger } = world
  const moles = gases.map((gas) => {
    const inside = zones.reduce((sum, zone) => sum + (zone[gas][m] as number), 0)
    return inside + Object.values(ledger).reduce((sum, place) => sum + (place[gas][m] as number), 0)
  })
  const heat = zones.reduce((sum, zone) => sum + zone.capacity * (zone.temperature[m] as number), 0)
  // Wh
  const electric = batteries.map(({ energy, came, lost }) => {
    return (energy[m] as number) - (came[m] as number) + (lost[m] as number)
  })
  return [...moles, heat - (world.heat[m] as number), ...electric]
}

describe('mass and energy', () => {
  it('close to rounding, whatever happens in the habitat', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.record({
          scrubber: fc.constantFrom(0, 0.5, 1, Number.NaN),
          par: fc.double({ min: 0, max: 1_500, noNaN: true }),
          oxygen: fc.double({ min: 0, max: 50, noNaN: true }),
          blower: fc.double({ min: 0, max: 60, noNaN: true }),
          valve: fc.double({ min: 0, max: 500, noNaN: true }),
          door: fc.double({ min: 0, max: 3_000, noNaN: true }),
          difference: fc.double({ min: -200, max: 200, noNaN: true }),
          // a full or an empty battery is reached within the two hours
          battery: fc.double({ min: -40_000, max: 40_000, noNaN: true }),
        }),
        (seed, given) => {
          const one = new Body(whole, MEMBERS, seed, () => 12)
          const { world, pieces } = one.habitat
          const before = Array.from({ length: MEMBERS }, (_, m) => books(one.habitat, m))
          for (let minute = 0; minute < 120; minute++) {
            for (const zone of world.zones) Object.assign(zone.input, given, { people: Number.NaN, visitors: 0 })
            world.difference = given.difference
            world.doors = [{ a: 0, b: 1, flow: given.door }]
            for (const piece of pieces) piece.step(world, 1 / 60, false)
          }
          for (let m = 0; m < MEMBERS; m++) {
            const after = books(one.habitat, m)
            for (const [i, was] of (before[m] as number[]).entries()) {
              const off = Math.abs((after[i] as number) - was) / Math.abs(was)
              assert.ok(off < 1e-9, `${gases[i] ?? ['heat', 'battery'][i - gases.length]}: ${off}`)
            }
            for (const zone of world.zones) for (const gas of gases) assert.ok((zone[gas][m] as number) >= 0, gas)
          }
        },
      ),
      {
        numRuns: 60,
        // a member with less than nobody in a zone that the scrubber has emptied
        examples: [
          [
            2_147_483_640,
            { scrubber: 0.5, par: 0, oxygen: 0, blower: 0, valve: 0, door: 0, difference: 0, battery: 0 },
          ],
        ],
      },
    )
  })
})

/** Steps only some pieces by name, for an hour in minutes. */
function hour({ habitat }: Body, names: readonly string[], before: (world: World) => void = () => {}): void {
  for (let minute = 0; minute < 60; minute++) {
    before(habitat.world)
    for (const piece of habitat.pieces) {
      if (names.includes(piece.constructor.name)) piece.step(habitat.world, 1 / 60, false)
    }
  }
}

describe('crew', () => {
  it('is awake from getting up to going to bed, also where that is after midnight', () => {
    for (const [wake, sleep] of [
      [7, 23],
      [9, 1],
    ] as const) {
      const crew = body({ ...room(), wake, sleep }).habitat.crew
      for (let hour = 0; hour < 24; hour += 0.25) {
        const since = (hour - wake + 24) % 24
        const expected = since > 0.5 && since < 15.5 ? 1 : since > 16.5 && since < 23.5 ? 0.63 : undefined
        if (expected !== undefined)
          assert.ok(Math.abs(crew.rest(hour) - expected) < 0.01, `${hour}: ${crew.rest(hour)}`)
      }
    }
  })

  it('one person awake raises 272 m³ at 879 hPa by 101 ppm an hour', () => {
    const one = body(room())
    const zone = one.habitat.world.zones[0]
    assert.ok(zone)
    const start = (zone.co2[0] as number) / total(zone, 0)
    // the load itself wanders; it is held at one person
    hour(one, ['Crew'], () => zone.load.fill(1))
    const given = ((zone.co2[0] as number) / total(zone, 0) - start) * 1e6
    assert.ok(given > 85 && given < 120, `${given} ppm`)
  })

  it('gives off 1.04 kg of CO2 and takes up 0.82 kg of O2 in a day of mean load 1', () => {
    const one = body(room())
    const zone = one.habitat.world.zones[0]
    assert.ok(zone)
    const { people } = one.habitat.world.ledger
    let load = 0
    for (let minute = 0; minute < 1_440; minute++) {
      one.habitat.pieces[0]?.step(one.habitat.world, 1 / 60, false)
      load += (zone.load[0] as number) / 1_440
    }
    assert.ok(Math.abs((-(people.co2[0] as number) * MOLAR.co2) / 1_000 / load - 1.037) < 0.01)
    assert.ok(Math.abs(((people.o2[0] as number) * MOLAR.o2) / 1_000 / load - 0.818) < 0.01)
  })
})

describe('scrubber', () => {
  it('takes the share of its efficiency of all that passes', () => {
    const one = body(room({ scrubber: { flow: 136, on: 1_200, off: 900 } }))
    set(one, { 'scrubber/room': 0.5 })
    const zone = one.habitat.world.zones[0]
    assert.ok(zone)
    const before = zone.co2[0] as number
    hour(one, ['Scrubber'], () => {
      zone.input.scrubber = 1
    })
    // half of half the air an hour
    assert.ok(Math.abs((zone.co2[0] as number) / before - Math.exp(-0.25)) < 1e-12)
  })

  it('is switched by each member between its two points where nobody says whether it runs', () => {
    const one = body(room({ scrubber: { flow: 136, on: 1_200, off: 900 } }))
    set(one, { 'scrubber/room': 1 })
    const zone = one.habitat.world.zones[0]
    assert.ok(zone)
    const ppm = () => (1e6 * (zone.co2[0] as number)) / total(zone, 0)
    zone.co2.fill(total(zone, 0) * 1_300e-6)
    hour(one, ['Scrubber'])
    const first = ppm()
    assert.ok(first < 900 && first > 850, `${first}`)
    hour(one, ['Scrubber'])
    assert.equal(ppm(), first)
  })
})

describe('leak', () => {
  it('lets out what its figure says at 80 Pa, and by the power 0.65 of the pressure', () => {
    for (const [push, expected] of [
      [80, 2],
      [160, 2 * 2 ** 0.65],
      [0, 0],
    ] as const) {
      const one = body(room())
      set(one, { leak: Math.log(2) })
      const zone = one.habitat.world.zones[0]
      assert.ok(zone)
      one.habitat.world.difference = push
      const before = total(zone, 0)
      for (const piece of one.habitat.pieces)
        if (piece.constructor.name === 'Leak') piece.step(one.habitat.world, 1 / 60, false)
      const out = (before - total(zone, 0)) / molesIn(1, one.habitat.world.pressure, zone.temperature[0] as number)
      assert.ok(Math.abs(out * 60 - expected) < 1e-6, `${out * 60}`)
    }
  })
})

describe('exchange', () => {
  it('brings two zones to the same air, and leaves them there', () => {
    const one = body(whole)
    set(one, { 'exchange/farm/crew': Math.log(400) })
    const [farm, crew] = one.habitat.world.zones
    assert.ok(farm && crew)
    for (let i = 0; i < 48; i++) hour(one, ['Exchange'])
    for (const gas of gases) {
      const apart = (farm[gas][0] as number) / farm.volume / ((crew[gas][0] as number) / crew.volume) - 1
      assert.ok(Math.abs(apart) < 1e-6, gas)
    }
  })
})

describe('crop', () => {
  it('takes up CO2 in light and gives it off in the dark, with O2 the other way', () => {
    for (const [par, sign] of [
      [500, -1],
      [0, 1],
    ] as const) {
      const one = body(whole)
      const farm = one.habitat.world.zones[0]
      assert.ok(farm)
      const [co2, o2] = [farm.co2[0] as number, farm.o2[0] as number]
      hour(one, ['Crop'], () => {
        farm.input.par = par
      })
      const taken = (farm.co2[0] as number) - co2
      assert.equal(Math.sign(taken), sign)
      assert.ok(Math.abs(((farm.o2[0] as number) - o2) / -taken - 1.07) < 1e-9)
    }
  })
})

describe('pressure', () => {
  it('puts what a zone cannot hold into the lung, and lets out what the lung cannot', () => {
    const one = body(room())
    const zone = one.habitat.world.zones[0]
    assert.ok(zone)
    const { world, pressure } = one.habitat
    const full = molesIn(272 + 50, world.pressure, 22)
    set(one, { 'temperature/room': 22 })
    for (const [of, level] of [
      [0.98, 100 * ((0.98 * 322 - 272) / 50)],
      [1.2, 100],
      [0.5, 0],
    ] as const) {
      const now = total(zone, 0)
      for (const gas of gases) zone[gas].fill(((zone[gas][0] as number) / now) * full * of)
      pressure.step(world)
      const out = new Float64Array(MEMBERS)
      pressure.level(world, out)
      assert.ok(Math.abs((out[0] as number) - level) < 1e-6, `${out[0]} instead of ${level}`)
    }
  })
})

it('a step of a body sets the hour and the inputs that a plan tells', () => {
  const one = body(whole)
  one.step(100 * MINUTE, 1 / 60, true)
  assert.equal(one.habitat.world.hour, 12)
  assert.equal(one.habitat.world.zones[0]?.input.par, 500)
})
