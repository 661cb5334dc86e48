import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Alert, type CommandResult, type ControlState, type DevicePoint, HabtwinError } from '@habtwin/contract'
import { silentLog } from '@habtwin/runtime'
import { AuditLog } from '@habtwin/runtime/audit/log'
import { verifyAudit } from '@habtwin/runtime/audit/verify'
import { TestClock } from '@habtwin/runtime/clock'
import { pointCommands, type WrittenCommands } from '@habtwin/runtime/config/commands'
import { Guard } from '../guard/index.ts'
import { SqliteDisk } from '../journal/index.ts'
import { type ScheduledDevice, Scheduler } from '../scheduler/scheduler.ts'
import { Commands } from './commands.ts'
import { Controls } from './controls.ts'
import { policiesOf } from './policies.ts'

const MINUTE = 60_000
let ids = 0

/** A relay that obeys, and whatever else a test wants of it. */
interface Relay {
  value: number
  /** Each value that it was set to. */
  readonly sets: number[]
  fails?: Error | undefined
  /** Says so, whatever it was set to. */
  stuck?: number
  gate?: Promise<void>
}

interface Setting {
  commands?: WrittenCommands | Record<string, unknown>
  folder?: string
  writable?: DevicePoint['writable']
  clock?: TestClock
  relay?: Relay
}

