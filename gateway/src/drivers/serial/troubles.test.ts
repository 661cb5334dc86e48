/** The troubles of serial lines in the field, each with the state and the words that people see. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeviceHealth } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Scheduler, type Stamped } from '../../scheduler/scheduler.ts'
import { SerialLine, type SerialPeer } from '../../simulated/line.ts'
import { PlantowerPeer } from '../../simulated/serial/plantower.ts'
import { WinsenPeer } from '../../simulated/serial/winsen.ts'
import type { Driver } from '../driver.ts'
import mhz19 from '../mhz19.ts'
import pms5003 from '../pms5003.ts'
import { SerialBus } from './bus.ts'

const settings = { path: '/dev/serial/by-id/usb-1', baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const

/** One device under the scheduler, a second between its readings; `plugged` says whether its adapter is there. */
function rig(driver: Driver, peer: SerialPeer, plugged = true) {
  const clock = new TestClock()
  const line = new SerialLine({ clock, peers: [peer], random: () => 0.3 })
  if (!plugged) line.unplug()
  const bus = new SerialBus(settings, async () => {
    if (!line.plugged) throw new HabtwinError('device/unreachable', `there is no ${settings.path}`)
    return line.open()
  })
  const health: DeviceHealth[] = []
  const samples: Stamped[] = []
  const options = driver.options.parse({})
  const habitat = { pressure: 1_013, timezone: 'UTC', zones: {} }
  const about = { id: 'it', zone: 'crew', clock, habitat, options, bus, every: 1_000, nearby: () => undefined }
  const scheduler = new Scheduler({
    clock,
    devices: [
      {
        ...{ id: 'it', every: 1_000, timeout: 500, bus: 'wire' },
        points: driver.describe(options, undefined, 1_000).points,
        open: (signal) => driver.open({ ...about, signal, report: () => {} }),
      },
    ],
    sink: { onSample: (_, sample) => void samples.push(sample), onHealth: (_, told) => void health.push(told) },
    backoff: { random: () => 0 },
  })
  const abort = new AbortController()
  const running = scheduler.run(abort.signal)
  return {
    ...{ clock, line, samples, health },
    told: () => health.map(({ state, reason }) => (reason === undefined ? state : `${state}: ${reason}`)),
    async [Symbol.asyncDispose]() {
      abort.abort()
      await running
      await bus[Symbol.asyncDispose]()
      assert.equal(clock.pending, 0)
    },
  }
}

const co2 = () => new WinsenPeer((point) => (point === 'co2' ? 812 : 22))
const dust = () => new PlantowerPeer(() => 8)

describe('a serial line in the field', () => {
  it('that is pulled out in the middle of a frame gives no reading of it, says so, and is back within 5 s', async () => {
    await using it = rig(mhz19, co2())
    // the answer to the second question is on the line from 1,009 to 1,018
    await it.clock.advance(1_014)
    it.line.unplug()
    await it.clock.advance(60_000)
    assert.equal(it.samples.length, 1)
    assert.deepEqual(it.told(), [
      'ok',
      'down: the simulated line was unplugged',
      'down: there is no /dev/serial/by-id/usb-1',
    ])
    it.line.replug()
    await it.clock.advance(5_000)
    assert.ok(it.samples.length > 1)
    assert.equal(it.told().at(-1), 'ok')
  })

  it('whose adapter comes later than the gateway is found when it comes', async () => {
    await using it = rig(mhz19, co2(), false)
    await it.clock.advance(3_600_000)
    assert.deepEqual(it.told(), ['down: there is no /dev/serial/by-id/usb-1'])
    it.line.replug()
    await it.clock.advance(5_000)
    assert.equal(it.told().at(-1), 'ok')
  })

  it('whose bytes come damaged is degraded, then down, and never says a figure', async () => {
    await using it = rig(mhz19, co2())
    it.line.corrupt(1)
    await it.clock.advance(1_800)
    const said = '9 bytes came that are no answer; is the baud rate right?'
    assert.deepEqual(it.told(), [`degraded: ${said}`, `down: ${said}`])
    assert.equal(it.samples.length, 0)
    it.line.corrupt(0)
    await it.clock.advance(5_000)
    assert.equal(it.told().at(-1), 'ok')
  })

  it('on which nobody answers is degraded, then down', async () => {
    await using it = rig(mhz19, co2())
    it.line.freeze(true)
    await it.clock.advance(1_800)
    assert.deepEqual(it.told(), ['degraded: it did not answer', 'down: it did not answer'])
  })

  it('whose instrument falls silent is down, and its last figure is not said again', async () => {
    await using it = rig(pms5003, dust())
    await it.clock.advance(3_500)
    const { length } = it.samples
    assert.ok(length > 0)
    it.line.freeze(true)
    await it.clock.advance(60_000)
    assert.equal(it.samples.length, length)
    assert.deepEqual(it.told(), ['ok', 'down: nothing came in 10 s'])
    it.line.freeze(false)
    await it.clock.advance(45_000)
    assert.equal(it.told().at(-1), 'ok')
  })

  it('on which another instrument is now gives no reading at all', async () => {
    await using it = rig(mhz19, dust())
    await it.clock.advance(30_000)
    assert.equal(it.samples.length, 0)
    assert.deepEqual(
      it.health.map(({ state }) => state).filter((state) => state === 'ok'),
      [],
    )
    assert.equal(it.health.at(-1)?.state, 'down')
  })
})
