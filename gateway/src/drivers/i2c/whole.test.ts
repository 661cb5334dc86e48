import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeviceHealth } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { Conditioning } from '../../conditioning/index.ts'
import { Scheduler, type Stamped } from '../../scheduler/scheduler.ts'
import { type I2cLine, lineOpened } from '../../simulated/i2c.ts'
import { Fleet, type FleetDevice, loadDrivers } from '../fleet.ts'

/** SIMOC's own set, on one bus of a Pi. */
const simoc = {
  'gh-air': { driver: 'scd30', every: 5_000 },
  'gh-air-2': { driver: 'scd41', every: 10_000 },
  voc: { driver: 'sgp30', every: 2_000 },
  gas: { driver: 'bme688', every: 5_000 },
  baro: { driver: 'bmp388', every: 2_000, address: 0x76 },
  lux: { driver: 'tsl2591', every: 2_000 },
  'lux-2': { driver: 'veml7700', every: 2_000 },
}

/** `HABTWIN_UNPLUGS=1000 node --test` with this file takes a minute. */
const UNPLUGS = Number(process.env.HABTWIN_UNPLUGS ?? 50)

type Taken = { device: string; at: number; sample: Stamped }

/** A gateway's line from the bus to what would be journalled, under a clock that the test moves. */
async function rigged(written: Record<string, Record<string, unknown> & { driver: string; every: number }> = simoc) {
  const clock = new TestClock()
  const lines: I2cLine[] = []
  const opened = (line: unknown) => void lines.push(line as I2cLine)
  lineOpened.subscribe(opened)
  const drivers = await loadDrivers(Object.values(written).map(({ driver }) => driver))
  const devices = Object.fromEntries(
    Object.entries(written).map(([id, { driver, every, ...keys }]) => {
      const options = drivers.get(driver)?.options.parse(keys) as object
      return [id, { zone: 'crew', timeout: 1_000, bus: 'wire', driver, every, ...options } as FleetDevice]
    }),
  )
  const habitat = { pressure: 1_013, timezone: 'UTC', zones: { crew: {} } }
  const conditioning = new Conditioning(clock, habitat.pressure)
  const nearby = (zone: string, point: string) => conditioning.nearby(zone, point)
  const fleet = await Fleet.load({
    ...{ clock, habitat, devices, nearby, report: () => {} },
    buses: { wire: { driver: 'i2c', path: 'simulated' } },
  })
  for (const { id, zone, every, points } of fleet.members) conditioning.device({ id, zone, every, points })
  const taken: Taken[] = []
  const health = new Map<string, DeviceHealth>()
  const scheduler = new Scheduler({
    clock,
    devices: fleet.members,
    sink: {
      onSample(device, sample) {
        conditioning.take(device, sample, false)
        taken.push({ device, sample, at: clock.mono() })
      },
      onHealth: (device, state) => void health.set(device, state),
    },
    backoff: { random: () => 0 },
  })
  const abort = new AbortController()
  const running = scheduler.run(abort.signal)
  return {
    ...{ clock, taken, health, scheduler },
    get line() {
      return lines[0] as I2cLine
    },
    of: (device: string, since = 0) => taken.filter((one) => one.device === device && one.at >= since),
    async [Symbol.asyncDispose]() {
      lineOpened.unsubscribe(opened)
      abort.abort()
      const fleetClosed = running.then(() => fleet[Symbol.asyncDispose]())
      await clock.advance(5_000)
      await fleetClosed
    },
  }
}

/** The last good value of a point. */
function last(taken: readonly Taken[], point: string): number | undefined {
  return taken.findLast(({ sample }) => sample.values[point] != null)?.sample.values[point] ?? undefined
}

