import assert from 'node:assert/strict'
import { it } from 'node:test'
import { HabtwinError } from '@habtwin/contract'
import { z } from 'zod'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'
import type { DriverKeys } from './schema.ts'

/** A wire for one device, which must not be told to measure in miles. */
const wire: DriverKeys = {
  name: 'wire',
  simulated: false,
  rides: ['wire'],
  options: z.object({ points: z.record(z.string(), z.object({ unit: z.string() })).optional() }),
  bus: { options: z.object({}) },
  describe(options, bus, every) {
    const { points } = options as { points?: Record<string, { unit: string }> }
    if (points?.co2?.unit === 'mi')
      throw new HabtwinError('config/unit', 'mi does not convert to ppm', { where: 'points.co2.unit' })
    if ((bus?.devices.length ?? 0) > 1)
      throw new HabtwinError('config/invalid', `not alone: ${bus?.devices}`, { where: 'wire' })
    if (every < 1_000) throw new HabtwinError('config/invalid', 'too often')
    return { points: {} }
  },
}

const check = (devices: string) => {
  const text = `zones: { crew: {} }\nbuses:\n  rs485: { driver: wire }\n  other: { driver: wire }\ndevices:\n${devices}`
  try {
    parseConfig(text, 'sam.yaml', [wire], {})
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.faults.map(({ path, code, line }) => [path, code, line])
    throw error
  }
}
const device = (name: string, more: string) => `  ${name}: { zone: crew, driver: wire, ${more} }\n`

it('what a driver says of its device is told by the check, with its place', () => {
  assert.deepEqual(check(device('a', 'bus: rs485') + device('b', 'bus: rs485, enabled: false')), [])
  assert.deepEqual(
    check(
      device('a', 'bus: rs485') + device('b', 'bus: rs485') + device('c', 'bus: other, points: { co2: { unit: mi } }'),
    ),
    [
      ['devices.a', 'config/invalid', 6],
      ['devices.b', 'config/invalid', 7],
      ['devices.c.points.co2.unit', 'config/unit', 8],
    ],
  )
  assert.deepEqual(check(device('a', 'bus: other, every: 10 ms')), [['devices.a', 'config/invalid', 6]])
})
