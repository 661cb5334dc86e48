import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'
import { duration } from './quantity.ts'
import type { DriverKeys } from './schema.ts'

const drivers: DriverKeys[] = [
  {
    name: 'virtual',
    simulated: true,
    options: z.object({ instrument: z.string() }),
    bus: { options: z.object({ seed: z.int().default(1) }) },
  },
  {
    name: 'meter',
    simulated: false,
    options: z.object({ unit: z.int(), gap: duration().optional() }),
    bus: { options: z.object({ host: z.string() }) },
  },
]

const good = `
habitat: { id: sam, label: SAM, pressure: 879 hPa, timezone: America/Phoenix }
mission: { epoch: 2026-11-20T07:00:00-07:00, day: 24 h }
zones:
  greenhouse: { volume: 480 m3, plants: { lettuce: 4 m2 }, limits: { co2: { caution: 6 mmHg } } }
  crew: { volume: 272000 L, crew: 4 }
buses:
  hab: { driver: virtual }
devices:
  gh-air: { zone: greenhouse, driver: virtual, bus: hab, instrument: air, every: 10 s }
`

function faultsOf(text: string, env: NodeJS.ProcessEnv = {}) {
  try {
    parseConfig(text, 'habitat.yaml', drivers, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  assert.fail('the configuration was accepted')
}

test('quantities come out in one unit, whatever unit they were written in', () => {
  const config = parseConfig(good, 'habitat.yaml', drivers, {})
  assert.equal(config.zones.crew?.volume, 272)
  assert.equal(config.devices['gh-air']?.every, 10_000)
  assert.equal(config.mission?.epoch, Date.UTC(2026, 10, 20, 14))
  const caution = config.zones.greenhouse?.limits.co2?.caution?.above ?? 0
  assert.ok(Math.abs(caution - 9100.5) < 1, `6 mmHg at 879 hPa is about 9,100 ppm, not ${caution}`)
  assert.deepEqual(config.broker.mqtt, { host: '127.0.0.1', port: 1883, insecure: false, tls: false })
  assert.equal(config.simulated, true)
})

test('all faults are reported at once, each with line, column and code', () => {
  const text = `habitat: { id: sam, presure: 879 hPa }
zones:
  crew: { volume: 272 kg }
devices:
  crew: { zone: crew, driver: meter, bus: nowhere, unit: 1 }
  b: { zone: attic, driver: meter, unit: 1, every: 10 }
  c: { zone: crew, driver: teapot }
  c: { zone: crew, driver: meter, unit: 2 }
  twin: { zone: crew, driver: meter, unit: 3 }
`
  const found = faultsOf(text).map((fault) => `${fault.line}:${fault.column} ${fault.code} ${fault.path}`)
  for (const expected of [
    '1:21 config/unknown-key habitat.presure',
    '3:19 config/unit zones.crew.volume',
    '5:3 config/duplicate-id devices.crew',
    '5:43 config/unknown-reference devices.crew.bus',
    '6:14 config/unknown-reference devices.b.zone',
    '6:52 config/unit devices.b.every',
    '8:3 config/duplicate-id ',
    '9:3 config/duplicate-id devices.twin',
  ]) {
    assert.ok(
      found.some((line) => line.startsWith(expected)),
      `${expected} is not among\n${found.join('\n')}`,
    )
  }
})

test('an unknown driver is told with the list of those that there are', () => {
  const [fault] = faultsOf('zones: { a: {} }\ndevices: { d: { zone: a, driver: teapot } }')
  assert.equal(fault?.code, 'config/unknown-driver')
  assert.match(fault?.message ?? '', /virtual, meter/)
})

test('an open listener is refused unless it says that it is insecure', () => {
  assert.equal(faultsOf('broker: { mqtt: "*:1883" }')[0]?.code, 'config/insecure')
  const config = parseConfig('broker: { mqtt: { address: "*:1883", insecure: true } }', 'f', drivers, {})
  assert.deepEqual(config.broker.mqtt, { host: '0.0.0.0', port: 1883, insecure: true, tls: false })
})

test('a secret in the file is refused, by environment it is taken', () => {
  const influx = 'influx: { url: "http://127.0.0.1:8086", org: hab, bucket: habitat'
  assert.match(faultsOf(`${influx}, token: abc }`)[0]?.message ?? '', /secret/)
  const config = parseConfig(`${influx} }`, 'f', drivers, { HABTWIN_INFLUX__TOKEN: '12345' })
  assert.equal(config.influx?.token, '12345')
})

test('a fault that came by the environment names its variable', () => {
  const [fault] = faultsOf('habitat: { id: sam }', { HABTWIN_BROKER__MQTT: 'nonsense' })
  assert.match(fault?.message ?? '', /HABTWIN_BROKER__MQTT/)
  assert.equal(fault?.line, undefined)
})

test('broken YAML is told with its place', () => {
  const [fault] = faultsOf('habitat:\n  id: "sam\n')
  assert.equal(fault?.code, 'config/syntax')
  assert.ok((fault?.line ?? 0) > 0)
})
