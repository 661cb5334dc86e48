import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '@habtwin/runtime/clock'
import { missing } from '../../../../test/support/servers.ts'
import { SerialLine, type SerialPeer } from '../../simulated/line.ts'
import { type Served, servePty, serveTcp } from '../../simulated/serve.ts'
import { hintFor, lastingPaths, type PortMemory, sameAdapter } from './adapter.ts'
import { openPort, type SerialPort, type SerialSettings } from './port.ts'
import { strangers, whyNot } from './why.ts'

const settings = { baud: 115_200, parity: 'none', dataBits: 8, stopBits: 1 } as const
const open = (path: string, memory?: PortMemory) =>
  openPort({ path, ...settings } satisfies SerialSettings, {
    where: 'wire',
    signal: new AbortController().signal,
    memory,
  })

/** Says back what it is told. */
const parrot: SerialPeer = { receive: (bytes, send) => send(bytes) }

const noSocat = missing('socat')

/** A folder, and a line in it behind a socket or a pty. */
async function rig(kind: 'socket' | 'pty') {
  const folder = await mkdtemp(join(tmpdir(), 'habtwin-serial-'))
  const line = new SerialLine({ clock: systemClock, baud: 115_200, peers: [parrot] })
  const served: Served = await (kind === 'socket' ? serveTcp(line) : servePty(line, join(folder, 'tty')))
  return {
    folder,
    line,
    served,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

/** Resolves with the next bytes that come. */
const next = (port: SerialPort) =>
  new Promise<Uint8Array>((resolve) => {
    port.onData = resolve
  })
const end = (port: SerialPort) =>
  new Promise<{ code: string; message: string }>((resolve) => {
    port.onClose = resolve
  })

/** Sockets, files and ptys that this process has open, besides those that Node opens for itself. */
const handles = async () => (await readdir('/proc/self/fd')).length
/** What was closed is gone some turns later. */
async function settled(at: number): Promise<number> {
  for (let i = 0; i < 10_000 && (await handles()) > at; i++) await new Promise((resolve) => setImmediate(resolve))
  return handles()
}

for (const kind of ['socket', 'pty'] as const) {
  describe(`a serial port over a ${kind}`, { skip: kind === 'pty' && noSocat }, () => {
    it('carries bytes both ways', async () => {
      await using it = await rig(kind)
      const port = await open(it.served.path)
      const answer = next(port)
      await port.write(Uint8Array.of(0x55))
      assert.deepEqual([...(await answer)], [0x55])
      await port.close()
      await port.close()
    })

    it('is told once that it was unplugged, in the middle of a frame, and comes back when plugged in', async () => {
      await using it = await rig(kind)
      const port = await open(it.served.path)
      let told = 0
      const first = next(port)
      it.line.say(new Uint8Array(600))
      await first
      const ended = end(port).finally(() => told++)
      await it.served.unplug()
      assert.equal((await ended).code, 'device/unreachable')
      await assert.rejects(port.write(Uint8Array.of(1)), { code: 'device/unreachable' })
      await port.close()
      assert.equal(told, 1)
      await it.served.replug()
      const again = await open(it.served.path)
      const answer = next(again)
      await again.write(Uint8Array.of(7))
      assert.deepEqual([...(await answer)], [7])
      await again.close()
    })

    it('leaves no handle behind, however often it is pulled out', async () => {
      await using it = await rig(kind)
      await (await open(it.served.path)).close() // what is loaded at the first time stays
      const before = await handles()
      for (let i = 0; i < 10; i++) {
        const port = await open(it.served.path)
        const ended = end(port)
        await it.served.unplug()
        await ended
        await port.close()
        await it.served.replug()
      }
      assert.ok((await settled(before)) <= before, `${await handles()} handles, ${before} before`)
    })

    it('tells nobody of an end that was asked for', async () => {
      await using it = await rig(kind)
      const port = await open(it.served.path)
      port.onClose = () => assert.fail('told')
      await port.close()
      await it.served.unplug()
    })
  })
}

describe('a serial port that cannot be opened', () => {
  it('says which paths there are', async () => {
    await assert.rejects(open('/dev/serial/by-id/usb-nobody'), {
      code: 'device/unreachable',
      message: /there is no \/dev\/serial\/by-id\/usb-nobody; (there are|nothing is in)/,
    })
  })

  it('says who holds it', { skip: noSocat }, async () => {
    await using it = await rig('pty')
    const port = await open(it.served.path)
    await assert.rejects(open(it.served.path), {
      code: 'device/unreachable',
      message: new RegExp(`is held by node.* \\(process ${process.pid}\\)`),
    })
    await port.close()
  })

  it('knows others that have it open without a lock', async () => {
    const sleeper = spawn('sleep', ['60'], { stdio: [openSync('/dev/zero', 'r'), 'ignore', 'ignore'] })
    await once(sleeper, 'spawn')
    const others = await strangers('/dev/zero')
    sleeper.kill()
    assert.ok(others.includes(`sleep (process ${sleeper.pid})`), others.join())
    assert.ok(!others.some((name) => name.includes(`process ${process.pid})`)))
  })

  it('says which group may', async () => {
    assert.match(await whyNot('/dev/null', 'Error: Permission denied, cannot open /dev/null'), /group dialout/)
  })

  it('says what is no serial port', async () => {
    await assert.rejects(open('/dev/null'), { code: 'device/unreachable', message: /\/dev\/null cannot be opened: / })
  })

  it('says that nobody listens there', async () => {
    await assert.rejects(open('tcp://127.0.0.1:1'), { code: 'device/unreachable', message: /ECONNREFUSED/ })
  })

  it('is given up when its time is over', async () => {
    const abort = new AbortController()
    // of the addresses for documentation (RFC 5737): nobody has it
    const path = 'tcp://192.0.2.1:4001'
    const opening = openPort({ path, ...settings }, { where: 'wire', signal: abort.signal })
    setImmediate(() => abort.abort())
    await assert.rejects(opening, { code: 'device/unreachable' })
  })
})

describe('an adapter', { skip: noSocat }, () => {
  it('is known by its link, and one that took its number is not taken for it', async () => {
    await using one = await rig('pty')
    await using other = await rig('pty')
    const byId = join(one.folder, 'by-id')
    await mkdir(byId)
    const number = join(one.folder, 'ttyUSB0')
    const [ftdi, prolific] = [join(byId, 'usb-FTDI_A1'), join(byId, 'usb-Prolific_B2')]
    await symlink(one.served.path, ftdi)
    await symlink(other.served.path, prolific)
    await symlink(one.served.path, number)
    const memory: PortMemory = {}
    const check = () => sameAdapter(number, 'wire', memory, [byId])
    await check()
    assert.deepEqual(await lastingPaths(number, [byId]), [ftdi])
    // renumbered: what was ttyUSB0 is another now
    await rm(number)
    await symlink(other.served.path, number)
    await assert.rejects(check(), {
      code: 'device/unreachable',
      message: `${number} was ${ftdi} and is ${prolific} now; give the bus the path ${ftdi}`,
    })
    await rm(number)
    await symlink(one.served.path, number)
    await check()
  })

  it('should be named by its link in a configuration', async () => {
    assert.match((await hintFor('/dev/ttyUSB0')) ?? '', /may be another adapter .* write .*by-id/)
    assert.equal(await hintFor('/dev/serial/by-id/usb-FTDI_A1'), undefined)
    assert.equal(await hintFor('tcp://127.0.0.1:4001'), undefined)
  })
})
