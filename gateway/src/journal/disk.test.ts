import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Entry, SqliteDisk } from './disk.ts'

function folder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-disk-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

function entries(from: number, to: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, topic: 't', payload: `{"n":${from + i}}` }))
}

test('what was spilled is read back by any of its numbers, also by the next process', () => {
  using dir = folder()
  {
    using disk = SqliteDisk.open(dir.path)
    disk.begin('j', 1)
    disk.spill('j', entries(5, 2_504))
  }
  using disk = SqliteDisk.open(dir.path)
  assert.deepEqual(disk.chunks('j'), [
    [5, 1_004],
    [1_005, 2_004],
    [2_005, 2_504],
  ])
  for (const seq of [5, 1_004, 1_005, 2_504]) {
    assert.ok(disk.read('j', seq).some((entry) => entry.seq === seq && entry.payload === `{"n":${seq}}`))
  }
  assert.deepEqual(disk.read('j', 4), [])
  assert.deepEqual(disk.read('j', 2_505), [])
  assert.deepEqual(disk.chunks('j', 1_004, 1_004), [[5, 1_004]])
})

test('a chunk that is dropped is gone, and its bytes with it', () => {
  using dir = folder()
  using disk = SqliteDisk.open(dir.path)
  disk.begin('j', 1)
  disk.spill('j', entries(1, 10))
  assert.ok(disk.bytes > 0)
  assert.deepEqual(disk.first('j'), [1, 10])
  disk.drop('j', [1])
  assert.equal(disk.bytes, 0)
  assert.equal(disk.first('j'), undefined)
})

test('a journal that is forgotten leaves no trace, the others stay', () => {
  using dir = folder()
  using disk = SqliteDisk.open(dir.path)
  for (const id of ['a', 'b']) {
    disk.begin(id, 1)
    disk.spill(id, entries(1, 3))
    disk.saveMarks([{ consumer: 'recorder', journal: id, mark: { store: 's', seq: 2, have: [], got: [] } }])
  }
  disk.close('a', 4, true)
  disk.forget('a')
  assert.deepEqual(
    disk.journals().map(({ id }) => id),
    ['b'],
  )
  assert.deepEqual(
    disk.marks().map(({ journal }) => journal),
    ['b'],
  )
  assert.deepEqual(disk.chunks('a'), [])
})
