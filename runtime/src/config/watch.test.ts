import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TestClock } from '../clock.ts'
import { ConfigWatch } from './watch.ts'

/** A folder with a file that is watched, a clock that the test moves, and what was told. */
function place(before = 'one') {
  const folder = mkdtempSync(join(tmpdir(), 'habtwin-watch-'))
  const file = join(folder, 'habitat.yaml')
  const clock = new TestClock()
  const told: (string | undefined)[] = []
  return {
    ...{ folder, file, clock, told },
    watch(text = before) {
      const watch = new ConfigWatch({ file, text, clock, log: { warn() {} }, onChange: (now) => told.push(now) })
      watch.start()
      return watch
    },
    /** Waits for the file system to stir, and then for it to be quiet. */
    async heard(count: number) {
      while (told.length < count) {
        // a change sets a second timer beside that of the slow look: the system tells of it when it does
        while (clock.pending < 2) await new Promise((resolve) => setTimeout(resolve, 2))
        await clock.advance(250)
      }
      return told
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

describe('a watched configuration', () => {
  it('is told when it is written anew, and not when it holds the same', async () => {
    using h = place()
    writeFileSync(h.file, 'one')
    using _watch = h.watch()
    writeFileSync(h.file, 'one')
    writeFileSync(h.file, 'two')
    assert.deepEqual(await h.heard(1), ['two'])
  })

  it('is told when an editor puts another file in its place', async () => {
    using h = place()
    writeFileSync(h.file, 'one')
    using _watch = h.watch()
    writeFileSync(`${h.file}.swp`, 'two')
    renameSync(`${h.file}.swp`, h.file)
    assert.deepEqual(await h.heard(1), ['two'])
  })

  it('is told when a folder is swapped by its symbolic link, as Kubernetes and balena do', async () => {
    using h = place()
    for (const [name, text] of [
      ['v1', 'one'],
      ['v2', 'two'],
      ['v3', 'three'],
    ] as const) {
      mkdirSync(join(h.folder, name))
      writeFileSync(join(h.folder, name, 'habitat.yaml'), text)
    }
    const swap = (to: string) => {
      symlinkSync(to, join(h.folder, '..data_tmp'))
      renameSync(join(h.folder, '..data_tmp'), join(h.folder, '..data'))
    }
    swap('v1')
    symlinkSync(join('..data', 'habitat.yaml'), h.file)
    using _watch = h.watch()
    swap('v2')
    assert.deepEqual(await h.heard(1), ['two'])
    // also when the new target itself is written to
    writeFileSync(join(h.folder, 'v2', 'habitat.yaml'), 'two and a half')
    assert.deepEqual(await h.heard(2), ['two', 'two and a half'])
    swap('v3')
    assert.equal((await h.heard(3)).at(-1), 'three')
  })

  it('that is gone is told, and when it is back', async () => {
    using h = place()
    writeFileSync(h.file, 'one')
    using _watch = h.watch()
    rmSync(h.file)
    assert.deepEqual(await h.heard(1), [undefined])
    writeFileSync(h.file, 'one')
    assert.deepEqual(await h.heard(2), [undefined, 'one'])
  })

  it('is looked at each 10 s where the file system tells nothing, and at once when asked', async () => {
    using h = place()
    writeFileSync(h.file, 'one')
    {
      using watch = h.watch()
      writeFileSync(h.file, 'two')
      watch.look()
      await h.clock.advance(200)
      assert.deepEqual(h.told, ['two'])
      writeFileSync(h.file, 'three')
      await h.clock.advance(10_200)
      assert.deepEqual(h.told, ['two', 'three'])
    }
    assert.equal(h.clock.pending, 0)
  })

  it('that was changed before it was watched is told', async () => {
    using h = place()
    writeFileSync(h.file, 'two')
    using _watch = h.watch('one')
    await h.clock.advance(200)
    assert.deepEqual(h.told, ['two'])
  })

  it('that is looked at while it is being written is not told before it is whole', async () => {
    using h = place()
    writeFileSync(h.file, 'one')
    using watch = h.watch()
    for (const part of ['', 'tw', 'two']) {
      writeFileSync(h.file, part)
      watch.look()
      await h.clock.advance(150)
    }
    await h.clock.advance(200)
    assert.deepEqual(h.told, ['two'])
  })
})
