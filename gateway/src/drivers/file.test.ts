import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import type { DeviceContext, Driver, Instrument, Sample } from './driver.ts'
import file from './file.ts'

const signal = () => new AbortController().signal

/** An open driver of files, and the folder that they lie in. */
async function rigged(driver: Driver, name: string, text: string | Buffer, keys: object = {}) {
  const home = await mkdtemp(join(tmpdir(), 'habtwin-file-'))
  const path = join(home, name)
  await writeFile(path, text)
  const clock = new TestClock()
  const options = driver.options.parse({ path, ...keys })
  const open = () =>
    driver.open({ id: 'it', clock, options, signal: signal() } as unknown as DeviceContext) as Promise<Instrument>
  return {
    path,
    clock,
    open,
    read: async () => (await (await open()).read?.(signal())) as Sample,
    [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
  }
}

describe('file', () => {
  it('is a figure, scaled and converted to the unit of the point', async () => {
    await using rig = await rigged(file, 'temp', '48312\n', { points: { temperature: { scale: 0.001, unit: 'K' } } })
    assert.deepEqual((await rig.read()).values, { temperature: 48.312 - 273.15 })
  })

  it('has several figures, each found by an expression', async () => {
    const points = { load: { match: '^(\\S+)' }, running: { match: '(\\d+)/\\d+' }, missing: { match: 'nothing' } }
    await using rig = await rigged(file, 'loadavg', '0.52 0.58 0.59 3/602 12345\n', { points })
    assert.deepEqual((await rig.read()).values, { load: 0.52, running: 3, missing: null })
  })

  it('is read on a real file of the kernel, whose size is said to be nothing', async () => {
    const options = file.options.parse({ path: '/proc/uptime', points: { uptime: { match: '^(\\S+)', unit: 's' } } })
    const context = { id: 'it', clock: new TestClock(), options, signal: signal() } as unknown as DeviceContext
    const instrument = await file.open(context)
    assert.ok(((await instrument.read?.(signal()))?.values.uptime as number) > 0)
  })

  it('without its figure is garbled, and one that is no text at all as well', async () => {
    for (const text of ['', 'nan\n', 'none', '12 34', Buffer.alloc(300, 0xff)]) {
      await using rig = await rigged(file, 'temp', text, { points: { temperature: {} } })
      await assert.rejects(rig.read(), { code: 'device/garbled' })
    }
  })

  it('that is far too long, or a folder, is no file of figures', async () => {
    await using rig = await rigged(file, 'temp', 'x'.repeat(70_000), { points: { temperature: {} } })
    await assert.rejects(rig.read(), { code: 'device/unreachable', message: /longer than/ })
    await using folder = await rigged(file, 'temp', '', { path: tmpdir(), points: { temperature: {} } })
    await assert.rejects(folder.read(), { code: 'device/unreachable' })
  })

  it('that is a pipe which nobody writes to is not waited for', async () => {
    await using rig = await rigged(file, 'temp', '', { points: { temperature: {} } })
    await rm(rig.path)
    execFileSync('mkfifo', [rig.path])
    await assert.rejects(rig.read(), { code: 'device/unreachable' })
  })

  it('that nobody has written for longer than is allowed is not read as new', async () => {
    await using rig = await rigged(file, 'temp', '21', { points: { temperature: {} }, older_than: '1 min' })
    const now = rig.clock.now() / 1_000
    await utimes(rig.path, now, now - 30)
    assert.equal((await rig.read()).values.temperature, 21)
    await utimes(rig.path, now, now - 90)
    await assert.rejects(rig.read(), { code: 'device/timeout', message: /90 s ago/ })
  })

  it('refuses an expression and a unit that cannot be meant, before anything is opened', () => {
    const describe = (point: object) =>
      file.describe(file.options.parse({ path: 'x', points: { co2: point } }), undefined, 1_000)
    assert.throws(() => describe({ match: '(' }), { code: 'config/invalid' })
    assert.throws(() => describe({ unit: 'kPa' }), { code: 'config/unit' })
  })
})
