import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'
import type { DriverKeys } from './schema.ts'

const air = { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' }, humidity: { unit: '%' }, o2: { unit: '%' } }
const drivers: DriverKeys[] = [
  { name: 'air', simulated: false, options: z.object({}), describe: () => ({ points: air }) },
  {
    name: 'meter',
    simulated: false,
    options: z.object({ gauge: z.string().default('W') }),
    describe: (options) => ({
      points: { power: { unit: 'W' }, state: { unit: '1' }, gauge: { unit: (options as { gauge: string }).gauge } },
    }),
  },
]

const file = (air: string, meter = '') => `zones: { crew: {} }
devices:
  air: { zone: crew, driver: air${air === '' ? '' : `, ${air}`} }
  meter: { zone: crew, driver: meter${meter === '' ? '' : `, ${meter}`} }
`
const of = (air: string, meter = '') => {
  const { devices } = parseConfig(file(air, meter), 'habitat.yaml', drivers, {})
  return { air: devices.air?.conditioning, meter: devices.meter?.conditioning }
}

function faults(air: string, meter = ''): string[] {
  try {
    parseConfig(file(air, meter), 'habitat.yaml', drivers, {})
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.faults.map(({ line, code, path, message }) => `${line} ${code} ${path}: ${message}`)
  }
  assert.fail('the configuration was accepted')
}

test('all of it comes out in the units of the points', () => {
  const { air } = of(
    `calibrate: { co2: { offset: 12000 ppb, gain: 1.02, points: [[400, 412], [0.2 %, 2050 ppm]], date: 2026-11-01, by: ada, due: 180 d },
         temperature: { offset: -1.8 °F } },
       expect: { co2: { range: [300 ppm, 2 %], rate: 500 ppm/min, flat: 30 min }, temperature: { rate: { per_minute: 2 K } } },
       warmup: 3 min, report: { co2: { deadband: 5 ppm }, temperature: { deadband: 0.2 K } }`,
  )
  assert.deepEqual(air, {
    calibrate: {
      co2: {
        ...{ offset: 12, gain: 1.02, date: '2026-11-01', by: 'ada', due: '2027-04-30' },
        points: [
          [400, 412],
          [2_000, 2_050],
        ],
      },
      temperature: { offset: -1 },
    },
    expect: { co2: { range: [300, 20_000], perMinute: 500, flat: 1_800_000 }, temperature: { perMinute: 2 } },
    derive: [],
    warmup: 180_000,
    report: { deadbands: { co2: 5, temperature: 0.2 }, heartbeat: 60_000 },
  })
  assert.deepEqual(of('').air, { calibrate: {}, expect: {}, derive: [] })
})

test('a rate may be given by the second, the minute, the hour or the day', () => {
  for (const [written, expected] of [
    ['30 W/s', 1_800],
    ['0.03 kW/min', 30],
    ['60 W / h', 1],
    ['1440 W/d', 1],
  ] as const) {
    const perMinute = of('', `expect: { power: { rate: ${written} } }`).meter?.expect.power?.perMinute ?? 0
    assert.ok(Math.abs(perMinute - expected) < 1e-9, `${written} is ${perMinute}`)
  }
})

test('derived points are reckoned in the order of the file, the correction of CO2 first', () => {
  const { air, meter } = of(
    `derive: { dew-point: true, vpd: false, pco2: true, co2: pressure-corrected, twice: { expression: "dew-point * 2", unit: Cel } }`,
    `derive: { total: { expression: "power + 2 * air:twice", unit: kW, label: All }, state-shown: { expression: "1 - state" } }`,
  )
  assert.deepEqual(
    air?.derive.map(({ point }) => point),
    ['co2', 'dew-point', 'pco2', 'twice'],
  )
  assert.deepEqual(meter?.derive[0], {
    kind: 'expression',
    point: 'total',
    expression: 'power + 2 * air:twice',
    unit: 'kW',
    label: 'All',
  })
})

test('a point that only its driver knows has the unit that the driver gives it', () => {
  assert.equal(of('', 'gauge: psi, calibrate: { gauge: { offset: 1 bar } }').meter?.calibrate.gauge?.offset?.toFixed(2), '14.50') // biome-ignore format: one line
  assert.deepEqual(of('', 'report: { state: { deadband: 1 } }').meter?.report?.deadbands, { state: 1 })
})

test('whatever cannot be meant is told with its place, beside the other faults of the file', () => {
  for (const [air, meter, expected] of [
    ['calibrate: { co2: { offset: 12 } }', '', /^3 config\/unit devices.air.calibrate.co2.offset: "12" has no unit/],
    ['calibrate: { co2: { offset: 1 kg } }', '', /^3 config\/unit .*"1 kg" is no figure of it/],
    ['calibrate: { co3: { gain: 2 } }', '', /^3 config\/unknown-reference devices.air.calibrate.co3: .*it measures co2, temp/], // biome-ignore format: one line
    ['calibrate: { co2: { gain: 0 } }', '', /^3 config\/invalid devices.air.calibrate.co2.gain/],
    ['calibrate: { co2: { points: [[400, 500], [800, 450]] } }', '', /^3 config\/invalid .*points: .*rise/],
    ['calibrate: { co2: { points: [[400, 500], [400, 600]] } }', '', /^3 config\/invalid .*points: .*twice/],
    ['calibrate: { co2: { date: 2026-13-01 } }', '', /^3 config\/invalid .*date: .*2026-11-01/],
    ['calibrate: { co2: { gain: 1.1, due: 180 d } }', '', /^3 config\/invalid .*due: due needs/],
    ['expect: { co2: { range: [2 %, 300 ppm] } }', '', /^3 config\/invalid .*range: the lower/],
    ['expect: { co2: { rate: 500 ppm } }', '', /^3 config\/unit .*rate: "500 ppm" is no rate/],
    ['expect: { co2: { rate: -5 ppm/min } }', '', /^3 config\/invalid .*rate: /],
    ['expect: { co2: { flat: 30 } }', '', /^3 config\/unit .*flat: "30" has no unit/],
    ['expect: { co2: { flatt: 30 min } }', '', /^3 config\/unknown-key .*flatt/],
    ['derive: { wetness: true }', '', /^3 config\/invalid .*nobody knows how to reckon wetness/],
    ['', 'derive: { vpd: true }', /^4 config\/invalid .*has no temperature, no humidity/],
    ['derive: { co2: true }', '', /^3 config\/invalid .*measures co2 itself/],
    ['derive: { o2: pressure-corrected }', '', /^3 config\/invalid .*only co2/],
    ['', 'derive: { x: { expression: "power +" } }', /^4 config\/invalid .*expression: .*missing at its end \(character 8\)/], // biome-ignore format: one line
    ['', 'derive: { x: { expression: "power-state" } }', /^4 config\/unknown-reference .*spaces around its minus/],
    ['', 'derive: { x: { expression: "x + 1" } }', /^4 config\/unknown-reference .*has no x before itself/],
    ['', 'derive: { x: { expression: "lamp:power" } }', /^4 config\/unknown-reference .*no device "lamp" that is used/],
    ['', 'derive: { x: { expression: "air:power" } }', /^4 config\/unknown-reference .*air has no power; it has co2/],
    ['', 'derive: { x: { expression: "power", unit: furlong } }', /^4 config\/invalid .*unit: .*no unit/],
    ['', 'derive: { temperature: { expression: "power", unit: W } }', /^4 config\/unit .*unit: temperature is in Cel/],
    ['report: { co2: { deadband: 5 } }', '', /^3 config\/unit .*deadband/],
    ['report: { power: { deadband: 5 W } }', '', /^3 config\/unknown-reference devices.air.report.power/],
    ['report: { co2: { deadband: -5 ppm } }', '', /^3 config\/invalid .*deadband/],
    ['every: 10, derive: { x: { expression: "" } }', '', /config\/invalid .*expression: .*missing/],
  ] as const) {
    const found = faults(air, meter)
    assert.ok(found.some((one) => expected.test(one)), `${expected} is not among\n${found.join('\n')}`) // biome-ignore format: one line
  }
})
