import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Alert, DeviceInfo } from '@habtwin/contract'
import { ConfigSource, silentLog } from '@habtwin/runtime'
import type { AuditNote } from '@habtwin/runtime/audit/log'
import { TestClock } from '@habtwin/runtime/clock'
import { Controls } from '../commands/controls.ts'
import { policiesOf } from '../commands/policies.ts'
import { Conditioning } from '../conditioning/index.ts'
import { describe as described, Presence } from '../devices.ts'
import { Fleet, loadDrivers } from '../drivers/fleet.ts'
import { Guard } from '../guard/index.ts'
import { Scheduler } from '../scheduler/scheduler.ts'
import { Applier, conditionedDevice, guardSettings, labelled, told, used } from './apply.ts'
import { Reload } from './reload.ts'

const START = `habitat: { id: sam }
zones:
  crew: { label: Crew quarters, limits: { temperature: { warning: { above: 90 °C } } } }
buses:
  one: { driver: virtual, seed: 1 }
  two: { driver: virtual, seed: 2 }
  relays: { driver: modbus-tcp, host: simulated }
devices:
  air: { zone: crew, driver: virtual, bus: one, instrument: air, every: 1 s }
  o2: { zone: crew, driver: virtual, bus: two, instrument: o2, every: 1 s }
  light: { zone: crew, driver: virtual, bus: two, instrument: light, every: 1 s }
`

