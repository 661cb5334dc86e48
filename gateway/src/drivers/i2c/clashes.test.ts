import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { type ConfigError, parseConfig } from '@habtwin/runtime'
import { loadDrivers } from '../fleet.ts'

/** Faults of a file with these devices on one bus. */
async function faultsOf(devices: string): Promise<string[]> {
  const drivers = [...(await loadDrivers(['i2c', 'bme280', 'bmp388', 'scd30'])).values()]
  const text = `zones: { crew: {} }\nbuses: { wire: { driver: i2c } }\ndevices:\n${devices}`
  try {
    parseConfig(text, 'h.yaml', drivers, {})
    return []
  } catch (error) {
    if (!isHabtwinError(error)) throw error
    return (error as ConfigError).faults.map(({ line, path, message }) => `${line} ${path}: ${message}`)
  }
}

const device = (name: string, keys: string) => `  ${name}: { zone: crew, bus: wire, ${keys} }\n`

describe('a configuration of I2C', () => {
  it('may have one address behind each channel, and on no two devices that are heard together', async () => {
    assert.deepEqual(
      await faultsOf(
        device('a', 'driver: bme280, mux: { channel: 0 }') +
          device('b', 'driver: bme280, mux: { channel: 1 }') +
          device('c', 'driver: bme280, mux: { address: 0x71, channel: 1 }') +
          device('d', 'driver: bmp388') +
          device('off', 'driver: bmp388, enabled: false'),
      ),
      [],
    )
  })

  it('is refused with two devices at one place, with the line of the second', async () => {
    const faults = await faultsOf(device('a', 'driver: bme280') + device('b', 'driver: bmp388, address: 0x76'))
    assert.equal(faults.length, 1)
    assert.match(faults[0] as string, /^5 devices.b: a is at 0x76 already, and they cannot be told apart/)
  })

  it('is refused with a device in front of a multiplexer that answers along with one behind it', async () => {
    const faults = await faultsOf(device('a', 'driver: bme280, mux: { channel: 2 }') + device('b', 'driver: bme280'))
    assert.match(faults.join(), /a is at 0x76 behind channel 2 of 0x70 already, and one in front/)
  })
})
