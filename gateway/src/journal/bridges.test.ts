/** The journal with a bridge that is far behind, or was taken out, or has just been added. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog, TestClock } from '@habtwin/runtime'
import { MemoryDisk } from '../../../test/support/memory-disk.ts'
import type { JournalDisk } from './disk.ts'
import { SqliteDisk } from './disk.ts'
import { Journal } from './journal.ts'
import { Tail } from './tail.ts'

interface Begun {
  readonly journal: Journal
  readonly clock: TestClock
  readonly lost: () => number
  /** Takes readings, which the recorder confirms at once. */
  take(count: number): void
}

interface Options {
  readonly disk?: JournalDisk
  readonly bridges?: readonly string[]
  readonly limits?: { readonly memory: number; readonly disk: number; readonly tick: number }
  readonly tail?: Tail
}

function begun({ disk = new MemoryDisk(), bridges = ['earth'], limits, tail }: Options = {}): Begun {
  const clock = new TestClock()
  let lost = 0
  const journal = new Journal({
    ...{ disk, clock, tail, log: silentLog() },
    consumers: ['recorder'],
    bridges: bridges.map((name) => ({ name, marks: false })),
    limits: limits ?? { memory: 1e6, disk: 1e9, tick: 1_000 },
    retain: () => undefined,
    onLost: (count) => {
      lost += count
    },
  })
  journal.start()
  return {
    ...{ journal, clock },
    lost: () => lost,
    take(count) {
      for (let i = 0; i < count; i++) journal.append('device/air/reading', { n: i, t: i, values: { co2: i } })
      const seq = journal.next - 1
      journal.mark('recorder', journal.id, { store: 's', seq, have: [], got: [] })
      clock.skip(1_000)
      journal.tick()
    },
  }
}

test('a bridge that is far behind keeps no memory, and holds up nobody who waits for room', async () => {
  const { journal, take } = begun()
  for (let i = 0; i < 100; i++) take(500)
  assert.ok(journal.bytes.memory < 500_000, `${journal.bytes.memory}`)
  await journal.room()
  for (const seq of [1, 25_000, 49_500]) assert.equal(journal.entry(journal.id, seq)?.seq, seq)
})

test('what every consumer has makes room on the disk, whichever end of a backlog went first', () => {
  const { journal, take, clock } = begun()
  for (let i = 0; i < 20; i++) take(1_000)
  const full = journal.bytes.disk
  const confirm = (from: number, to: number) => {
    journal.confirm('earth', journal.id, from, to)
    clock.skip(250)
    journal.tick()
  }
  confirm(10_001, 20_000)
  assert.ok(journal.bytes.disk < full * 0.6, `${journal.bytes.disk} of ${full}`)
  assert.equal(journal.entry(journal.id, 15_000), undefined)
  assert.deepEqual(journal.gone(journal.id, 15_000, 1, 20_000), [10_001, 20_000])
  assert.equal(journal.entry(journal.id, 5_000)?.seq, 5_000)
  confirm(1, 10_000)
  assert.equal(journal.bytes.disk, 0)
})

test('beyond its disk the oldest go, and that is told', () => {
  const { journal, take, lost } = begun({ limits: { memory: 100_000, disk: 500_000, tick: 1_000 } })
  for (let i = 0; i < 20; i++) take(1_000)
  assert.ok(journal.bytes.disk <= 500_000)
  assert.ok(lost() > 10_000, `${lost()}`)
  assert.equal(journal.entry(journal.id, 1), undefined)
  assert.equal(journal.entry(journal.id, 20_000)?.seq, 20_000)
})

test('a bridge that was taken out of the configuration holds nothing; one that is new begins with what is held', () => {
  const disk = new MemoryDisk()
  const first = begun({ disk, bridges: ['earth', 'moon'] })
  first.take(3_000)
  first.journal.confirm('earth', first.journal.id, 1, 1_000)
  first.journal.close()
  const { id } = first.journal
  const second = begun({ disk, bridges: ['earth', 'mars'] })
  assert.deepEqual(disk.consumers().sort(), ['earth', 'mars', 'recorder'])
  assert.equal(second.journal.consumer('earth')?.word(id).done.contiguous, 1_000)
  assert.equal(second.journal.consumer('mars')?.word(id).done.contiguous, 0)
  second.journal.mark('recorder', id, { store: 's', seq: 3_000, have: [], got: [] })
  for (const name of ['earth', 'mars']) second.journal.confirm(name, id, 1, 3_000)
  second.journal.tick()
  assert.equal([...second.journal.journals].length, 1, 'the journal of the first process is forgotten')
})

test('with files in memory a bridge costs a commit for a thousand entries or 15 s, and a kill loses nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-bridges-'))
  try {
    const open = () => Tail.open(folder, silentLog(), { XDG_RUNTIME_DIR: folder })
    {
      // killed: neither is closed in good order
      using disk = SqliteDisk.open(folder)
      using tail = open()
      assert.ok(tail)
      const { journal, take } = begun({ disk, tail })
      for (let i = 0; i < 10; i++) take(10)
      assert.equal(journal.counts.spilled, 0)
      for (let i = 0; i < 10; i++) take(10)
      assert.ok(journal.counts.spilled > 0, 'the oldest are 15 s old')
      journal.confirm('earth', journal.id, 1, 150)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
    using disk = SqliteDisk.open(folder)
    using tail = open()
    assert.ok(tail)
    const { journal } = begun({ disk, tail })
    const [killed] = [...journal.journals]
    assert.ok(killed)
    assert.equal(killed.next, 201)
    assert.equal(journal.consumer('earth')?.word(killed.id).done.contiguous, 150)
    for (let seq = 151; seq <= 200; seq++) assert.equal(journal.entry(killed.id, seq)?.seq, seq)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('urgent entries of a backlog are known after a restart without reading it', () => {
  const disk = new MemoryDisk()
  const first = begun({ disk })
  first.take(2_000)
  first.journal.append('alert/fire', { active: true })
  first.take(2_000)
  first.journal.close()
  const second = begun({ disk })
  const [earlier] = [...second.journal.journals]
  assert.deepEqual(earlier?.urgent.toJSON(), [[2_001, 2_001]])
})
