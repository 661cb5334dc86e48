import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Readers } from './readers.ts'
import { Store } from './store.ts'
import { co2, folder, one } from './support.ts'

const query = { series: co2(), from: 0, to: 100 }

test('stores that share a worker answer each from its own file, and one that closes takes nothing from the others', async () => {
  using dir = folder()
  await using readers = new Readers()
  // more than are open in the worker at once
  const stores = Array.from({ length: 20 }, (_, i) => Store.open({ folder: join(dir.path, `s${i}`), readers }))
  for (const [i, store] of stores.entries()) store.commit({ readings: [one(1, 5, i)] })
  const values = async () => (await Promise.all(stores.map((store) => store.history(query)))).map(({ value }) => value)
  assert.deepEqual(
    await values(),
    stores.map((_, i) => [i]),
  )
  for (const store of stores.splice(10)) await store[Symbol.asyncDispose]()
  await Promise.all(stores.map((store) => store.pack()))
  for (const [i, store] of stores.entries()) store.commit({ readings: [one(2, 6, 100 + i)] })
  assert.deepEqual(
    await values(),
    stores.map((_, i) => [i, 100 + i]),
  )
  for (const store of stores) await store[Symbol.asyncDispose]()
})
