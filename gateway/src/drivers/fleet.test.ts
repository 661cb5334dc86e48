import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { Fleet, type FleetBus, type FleetDevice } from './fleet.ts'

const load = (buses: Record<string, FleetBus>, devices: Record<string, FleetDevice>) =>
  Fleet.load({
    clock: new TestClock(),
    habitat: { pressure: 1013, timezone: 'UTC', zones: { crew: {} } },
    buses,
    devices,
    report: () => {},
  })

const device = (keys: object): FleetDevice => ({
  zone: 'crew',
  driver: 'virtual',
  every: 1_000,
  timeout: 1_000,
  ...keys,
})
const habitat = { driver: 'virtual', seed: 1, speed: 1, remember: 0 }

describe('fleet', () => {
  it('describes every device without touching one', async () => {
    await using fleet = await load({ habitat }, { air: device({ bus: 'habitat', instrument: 'air' }) })
    const [air] = fleet.members
    assert.deepEqual(
      [air?.id, air?.driver, air?.simulated, air?.pace, air?.bus],
      ['air', 'virtual', true, 1, 'habitat'],
    )
    assert.deepEqual(Object.keys(air?.points ?? {}), ['co2', 'temperature', 'humidity'])
  })

  it('lets a habitat be disturbed by the devices that are in it', async () => {
    await using fleet = await load(
      { habitat, other: habitat },
      {
        air: device({ bus: 'habitat', instrument: 'air' }),
        far: device({ bus: 'other', instrument: 'air' }),
        handle: device({ bus: 'habitat', instrument: 'habitat' }),
      },
    )
    assert.deepEqual(fleet.members[2]?.points.unplug?.writable, ['none', 'air', 'handle'])
  })

  it('refuses a device without the bus that its driver needs, and a bus that is none', async () => {
    const wrong = { code: 'config/unknown-reference' }
    await assert.rejects(load({}, { air: device({ instrument: 'air' }) }), wrong)
    await assert.rejects(
      load({ wire: { driver: 'modbus-tcp', host: 'x', port: 1 } }, { air: device({ bus: 'wire', instrument: 'air' }) }),
      wrong,
    )
    await assert.rejects(load({ csv: { driver: 'replay' } }, {}), wrong)
  })

  it('opens a bus once for all devices on it, and closes it at the end', async () => {
    const saved: string[] = []
    const fleet = await Fleet.load({
      clock: new TestClock(),
      habitat: { pressure: 1013, timezone: 'UTC', zones: { crew: {} } },
      buses: { habitat },
      devices: { a: device({ bus: 'habitat', instrument: 'air' }), b: device({ bus: 'habitat', instrument: 'air' }) },
      state: (name) => ({ load: () => undefined, save: () => saved.push(name) }),
      report: () => {},
    })
    const signal = new AbortController().signal
    for (const member of fleet.members) await member.open(signal)
    await fleet[Symbol.asyncDispose]()
    await fleet[Symbol.asyncDispose]()
    // the habitat keeps itself when it is closed, so once
    assert.deepEqual(saved, ['bus/habitat'])
  })
})
