import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Store } from './store.ts'
import { folder, JOURNAL, OTHER, one } from './support.ts'
import type { Batch } from './types.ts'

/** Numbers `from` to `to`, of which every fourth is an event. */
function batch(from: number, to: number, have: [number, number][] = []): Batch {
  const seqs = Array.from({ length: to - from + 1 }, (_, i) => from + i)
  const reading = (seq: number) => {
    const { device, reading } = one(seq, seq * 1_000, 400)
    return { device, reading: { ...reading, values: { co2: 400, temperature: 21 } } }
  }
  return {
    readings: seqs.filter((seq) => seq % 4 !== 0).map(reading),
    records: seqs
      .filter((seq) => seq % 4 === 0)
      .map((seq) => ({ topic: `event/${seq}`, body: {}, t: seq, journal: JOURNAL, seq })),
    marks: [{ journal: JOURNAL, seq: have.length > 0 ? 0 : to, have }],
  }
}

const says = (said: number, stored: number, lost = 0, twice = 0) => [{ journal: JOURNAL, said, stored, lost, twice }]

/** Changes the file behind the store's back. */
function tamper(path: string, sql: string): void {
  using db = new DatabaseSync(join(path, 'store.db'))
  assert.equal(db.prepare(sql).run().changes, 1)
}

for (const packed of [false, true]) {
  test(`what is in the store is counted, and what was taken away or doubled behind its back shows (${packed ? 'packed' : 'in the log'})`, async () => {
    using dir = folder()
    const begin = async (...batches: Batch[]) => {
      await using store = Store.open({ folder: dir.path })
      for (const some of batches) store.commit(some)
      if (packed) await store.pack()
      return await store.count()
    }
    assert.deepEqual(await begin(batch(1, 40), batch(41, 60)), says(60, 60))
    // half a reading is not lost, and a whole one is
    const [one, other] = packed
      ? ['DELETE FROM block WHERE id = (SELECT min(id) FROM block)', 'DELETE FROM block']
      : ['UPDATE ingest SET body = NULL WHERE id = 2', 'UPDATE ingest SET body = NULL WHERE id = 1']
    tamper(dir.path, one)
    assert.deepEqual(await begin(), packed ? says(60, 60) : says(60, 45, 15))
    tamper(dir.path, other)
    const [{ stored, lost } = { stored: 0, lost: 0 }] = await begin()
    assert.equal(stored, 15, 'the events')
    assert.ok(lost >= 42, 'readings from the first number that is there')
  })

  test(`a row that is there twice is counted once, and told (${packed ? 'packed' : 'in the log'})`, async () => {
    using dir = folder()
    {
      await using store = Store.open({ folder: dir.path })
      store.commit(batch(1, 8))
      if (packed) await store.pack()
    }
    tamper(
      dir.path,
      packed
        ? 'INSERT INTO block SELECT 1000, series, t0, t1, n, bytes, body FROM block LIMIT 1'
        : 'INSERT INTO ingest SELECT 1000, t, n, NULL, body FROM ingest LIMIT 1',
    )
    await using store = Store.open({ folder: dir.path })
    assert.deepEqual(await store.count(), says(8, 8, 0, 6))
  })
}

test('what has not come yet is not lost, nor is what went before the store was begun', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  // the newest first: the rest is on its way
  store.commit(batch(81, 100, [[81, 100]]))
  assert.deepEqual(await store.count(), says(20, 20))
  // and its gateway says that it has no more of the beginning
  store.commit({ marks: [{ journal: JOURNAL, seq: 100, have: [] }] })
  assert.deepEqual(await store.count(), says(100, 20))
})

test('of a journal that its gateway has done with, each device said how many readings there were', async () => {
  using dir = folder()
  await using store = Store.open({ folder: dir.path })
  store.commit({ readings: [one(1, 1, 1, 'air', OTHER), one(2, 2, 1, 'air', OTHER), one(5, 5, 1, 'air', OTHER)] })
  store.commit({ forget: [OTHER] })
  assert.deepEqual(await store.count(), [{ journal: OTHER, said: 3, stored: 3, lost: 2, twice: 0 }])
})