/** A gateway's scheduler, guard and the rest under a clock that the test moves; drivers, guard and fleet are real. */
async function gateway(text = START) {
  const clock = new TestClock()
  const log = silentLog()
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-reload-'))
  const source = new ConfigSource(join(folder, 'habitat.yaml'), [...(await loadDrivers()).values()], {})
  const began = source.parse(text)
  const { config } = began
  const conditioning = new Conditioning(clock, config.habitat.pressure)
  const fleet = await Fleet.load({
    ...{ clock, buses: config.buses, devices: used(config), report() {} },
    habitat: { ...config.habitat, zones: config.zones },
  })
  const retained = new Map<string, string>()
  const presence = new Presence((topic, payload) => {
    if (payload === '') retained.delete(topic)
    else retained.set(topic, payload)
  })
  const alerts: Alert[] = []
  const guard = new Guard(guardSettings(config, config), { onAlert: (one) => alerts.push(one), clock })
  const readings: string[] = []
  const opened: string[] = []
  const members = new Map(fleet.members.map((member) => [member.id, member]))
  const scheduler = new Scheduler({
    clock,
    devices: fleet.members,
    sink: {
      onSample(device, sample) {
        conditioning.take(device, sample, false)
        readings.push(`${device} ${Math.round(clock.mono())}`)
        retained.set(`device/${device}/reading`, '1')
        guard.reading(device, members.get(device)?.zone ?? '', sample.t, sample.values, sample.quality)
      },
      onHealth: (device, health) => presence.health(device, health),
      onOpen: (device) => opened.push(device),
    },
  })
  const failures: unknown[] = []
  const sets: string[] = []
  const controls = new Controls({
    ...{ clock, log, alarm: guard, failed: (error) => failures.push(error), audit: () => true, tell() {} },
    state: { load: () => undefined, save() {} },
    write: async (device, point, value) => {
      sets.push(`${device}/${point} ${value}`)
      return scheduler.write(device, point, value)
    },
  })
  const policies = policiesOf(config, fleet.members)
  controls.configure(policies, fleet.members.map((member) => labelled(member, config))) // biome-ignore format: one line
  for (const member of fleet.members) {
    conditioning.device(conditionedDevice(member, config))
    guard.device(described(member, config, 'pi'))
  }
  presence.announce(fleet.members.map((member) => told(member, config, 'pi', policies)))
  const applier = new Applier({
    ...{ fleet, scheduler, guard, conditioning, controls, presence, node: 'pi', began: config },
    changed(present, gone) {
      for (const id of gone) members.delete(id)
      for (const member of present) members.set(member.id, member)
    },
  })
  const notes: AuditNote[] = []
  const reload = new Reload({
    ...{ clock, log, file: source.file, began, parse: (text: string) => source.parse(text) },
    apply: (changed) => applier.apply(changed),
    audit: (note) => notes.push(note),
    tell() {},
  })
  const abort = new AbortController()
  guard.start()
  const running = scheduler.run(abort.signal)
  await clock.advance(5)
  return {
    ...{ clock, fleet, scheduler, guard, controls, reload, retained, alerts, readings, opened, notes, sets },
    async change(next: string) {
      let done = false
      const taken = reload.take(next).finally(() => {
        done = true
      })
      // a bus or device that has to be let go of may need a moment of the clock
      while (!done) {
        await clock.advance(1)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await taken
      return reload.status
    },
    info: (device: string): DeviceInfo | undefined => {
      const text = retained.get(`device/${device}/info`)
      return text === undefined ? undefined : JSON.parse(text)
    },
    async [Symbol.asyncDispose]() {
      abort.abort()
      for (let i = 0; i < 3; i++) await clock.advance(1_000)
      await running
      guard[Symbol.dispose]()
      await fleet[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
      assert.deepEqual(failures, [])
    },
  }
}

describe('a changed file', () => {
  it('restarts only the device that it touches: devices on another bus miss no slot', async () => {
    await using h = await gateway()
    await h.clock.advance(3_000)
    h.readings.length = 0
    const status = await h.change(START.replace('instrument: air, every: 1 s', 'instrument: air, every: 2 s'))
    assert.deepEqual(status.changes, ['devices.air.every: 1 s → 2 s'])
    assert.deepEqual(h.opened.slice(3), ['air'])
    const from = h.clock.mono()
    await h.clock.advance(10_000)
    for (const device of ['o2', 'light']) {
      const times = h.readings.filter((one) => one.startsWith(`${device} `)).map((one) => Number(one.split(' ')[1]))
      const slots = times.map((t, i) => (i === 0 ? 1_000 : t - (times[i - 1] as number)))
      assert.ok(times.length >= 10 && slots.every((span) => span === 1_000), `${device}: ${times.join(' ')}`)
      assert.equal(h.scheduler.tallies()[device]?.missed, 0)
    }
    const air = h.readings.filter((one) => one.startsWith('air ') && Number(one.split(' ')[1]) >= from)
    assert.ok(air.length >= 5 && air.length <= 6)
    assert.equal(h.info('air')?.every, 2_000)
  })

  it('with a fault changes nothing, and says where until it is mended', async () => {
    await using h = await gateway()
    const status = await h.change(START.replace('instrument: o2, every: 1 s', 'instrument: o2, every: 1 parsec').replace('zone: crew, driver: virtual, bus: one', 'zone: attic, driver: virtual, bus: one')) // biome-ignore format: one line
    assert.equal(status.state, 'faulty')
    assert.deepEqual(status.faults?.map(({ line, column, path }) => `${line}:${column} ${path}`), ['9:16 devices.air.zone', '10:71 devices.o2.every']) // biome-ignore format: one line
    assert.equal(h.reload.faults, 2)
    assert.equal(h.notes.at(-1)?.kind, 'config-refused')
    h.readings.length = 0
    await h.clock.advance(2_000)
    assert.equal(h.readings.length, 6)
    assert.equal((await h.change('devices: [')).state, 'faulty')
    assert.equal((await h.change(START)).state, 'ok')
    assert.deepEqual([h.reload.faults, h.opened.length], [0, 3])
  })

  it('that is empty, or has lost all its devices, is not believed', async () => {
    await using h = await gateway()
    for (const text of ['', '\n', '# nothing', 'habitat: { id: sam }', START.slice(0, START.indexOf('devices:'))]) {
      assert.equal((await h.change(text)).state, 'faulty', text)
      assert.ok(h.info('air'))
    }
    assert.equal(h.reload.status.faults?.[0]?.message, 'none of the 3 devices is left; if that is meant, start the gateway again') // biome-ignore format: one line
    assert.equal(h.opened.length, 3)
  })

  it('takes devices in and out: what was retained of them goes, and their alerts end', async () => {
    await using h = await gateway(START.replace('above: 90 °C', 'above: 5 °C'))
    await h.clock.advance(2_000)
    assert.equal(h.alerts.at(-1)?.id, 'crew-temperature-high')
    const lines = START.split('\n').filter((line) => !line.includes('  air:'))
    lines[lines.indexOf('devices:')] = 'devices:\n  lamp: { zone: crew, driver: virtual, bus: one, instrument: light, every: 1 s }' // biome-ignore format: one line
    const status = await h.change(lines.join('\n').replace('above: 90 °C', 'above: 5 °C'))
    assert.deepEqual(status.changes, ['gone: devices.air', 'new: devices.lamp'])
    assert.deepEqual(
      [...h.retained.keys()].filter((topic) => topic.includes('/air/')),
      [],
    )
    assert.deepEqual([h.alerts.at(-1)?.id, h.alerts.at(-1)?.active], ['crew-temperature-high', false])
    await h.clock.advance(2_000)
    assert.ok(h.readings.some((one) => one.startsWith('lamp ')))
    assert.equal(h.info('lamp')?.zone, 'crew')
    await assert.rejects(h.scheduler.write('air', 'x', 1), /there is no device air/)
  })

  it('brings limits and labels to the guard and the descriptions without touching a device', async () => {
    await using h = await gateway()
    await h.clock.advance(2_000)
    assert.equal(h.alerts.length, 0)
    const status = await h.change(START.replace('above: 90 °C', 'above: 5 °C').replace('every: 1 s }', 'every: 1 s, label: Nose }').replace('Crew quarters', 'Bunks')) // biome-ignore format: one line
    assert.deepEqual(status.changes, [
      'zones.crew.label: Crew quarters → Bunks',
      'zones.crew.limits.temperature.warning.above: 90 °C → 5 °C',
      'devices.air.label: not given → Nose',
    ])
    await h.clock.advance(1_000)
    assert.match(h.alerts.at(-1)?.text ?? '', /^Temperature in the bunks is .*, above 5.0 °C$/)
    assert.equal(h.info('air')?.label, 'Nose')
    assert.equal(h.opened.length, 3)
    await h.change(START)
    // a limit that is lifted ends what it raised, though an alert stands half a minute at least
    await h.clock.advance(40_000)
    assert.equal(h.alerts.at(-1)?.active, false)
  })

  it('says of what cannot be changed while it runs that it needs a restart, until it is had', async () => {
    await using h = await gateway()
    const status = await h.change(`${START.replace('id: sam', 'id: sam2').replace('label: Crew quarters', 'label: Bunks')}journal: { tick: 2 s }\n`) // biome-ignore format: one line
    assert.equal(status.state, 'restart')
    assert.deepEqual(status.restart, ['habitat.id: sam → sam2', 'journal: not given → {"tick":"2 s"}'])
    const again = await h.change(`${START.replace('id: sam', 'id: sam2')}`)
    assert.deepEqual([again.state, again.restart], ['restart', ['habitat.id: sam → sam2']])
    assert.equal((await h.change(START)).state, 'ok')
  })

  it('closes and opens a bus of which something changed, with all devices on it', async () => {
    await using h = await gateway()
    await h.clock.advance(1_000)
    await h.change(START.replace('seed: 2', 'seed: 3'))
    await h.clock.advance(1_000)
    assert.deepEqual(h.opened.slice(3).toSorted(), ['light', 'o2'])
  })

  it('with new interlocks and holds is obeyed at once, and what they held falls back when they go', async () => {
    const relay =
      '  relay: { zone: crew, driver: relay-module, bus: relays, every: 1 s, relays: { fan: 1, pump: 2 } }\n'
    await using h = await gateway(START + relay)
    await h.clock.advance(1_000)
    const [point = ''] = Object.keys(h.info('relay')?.points ?? {})
    const held = `${START}${relay.replace(' } }', ` }, commands: { ${point}: { safe: 0, for: 30 min } } }`)}`
    const status = await h.change(held)
    assert.deepEqual(status.changes, [`devices.relay.commands: not given → {"${point}":{"safe":0,"for":"30 min"}}`])
    assert.deepEqual([h.info('relay')?.points[point]?.safe, h.info('relay')?.points[point]?.hold], [0, 1_800_000])
    assert.equal(h.opened.length, 4)
    h.controls.intend('relay', point, 1, 'ada')
    await h.change(START + relay)
    assert.deepEqual(h.sets, [`relay/${point} 0`])
    // another pace leaves it on; another coil behind the same name does not
    await h.change(held)
    h.controls.intend('relay', point, 1, 'ada')
    const slow = held.replace('bus: relays, every: 1 s', 'bus: relays, every: 2 s')
    await h.change(slow)
    assert.equal(h.sets.length, 1)
    await h.change(slow.replace(`${point}: 1`, `${point}: 5`))
    assert.equal(h.sets.length, 2)
  })

  it('that comes while another is taken is taken after it, and only the newest', async () => {
    await using h = await gateway()
    const all = ['2 s', '3 s', '4 s'].map((every) => h.reload.take(START.replace('instrument: air, every: 1 s', `instrument: air, every: ${every}`))) // biome-ignore format: one line
    let done = false
    const taken = Promise.all(all).then(() => {
      done = true
    })
    while (!done) await h.clock.advance(1)
    await taken
    assert.equal(h.info('air')?.every, 4_000)
    assert.deepEqual(h.notes.map(({ changes }) => changes), [['devices.air.every: 1 s → 2 s'], ['devices.air.every: 2 s → 4 s']]) // biome-ignore format: one line
  })
})

