import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { sqliteCode } from './faults.ts'
import { StoreFile } from './file.ts'
import { co2, folder, one } from './support.ts'
import { ReaderThread } from './thread.ts'

const query = { series: co2(), from: 0, to: 10 }

test('a file that cannot be opened is told with what SQLite said, and asked for again the next time', async () => {
  using dir = folder()
  const path = join(dir.path, 'store.db')
  await using thread = new ReaderThread(path)
  const CANTOPEN = 14
  await assert.rejects(thread.history(query), (error) => sqliteCode(error) === CANTOPEN)
  using file = StoreFile.open(path)
  file.commit({ readings: [one(1, 5, 7)] }, [], 0)
  assert.deepEqual([...(await thread.history(query)).value], [7])
})

test('what waits is told when the thread is closed', async () => {
  using dir = folder()
  const path = join(dir.path, 'store.db')
  using _file = StoreFile.open(path)
  const thread = new ReaderThread(path)
  const asked = [thread.history(query), thread.history(query)]
  const told = Promise.allSettled(asked)
  await thread[Symbol.asyncDispose]()
  for (const one_ of await told)
    assert.ok(one_.status === 'rejected' && isHabtwinError(one_.reason, 'link/unavailable'))
  await assert.rejects(thread.history(query), (error) => isHabtwinError(error, 'link/unavailable'))
})

test('a question that is taken back while it waits is never asked', async () => {
  using dir = folder()
  const path = join(dir.path, 'store.db')
  using _file = StoreFile.open(path)
  await using thread = new ReaderThread(path)
  const control = new AbortController()
  const first = thread.history(query)
  const second = thread.history(query, control.signal)
  const third = thread.history(query)
  control.abort(new Error('enough'))
  await assert.rejects(second, /enough/)
  assert.equal((await first).t.length, 0)
  assert.equal((await third).t.length, 0)
})
