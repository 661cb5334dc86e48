import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import command from './command.ts'
import type { DeviceContext } from './driver.ts'

/** What a program of Node prints, as the driver takes it. */
async function reading(script: string, points: object, ...rest: string[]) {
  return program([process.execPath, '-e', script, ...rest], points)
}

async function program(run: string[], points: object, signal = new AbortController().signal) {
  const options = command.options.parse({ run, points })
  const context = { id: 'it', clock: new TestClock(), options, signal } as unknown as DeviceContext
  await using instrument = await command.open(context)
  return (await instrument.read?.(signal))?.values
}

const prints = (text: string) => `process.stdout.write(${JSON.stringify(text)})`

describe('command', () => {
  it('gives a number alone, pairs, and JSON', async () => {
    assert.deepEqual(await reading(prints(' 21.5\n'), { temperature: {} }), { temperature: 21.5 })
    assert.deepEqual(
      await reading(prints('co2=812 t: 22.1;rh = 48 %'), {
        co2: {},
        temperature: { key: 't' },
        humidity: { key: 'rh' },
      }),
      { co2: 812, temperature: 22.1, humidity: 48 },
    )
    assert.deepEqual(
      await reading(prints('{"disks":[{"C":31}],"co2":{"value":"812"}}'), {
        temperature: { key: 'disks.0.C' },
        co2: { key: 'co2.value' },
        humidity: {},
      }),
      { temperature: 31, co2: 812, humidity: null },
    )
  })

  it('hands every argument on as it is: no shell looks at it', async () => {
    const harmful = '$(touch /tmp/owned); `id` | cat > x'
    const script = `process.stdout.write(String(process.argv[1] === ${JSON.stringify(harmful)} ? 1 : 0))`
    assert.deepEqual(await reading(script, { state: {} }, harmful), { state: 1 })
  })

  it('that fails says what it complained of', async () => {
    const failing = reading('console.error("no such sensor"); process.exit(7)', { state: {} })
    await assert.rejects(failing, { code: 'device/exception', message: /ended with 7: no such sensor/ })
    await assert.rejects(program(['/no/such/program'], { state: {} }), {
      code: 'device/unreachable',
      message: /cannot be run/,
    })
  })

  it('that prints nothing of use, or without end, is garbled', async () => {
    await assert.rejects(reading(prints('hello'), { state: {} }), { code: 'device/garbled' })
    await assert.rejects(reading(prints(''), { state: {} }), { code: 'device/garbled' })
    const flood = reading(`for (;;) require('node:fs').writeSync(1, 'x'.repeat(4_096))`, { state: {} })
    await assert.rejects(flood, { code: 'device/garbled', message: /prints more than/ })
  })

  it('is ended with all that it began when its time is up', async () => {
    const home = await mkdtemp(join(tmpdir(), 'habtwin-command-'))
    try {
      const abort = new AbortController()
      // a child that would outlive it, and holds its pipe
      const inner = `require('node:fs').writeFileSync(process.env.HOME_OF_TEST + '/pid', String(process.pid)); setInterval(() => {}, 1_000)`
      const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}],
        { stdio: 'inherit', env: { HOME_OF_TEST: ${JSON.stringify(home)} } }); setInterval(() => {}, 1_000)`
      const run = program([process.execPath, '-e', outer], { state: {} }, abort.signal).catch((error: unknown) => error)
      let pid = ''
      while (pid === '') {
        pid = await readFile(join(home, 'pid'), 'utf8').catch(() => '')
        await new Promise((resolve) => setImmediate(resolve))
      }
      abort.abort(new Error('late'))
      assert.match(String(await run), /late/)
      // gone, or at most a corpse that its parent has not looked after yet
      while (await alive(pid)) await new Promise((resolve) => setImmediate(resolve))
    } finally {
      await rm(home, { recursive: true })
    }
  })

  it('that ends and leaves a child behind is not waited for, and the child goes', async () => {
    const script = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'],
      { stdio: 'inherit' }); process.stdout.write(String(child.pid), () => process.exit(0))`
    const values = await reading(script, { state: {} })
    while (await alive(String(values?.state))) await new Promise((resolve) => setImmediate(resolve))
  })
})

async function alive(pid: string): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return status !== undefined && !/\) [ZX] /.test(status)
}
