import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { CommandResult, WaitingCommand } from '@habtwin/contract'
import { silentLog } from '@habtwin/runtime'
import { AuditLog } from '@habtwin/runtime/audit/log'
import { TestClock } from '@habtwin/runtime/clock'
import { pointCommands } from '@habtwin/runtime/config/commands'
import { SqliteDisk } from '../journal/index.ts'
import type { From } from './afar.ts'
import { Commands } from './commands.ts'
import { Controls } from './controls.ts'
import { policiesOf } from './policies.ts'

const MINUTE = 60_000
const earth: From = { role: 'mission-control', clientId: 'bridge', bridge: 'earth' }
const capcom: From = { role: 'mission-control', clientId: 'c', user: 'cap' }
const ada: From = { role: 'crew', clientId: 'tablet', user: 'ada' }
let ids = 0

/** A heater that must not run in smoke, and the part of a gateway that commands go through; its disk and log are real. */
function house({ folder = mkdtempSync(join(tmpdir(), 'habtwin-afar-')), clock = new TestClock() } = {}) {
  const log = silentLog()
  const disk = SqliteDisk.open(folder)
  const state = { load: (name: string) => disk.loadState(name), save: (name: string, text: string) => disk.saveState(name, text) } // biome-ignore format: one line
  const audit = AuditLog.open({ folder: join(folder, 'audit'), node: 'pi', habitat: 'sam', clock, log, state })
  const results: CommandResult[] = []
  const waits = new Map<string, WaitingCommand>()
  const sets: (string | number)[] = []
  let fails = false
  const controls = new Controls({
    ...{ clock, log, state, alarm: { raise() {}, clear() {} }, audit: (note) => audit.append(note), tell() {} },
    write: async (_device, _point, value) => value,
    failed: (error) => assert.fail(String(error)),
  })
  const written = pointCommands.parse({ safe: 0, refuse_when: [{ device: 'smoke', point: 'smoke', above: 0.5, because: 'there is smoke' }] }) // biome-ignore format: one line
  const config = { devices: { heater: { label: 'Heater', commands: { state: written } }, smoke: { label: 'Smoke' } } }
  const members = [
    { id: 'heater', zone: 'crew', label: 'Heater', every: 1_000, timeout: 500, points: { state: { unit: '1', writable: [0, 1] } } }, // biome-ignore format: one line
    { id: 'smoke', zone: 'crew', label: 'Smoke', every: 1_000_000, timeout: 500, points: { smoke: { unit: '1' } } },
  ]
  controls.configure(policiesOf(config as never, members), members)
  controls.reading('smoke', { smoke: 0 })
  const commands = new Commands({
    ...{ clock, log, state, controls, audit: (note) => audit.append(note) },
    write: async (_device, _point, value, before) => {
      before()
      if (fails) throw new RangeError('it does not fit')
      sets.push(value)
      return value
    },
    own: { journal: (_point, { value }) => value, link: (_point, { value }) => value },
    result: (_topic, body) => results.push(body),
    waits: (id, one) => (one === undefined ? waits.delete(id) : waits.set(id, one)),
  })
  commands.start()
  return {
    ...{ folder, clock, commands, controls, results, waits, sets },
    fail: () => {
      fails = true
    },
    async send(
      value: number | string | boolean,
      from: From | undefined,
      more: Record<string, unknown> = {},
      device = 'heater',
      point = 'state',
    ) {
      // biome-ignore format: one line
      const body = { id: `m-${++ids}`, value, by: 'Cap', expires: clock.now() + 30 * MINUTE, ...more }
      await commands.handle(device, point, Buffer.from(JSON.stringify(body)), from)
      return results.findLast(({ id }) => id === body.id) as CommandResult
    },
    /** The word of somebody on a command that waits, and what it is told. */
    judge(word: 'confirm' | 'decline', value: string, from: From = ada) {
      return this.send(value, from, { by: 'ada', expires: clock.now() + MINUTE }, 'command', word)
    },
    kinds: () =>
      readdirSync(join(folder, 'audit')).flatMap((name) =>
        readFileSync(join(folder, 'audit', name), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ),
    /** Leaves what a kill -9 would. */
    die() {
      audit[Symbol.dispose]()
      disk[Symbol.dispose]()
    },
    [Symbol.dispose]() {
      this.die()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

describe('a command from afar', () => {
  it('waits for a crew member, and is done on their word, with both names', async () => {
    using h = house()
    const sent = h.clock.now() - 12 * MINUTE
    const waiting = await h.send(1, earth, { id: 'heat', sent })
    assert.deepEqual(
      [waiting.state, waiting.reason, h.sets],
      ['waiting', 'it waits for a crew member to confirm it', []],
    )
    const { t, expires, ...one } = h.waits.get('heat') as WaitingCommand
    assert.deepEqual(one, { id: 'heat', device: 'heater', point: 'state', value: 1, by: 'Cap', via: 'bridge/earth', sent }) // biome-ignore format: one line
    assert.ok(t && expires > t)
    const word = await h.judge('confirm', 'heat')
    assert.deepEqual([word.state, word.readback, h.sets, h.waits.size], ['done', 'done', [1], 0])
    const done = h.results.findLast(({ id }) => id === 'heat')
    assert.deepEqual([done?.state, done?.by, done?.confirmed, done?.readback], ['done', 'Cap', 'ada', 1])
    const audited = h.kinds().filter(({ id }) => id === 'heat')
    assert.deepEqual(audited.map(({ kind }) => kind), ['waiting', 'command', 'result']) // biome-ignore format: one line
    assert.deepEqual([audited[1].by, audited[1].via, audited[1].confirmed], ['Cap', 'bridge/earth', 'ada'])
  })

  it('of one who is logged in as mission control here waits as well, and under that name', async () => {
    using h = house()
    assert.equal((await h.send(1, capcom, { id: 'x' })).state, 'waiting')
    assert.deepEqual([h.waits.get('x')?.by, h.waits.get('x')?.via], ['cap', 'mission-control'])
    assert.equal((await h.send(1, ada)).state, 'done')
    // sim says as what its user is logged in; beyond a bridge anybody could say anything
    const sim: From = { role: 'service', clientId: 'sim' }
    assert.equal((await h.send(1, sim, { role: 'mission-control' })).state, 'waiting')
    assert.equal((await h.send(1, sim, { role: 'crew' })).state, 'done')
    assert.equal((await h.send(1, earth, { role: 'crew' })).state, 'waiting')
  })

  it('waits even if it sets the safe value: who is at it now only the crew know', async () => {
    using h = house()
    assert.equal((await h.send(0, earth)).state, 'waiting')
    assert.deepEqual(h.sets, [])
  })

  it('acts at once where the configuration says so, and where it commands no device', async () => {
    using h = house()
    assert.equal((await h.send(1, { ...earth, confirm: false })).state, 'done')
    assert.equal((await h.send('{}', earth, {}, 'journal', 'event')).state, 'done')
    assert.equal((await h.send(true, earth, {}, 'link', 'emergency')).state, 'done')
    assert.deepEqual([h.sets, h.waits.size], [[1], 0])
  })

  it('that is declined is refused with who and why, and never done', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x' })
    assert.equal((await h.judge('decline', 'x Noa is in the lock')).state, 'done')
    const { state, reason } = h.results.findLast(({ id }) => id === 'x') ?? {}
    assert.deepEqual([state, reason], ['refused', 'declined by ada: Noa is in the lock'])
    const again = await h.judge('confirm', 'x')
    assert.deepEqual([again.state, again.reason], ['refused', 'it does not wait any more: it is refused'])
    assert.deepEqual([h.sets, h.kinds().find(({ id, kind }) => id === 'x' && kind === 'refused')?.judged], [[], 'ada'])
  })

  it('is not confirmed or declined by those who sent it', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x' })
    for (const from of [earth, capcom, { ...earth, confirm: false }]) {
      const { state, reason } = await h.judge('confirm', 'x', from)
      assert.deepEqual([state, reason], ['refused', 'only a crew member in the habitat confirms or declines a command'])
    }
    assert.deepEqual(h.sets, [])
  })

  it('is judged anew when it is confirmed: by its interlock and its time', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x' })
    h.controls.reading('smoke', { smoke: 1 })
    const word = await h.judge('confirm', 'x')
    assert.deepEqual([word.state, h.sets, h.waits.size], ['refused', [], 0])
    assert.match(word.reason ?? '', /there is smoke/)
    assert.match(h.results.findLast(({ id }) => id === 'x')?.reason ?? '', /there is smoke/)
    h.controls.reading('smoke', { smoke: 0 })
    await h.send(1, earth, { id: 'y', expires: h.clock.now() + MINUTE })
    h.clock.step(2 * MINUTE)
    assert.equal((await h.judge('confirm', 'y')).state, 'expired')
    assert.equal(h.results.findLast(({ id }) => id === 'y')?.state, 'expired')
    assert.deepEqual(h.sets, [])
  })

  it('that fails when it is done says so to both', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x' })
    h.fail()
    const word = await h.judge('confirm', 'x')
    assert.deepEqual([word.state, word.reason], ['failed', 'it does not fit'])
    assert.equal(h.results.findLast(({ id }) => id === 'x')?.state, 'failed')
  })

  it('whose time passes while it waits is expired', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x', expires: h.clock.now() + MINUTE })
    await h.clock.advance(MINUTE)
    h.commands.tick()
    assert.equal(h.waits.size, 1)
    await h.clock.advance(1)
    h.commands.tick()
    const { state, reason } = h.results.at(-1) ?? {}
    assert.deepEqual(
      [state, reason, h.waits.size],
      ['expired', 'its time was over before a crew member confirmed it', 0],
    )
    assert.equal(h.kinds().at(-1).kind, 'expired')
  })

  it('waits on after a restart, and a second of the same id is answered with how it stands', async () => {
    const first = house()
    await first.send(1, earth, { id: 'x' })
    first.die()
    using h = house({ folder: first.folder, clock: first.clock })
    assert.equal(h.waits.get('x')?.value, 1)
    assert.equal((await h.send(1, earth, { id: 'x' })).state, 'waiting')
    assert.equal(h.waits.size, 1)
    assert.equal((await h.judge('confirm', 'x')).state, 'done')
    assert.equal((await h.send(1, earth, { id: 'x' })).state, 'done')
    assert.deepEqual(h.sets, [1])
  })

  it('that was done does not wait again after a restart', async () => {
    const first = house()
    await first.send(1, earth, { id: 'x' })
    await first.judge('confirm', 'x')
    first.die()
    using h = house({ folder: first.folder, clock: first.clock })
    assert.equal(h.waits.size, 0)
    assert.equal((await h.send(1, earth, { id: 'x' })).state, 'done')
    assert.deepEqual(h.sets, [])
  })

  it('comes too late, or from a clock that cannot be right, with what both clocks say', async () => {
    using h = house()
    const now = h.clock.now()
    const late = await h.send(1, earth, { expires: now - 3 * MINUTE })
    assert.deepEqual([late.state, late.reason], ['expired', 'it came after its time: 2026-11-20 11:57:00 UTC, and the clock here says 2026-11-20 12:00:00 UTC']) // biome-ignore format: one line
    const far = await h.send(1, earth, { expires: now + 400 * 86_400_000 })
    assert.match(far.reason ?? '', /^its time is over in more than a day.*: 2027-12-25 12:00:00 UTC, and the clock here says 2026-11-20/) // biome-ignore format: one line
    const ahead = await h.send(1, earth, { sent: now + 10 * MINUTE })
    assert.deepEqual([ahead.state, ahead.reason], ['refused', 'its sender\'s clock said 2026-11-20 12:10:00 UTC when it was sent, and the clock here says 2026-11-20 12:00:00 UTC: one of them is wrong']) // biome-ignore format: one line
    assert.match((await h.send(1, earth, { expires: 1e300 })).reason ?? '', /which is no time/)
    assert.deepEqual([h.sets, h.waits.size], [[], 0])
    assert.equal(h.kinds().filter(({ kind }) => kind === 'refused' || kind === 'expired').length, 4)
  })

  it('is refused before it waits where it could not be done anyway', async () => {
    using h = house()
    assert.match((await h.send(7, earth)).reason ?? '', /7 is not what it can be set to/)
    assert.equal((await h.send(1, earth, {}, 'nobody')).state, 'refused')
    h.controls.reading('smoke', { smoke: 1 })
    assert.match((await h.send(1, earth)).reason ?? '', /there is smoke/)
    assert.equal(h.waits.size, 0)
  })

  it('is one of few that wait, and of few in a minute', async () => {
    using h = house()
    for (let i = 0; i < 40; i++) await h.send(1, earth)
    assert.equal(h.waits.size, 12)
    assert.match(h.results.at(-1)?.reason ?? '', /12 commands a minute/)
    assert.equal((await h.send(1, capcom)).state, 'waiting') // another way has a count of its own
    for (let i = 0; i < 4; i++) {
      await h.clock.advance(MINUTE + 1)
      for (let j = 0; j < 12; j++) await h.send(1, earth)
    }
    assert.equal(h.waits.size, 32)
    assert.match(h.results.at(-1)?.reason ?? '', /32 commands wait for the crew already/)
    assert.equal((await h.send('x'.repeat(2_000), earth)).state, 'refused')
  })

  it('that does not wait, or a word that is none, is told', async () => {
    using h = house()
    assert.equal((await h.judge('confirm', 'nobody')).reason, 'no command nobody waits')
    assert.equal((await h.send('x', ada, {}, 'command', 'approve')).state, 'refused')
  })

  it('confirmed twice at once is done once', async () => {
    using h = house()
    await h.send(1, earth, { id: 'x' })
    const words = await Promise.all([h.judge('confirm', 'x'), h.judge('confirm', 'x')])
    assert.deepEqual(words.map(({ state }) => state).sort(), ['done', 'refused'])
    assert.deepEqual(h.sets, [1])
  })
})
