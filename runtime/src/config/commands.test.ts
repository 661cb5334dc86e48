import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DevicePoint } from '@habtwin/contract'
import { z } from 'zod'
import { allowedText, allows, parseRate, pointCommands, resolveCommands } from './commands.ts'
import { configChanges } from './diff.ts'
import { ConfigError } from './faults.ts'
import { parseConfig } from './load.ts'
import type { DriverKeys } from './schema.ts'

const points: Record<string, Record<string, DevicePoint>> = {
  heater: { state: { unit: '1', writable: [0, 1] }, temperature: { unit: 'Cel', writable: { min: 5, max: 35 } } },
  sensor: { temperature: { unit: 'Cel' }, smoke: { unit: '1' } },
}
const drivers: DriverKeys[] = Object.entries(points).map(([name, own]) => ({
  ...{ name, simulated: true, options: z.object({}) },
  describe: () => ({ points: own }),
}))

function load(devices: string) {
  return parseConfig(`zones: { crew: { volume: 10 m3 } }\ndevices:\n${devices}`, 'h.yaml', drivers, {})
}

/** Faults as `line:column path: message`. */
function faults(devices: string): string[] {
  try {
    load(devices)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.faults.map(({ line, column, path, message }) => `${line}:${column} ${path.replace(/^devices\./, '')}: ${message}`) // biome-ignore format: one line
  }
}

describe('what may be set', () => {
  it('is a list, or a range whose steps are counted from its lower end', () => {
    assert.ok(allows([0, 1], 1) && !allows([0, 1], true) && !allows([0, 1], '1'))
    const range = { min: 15.1, max: 28, step: 0.1 }
    for (const value of [15.1, 15.4, 20.3, 28]) assert.ok(allows(range, value), `${value}`)
    for (const value of [15, 28.1, 20.35, Number.NaN, Number.POSITIVE_INFINITY, '20.3'])
      assert.ok(!allows(range, value))
    assert.equal(allowedText(range, 'Cel'), '15.1 to 28 °C in steps of 0.1 °C')
    assert.equal(allowedText([0, 1, 2], '1'), '0, 1 or 2')
  })

  it('has a rate in words', () => {
    assert.deepEqual(parseRate('6 per minute'), { count: 6, per: 60_000, text: '6 per minute' })
    assert.equal(parseRate('10/h')?.per, 3_600_000)
    assert.deepEqual([parseRate('often'), parseRate('0 per hour'), parseRate('6 per fortnight')], [undefined, undefined, undefined]) // biome-ignore format: one line
  })

  it('is reckoned in the units of the points, differences as differences', () => {
    const written = pointCommands.parse({
      ...{ range: { min: '59 °F', max: '28 °C', step: '0.9 °F' }, safe: '18 °C', tolerance: '1.8 °F', for: '30 min' },
      refuse_when: [{ device: 'sensor', point: 'temperature', above: '95 °F' }],
    })
    const policy = resolveCommands('temperature', points.heater?.temperature as DevicePoint, written, (device) => points[device], assert.fail) // biome-ignore format: one line
    assert.ok('min' in policy.writable)
    assert.deepEqual([policy.writable.min, policy.writable.max, policy.safe, policy.hold], [15, 28, 18, 1_800_000])
    assert.ok(Math.abs((policy.writable.step ?? 0) - 0.5) < 1e-9 && Math.abs((policy.tolerance ?? 0) - 1) < 1e-9)
    assert.equal(policy.conditions[0]?.above, 35)
  })
})