describe('the sensors of SIMOC on one bus', () => {
  it('are all read, each as often as it is to be', async () => {
    await using it = await rigged()
    await it.clock.advance(120_000)
    for (const [device, { every }] of Object.entries(simoc)) {
      assert.equal(it.health.get(device)?.state, 'ok', device)
      const due = 120_000 / every
      assert.ok(it.of(device).length >= due - 1, `${device}: ${it.of(device).length} of ${due}`)
    }
    for (const [device, points] of Object.entries({
      'gh-air': ['co2', 'temperature', 'humidity'],
      'gh-air-2': ['co2', 'temperature', 'humidity'],
      voc: ['tvoc', 'eco2', 'h2', 'ethanol'],
      gas: ['temperature', 'pressure', 'humidity', 'gas-resistance'],
      baro: ['pressure', 'temperature'],
      lux: ['light', 'visible', 'infrared'],
      'lux-2': ['light'],
    })) {
      for (const point of points) assert.ok(last(it.of(device), point) !== undefined, `${device} has no ${point}`)
    }
  })

  it('compensate CO2 by the barometer of their zone', async () => {
    await using it = await rigged({ 'gh-air': simoc['gh-air'], baro: simoc.baro })
    await it.clock.advance(30_000)
    const pressure = last(it.of('baro'), 'pressure') as number
    const told = it.line.log.findLast((entry) => entry.startsWith('61:0010')) as string
    assert.ok(Math.abs(Number.parseInt(told.slice(7, 11), 16) - pressure) <= 2, `${told} at ${pressure} hPa`)
    // and not by what the configuration says of outside
    assert.ok(pressure < 900)
  })

  it('that fall silent, hang or talk nonsense do not delay the others beyond their own slot', async () => {
    await using it = await rigged()
    await it.clock.advance(60_000)
    it.line.fault(0x61, { delay: 700 }) // late for every turn
    it.line.fault(0x29, { nack: true })
    it.line.fault(0x62, { corrupt: true })
    const from = it.clock.mono()
    await it.clock.advance(60_000)
    for (const device of ['baro', 'lux-2', 'gas']) {
      const due = 60_000 / simoc[device as keyof typeof simoc].every
      const came = it.of(device, from).length
      assert.ok(came >= due * 0.8, `${device}: ${came} of ${due}`)
      assert.equal(it.health.get(device)?.state, 'ok')
    }
    for (const [device, reason] of [
      ['gh-air', /within 1000 ms: simulated hangs in a transfer with 0x61 \(gh-air\)/],
      ['lux', /nobody answers at 0x29/],
      ['gh-air-2', /does not agree with its CRC/],
    ] as const) {
      assert.notEqual(it.health.get(device)?.state, 'ok', device)
      assert.match(it.health.get(device)?.reason ?? '', reason)
    }
  })

  it('are back within five seconds of a bus that was pulled out, again and again at any moment', async () => {
    const every = 1_000
    const devices = Object.fromEntries(
      ['bmp388', 'veml7700', 'sgp30'].map((driver) => [`the-${driver}`, { driver, every }]),
    )
    await using it = await rigged(devices)
    await it.clock.advance(20_000)
    let random = 20_261_121
    const upTo = (most: number) => {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31
      return 1 + (random % most)
    }
    for (let i = 0; i < UNPLUGS; i++) {
      await it.clock.advance(upTo(3_000))
      it.line.unplug()
      const out = it.clock.mono()
      await it.clock.advance(upTo(4_000))
      assert.deepEqual(
        it.taken.filter(({ at }) => at > out + 1),
        [],
      )
      it.line.replug()
      const back = it.clock.mono()
      await it.clock.advance(5_000)
      for (const device of Object.keys(devices)) {
        assert.ok(it.of(device, back).length > 0, `${device} was not back after ${i + 1} times`)
        assert.equal(it.health.get(device)?.state, 'ok')
      }
    }
  })

  it('that are pulled off and put back, one by one, are back as soon', async () => {
    await using it = await rigged()
    await it.clock.advance(20_000)
    it.line.fault(0x76, { nack: true })
    await it.clock.advance(20_000)
    assert.equal(it.health.get('baro')?.state, 'down')
    it.line.fault(0x76)
    const back = it.clock.mono()
    await it.clock.advance(5_000)
    assert.ok(it.of('baro', back).length > 0)
  })
})
