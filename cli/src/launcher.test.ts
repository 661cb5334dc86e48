import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

const launcher = new URL('../bin/node24.js', import.meta.url).href

/** Starts a launcher that runs `code` with this very Node, as it would with one that npm brought. */
function launch(code: string): ChildProcess {
  const body = `import { runAs } from ${JSON.stringify(launcher)}
    runAs(process.execPath, ['--eval', ${JSON.stringify(code)}])`
  return spawn(process.execPath, ['--input-type=module', '--eval', body], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** What `findNode` makes of a machine, as text. */
async function findOn(machine: object): Promise<string> {
  const body = `import { findNode } from ${JSON.stringify(launcher)}
    try { console.log(findNode(${JSON.stringify(machine)})) } catch (error) { console.log(error.message) }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', body], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return (await Array.fromAsync(child.stdout.setEncoding('utf8'))).join('').trim()
}

async function nextLine(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout)
  const [line] = await once(createInterface(child.stdout), 'line')
  return line
}

test('a Node that is new enough is used as it is', async () => {
  assert.equal(await findOn({ version: '26.1.0', platform: 'linux', arch: 'x64' }), process.execPath)
})

test('an old Node gives way to the one that npm brought', async () => {
  const found = await findOn({ version: '20.20.2', platform: process.platform, arch: process.arch })
  assert.match(found, new RegExp(`node_modules/node-${process.platform}-${process.arch}/bin/node$`))
})

test('a machine that has neither is told what to do', async () => {
  const text = await findOn({ version: '20.20.2', platform: 'sunos', arch: 'sparc' })
  assert.match(text, /needs Node 24 or newer; this is Node 20\.20\.2/)
  assert.match(text, /install Node 24 from/)
})

test('the launcher ends with the status of what it launched', async () => {
  const [code] = await once(launch('process.exitCode = 7'), 'exit')
  assert.equal(code, 7)
})

test('the launcher dies of the signal that killed what it launched', async () => {
  const [code, signal] = await once(launch('process.kill(process.pid, "SIGKILL")'), 'exit')
  assert.deepEqual([code, signal], [null, 'SIGKILL'])
})

const waiting = `
  setInterval(() => {}, 1e6)
  process.on('SIGTERM', () => { console.log('told to end'); process.exit(3) })
  console.log(process.pid)`

test('a signal to the launcher reaches what it launched', async () => {
  const child = launch(waiting)
  await nextLine(child)
  child.kill('SIGTERM')
  assert.equal(await nextLine(child), 'told to end')
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
  assert.equal(code, 3)
})

test('what was launched ends when the launcher is killed outright', async () => {
  const child = launch(waiting)
  await nextLine(child)
  child.kill('SIGKILL')
  assert.equal(await nextLine(child), 'told to end')
})
