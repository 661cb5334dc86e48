import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { breathOf, mean, newBalanceMemory, note, stepAt, yesterday } from './balance.ts'

/** Two zones with so many people in each, by minute; CO2 of the first as an instrument with this gain has it. */
function lived(people: (minute: number) => readonly [number, number], minutes: number, gain = 1) {
  const memory = newBalanceMemory()
  const breath = breathOf(879)
  const [crew, green] = [272, 480]
  let [a, b] = [800, 700]
  for (let minute = 0; minute < minutes; minute++) {
    const [here, there] = people(minute)
    // air is exchanged, 2 m³ a minute
    const passes = 2 * (a - b)
    a += (here * breath - passes) / crew
    b += (there * breath + passes) / green
    const zones = [
      { co2: gain * a, volume: crew },
      { co2: b, volume: green },
    ]
    note(memory, minute, { zones, due: 0, running: 0, air: 22 })
  }
  return { memory, breath }
}

describe('the balance of CO2', () => {
  it('knows what a person gives off: 101 ppm an hour in 272 m³ at 879 hPa, as in BVAD', () => {
    assert.ok(Math.abs((60 * breathOf(879)) / 272 - 101) < 1)
  })

  it('counts people, wherever they are, and sees a step of two to within a tenth', () => {
    const { memory, breath } = lived((minute) => [minute < 100 ? 3 : 5, 1], 140)
    const { before, after, unsteady, warmer } = stepAt(memory, 100, 139, 18)
    assert.ok(Math.abs(before / breath - 4) < 0.1)
    assert.ok(Math.abs((after - before) / breath - 2) < 0.1)
    assert.ok(unsteady < 0.1 * breath)
    assert.equal(warmer, 0)
  })

  it('does not see who walks from one zone to another', () => {
    const { memory, breath } = lived((minute) => (minute < 100 ? [4, 0] : [1, 3]), 140)
    const { before, after } = stepAt(memory, 100, 139, 18)
    assert.ok(Math.abs(after - before) < 0.1 * breath)
  })

  it('is off by no more than the gain of the instrument is', () => {
    const { memory, breath } = lived((minute) => [minute < 100 ? 3 : 5, 1], 140, 1.08)
    const { before, after } = stepAt(memory, 100, 139, 18)
    assert.ok(Math.abs((after - before) / breath - 2) < 0.25)
  })

  it('adds what the scrubber took out', () => {
    const memory = newBalanceMemory()
    for (let minute = 0; minute < 60; minute++) {
      const zones = [{ co2: 1_000 - minute, volume: 272 }]
      note(memory, minute, { zones, due: 272, running: 1, air: Number.NaN })
    }
    assert.equal(mean(memory.came, 1, 60), 0)
  })

  it('knows nothing of minutes that nobody saw, nor of the first after them', () => {
    const memory = newBalanceMemory()
    const seen = (minute: number) =>
      note(memory, minute, { zones: [{ co2: 900 + minute, volume: 100 }], due: 0, running: 0, air: 22 })
    for (let minute = 0; minute < 30; minute++) seen(minute)
    for (let minute = 50; minute < 80; minute++) seen(minute)
    assert.ok(Number.isNaN(mean(memory.came, 25, 55)))
    assert.ok(Number.isNaN(memory.came[50] as number))
    assert.equal(mean(memory.came, 51, 80), 100)
  })

  it('takes a zone that is measured anew for no CO2 that came', () => {
    const memory = newBalanceMemory()
    const one = { co2: 900, volume: 272 }
    note(memory, 0, { zones: [one], due: 0, running: 0, air: 22 })
    note(memory, 1, { zones: [one, { co2: 700, volume: 480 }], due: 0, running: 0, air: 22 })
    assert.ok(Number.isNaN(memory.came[1] as number))
  })

  it('knows what came about this time yesterday, once there is a yesterday', () => {
    const { memory, breath } = lived((minute) => [minute % 1_440 < 720 ? 2 : 4, 0], 2_880 + 300)
    assert.ok(Math.abs(yesterday(memory, 2_880 + 299, 40, 0.75) / breath - 2) < 0.1)
    const early = lived(() => [2, 0], 1_400)
    assert.ok(Number.isNaN(yesterday(early.memory, 1_399, 40, 0.75)))
  })
})
