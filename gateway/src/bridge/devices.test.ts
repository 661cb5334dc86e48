/** How much of each device has crossed, with the real journal, on a disk that is soon full. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LinkDevices, linkDevices, topic } from '@habtwin/contract'
import { silentLog, TestClock } from '@habtwin/runtime'
import { MemoryDisk } from '../../../test/support/memory-disk.ts'
import type { JournalDisk } from '../journal/disk.ts'
import { Journal } from '../journal/index.ts'
import { DeviceIndex } from './device-index.ts'
import { DeviceTally } from './devices.ts'

const SECOND = 1_000

function begun({ disk = new MemoryDisk() as JournalDisk, space = 1e9, crosses = (path: string) => path !== '' } = {}) {
  const clock = new TestClock()
  const retained = new Map<string, string>()
  const journal = new Journal({
    ...{ disk, clock, log: silentLog() },
    consumers: ['recorder'],
    bridges: [{ name: 'earth', marks: false }],
    limits: { memory: 100_000, disk: space, tick: 1_000 },
    retain: (path, payload) => void retained.set(path, payload),
    onEntry: (entry) => {
      index.add(entry)
      tally.offer(entry)
    },
  })
  const index = new DeviceIndex(journal)
  const opened = () =>
    new DeviceTally({
      ...{ name: 'earth', journal, index, clock, crosses },
      latest: (path) => retained.get(path),
      retain: (path, payload) => void retained.set(path, payload),
    })
  let tally = opened()
  journal.start()
  const told = (): LinkDevices => linkDevices.parse(JSON.parse(retained.get(topic.linkDevices('earth')) ?? 'null'))
  let n = 0
  let t = clock.now()
  return {
    ...{ journal, told },
    get tally() {
      return tally
    },
    /** Opens the bridge only now. */
    open() {
      tally = opened()
    },
    now: () => t,
    /** Rounds of a reading of each device, a second apart, with an alert now and then; the recorder has all at once. */
    take(rounds: number, devices = ['air', 'soil']) {
      for (let i = 0; i < rounds; i++) {
        clock.skip(SECOND)
        t += SECOND
        for (const device of devices) journal.append(topic.reading(device), { n: ++n, t, values: { co2: n } }) // biome-ignore format: one thought
        if (i % 100 === 0) journal.append('alert/x', { t, active: true })
        journal.mark('recorder', journal.id, { store: 's', seq: journal.next - 1, have: [], got: [] })
        journal.tick()
      }
    },
    /** Ten seconds later it is counted again, however many ticks that takes. */
    count() {
      clock.skip(10 * SECOND)
      for (let i = 0; i < 500; i++) tally.tick()
      return told()
    },
  }
}

test('of each device it is told what was taken, what is there, and that nothing is lost', () => {
  const b = begun()
  b.take(1_500)
  assert.deepEqual(b.count().devices, {
    air: { taken: 1_500, confirmed: 0, lost: 0 },
    soil: { taken: 1_500, confirmed: 0, lost: 0 },
  })
  assert.deepEqual(b.tally.standing, { complete: 0, behind: 2, gaps: 0 })
  // newest first: 3,015 entries, of which the last 1,001 have crossed
  b.journal.confirm('earth', b.journal.id, 2_015, 3_015)
  const { air, soil } = b.count().devices
  assert.equal((air?.confirmed ?? 0) + (soil?.confirmed ?? 0), 1_001 - 4, 'four of them are alerts')
  b.journal.confirm('earth', b.journal.id, 1, 2_014)
  assert.deepEqual(b.count().devices.air, { taken: 1_500, confirmed: 1_500, lost: 0 })
  assert.deepEqual(b.tally.standing, { complete: 2, behind: 0, gaps: 0 })
})

test('what the disk had no room for is told of each device, with its times, and is not lost again when it is passed over', () => {
  const b = begun({ space: 40_000 })
  const from = b.now()
  for (let i = 0; i < 6; i++) {
    b.take(500)
    b.count()
  }
  const { air, soil } = b.told().devices
  const lost = b.journal.counts.lost
  assert.ok(lost > 3_000, `${lost}`)
  // the newest of what is lost may only be in the next count; of a block of which a part is gone it is a share
  assert.ok(Math.abs((air?.lost ?? 0) + (soil?.lost ?? 0) + 15 - lost) < 150, `${air?.lost} + ${soil?.lost} of ${lost}`)
  assert.equal(air?.taken, 3_000)
  const [gap] = air?.gaps ?? []
  assert.equal(air?.gaps?.length, 1, 'it is one gap, though it grew')
  assert.equal(gap?.from, from + SECOND)
  assert.ok((gap?.to ?? 0) > from + 1_000 * SECOND && (gap?.to ?? 0) < b.now())
  // what is left crosses, and the other side passes over the rest
  b.journal.confirm('earth', b.journal.id, 1, b.journal.next - 1)
  const after = b.count().devices.air
  assert.deepEqual([after?.lost, (after?.confirmed ?? 0) + (after?.lost ?? 0)], [air?.lost, 3_000])
  assert.deepEqual(b.tally.standing, { complete: 0, behind: 0, gaps: 2 })
})

test('what an earlier process left is counted with what has been taken since', () => {
  const disk = new MemoryDisk()
  const first = begun({ disk })
  first.take(2_000)
  first.journal.confirm('earth', first.journal.id, 1, 1_000)
  first.journal.close()
  const second = begun({ disk })
  second.take(10)
  const { air, soil } = second.count().devices
  assert.equal((air?.taken ?? 0) + (soil?.taken ?? 0), 4_000 - (1_000 - 5) + 20)
  assert.equal(air?.confirmed, 0)
})

test('what was taken before the bridge was opened is counted as well', () => {
  const b = begun()
  b.take(10)
  b.open()
  b.take(5)
  assert.deepEqual(b.count().devices.air, { taken: 15, confirmed: 0, lost: 0 })
})

test('a backlog is counted a few steps at a time', () => {
  const disk = new MemoryDisk()
  const first = begun({ disk })
  first.take(1_500)
  first.journal.close()
  const second = begun({ disk })
  second.tally.tick()
  assert.equal(second.tally.lowest, undefined, 'what lies on disk in three thousand pieces is not read at once')
  assert.equal(second.count().devices.air?.taken, 1_500)
})

test('what is not to cross is none of it', () => {
  const b = begun({ crosses: (path) => !path.includes('soil') })
  b.take(10)
  assert.deepEqual(Object.keys(b.count().devices), ['air'])
})