describe('a device that goes', () => {
  it('is taken off a bus that others go on using in their slots, also where it hangs', async () => {
    const clock = new TestClock()
    const read: string[] = []
    const device = (id: string, hangs = false) => ({
      ...{ id, every: 1_000, timeout: 400, bus: 'wire', points: { state: { unit: '1' } } },
      open: async () => ({
        read: () => (hangs ? new Promise<never>(() => {}) : { values: { state: 1 } }),
        async [Symbol.asyncDispose]() {
          read.push(`${id} closed`)
        },
      }),
    })
    const scheduler = new Scheduler({
      clock,
      devices: [device('a'), device('b', true), device('c')],
      sink: { onSample: (id) => void read.push(`${id} ${Math.floor(clock.mono() / 1_000)}`), onHealth() {} },
    })
    const abort = new AbortController()
    const running = scheduler.run(abort.signal)
    await clock.advance(2_100)
    // b has the bus just now
    const removing = scheduler.remove('b')
    await clock.advance(500)
    await removing
    scheduler.add(device('d'))
    await clock.advance(3_300)
    assert.ok(read.includes('b closed'))
    for (const id of ['a', 'c']) {
      assert.deepEqual(read.filter((one) => one.startsWith(`${id} `)), [0, 1, 2, 3, 4, 5].map((slot) => `${id} ${slot}`)) // biome-ignore format: one line
      assert.equal(scheduler.tallies()[id]?.missed, 0)
    }
    assert.ok(read.filter((one) => one.startsWith('d ')).length >= 3)
    assert.deepEqual(Object.keys(scheduler.tallies()), ['a', 'c', 'd'])
    abort.abort()
    await clock.advance(1_000)
    await running
    assert.equal(clock.pending, 0)
  })
})
