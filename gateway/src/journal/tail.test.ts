import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '@habtwin/runtime'
import { Tail } from './tail.ts'

const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]

function memory(): Disposable & { readonly path: string; open(): Tail; files(): string[] } {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-tail-'))
  const files = () =>
    readdirSync(path).flatMap((own) => readdirSync(join(path, own)).map((name) => join(path, own, name)))
  return {
    path,
    files,
    open() {
      const tail = Tail.open('/data', silentLog(), { XDG_RUNTIME_DIR: path })
      assert.ok(tail)
      return tail
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
const entry = (seq: number) => ({ seq, topic: 'device/air/reading', payload: `{"seq":${seq},"label":"a b"}` })

test('what was said and what was confirmed is found by the next process, up to a line that was cut', async () => {
  using at = memory()
  const killed = at.open()
  killed.begin(first)
  for (let seq = 1; seq <= 5; seq++) killed.add(entry(seq))
  for (const seq of [1, 2, 4]) killed.confirm('earth', first, seq, seq)
  await turn()
  for (const file of at.files()) if (statSync(file).size > 0) appendFileSync(file, '6 device/air/reading {"se')
  using tail = at.open()
  const { journals, confirmed } = tail.begin(second)
  assert.deepEqual(
    journals.map(({ journal, entries }) => [journal, entries]),
    [[first, [1, 2, 3, 4, 5].map(entry)]],
  )
  assert.deepEqual(
    confirmed.map(({ consumer, range }) => [consumer, ...range]),
    [
      ['earth', 1, 2],
      ['earth', 4, 4],
    ],
  )
  tail.done()
  assert.deepEqual(at.open().begin(first), { journals: [], confirmed: [] })
})

test('it stays small, and lets go of nothing that is not safe', async () => {
  using at = memory()
  using tail = at.open()
  tail.begin(first)
  let saved = 0
  const fill = async (from: number) => {
    for (let seq = from; seq < from + 30_000; seq++) tail.add(entry(seq))
    await turn()
  }
  const size = () => at.files().reduce((n, file) => n + statSync(file).size, 0)
  await fill(1)
  tail.tick(
    () => false,
    () => saved++,
  )
  await fill(30_001)
  const full = size()
  tail.tick(
    () => false,
    () => saved++,
  )
  await fill(60_001)
  assert.ok(size() > full)
  for (let seq = 90_001; seq < 900_000; seq += 30_000) {
    tail.tick(
      () => true,
      () => saved++,
    )
    await fill(seq)
  }
  assert.ok(size() < 3 * full, `${size()} bytes`)
  assert.ok(saved > 10)
})

test('nothing is left in memory by a gateway that ended well, and all by one that could not write', async () => {
  using at = memory()
  const ended = at.open()
  ended.begin(first)
  ended.add(entry(1))
  await turn()
  ended.done()
  ended[Symbol.dispose]()
  assert.deepEqual(readdirSync(at.path), [])

  const full = at.open()
  full.begin(first)
  full.add(entry(1))
  full[Symbol.dispose]()
  assert.deepEqual(
    at
      .open()
      .begin(second)
      .journals.map(({ entries }) => entries),
    [[entry(1)]],
  )
})
