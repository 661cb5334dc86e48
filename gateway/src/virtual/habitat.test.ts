import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { frameOf, seen } from './frame.ts'
import { Habitat } from './habitat.ts'
import { type Controls, type Species, species, total } from './state.ts'
import { drawTruth } from './truth.ts'

const facts = {
  pressure: 879,
  timezone: 'America/Phoenix',
  zones: { greenhouse: { volume: 480, plants: { lettuce: 8, wheat: 12 } }, crew: { volume: 272, crew: 4 } },
}
const noon = Date.UTC(2026, 10, 20, 19)
const HOUR = 180

/** A habitat of a seed, some hours after it was closed. */
function lived(seed: number, hours: number, controls: Partial<Controls> = {}): Habitat {
  const habitat = new Habitat(drawTruth(seed, facts), noon)
  Object.assign(habitat.state.controls, controls)
  for (let i = 0; i < hours * HOUR; i++) habitat.step()
  return habitat
}

/** ppm where people live. */
function co2({ state, truth }: Habitat): number {
  return ((state.gas.co2[truth.home] as number) / total(state, truth.home)) * 1e6
}

const anyControls = fc.record({
  scrubber: fc.constantFrom('auto', 'failed', 'spent'),
  leak: fc.constantFrom('sealed', 'worn', 'open'),
  lamps: fc.constantFrom('auto', 'off'),
  visitors: fc.constantFrom(0, 2),
})

describe('virtual habitat', () => {
  it('neither makes nor loses a mole of anything, nor a watt-hour, whatever is done to it', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.array(anyControls, { minLength: 1, maxLength: 3 }), (seed, disturbances) => {
        const habitat = new Habitat(drawTruth(seed, facts), noon)
        const { state, truth } = habitat
        const held = (gas: Species) => state.gas[gas].reduce((sum, n) => sum + n, 0)
        const before = Object.fromEntries(species.map((gas) => [gas, held(gas)]))
        const stored = state.battery
        for (const controls of disturbances) {
          Object.assign(state.controls, controls)
          for (let i = 0; i < 8 * HOUR; i++) habitat.step()
        }
        for (const gas of species) {
          const away = Object.values(state.gone[gas]).reduce((sum, n) => sum + n, 0)
          const start = before[gas] as number
          assert.ok(Math.abs(held(gas) + away - start) < 1e-9 * start, `${gas}: ${held(gas) + away} of ${start}`)
          assert.ok(state.gas[gas].every((n) => n > 0))
        }
        const { solar, grid, used, lost, unused } = state.electricity
        assert.ok(Math.abs(solar + grid - used - lost - unused - (state.battery - stored)) < 1e-6 * truth.battery)
      }),
      { numRuns: runs(15) },
    )
  })

  it('is fit to live in for four days with any seed, far from every limit of alarm', () => {
    for (let seed = 0; seed < 12; seed++) {
      const habitat = lived(seed, 24)
      const { state, truth } = habitat
      for (let i = 0; i < 72 * HOUR; i++) {
        habitat.step()
        if (i % 15 !== 0) continue
        const n = total(state, truth.home)
        const o2 = (state.gas.o2[truth.home] as number) / (n - (state.gas.h2o[truth.home] as number))
        const celsius = state.air[truth.home] as number
        assert.ok(co2(habitat) > 600 && co2(habitat) < 2_600, `seed ${seed}: ${co2(habitat)} ppm`)
        assert.ok(o2 > 0.204 && o2 < 0.215, `seed ${seed}: O2 ${o2}`)
        assert.ok(celsius > 19 && celsius < 26, `seed ${seed}: ${celsius} °C`)
        assert.ok(habitat.flows.difference > 20 && habitat.flows.difference < 160)
      }
    }
  })

  it('breathes as four people do: 101 ppm an hour each in 272 m³ with nothing else running (BVAD)', () => {
    const alone = { ...facts, zones: { crew: { volume: 272, crew: 4 } } }
    const truth = { ...drawTruth(1, alone), leak: 0 }
    // from noon to one o'clock everybody sits at the table
    const habitat = new Habitat(truth, noon)
    habitat.state.controls.scrubber = 'failed'
    const before = co2(habitat)
    for (let i = 0; i < HOUR; i++) habitat.step()
    // half a lung of air is with them
    const expected = (4 * 101 * 272) / (272 + truth.lung / 2)
    assert.ok(Math.abs(co2(habitat) - before - expected) < 8, `${co2(habitat) - before} of ${expected} ppm`)
  })

  it('lets CO2 rise past the advisory within hours of the scrubber failing', () => {
    const sound = lived(3, 30)
    const broken = lived(3, 30)
    broken.state.controls.scrubber = 'failed'
    for (let i = 0; i < 16 * HOUR; i++) {
      sound.step()
      broken.step()
    }
    assert.ok(co2(broken) > 3_033, `${co2(broken)} ppm`)
    assert.ok(co2(sound) < 2_000, `${co2(sound)} ppm`)
  })

  it('says that a spent scrubber runs, though it takes nothing out', () => {
    const spent = lived(3, 30)
    spent.state.controls.scrubber = 'spent'
    const before = spent.state.gone.co2.machines
    for (let i = 0; i < 16 * HOUR; i++) spent.step()
    assert.equal(spent.state.gone.co2.machines, before)
    assert.equal(seen(frameOf(spent), 'scrubbing', spent.truth.home), 1)
    assert.ok(seen(frameOf(spent), 'scrubberPower', spent.truth.home) > 120)
  })

  it('lets ten times as much out through worn seals at the same overpressure', () => {
    const sound = lived(3, 30)
    const worn = lived(3, 30)
    worn.state.controls.leak = 'worn'
    const left = (habitat: Habitat) => habitat.state.gone.n2.outside
    const before = left(sound)
    sound.step()
    worn.step()
    assert.ok(Math.abs((left(worn) - before) / (left(sound) - before) - 10) < 0.01)
  })

  it('lets lung and overpressure fall when a leak is opened, and the blower thins the CO2', () => {
    const open = lived(3, 30)
    const before = open.flows.difference
    open.state.controls.leak = 'open'
    for (let i = 0; i < HOUR; i++) open.step()
    assert.ok(open.flows.lung < 0.05, `lung at ${open.flows.lung}`)
    assert.ok(open.flows.difference < before / 2, `${before} → ${open.flows.difference} Pa`)
  })

  it('lives on in a copy as it would itself, and not by what is done to the copy', () => {
    const one = lived(5, 16.5)
    const other = one.copy()
    const disturbed = one.copy()
    disturbed.state.controls.leak = 'open'
    for (let i = 0; i < 2 * HOUR; i++) for (const habitat of [one, other, disturbed]) habitat.step()
    assert.deepEqual(frameOf(other), frameOf(one))
    assert.notDeepEqual(frameOf(disturbed), frameOf(one))
  })

  it('is the same for the same seed and another for another', () => {
    assert.deepEqual(lived(5, 12).state, lived(5, 12).state)
    assert.notDeepEqual(lived(5, 1).state.gas, lived(6, 1).state.gas)
    assert.notEqual(drawTruth(5, facts).leak, drawTruth(6, facts).leak)
  })
})
