import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'
import { busLoads, overload } from './scan-plan.ts'
import type { DriverKeys } from './schema.ts'

/** A wire, and a device on it that takes as long as its key says. */
const wire: DriverKeys = {
  name: 'wire',
  simulated: false,
  rides: ['wire'],
  options: z.object({ takes: z.number() }),
  bus: { options: z.object({}) },
  airtime: (options) => (options as { takes: number }).takes,
}

const check = (devices: string) => {
  const text = `zones: { crew: {} }\nbuses:\n  rs485: { driver: wire }\ndevices:\n${devices}`
  try {
    parseConfig(text, 'sam.yaml', [wire], {})
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
}
const device = (name: string, takes: number, more = 'every: 1 s') =>
  `  ${name}: { zone: crew, driver: wire, bus: rs485, takes: ${takes}, ${more} }\n`

describe('scan plan', () => {
  it('passes where the readings fit', () => {
    assert.deepEqual(check(device('a', 400) + device('b', 500)), [])
  })

  it('is refused where they do not, by how much, with what would fit, at the line of the bus', () => {
    const [fault, ...more] = check(device('a', 400) + device('b', 500) + device('c', 450))
    assert.deepEqual(more, [])
    assert.equal(fault?.code, 'config/scan-plan')
    assert.equal(fault?.line, 3)
    assert.match(fault?.message ?? '', /busy 135 % of the time, 35 % more than there is/)
    assert.match(fault?.message ?? '', /b 500 ms every 1 s, c 450 ms every 1 s, a 400 ms every 1 s/)
    assert.match(fault?.message ?? '', /write `every: 2 s` or more for each/)
  })

  it('is refused for a device that cannot be read within its timeout', () => {
    const [fault] = check(device('a', 1_400, 'every: 10 s'))
    assert.match(fault?.message ?? '', /takes 1.4 s .* `timeout: 3 s`/)
    assert.equal(fault?.line, 5)
  })

  it('counts nothing that is not read', () => {
    assert.deepEqual(check(device('a', 900) + device('b', 900, 'enabled: false')), [])
  })

  it('adds up each bus by itself, and says how much longer unlike intervals have to be', () => {
    const loads = busLoads([
      { device: 'a', bus: 'x', every: 1_000, airtime: 900 },
      { device: 'b', bus: 'x', every: 2_000, airtime: 900 },
      { device: 'c', bus: 'y', every: 1_000, airtime: 500 },
      { device: 'd', bus: 'z', every: 1_000, airtime: 0 },
    ])
    assert.deepEqual(
      loads.map(({ bus, busy }) => [bus, busy]),
      [
        ['x', 1.35],
        ['y', 0.5],
      ],
    )
    assert.match(overload(loads[0] as (typeof loads)[0]), /make the intervals 1.5 times as long/)
  })
})
