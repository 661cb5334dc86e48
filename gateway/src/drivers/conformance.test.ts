import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { generate, registryFile } from '../../../scripts/gen-drivers.ts'
import { conforms, type Stand } from './conformance.ts'
import type { OutsideMessage } from './driver.ts'
import { loadDrivers } from './fleet.ts'
import { i2cStands } from './i2c/stands.ts'
import { modbusStands } from './modbus/stands.ts'
import { registry } from './registry.generated.ts'
import { serialStands } from './serial/stands.ts'
import { textStands } from './text/stands.ts'

const stands: Record<string, () => Promise<Stand>> = {
  ...serialStands,
  ...i2cStands,
  ...textStands,

  async virtual() {
    return { device: { instrument: 'air' }, bus: { seed: 3 }, [Symbol.asyncDispose]: async () => {} }
  },

  ...(await modbusStands()),

  async outside() {
    // publishes as soon as somebody takes it
    const inbox = {
      open(_device: string, take: (message: OutsideMessage) => void) {
        const soon = setImmediate(() => take({ point: undefined, text: '{"co2": 812.4, "temperature": "warm"}' }))
        return { [Symbol.dispose]: () => clearImmediate(soon) }
      },
    }
    return { device: { points: { co2: {}, temperature: {} } }, inbox, [Symbol.asyncDispose]: async () => {} }
  },

  async replay() {
    const folder = await mkdtemp(join(tmpdir(), 'habtwin-replay-'))
    const file = join(folder, 'co2.csv')
    await writeFile(file, 'date,CO2\n2026-01-01 00:00:00,800\n2026-01-01 00:01:00,810\n')
    return {
      device: { file, time: 'date', columns: { co2: 'CO2' } },
      absent: { device: { file: join(folder, 'nothing.csv') } },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
    }
  },
}

/** Buses that are no devices: what rides on them is put through the suite. */
const busesAlone = ['serial', 'i2c', 'w1']

describe('drivers', () => {
  it('are registered as they lie in the folder', () => {
    assert.equal(readFileSync(registryFile, 'utf8'), generate())
  })

  it('carry the name of their file, and each is put through the conformance suite', async () => {
    for (const [name, load] of Object.entries(registry)) assert.equal((await load()).name, name)
    assert.deepEqual(Object.keys(registry).sort(), [...Object.keys(stands), ...busesAlone].sort())
  })

  it('that do not exist are answered with those that do', async () => {
    await assert.rejects(loadDrivers(['scd99']), { code: 'config/unknown-driver', message: /scd99.*modbus-tcp/ })
  })
})

for (const [name, driver] of await loadDrivers()) {
  const stand = stands[name]
  if (stand !== undefined) conforms(driver, stand)
}
