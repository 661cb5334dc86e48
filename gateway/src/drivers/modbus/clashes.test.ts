import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { type ConfigError, parseConfig } from '@habtwin/runtime'
import { loadDrivers } from '../fleet.ts'

/** Faults of a file with these devices on one bus. */
async function faultsOf(devices: string): Promise<string[]> {
  const drivers = [
    ...(await loadDrivers(['modbus-rtu', 'modbus-tcp', 'sdm120', 'sdm630', 'analog-input', 'relay-module'])).values(),
  ]
  const text = `zones: { crew: {} }\nbuses: { wire: { driver: modbus-rtu, path: /dev/ttyUSB0 } }\ndevices:\n${devices}`
  try {
    parseConfig(text, 'h.yaml', drivers, {})
    return []
  } catch (error) {
    if (!isHabtwinError(error)) throw error
    return (error as ConfigError).faults.map(({ line, path, message }) => `${line} ${path}: ${message}`)
  }
}

const device = (name: string, keys: string) => `  ${name}: { zone: crew, bus: wire, every: 1 min, ${keys} }\n`

describe('a configuration of Modbus', () => {
  it('is refused with two instruments of one number, with the line of the second', async () => {
    const faults = await faultsOf(device('a', 'driver: sdm120') + device('b', 'driver: sdm630'))
    assert.deepEqual(faults, ['5 devices.b: a is unit 1 of this bus already; set one of them to another number'])
  })

  it('is refused with one instrument twice, but for other points of it', async () => {
    const twice = device('a', 'driver: sdm120, unit: 7') + device('b', 'driver: sdm120, unit: 7')
    assert.equal((await faultsOf(twice)).length, 1)
    const split =
      device('a', 'driver: sdm120, unit: 7, points: [power]') + device('b', 'driver: sdm120, unit: 7, points: [energy]')
    assert.deepEqual(await faultsOf(split), [])
  })

  it('may have one module in several entries: channels of two zones, or inputs and relays', async () => {
    const module =
      device('a', 'driver: analog-input, unit: 3, channels: { level: { channel: 1, from: 0, to: 100, unit: "%" } }') +
      device('b', 'driver: analog-input, unit: 3, channels: { level: { channel: 2, from: 0, to: 100, unit: "%" } }') +
      device('c', 'driver: relay-module, unit: 3')
    assert.deepEqual(await faultsOf(module), [])
  })

  it('takes no account of a device that is switched off', async () => {
    assert.deepEqual(await faultsOf(device('a', 'driver: sdm120') + device('b', 'driver: sdm120, enabled: false')), [])
  })
})
