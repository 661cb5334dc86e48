import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Command, isHabtwinError } from '@habtwin/contract'
import { journey } from '@habtwin/contract/contact'
import { Outbox } from './outbox.ts'

const MIN = 60_000

/** Mission control a light time of 20 minutes away; `away` while its broker is. */
function control() {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-outbox-'))
  const is = { now: 0, away: false }
  const said: string[] = []
  const open = () =>
    new Outbox({
      folder,
      now: () => is.now,
      publish: async (device, point, { id }) => {
        if (is.away) throw new Error('away')
        said.push(`${device}/${point} ${id}`)
      },
    })
  const command = (id: string): Command => ({ id, value: 1, by: 'Kai', expires: is.now + 60 * MIN })
  const way = () => journey({ delay: 20 * MIN }, 'mission-control', is.now)
  /** The disk takes nothing any more: the folder is gone. */
  const fill = () => rmSync(folder, { recursive: true })
  return {
    is,
    said,
    open,
    command,
    way,
    fill,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

test('a command is said at once, and its way is known: sent, arrives, earliest answer', async () => {
  using at = control()
  const { journey: way } = await at.open().add('fan', 'state', at.command('c'), at.way())
  assert.deepEqual(at.said, ['fan/state c'])
  assert.deepEqual([way.sent, way.arrives, way.answer], [0, 20 * MIN, 40 * MIN])
})

test('what is not answered is said again when the habitat is heard anew, but not while an answer may be under way', async () => {
  using at = control()
  const box = at.open()
  await box.add('fan', 'state', at.command('c'), at.way())
  at.is.now = 39 * MIN
  box.again()
  assert.equal(at.said.length, 1)
  at.is.now = 41 * MIN
  box.again()
  assert.equal(at.said.length, 2)
  box.answered({ id: 'c', state: 'accepted' })
  assert.equal(box.pending.length, 1)
  box.answered({ id: 'c', state: 'done' })
  at.is.now = 200 * MIN
  box.again()
  assert.equal(at.said.length, 2)
})

test('commands outlive a kill and a broker that is away; the same id is one command', async () => {
  using at = control()
  at.is.away = true
  const box = at.open()
  await box.add('fan', 'state', at.command('c'), at.way())
  await box.add('fan', 'state', { ...at.command('c'), value: 0 }, at.way())
  const again = at.open()
  assert.deepEqual(
    again.pending.map(({ command }) => command.value),
    [1],
  )
  at.is.away = false
  at.is.now = 41 * MIN
  again.again()
  assert.deepEqual(at.said, ['fan/state c'])
})

test('a command that cannot be kept is not said, and an answer is taken whatever the disk says', async () => {
  using at = control()
  const box = at.open()
  await box.add('fan', 'state', at.command('c'), at.way())
  at.fill()
  await assert.rejects(box.add('fan', 'state', at.command('d'), at.way()), (error) => isHabtwinError(error, 'data/unusable')) // biome-ignore format: one line
  box.answered({ id: 'c', state: 'done' })
  assert.deepEqual(box.pending, [])
  assert.deepEqual(at.said, ['fan/state c'])
})

test('a command whose time is over, and its answer’s as well, is given up', async () => {
  using at = control()
  const box = at.open()
  await box.add('fan', 'state', at.command('c'), at.way())
  at.is.now = 139 * MIN
  assert.equal(box.pending.length, 1)
  at.is.now = 141 * MIN
  assert.equal(box.pending.length, 0)
  box.again()
  assert.equal(at.said.length, 1)
})
