import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import type { Instrument, Sample } from '../drivers/driver.ts'
import { Fleet, type FleetMember } from '../drivers/fleet.ts'
import { Scheduler } from '../scheduler/scheduler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A demo of three devices in one virtual habitat. */
async function demo({ speed = 1, seed = 3, clock = new TestClock(), kept = {} as Record<string, string> } = {}) {
  const reports: HabtwinError[] = []
  const device = (instrument: string, zone = 'crew') => ({
    driver: 'virtual',
    bus: 'habitat',
    instrument,
    zone,
    every: 2_000,
    timeout: 1_000,
  })
  const fleet = await Fleet.load({
    clock,
    habitat: {
      pressure: 879,
      timezone: 'America/Phoenix',
      zones: { greenhouse: { volume: 480, plants: { lettuce: 8 } }, crew: { volume: 272, crew: 4 } },
    },
    buses: { habitat: { driver: 'virtual', seed, speed, remember: 48 * 3_600_000 } },
    devices: { air: device('air'), power: device('power', 'greenhouse'), handle: device('habitat') },
    state: (name) => ({
      load: () => kept[name],
      save: (state) => {
        kept[name] = state
      },
    }),
    report: (error) => reports.push(error),
  })
  const open = async (id: string) => {
    const member = fleet.members.find((other) => other.id === id) as FleetMember
    return member.open(new AbortController().signal)
  }
  return { clock, fleet, kept, reports, open, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

const read = (instrument: Instrument): Sample => instrument.read?.(new AbortController().signal) as Sample
const never = new AbortController().signal

describe('world', () => {
  it('says plainly how fast it lives, and stamps readings with its own time where that is not ours', async () => {
    await using fast = await demo({ speed: 60 })
    assert.deepEqual(
      fast.fleet.members.map(({ pace, simulated }) => [pace, simulated]),
      [
        [60, true],
        [60, true],
        [60, true],
      ],
    )
    const air = await fast.open('air')
    const began = read(air).t as number
    await fast.clock.advance(HOUR)
    assert.equal(read(air).t, began + 60 * HOUR)
    await using real = await demo()
    assert.equal(read(await real.open('air')).t, undefined)
  })

  it('remembers the last 48 hours, a reading a minute, and tells them the same each time', async () => {
    await using it = await demo()
    const air = await it.open('air')
    const now = it.clock.now()
    const past = [...(air.history?.(now - 24 * HOUR, now) ?? [])]
    assert.equal(past.length, 24 * 60 + 1)
    assert.ok(past.every(({ t }, i) => i === 0 || t - (past[i - 1]?.t ?? 0) === MINUTE))
    assert.deepEqual([...(air.history?.(now - 24 * HOUR, now) ?? [])], past)
    await using same = await demo()
    assert.deepEqual([...((await same.open('air')).history?.(now - 24 * HOUR, now) ?? [])], past)
    const co2 = past.map(({ values }) => values.co2 ?? 0)
    assert.ok(Math.max(...co2) - Math.min(...co2) > 200, 'a day is to be seen in it')
  })

  it('goes on from its past without a jump', async () => {
    await using it = await demo()
    const air = await it.open('air')
    const last = [...(air.history?.(0, it.clock.now()) ?? [])].at(-1)
    const next = read(air)
    for (const point of ['co2', 'temperature', 'humidity']) {
      const difference = Math.abs((next.values[point] ?? 0) - (last?.values[point] ?? 0))
      assert.ok(difference < 20, `${point} jumps by ${difference}`)
    }
  })

  it('goes on after a restart as if it had not been stopped, with what was done to it', async () => {
    const unbroken = await demo()
    const broken = await demo()
    for (const it of [unbroken, broken]) {
      await (await it.open('handle')).write?.('scrubber', 'failed', never)
      await it.clock.advance(30 * MINUTE)
      read(await it.open('air'))
    }
    await broken[Symbol.asyncDispose]()
    const again = await demo({ clock: broken.clock, kept: broken.kept })
    for (const it of [unbroken, again]) await it.clock.advance(HOUR)
    assert.deepEqual(read(await again.open('air')), read(await unbroken.open('air')))
    assert.equal(read(await again.open('handle')).values.scrubber, 0)
  })

  it('stands still while the gateway is away where it has a time of its own', async () => {
    const first = await demo({ speed: 10 })
    await first.open('air')
    await first.clock.advance(HOUR)
    const left = read(await first.open('air')).t as number
    await first[Symbol.asyncDispose]()
    await first.clock.advance(HOUR)
    await using again = await demo({ speed: 10, clock: first.clock, kept: first.kept })
    const taken = read(await again.open('air')).t as number
    assert.ok(Math.abs(taken - left) <= 20_000, `${taken - left} ms`)
  })

  it('begins anew where what was kept is damaged, and says so', async () => {
    await using it = await demo({ kept: { 'bus/habitat': '{"version":' } })
    assert.ok(Number.isFinite(read(await it.open('air')).values.co2))
    assert.deepEqual(
      it.reports.map(({ code }) => code),
      ['data/unusable'],
    )
  })

  it('waits where the clock is set back, and does not live through weeks where it is set forward', async () => {
    await using it = await demo()
    const air = await it.open('air')
    const before = read(air).values.temperature ?? 0
    it.clock.step(-5 * HOUR)
    assert.ok(Math.abs((read(air).values.temperature ?? 0) - before) < 0.5)
    it.clock.step(400 * 24 * HOUR)
    assert.ok(Number.isFinite(read(air).values.co2))
    // twenty years back it lives on there
    it.clock.step(-20 * 365 * 24 * HOUR)
    const then = read(air).values
    it.clock.step(2 * HOUR)
    const later = read(air).values
    assert.ok(Number.isFinite(then.co2) && Number.isFinite(later.co2))
    assert.notEqual(then.co2, later.co2)
  })

  it('loses an unplugged instrument as a real one is lost, and gets it back', async () => {
    await using it = await demo()
    const states: string[] = []
    const scheduler = new Scheduler({
      clock: it.clock,
      devices: it.fleet.members.map((member) => ({ ...member, bus: member.bus })),
      sink: { onSample: () => {}, onHealth: (device, { state }) => states.push(`${device} ${state}`) },
    })
    const stop = new AbortController()
    const running = scheduler.run(stop.signal)
    // the bus is opened from the disk
    while (states.length < 3) await it.clock.advance(0)
    assert.equal(await command(scheduler.write('handle', 'unplug', 'air')), 'air')
    await it.clock.advance(5_000)
    assert.deepEqual(states.slice(3), ['air down'])
    assert.equal(await command(scheduler.write('handle', 'unplug', 'none')), 'none')
    await it.clock.advance(40_000)
    assert.deepEqual(states.slice(3), ['air down', 'air ok'])
    await assert.rejects(scheduler.write('handle', 'unplug', 'nobody'), { code: 'command/refused' })
    stop.abort()
    await running

    async function command<T>(written: Promise<T>): Promise<T> {
      await it.clock.advance(0)
      return written
    }
  })
})
