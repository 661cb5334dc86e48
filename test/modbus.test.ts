/** A Modbus server of another make, read over TCP, and over a pty as a serial adapter is. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet } from '@habtwin/gateway/drivers/fleet'
import driver from '@habtwin/gateway/drivers/modbus-tcp'
import { systemClock } from '@habtwin/runtime/clock'
import { temporaryFolder } from './support/line.ts'
import { freePort, missing } from './support/servers.ts'

/** Debian's own: another Python has another pymodbus, or none. */
const PYTHON = '/usr/bin/python3'

interface Served {
  registers: Record<string, { address: number; type: string; order: string; value: number }>
  /** The first register that holds nothing. */
  free: number
}

function withoutPymodbus(): string | false {
  if (process.env.CI) return false
  if (spawnSync(PYTHON, ['-c', 'import pymodbus']).status === 0) return false
  return 'pymodbus is not installed (Debian: apt-get install python3-pymodbus)'
}

async function pymodbus(framing: 'tcp' | 'rtu') {
  const port = await freePort()
  const script = join(import.meta.dirname, 'support/pymodbus-server.py')
  const child = spawn(PYTHON, [script, String(port), framing], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([
    once(lines, 'line'),
    ended.then(([code]) => Promise.reject(new Error(`pymodbus ended with ${code}`))),
  ])) as [string]
  return {
    ...(JSON.parse(line) as Served),
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A pty that leads to a port of loopback. */
async function pty(port: number, link: string) {
  const child = spawn('socat', [`pty,raw,echo=0,link=${link}`, `tcp:127.0.0.1:${port},nodelay`], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  while ((await readlink(link).catch(() => undefined)) === undefined) {
    assert.equal(child.exitCode, null, 'socat has ended')
    await sleep(10)
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Opens a device with these registers on a bus, as unit 17. */
async function open(bus: { driver: string }, registers: Record<string, object>) {
  const keys = driver.options.parse({ unit: 17, registers }) as object
  const fleet = await Fleet.load({
    clock: systemClock,
    habitat: { pressure: 879, timezone: 'UTC', zones: {} },
    buses: { wire: bus },
    devices: { meter: { ...keys, zone: 'crew', driver: bus.driver, bus: 'wire', every: 1_000, timeout: 1_000 } },
    report: () => {},
  })
  const signal = AbortSignal.timeout(60_000)
  const instrument = await fleet.members[0]?.open(signal)
  return {
    read: async () => (await instrument?.read?.(signal))?.values,
    write: async (point: string, value: number) => instrument?.write?.(point, value, signal),
    [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose](),
  }
}

/** Every value that the server encoded, as holding and as input registers, and bits; then what it is set to. */
async function readsAll(bus: { driver: string }, served: Served) {
  for (const kind of ['holding', 'input']) await readsEveryType(bus, served, kind)
  await readsBits(bus)
  await sets(bus, served)
}

async function readsEveryType(bus: { driver: string }, { registers }: Served, kind: string) {
  const entries = Object.entries(registers)
  const table = entries.map(([point, { address, type, order }]) => [point, { function: kind, address, type, order }])
  await using device = await open(bus, Object.fromEntries(table))
  assert.deepEqual(await device.read(), Object.fromEntries(entries.map(([point, { value }]) => [point, value])))
}

async function readsBits(bus: { driver: string }) {
  const of = (kind: string, addresses: number[]) =>
    Object.fromEntries(addresses.map((address) => [`${kind}-${address}`, { function: kind, address }]))
  await using device = await open(bus, { ...of('coil', [0, 1, 2, 9]), ...of('discrete', [0, 1, 3, 9]) })
  assert.deepEqual(await device.read(), {
    ...{ 'coil-0': 1, 'coil-1': 0, 'coil-2': 1, 'coil-9': 0 },
    ...{ 'discrete-0': 1, 'discrete-1': 0, 'discrete-3': 1, 'discrete-9': 1 },
  })
}

async function sets(bus: { driver: string }, { free }: Served) {
  await using device = await open(bus, {
    state: { function: 'coil', address: 1, writable: [0, 1] },
    level: { address: free, writable: [42] },
    temperature: { address: free + 2, type: 'f32', order: 'CDAB', writable: [19.5] },
  })
  assert.equal(await device.write('state', 1), 1)
  assert.equal(await device.write('level', 42), 42)
  assert.equal(await device.write('temperature', 19.5), 19.5)
}

describe('a Modbus server of another make', { skip: withoutPymodbus() }, () => {
  it('is read correctly over TCP in every type and order, and takes what is written', async () => {
    await using server = await pymodbus('tcp')
    await readsAll({ driver: 'modbus-tcp', host: '127.0.0.1', port: server.port } as { driver: string }, server)
  })

  it('is read correctly over a serial adapter as well', { skip: missing('socat') }, async () => {
    using folder = temporaryFolder()
    await using server = await pymodbus('rtu')
    const path = join(folder.path, 'tty')
    await using _ = await pty(server.port, path)
    const line = { path, baud: 115_200, parity: 'none', dataBits: 8, stopBits: 1 }
    await readsAll({ driver: 'modbus-rtu', ...line } as { driver: string }, server)
  })
})
