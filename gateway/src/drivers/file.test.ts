import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import type { DeviceContext, Driver, Instrument, Sample } from './driver.ts'
import ds18b20 from './ds18b20.ts'
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

describe('ds18b20', () => {
  const slave = (bytes: string, crc: string, t: number) => `${bytes} : crc=${bytes.slice(-2)} ${crc}\n${bytes} t=${t}\n`

  it('is read with the CRC that the kernel checked', async () => {
    await using good = await rigged(ds18b20, 'w1_slave', slave('72 01 4b 46 7f ff 0e 10 57', 'YES', 23_125))
    assert.deepEqual(await good.read(), { values: { temperature: 23.125 } })
    await using cold = await rigged(ds18b20, 'w1_slave', slave('5e ff 4b 46 7f ff 02 10 b0', 'YES', -10_125))
    assert.deepEqual(await cold.read(), { values: { temperature: -10.125 } })
    await using bad = await rigged(ds18b20, 'w1_slave', slave('72 01 4b 46 7f ff 0e 10 58', 'NO', 23_125))
    await assert.rejects(bad.read(), { code: 'device/garbled', message: /CRC/ })
  })

  it('tells the 85 °C of power-up from 85 °C', async () => {
    await using up = await rigged(ds18b20, 'w1_slave', slave('50 05 4b 46 7f ff 0c 10 1c', 'YES', 85_000))
    assert.deepEqual(await up.read(), { values: { temperature: null }, quality: { temperature: 'bad:power-up' } })
    await using hot = await rigged(ds18b20, 'w1_slave', slave('50 05 4b 46 7f ff 10 10 8f', 'YES', 85_000))
    assert.deepEqual((await hot.read()).values, { temperature: 85 })
    // where the kernel shows the figure alone nobody can tell
    await using bare = await rigged(ds18b20, 'temperature', '85000\n')
    assert.equal((await bare.read()).values.temperature, null)
  })

  it('on a wire that is shorted, or that gives nothing, is garbled', async () => {
    await using short = await rigged(ds18b20, 'w1_slave', slave('00 00 00 00 00 00 00 00 00', 'YES', 0))
    await assert.rejects(short.read(), { code: 'device/garbled', message: /shorted/ })
    for (const [name, text] of [
      ['w1_slave', ''],
      ['temperature', ''],
      ['temperature', '\n'],
      ['w1_slave', 'no such thing'],
    ] as const) {
      await using rig = await rigged(ds18b20, name, text)
      await assert.rejects(rig.read(), { code: 'device/garbled' })
    }
  })
})