describe('a configuration with commands', () => {
  it('that is right is taken as it is', () => {
    const config = load(`  sensor: { zone: crew, driver: sensor }
  heater:
    zone: crew
    driver: heater
    commands:
      state:
        safe: 0
        for: 30 min
        at_most: 6 per minute
        trip: true
        refuse_when:
          - { device: sensor, point: smoke, above: 0.5, because: there is smoke }
          - { device: sensor, point: temperature, above: 35 °C }
`)
    assert.equal(config.devices.heater?.commands?.state?.trip, true)
  })

  it('tells each fault with its line and column', () => {
    assert.deepEqual(
      faults(`  sensor: { zone: crew, driver: sensor }
  heater:
    zone: crew
    driver: heater
    commands:
      nothing: { safe: 0 }
      state:
        for: 30
        at_most: often
      temperature:
        safe: 40 °C
        refuse_when:
          - { device: nobody, point: smoke, above: 1 }
          - { device: sensor, point: co2, above: 1 ppm }
          - { device: sensor, point: temperature, above: 35 ppm }
          - { device: sensor, point: temperature, above: 35 }
          - { device: sensor, point: smoke }
`),
      [
        '8:16 heater.commands.nothing: heater has no nothing; it has state, temperature',
        '10:14 heater.commands.state.for: "30" has no unit; write for example `30 min`',
        '11:18 heater.commands.state.at_most: write for example `6 per minute`',
        '13:15 heater.commands.temperature.safe: 40 is not among what temperature may be set to (5 to 35 °C)',
        '15:23 heater.commands.temperature.refuse_when.0.device: there is no device "nobody" that is used',
        '16:38 heater.commands.temperature.refuse_when.1.point: sensor has no co2; it has temperature, smoke',
        '17:58 heater.commands.temperature.refuse_when.2.above: "35 ppm" is no Temperature; give it in °C or a unit that converts to it',
        '18:58 heater.commands.temperature.refuse_when.3.above: "35" is no Temperature; give it in °C or a unit that converts to it',
        '19:13 heater.commands.temperature.refuse_when.4: say when: `above:`, `below:` or `is:`',
      ],
    )
  })

  it('asks for the safe value where something has to fall back to it', () => {
    assert.deepEqual(
      faults(`  sensor: { zone: crew, driver: sensor, commands: { smoke: { safe: 0 } } }
  heater: { zone: crew, driver: heater, commands: { state: { for: 1 h, trip: true }, temperature: { allow: [50 °C] } } }
`),
      [
        '3:60 sensor.commands.smoke: smoke can only be read: its driver has nothing that sets it',
        '4:67 heater.commands.state.for: for needs `safe:`, the value of state that does no harm',
        '4:78 heater.commands.state.trip: trip needs `refuse_when:`, what it is to go by',
        '4:109 heater.commands.temperature.allow.0: the driver sets temperature to 5 to 35 °C only',
      ],
    )
  })
})

describe('a changed configuration', () => {
  const written = (text: string, env: NodeJS.ProcessEnv = {}) => ({ text, config: parseConfig(text, 'h.yaml', drivers, env) }) // biome-ignore format: one line
  const words = (a: string, b: string) => configChanges(written(a), written(b)).map((one) => `${one.words} [${one.needs}]`) // biome-ignore format: one line

  it('is told in the words of the files, each with who has to begin anew for it', () => {
    const before = `habitat: { id: sam, label: SAM }
zones: { crew: { volume: 10 m3, limits: { co2: { caution: 6 mmHg } } } }
devices:
  heater: { zone: crew, driver: heater, every: 5 s }
  old: { zone: crew, driver: sensor }
`
    const after = `# a remark
habitat: { id: sam2, label: SAM }
zones: { crew: { volume: 10 m3, limits: { co2: { caution: 5 mmHg } } } }
devices:
  heater: { zone: crew, driver: heater, every: 1 s, label: Warm }
  gh-air2: { zone: crew, driver: sensor }
broker: { mqtt: 1884 }
`
    assert.deepEqual(words(before, after), [
      'habitat.id: sam → sam2 [gateway]',
      'zones.crew.limits.co2.caution: 6 mmHg → 5 mmHg [sim]',
      'devices.heater.every: 5 s → 1 s [nothing]',
      'devices.heater.label: not given → Warm [sim]',
      'gone: devices.old [nothing]',
      'new: devices.gh-air2 [nothing]',
      'broker: not given → {"mqtt":1884} [gateway]',
    ])
  })

  it('that means the same is no change', () => {
    const text = (every: string) => `zones: { crew: {} }\ndevices: { heater: { zone: crew, driver: heater, every: ${every} } }` // biome-ignore format: one line
    assert.deepEqual(words(text('60 s'), text('1 min')), [])
    assert.deepEqual(
      words(text('10 s'), 'zones: { crew: {} }\ndevices: { heater: { zone: crew, driver: heater } }'),
      [],
    )
  })

  it('does not tell secrets', () => {
    const text = 'influx: { url: "http://127.0.0.1:1", org: a }'
    const before = written(text, { HABTWIN_INFLUX__TOKEN: 'secret-1' })
    const after = written(text, { HABTWIN_INFLUX__TOKEN: 'secret-2' })
    assert.deepEqual(configChanges(before, after).map((one) => one.words), ['influx.token: (secret) → (secret)']) // biome-ignore format: one line
  })
})