/** A heater, a smoke detector, and a gateway's part that commands go through; real scheduler, journal disk, log. */
async function house({
  commands = {},
  folder: given,
  writable = [0, 1],
  clock = new TestClock(),
  relay = { value: 0, sets: [] },
}: Setting = {}) {
  const folder = given ?? mkdtempSync(join(tmpdir(), 'habtwin-commands-'))
  const log = silentLog()
  const disk = SqliteDisk.open(folder)
  const state = { load: (name: string) => disk.loadState(name), save: (name: string, text: string) => disk.saveState(name, text) } // biome-ignore format: one line
  const audit = AuditLog.open({ folder: join(folder, 'audit'), node: 'pi', habitat: 'sam', clock, log, state })
  const results: CommandResult[] = []
  const alerts: Alert[] = []
  const told = new Map<string, ControlState | undefined>()
  const smoke = { value: 0 as number | null, quality: undefined as string | undefined, silent: false }
  const devices: ScheduledDevice[] = [
    {
      ...{ id: 'heater', every: 1_000, timeout: 500, points: { state: { unit: '1', writable } } },
      open: async () => ({
        read: () => ({ values: { state: relay.value } }),
        async write(_point, value) {
          await relay.gate
          if (relay.fails) throw relay.fails
          relay.sets.push(Number(value))
          relay.value = relay.stuck ?? Number(value)
          return relay.value
        },
        async [Symbol.asyncDispose]() {},
      }),
    },
    {
      ...{ id: 'smoke', every: 1_000, timeout: 500, points: { smoke: { unit: '1' } } },
      open: async () => ({
        read: () => {
          if (smoke.silent) return new Promise<never>(() => {})
          const quality = smoke.quality === undefined ? {} : { quality: { smoke: smoke.quality } }
          return { values: { smoke: smoke.value }, ...quality }
        },
        async [Symbol.asyncDispose]() {},
      }),
    },
  ]
  const guard = new Guard(
    { zones: { crew: { label: 'Crew' } }, pressure: 879 },
    { onAlert: (one) => alerts.push(one), clock },
  )
  const scheduler = new Scheduler({
    clock,
    devices,
    sink: {
      onSample: (device, { values, quality }) => controls.reading(device, values, quality),
      onHealth() {},
    },
  })
  const failures: unknown[] = []
  const controls = new Controls({
    ...{ clock, log, state, alarm: guard, failed: (error) => failures.push(error) },
    write: (device, point, value) => scheduler.write(device, point, value),
    audit: (note) => audit.append(note),
    tell: (device, point, stands) => told.set(`${device}/${point}`, stands),
  })
  const written = pointCommands.parse(commands)
  const config = { devices: { heater: { label: 'Heater', commands: { state: written } }, smoke: { label: 'Smoke detector' } } } // biome-ignore format: one line
  const members = devices.map((device) => ({ ...device, zone: 'crew', label: config.devices[device.id as 'smoke'].label })) // biome-ignore format: one line
  controls.configure(policiesOf(config as never, members), members)
  const chief = new Commands({
    ...{ clock, log, state, controls, audit: (note) => audit.append(note) },
    write: (device, point, value, before) => scheduler.write(device, point, value, before),
    own: {
      guard: (_point, { value }) => {
        guard.acknowledge(String(value), 'ada')
        return value
      },
    },
    result: (_topic, body) => results.push(body),
  })
  const abort = new AbortController()
  const running = scheduler.run(abort.signal)
  await clock.advance(10)
  return {
    ...{ folder, clock, relay, smoke, results, alerts, told, chief, controls, audit },
    /** Sends a command and gives its result; the clock goes on a little. */
    async send(
      value: number | boolean | string,
      more: Record<string, unknown> = {},
      device = 'heater',
      point = 'state',
    ) {
      const command = { id: `c-${++ids}`, value, by: 'ada', expires: clock.now() + MINUTE, ...more }
      const done = chief.handle(device, point, Buffer.from(JSON.stringify(command)))
      await clock.advance(20)
      await done
      return results.at(-1) as CommandResult
    },
    async pass(ms: number) {
      for (let left = ms; left > 0; left -= 1_000) {
        await clock.advance(Math.min(1_000, left))
        controls.tick()
      }
      await clock.advance(1)
    },
    kinds: () =>
      readdirSync(join(folder, 'audit')).flatMap((name) =>
        readFileSync(join(folder, 'audit', name), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
    /** What a kill -9 leaves: only what is on the disk. */
    async die() {
      abort.abort()
      // who has the bus and does not let go is left behind after a while
      for (let i = 0; i < 4; i++) await clock.advance(1_000)
      await running
      audit[Symbol.dispose]()
      disk[Symbol.dispose]()
      assert.deepEqual(failures, [])
    },
    async [Symbol.asyncDispose]() {
      await this.die()
      assert.deepEqual(verifyAudit(join(folder, 'audit')).faults, [])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const smokeLock = { safe: 0, refuse_when: [{ device: 'smoke', point: 'smoke', above: 0.5, because: 'there is smoke' }] }

describe('a command', () => {
  it('is done, read back, and its result says what, by whom and when', async () => {
    await using h = await house()
    const { t, ...result } = await h.send(1)
    assert.deepEqual(result, {
      id: `c-${ids}`,
      state: 'done',
      device: 'heater',
      point: 'state',
      value: 1,
      by: 'ada',
      readback: 1,
    })
    assert.ok(t)
    assert.deepEqual(h.relay.sets, [1])
    assert.deepEqual(
      h.kinds().map(({ kind }) => kind),
      ['genesis', 'command', 'result'],
    )
  })

  it('is answered again and not done again, also after a restart', async () => {
    const first = await house()
    await first.send(1, { id: 'once' })
    await first.send(1, { id: 'once' })
    assert.deepEqual(first.relay.sets, [1])
    await first.die()
    await using h = await house({ folder: first.folder, clock: first.clock })
    const again = await h.send(1, { id: 'once' })
    assert.deepEqual([again.state, again.readback, h.relay.sets], ['done', 1, []])
  })

  it('that had begun when the process was killed is failed: unknown, and never done again', async () => {
    const relay: Relay = { value: 0, sets: [], gate: new Promise(() => {}) }
    const first = await house({ relay })
    const command = { id: 'cut', value: 1, by: 'ada', expires: first.clock.now() + MINUTE }
    first.chief.handle('heater', 'state', Buffer.from(JSON.stringify(command)))
    await first.clock.advance(10)
    const copy = first.kinds()
    assert.equal(copy.at(-1).kind, 'command')
    // the disk as it is now: what comes later of the first process is not looked at
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-killed-'))
    cpSync(first.folder, folder, { recursive: true })
    await first[Symbol.asyncDispose]()
    await using h = await house({ folder, clock: first.clock })
    h.chief.start()
    const [told] = h.results
    assert.deepEqual([told?.id, told?.state, told?.value, told?.by], ['cut', 'failed', 1, 'ada'])
    const { state, reason } = await h.send(1, { id: 'cut' })
    assert.deepEqual([state, reason, h.relay.sets], ['failed', 'unknown: the gateway ended while it acted', []])
    assert.equal(h.kinds().at(-1).reason, 'unknown: the gateway ended while it acted')
  })

  it('comes too late by its absolute time, also where that passes while it waits for the bus', async () => {
    await using h = await house()
    assert.equal((await h.send(1, { expires: h.clock.now() - 1 })).state, 'expired')
    const gate = Promise.withResolvers<void>()
    h.relay.gate = gate.promise
    const slow = h.send(1)
    await h.clock.advance(30)
    const late = h.send(0, { expires: h.clock.now() + 40 })
    await h.clock.advance(100)
    gate.resolve()
    await Promise.all([slow, late])
    assert.deepEqual(
      h.results.map(({ state }) => state),
      ['expired', 'done', 'expired'],
    )
    assert.equal(h.results.at(-1)?.reason, 'its time passed while it waited for the bus')
    assert.deepEqual(h.relay.sets, [1])
  })

  it('is refused where the value is none of those allowed, and says which are', async () => {
    await using h = await house()
    const { state, reason } = await h.send(2)
    assert.deepEqual([state, reason], ['refused', '2 is not what it can be set to: 0 or 1'])
    assert.equal((await h.send(true)).state, 'done')
    assert.equal((await h.send(1, {}, 'nobody')).state, 'refused')
    assert.equal((await h.send(1, {}, 'smoke', 'smoke')).state, 'refused')
    assert.deepEqual(h.relay.sets, [1])
  })

  it('to a set-point keeps to its range and step', async () => {
    await using h = await house({
      writable: { min: 10, max: 30 },
      commands: { range: { min: 15, max: 28, step: 0.1 } },
    })
    assert.equal((await h.send(15.3)).state, 'done')
    for (const value of [14.9, 28.1, 20.05, '20', Number.MAX_VALUE]) {
      const { state, reason } = await h.send(value)
      assert.deepEqual([state, reason], ['refused', `${value} is not what it can be set to: 15 to 28 in steps of 0.1`])
    }
    assert.deepEqual(h.relay.sets, [15.3])
  })

  it('of which something else is read back has failed, and both values are told', async () => {
    await using h = await house()
    h.relay.stuck = 0
    const { state, reason, readback } = await h.send(1)
    assert.deepEqual([state, reason, readback], ['failed', 'it was set to 1, and says that it is 0', 0])
  })

  it('is refused beyond the rate that spares the relay, but never the safe value', async () => {
    await using h = await house({ commands: { safe: 0, at_most: '4 per minute' } })
    for (const value of [1, 0, 1, 0]) assert.equal((await h.send(value)).state, 'done')
    const { state, reason } = await h.send(1)
    assert.deepEqual([state, reason], ['refused', 'it was set 4 times already: at most 4 per minute'])
    assert.equal((await h.send(0)).state, 'done')
    await h.pass(MINUTE)
    assert.equal((await h.send(1)).state, 'done')
  })

  it('that cannot be written into the audit log is refused, but for the safe value', async () => {
    await using h = await house({ commands: { safe: 0 } })
    h.audit[Symbol.dispose]()
    // nobody can write where the folder of the log is no folder
    const audit = join(h.folder, 'audit')
    renameSync(audit, `${audit}-away`)
    writeFileSync(audit, '')
    const { state, reason } = await h.send(1)
    assert.deepEqual([state, reason], ['refused', 'it cannot be written into the audit log; make room on the disk'])
    assert.equal((await h.send(0)).state, 'done')
    rmSync(audit)
    renameSync(`${audit}-away`, audit)
    assert.equal((await h.send(1)).state, 'done')
    assert.deepEqual(h.relay.sets, [0, 1])
    // what waited is there now, in its order
    assert.deepEqual(
      h.kinds().map(({ kind }) => kind),
      ['genesis', 'command', 'command', 'result', 'command', 'result'],
    )
  })

  it('a flood of refusals is counted, not written one by one', async () => {
    await using h = await house()
    for (let i = 0; i < 100; i++) await h.send(7)
    await h.pass(MINUTE)
    await h.send(7)
    const refused = h.kinds().filter(({ kind }) => kind.startsWith('refused'))
    assert.deepEqual([refused.length, refused.at(-2).kind, refused.at(-2).count], [32, 'refused-also', 70])
  })
})

describe('an interlock', () => {
  it('refuses while it holds, with the value and the limit, but never the safe value', async () => {
    await using h = await house({ commands: smokeLock })
    assert.equal((await h.send(1)).state, 'done')
    h.smoke.value = 1
    await h.pass(1_000)
    const { state, reason } = await h.send(1)
    const said = 'Smoke of Smoke detector is 1, above 0.5 (there is smoke)'
    assert.deepEqual([state, reason], ['refused', said])
    assert.equal(h.told.get('heater/state')?.refused, said)
    assert.equal((await h.send(0)).state, 'done')
  })

  it('refuses where what it goes by is bad, stale or not there yet', async () => {
    await using h = await house({ commands: smokeLock })
    h.smoke.value = null
    h.smoke.quality = 'bad:range'
    await h.pass(1_000)
    assert.equal((await h.send(1)).reason, 'Smoke of Smoke detector is not known: what came last is bad:range')
    h.smoke.value = 0
    h.smoke.quality = undefined
    await h.pass(1_000)
    assert.equal((await h.send(1)).state, 'done')
    h.smoke.silent = true
    await h.pass(6_000)
    assert.match(
      (await h.send(1)).reason ?? '',
      /^Smoke of Smoke detector is not known: the last good value is \d+ s old$/,
    )
    assert.deepEqual(h.relay.sets, [1])
  })

  it('that comes true while the command waits for the bus refuses it then', async () => {
    await using h = await house({ commands: smokeLock })
    const gate = Promise.withResolvers<void>()
    h.relay.gate = gate.promise
    const first = h.send(1)
    await h.clock.advance(30)
    const second = h.send(1)
    h.smoke.value = 1
    await h.clock.advance(300)
    h.controls.reading('smoke', { smoke: 1 })
    gate.resolve()
    await Promise.all([first, second])
    assert.deepEqual(
      h.results.map(({ state }) => state),
      ['done', 'refused'],
    )
  })

  it('with trip sets the safe value at once, with an alert, and does not switch on again', async () => {
    await using h = await house({ commands: { ...smokeLock, trip: true } })
    await h.send(1)
    h.smoke.value = 1
    await h.clock.advance(1_000)
    assert.deepEqual(h.relay.sets, [1, 0])
    assert.equal(h.alerts[0]?.text, 'Heater was set to 0: Smoke of Smoke detector is 1, above 0.5 (there is smoke)')
    assert.deepEqual([h.alerts[0]?.level, h.alerts[0]?.id], ['caution', 'heater-state-tripped'])
    const entry = h.kinds().at(-1)
    assert.deepEqual([entry.kind, entry.value, entry.before, entry.readback], ['trip', 0, 1, 0])
    h.smoke.value = 0
    await h.pass(20_000)
    assert.equal(h.alerts.length, 1)
    await h.pass(20_000)
    assert.deepEqual([h.alerts.at(-1)?.active, h.relay.sets], [false, [1, 0]])
  })

  it('trips what was switched on by hand, and what nobody can watch over any more', async () => {
    await using h = await house({ commands: { ...smokeLock, trip: true } })
    h.smoke.value = 1
    await h.pass(1_000)
    h.relay.value = 1
    await h.pass(2_000)
    assert.deepEqual(h.relay.sets, [0])
    h.smoke.value = 0
    await h.pass(2_000)
    await h.send(1)
    // one bad reading switches nothing off
    h.smoke.value = null
    await h.pass(1_000)
    assert.deepEqual(h.relay.sets, [0, 1])
    h.smoke.silent = true
    await h.pass(6_000)
    assert.deepEqual(h.relay.sets, [0, 1, 0])
    assert.match(h.kinds().at(-1).why, /^Smoke of Smoke detector is not known: the last good value is/)
  })

  it('that cannot trip says so louder, and tries until it can', async () => {
    await using h = await house({ commands: { ...smokeLock, trip: true } })
    await h.send(1)
    h.relay.fails = new HabtwinError('device/timeout', 'no answer within 500 ms', { where: 'heater' })
    h.smoke.value = 1
    await h.pass(10_000)
    assert.deepEqual([h.alerts[0]?.level, h.relay.sets], ['warning', [1]])
    assert.match(h.alerts[0]?.text ?? '', /^Heater cannot be set to 0 \(no answer within 500 ms\), though Smoke of/)
    assert.equal(h.kinds().filter(({ kind }) => kind === 'trip-failed').length, 1)
    h.relay.fails = undefined
    await h.pass(5_000)
    assert.deepEqual([h.alerts.at(-1)?.level, h.relay.sets], ['caution', [1, 0]])
  })
})

describe('a hold', () => {
  const held = { safe: 0, for: '30 min' }

  it('lets a value fall back to the safe one unless it is set again', async () => {
    await using h = await house({ commands: held })
    await h.send(1)
    assert.equal(h.told.get('heater/state')?.until, (h.told.get('heater/state')?.since ?? 0) + 30 * MINUTE)
    await h.pass(20 * MINUTE)
    await h.send(1)
    await h.pass(20 * MINUTE)
    assert.deepEqual(h.relay.sets, [1, 1])
    await h.pass(11 * MINUTE)
    assert.deepEqual(h.relay.sets, [1, 1, 0])
    assert.deepEqual([h.kinds().at(-1).kind, h.kinds().at(-1).why], ['fallback', 'it was not set again in time'])
  })

  it('goes on over a restart, and runs out while the gateway is away', async () => {
    const first = await house({ commands: held })
    await first.send(1)
    await first.pass(20 * MINUTE)
    await first.die()
    const second = await house({ commands: held, folder: first.folder, clock: first.clock, relay: first.relay })
    await second.pass(9 * MINUTE)
    assert.deepEqual(second.relay.sets, [1])
    await second.pass(2 * MINUTE)
    assert.deepEqual(second.relay.sets, [1, 0])
    await second.send(1)
    await second.die()
    await first.clock.advance(3_600_000)
    await using third = await house({ commands: held, folder: first.folder, clock: first.clock, relay: first.relay })
    await third.pass(2_000)
    assert.deepEqual(third.relay.sets, [1, 0, 1, 0])
  })

  it('is not made longer by a clock that is put back', async () => {
    await using h = await house({ commands: held })
    await h.send(1)
    h.clock.step(-86_400_000)
    await h.pass(31 * MINUTE)
    assert.deepEqual(h.relay.sets, [1, 0])
  })

  it('tries again until the device can be reached', async () => {
    await using h = await house({ commands: held })
    await h.send(1)
    h.relay.fails = new HabtwinError('device/unreachable', 'it is unplugged', { where: 'heater' })
    await h.pass(32 * MINUTE)
    assert.equal(h.alerts.at(-1)?.id, 'heater-state-not-safe')
    h.relay.fails = undefined
    await h.pass(10_000)
    assert.deepEqual([h.relay.sets, h.alerts.at(-1)?.active], [[1, 0], false])
  })
})
