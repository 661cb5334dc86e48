import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Store } from './index.ts'
import { folder, memoryLog, one } from './support.ts'

test('readings that wait for a clock which is never set are bounded: the oldest go, and are told as a gap', async () => {
  using dir = folder()
  const log = memoryLog()
  await using store = Store.open({ folder: dir.path, size: 80_000, log })
  const rows = 60
  const each = 50
  for (let row = 0; row < rows; row++) {
    const hold = Array.from({ length: each }, (_, i) => {
      const seq = row * each + i + 1
      const { device, reading } = one(seq, seq * 1_000, Math.sin(seq) * 1_000)
      return { device, reading: { ...reading, clock: { boot: 'boot', mono: seq * 1_000 } } }
    })
    store.commit({ hold })
  }
  await store.retire()

  const held = store.held()
  const bytes = held.reduce((sum, row) => sum + row.bytes, 0)
  assert.ok(bytes <= 10_000 && bytes > 5_000, `${bytes} bytes are held`)
  const [gap, ...more] = store.completeness()[0]?.gaps ?? []
  assert.deepEqual(more, [])
  const gone = rows - held.length
  assert.equal(gap?.count, gone * each)
  assert.equal(gap?.from, 1_000)
  assert.equal(gap?.to, gone * each * 1_000)
  assert.equal(store.readHeld(held[0]?.id ?? 0)[0]?.reading.seq, gone * each + 1, 'the oldest have gone')
  assert.match(log.lines.join('\n'), /no room for readings whose time is not known/)

  await store.retire()
  assert.equal(store.held().length, held.length, 'no more than needed')
})
