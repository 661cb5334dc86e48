import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock, TestClock } from '@habtwin/runtime/clock'
import { missing } from './support/servers.ts'
import { type Unplugged, unplugLines } from './support/unplug.ts'

function sound(unplugged: Unplugged): void {
  assert.equal(unplugged.wrong, 0)
  assert.ok(unplugged.downs > 0)
  assert.ok(unplugged.handles.after <= unplugged.handles.before, JSON.stringify(unplugged.handles))
  assert.ok(unplugged.resources.after <= unplugged.resources.before, JSON.stringify(unplugged.resources))
}

describe('serial lines that are unplugged at any moment', () => {
  it('are back within 5 s, fifty times, with no reading of another device and no handle left behind', async () => {
    const clock = new TestClock()
    const running = unplugLines({ clock, lines: 10, times: 5, seed: 11 })
    let over = false
    const done = running.finally(() => {
      over = true
    })
    done.catch(() => {})
    while (!over) await clock.advance(5)
    const unplugged = await done
    assert.equal(unplugged.back.length, 50)
    assert.ok(Math.max(...unplugged.back) <= 5_000, `${unplugged.back}`)
    sound(unplugged)
  })

  it('are so as ptys too, whatever number the kernel gives them', { skip: missing('socat') }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'habtwin-unplug-'))
    try {
      const unplugged = await unplugLines({
        clock: systemClock,
        lines: 5,
        times: 2,
        seed: 5,
        ptys: { count: 5, folder },
      })
      assert.equal(unplugged.back.length, 10)
      sound(unplugged)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
