import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { Evidence, witnesses } from './evidence.ts'
import { assume, thisMachine } from './machine.ts'

/** A file tree to take for the machine's. */
function root(files: Readonly<Record<string, string>>): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'habtwin-machine-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** What each program prints, by its name; the others are not installed. */
function answers(outputs: Readonly<Record<string, string>>): Evidence {
  return new Evidence({
    files: [],
    witnesses: witnesses('arm64'),
    run: async (command) => {
      const output = outputs[command]
      if (output === undefined) throw new Error(`spawn ${command} ENOENT`)
      return output
    },
  })
}

test('a file that is configured vouches as soon as it is there', () => {
  using folder = root({})
  const path = join(folder.path, 'synchronized')
  const evidence = new Evidence({ files: [path], witnesses: [] })
  const before = evidence.file()
  writeFileSync(path, '')
  const after = evidence.file()
  assert.ok(before === undefined || before.path !== path, 'a machine with timesyncd has its own')
  assert.ok(after !== undefined && after.touched > 0)
})

test('what programs say is understood: systemd, chrony, ntpd, and the kernel by perl or busybox', async () => {
  const chrony = (leap: string) =>
    `A29FC87B,162.159.200.123,4,1795176058.1,0.0001,0.0,0.0,1.2,0,0.1,0.02,0.01,64.5,${leap}\n`
  const cases: [Record<string, string>, boolean | undefined, string][] = [
    [{ timedatectl: 'yes\n' }, true, 'systemd'],
    [{ timedatectl: 'no\n' }, false, 'systemd'],
    [{ timedatectl: '' }, undefined, ''],
    [{ chronyc: chrony('Normal') }, true, 'chrony'],
    [{ chronyc: chrony('Insert second') }, true, 'chrony'],
    [{ chronyc: chrony('Not synchronised') }, false, 'chrony'],
    [{ ntpq: 'leap=00, stratum=3\n' }, true, 'ntpd'],
    [{ ntpq: 'leap=11, stratum=16\n' }, false, 'ntpd'],
    [{ perl: '0' }, true, 'the kernel'],
    [{ perl: '5' }, false, 'the kernel'],
    [{ perl: '-1' }, undefined, ''],
    [{ busybox: '    mode:         0\n    return value: 0 (clock synchronized)\n' }, true, 'the kernel'],
    [{ busybox: '    return value: 5 (clock not synchronized)\n' }, false, 'the kernel'],
    [{}, undefined, ''],
    // chrony without rtcsync leaves the kernel's flag alone
    [{ timedatectl: 'no', chronyc: chrony('Normal') }, true, 'chrony'],
    [{ timedatectl: 'no', perl: '5' }, false, 'systemd and the kernel'],
  ]
  for (const [outputs, synced, by] of cases) {
    assert.deepEqual(await answers(outputs).ask(), { synced, by }, JSON.stringify(outputs))
  }
})

test('a program that is not installed is looked for once', async () => {
  let runs = 0
  const evidence = new Evidence({
    files: [],
    run: async () => {
      runs++
      throw Object.assign(new Error('spawn x ENOENT'), { code: 'ENOENT' })
    },
  })
  await evidence.ask()
  const first = runs
  await evidence.ask()
  assert.equal(runs, first)
})

test('the kernel of this machine can be asked without a module of native code', (t) => {
  const perl = witnesses().find(({ command }) => command === 'perl')
  if (perl === undefined) return t.skip(`no number of adjtimex is known for ${process.arch}`)
  let output: string
  try {
    output = execFileSync('perl', [...perl.args]).toString()
  } catch {
    if (process.env.CI) throw new Error('perl is not installed here')
    return t.skip('perl is not installed here')
  }
  assert.match(output, /^-?\d+$/)
  assert.notEqual(perl.understand(output), undefined, `adjtimex said ${output}`)
})

test('a board without a battery clock is told from a server, and from a board whose clock knows the time', () => {
  using server = root({ 'proc/cpuinfo': '' })
  using pi4 = root({ 'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.5\0' })
  using flat = root({
    'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
    'sys/class/rtc/rtc0/since_epoch': '42\n',
  })
  using charged = root({
    'proc/device-tree/model': 'Raspberry Pi 5 Model B Rev 1.0\0',
    'sys/class/rtc/rtc0/since_epoch': '1795176058\n',
  })
  assert.equal(assume(server.path, 'linux').synced, true)
  assert.deepEqual(assume(pi4.path, 'linux'), {
    synced: false,
    reason: 'Raspberry Pi 4 Model B Rev 1.5 has no battery clock',
  })
  assert.deepEqual(assume(flat.path, 'linux'), {
    synced: false,
    reason: 'Raspberry Pi 5 Model B Rev 1.0 has a battery clock that does not know the time',
  })
  assert.equal(assume(charged.path, 'linux').synced, true)
  assert.equal(assume(pi4.path, 'darwin').synced, true)
})

test('every process of this machine counts from the same start', () => {
  const machine = thisMachine()
  const script = 'console.log(Number(process.hrtime.bigint()) / 1e6)'
  const before = machine.sinceBoot()
  const other = Number(execFileSync(process.execPath, ['-e', script]).toString())
  const after = machine.sinceBoot()
  assert.ok(before <= other && other <= after, `${before} ≤ ${other} ≤ ${after}`)
})
