/** `habtwin probe` on buses with simulated instruments, as people call it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Driver } from '@habtwin/gateway/drivers/driver'
import { loadDrivers } from '@habtwin/gateway/drivers/fleet'
import { I2cBus } from '@habtwin/gateway/drivers/i2c/bus'
import { scan } from '@habtwin/gateway/drivers/i2c/scan'
import { rawBytes } from '@habtwin/gateway/drivers/modbus/values'
import { openPort } from '@habtwin/gateway/drivers/serial/port'
import { simulatedAir } from '@habtwin/gateway/simulated/air'
import { I2cLine } from '@habtwin/gateway/simulated/i2c'
import { bme280Chip } from '@habtwin/gateway/simulated/i2c/bosch'
import { veml7700Chip } from '@habtwin/gateway/simulated/i2c/light'
import { scd30Chip } from '@habtwin/gateway/simulated/i2c/scd30'
import { SerialLine, type SerialPeer } from '@habtwin/gateway/simulated/line'
import { SimulatedUnit } from '@habtwin/gateway/simulated/modbus'
import { RtuPeers } from '@habtwin/gateway/simulated/modbus-rtu'
import { ModbusServer } from '@habtwin/gateway/simulated/modbus-tcp'
import { servePty, serveTcp } from '@habtwin/gateway/simulated/serve'
import { parseConfig, systemClock } from '@habtwin/runtime'
import { habtwin, launcher, temporaryFolder } from '../../../test/support/line.ts'
import { missing } from '../../../test/support/servers.ts'
import { until } from '../../../test/support/until.ts'
import { numbers, registerRange, time } from './arguments.ts'
import { chipEntries, chipTable } from './i2c.ts'
import { Listener } from './listener.ts'
import { rowsOf } from './modbus-registers.ts'
import { ModbusWire } from './modbus-wire.ts'
import { registerTable } from './tables.ts'

const clock = systemClock
const air = simulatedAir(clock)

/** Devices of an entry that was printed, as a configuration has them. */
async function accepted(yaml: string) {
  const drivers = await loadDrivers()
  return parseConfig(`zones: { crew: {} }\n${yaml}`, 'entry.yaml', [...drivers.values()], {}).devices
}

/** The entry at the end of what was printed. */
const entryOf = (out: string) => out.slice(out.indexOf('buses:'))

/** A unit that keeps the questions that it has had, and may say what it is. */
class Witness extends SimulatedUnit {
  readonly questions: number[] = []
  readonly #objects: readonly string[]

  constructor(unit: number, words: Record<string, number>, objects: readonly string[] = []) {
    super(unit, words)
    this.#objects = objects
  }

  override answer(question: Buffer): Buffer {
    this.questions.push(question[0] as number)
    if (question[0] !== 43 || this.#objects.length === 0) return super.answer(question)
    if (question[2] !== 1) return Buffer.of(43 | 0x80, 2)
    // one object an answer, as the longest of them may ask for
    const at = question[3] as number
    const text = Buffer.from(this.#objects[at] as string)
    const more = at + 1 < this.#objects.length
    const head = Buffer.of(43, 14, 1, 1, more ? 0xff : 0, more ? at + 1 : 0, 1, at, text.length)
    return Buffer.concat([head, text])
  }
}

async function overTcp(context: TestContext, units: readonly SimulatedUnit[]) {
  const server = await ModbusServer.start(units, clock)
  context.after(() => server[Symbol.asyncDispose]())
  return `127.0.0.1:${server.port}`
}

async function overLine(context: TestContext, ...peers: SerialPeer[]) {
  const line = new SerialLine({ clock, peers })
  const served = await serveTcp(line)
  context.after(() => served[Symbol.asyncDispose]())
  return { line, path: served.path }
}

/** Two registers of a value of 32 bits. */
function pair(at: number, type: 'f32' | 'u32', order: string, value: number): Record<string, number> {
  const bytes = rawBytes({ function: 'holding', type, order }, value)
  return { [`holding ${at}`]: bytes.readUInt16BE(0), [`holding ${at + 1}`]: bytes.readUInt16BE(2) }
}

test('units on a socket are found, say what they are, and their entry can be pasted', async (context) => {
  const named = new Witness(7, {}, ['Acme', 'A-7', '2.1'])
  const plain = new Witness(3, { 'holding 0': 1 })
  const port = await overTcp(context, [plain, named])
  const { status, out, err } = await habtwin('probe', 'modbus', '--port', port, '--unit', '2-8', '--timeout', '200ms')
  assert.equal(status, 0, err)
  assert.match(out, /^3 +answers; does not say what it is$/m)
  assert.match(out, /^7 +Acme, A-7, 2\.1$/m)
  assert.doesNotMatch(out, /^[24568] /m)
  assert.deepEqual(Object.keys(await accepted(entryOf(out))), ['unit-3', 'unit-7'])
})

test('units on a serial line are found the same, and nothing but questions was sent', async (context) => {
  const units = [new Witness(1, { 'holding 0': 1 }), new Witness(4, {}, ['Acme', 'A-4', '1'])]
  const { path } = await overLine(context, new RtuPeers(units, clock))
  const { out, err } = await habtwin('probe', 'modbus', '--port', path, '--unit', '1,4,5', '--timeout', '1s', '--json')
  const { units: found, yaml } = JSON.parse(out || err) as { units: object[]; yaml: string }
  assert.deepEqual(found, [{ unit: 1 }, { unit: 4, identity: { maker: 'Acme', product: 'A-4', revision: '1' } }])
  assert.match(yaml, new RegExp(`driver: modbus-rtu, path: ${path}, baud: 9600`))
  for (const { questions } of units) assert.ok(questions.every((code) => code === 3 || code === 4 || code === 43))
})

test('registers are shown in every way they can be meant, and what looks like a figure stands in the entry', async (context) => {
  const unit = new Witness(5, {
    ...pair(0, 'f32', 'CDAB', 230.125),
    ...pair(2, 'f32', 'CDAB', 49.98),
    'holding 4': 812,
    ...pair(6, 'u32', 'ABCD', 70_000),
  })
  unit.faults.refusesGaps = true
  const { path } = await overLine(context, new RtuPeers([unit], clock))
  const args = ['probe', 'modbus', '--port', path, '--unit', '5', '--registers', '0-7', '--timeout', '1s']
  const { status, out, err } = await habtwin(...args)
  assert.equal(status, 0, err)
  const [head = '', ...rows] = out.split('\n')
  for (const column of ['u16', 'i16', 'f32 ABCD', 'f32 CDAB', 'f32 BADC', 'f32 DCBA', 'u32 CDAB', 'i32 DCBA']) {
    assert.ok(head.includes(column), column)
  }
  assert.match(rows[0] ?? '', /^ +0 +2000 +8192 +8192 .* 230\.125\*/)
  assert.match(rows[5] ?? '', /^ +5 +refused/)
  assert.match(rows[6] ?? '', / 70000 /)
  const device = (await accepted(entryOf(out)))['unit-5']
  const registers = device?.registers as Record<string, { address: number; type: string; order: string; unit?: string }>
  const told = Object.entries(registers).map(([point, { address, type, order }]) => [point, address, type, order])
  assert.deepEqual(told.slice(0, 3), [
    ['voltage', 0, 'f32', 'CDAB'],
    ['frequency', 2, 'f32', 'CDAB'],
    ['co2', 4, 'u16', 'ABCD'],
  ])
  assert.ok(unit.questions.every((code) => code === 3))
})

test('the floats of a device are looked for in one order: the end of one and the beginning of the next are none', () => {
  // an SDM120: 228.86 V at 0, 3.14 A at 6, 723.3 W at 12, and nothing between
  const words = [0x4364, 0xdd0c, 0, 0, 0, 0, 0x4048, 0x56db, 0, 0, 0, 0, 0x4434, 0xd16d]
  const found = rowsOf(new Map(words.entries())).flatMap(({ address, guess }) =>
    guess ? [[address, guess.order]] : [],
  )
  assert.deepEqual(found, [
    [0, 'ABCD'],
    [6, 'ABCD'],
    [12, 'ABCD'],
  ])
})

test('a probe of Modbus cannot send what would set something', async () => {
  const sent: Uint8Array[] = []
  const port = { write: async (bytes: Uint8Array) => void sent.push(bytes), onData: undefined, onClose: undefined, async close() {} } // biome-ignore format: one thought
  const wire = new ModbusWire({ port, framing: 'rtu', clock, gap: 0, patience: 1 })
  const { signal } = new AbortController()
  for (const code of [5, 6, 15, 16, 22, 23]) {
    await assert.rejects(wire.ask(1, Buffer.of(code, 0, 0, 0, 1), signal), TypeError)
  }
  assert.deepEqual(sent, [])
})

test('a table of registers keeps within a narrow terminal, and has lost no column', () => {
  const rows = rowsOf(new Map<number, number | string>([[0, 0x4366], [1, 0x2000], [2, 0xffff], [3, 'refused']])) // biome-ignore format: one thought
  const text = registerTable(rows, 80)
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line)
  for (const type of ['f32', 'u32', 'i32']) {
    for (const order of ['ABCD', 'CDAB', 'BADC', 'DCBA']) assert.ok(text.includes(`${type} ${order}`))
  }
  assert.match(text, /230\.125\*/)
})

test('where nobody answers it says what else that can be; one that has to be waited for is left by Ctrl-C', async () => {
  const frozen = new Witness(1, {})
  frozen.faults.frozen = true
  await using server = await ModbusServer.start([frozen], clock)
  const port = `127.0.0.1:${server.port}`
  const { status, out } = await habtwin('probe', 'modbus', '--port', port, '--unit', '2', '--timeout', '50ms')
  assert.equal(status, 0)
  assert.match(out, /^nobody answers at 127\.0\.0\.1/)
  const child = spawn(process.execPath, [
    launcher,
    'probe',
    'modbus',
    '--port',
    port,
    '--unit',
    '1',
    '--timeout',
    '10min',
  ])
  const ended = once(child, 'exit')
  await until(() => server.connections > 0, 'it has connected')
  child.kill('SIGINT')
  assert.deepEqual(await ended, [130, null])
})

/** What stands in for an instrument on a serial line. */
async function standIn(name: string, keys: object = {}): Promise<SerialPeer> {
  const driver = (await loadDrivers([name])).get(name) as Driver
  return driver.standIn?.(driver.options.parse(keys), air) as SerialPeer
}

test('what talks on a serial line is known by its frames, and nothing was sent', async (context) => {
  const dust = await overLine(context, await standIn('pms5003'))
  const duino = await overLine(
    context,
    await standIn('serial-text', { points: { co2: {}, temperature: { from: 't' } } }),
  )
  const { out, err } = await habtwin(
    'probe',
    'serial',
    '--port',
    dust.path,
    duino.path,
    '--listen',
    '20s',
    '--baud',
    '9600',
  )
  assert.match(out, /PMS5003, or another of Plantower, at 9600 baud/, err)
  assert.match(out, /lines of text \(pairs\), at 9600 baud, as "co2=/)
  const devices = await accepted(entryOf(out))
  assert.deepEqual(
    Object.values(devices).map(({ driver }) => driver),
    ['pms5003', 'serial-text'],
  )
  assert.deepEqual(Object.keys(devices['serial-text-2']?.points as object), ['co2', 'temperature'])
  assert.deepEqual([dust.line.traffic.sent, duino.line.traffic.sent], [0, 0])
})

test('an MH-Z19 says nothing by itself, and is known where it is asked', async (context) => {
  const { line, path } = await overLine(context, await standIn('mhz19'))
  const silent = await habtwin('probe', 'serial', '--port', path, '--listen', '200ms', '--baud', '9600')
  assert.match(silent.out, / {2}silent$/m)
  assert.equal(line.traffic.sent, 0)
  const asked = await habtwin('probe', 'serial', '--port', path, '--ask', '--listen', '20s', '--baud', '9600')
  assert.match(asked.out, /MH-Z19 or MH-Z16, which was asked, at 9600 baud/)
  const device = (await accepted(entryOf(asked.out)))['mhz19-1']
  assert.deepEqual([device?.driver, device?.mode], ['mhz19', 'ask'])
})

test('a port that cannot be opened says why, and the others are listened to', async (context) => {
  const { path } = await overLine(context, await standIn('pms5003'))
  const ports = ['--port', 'tcp://127.0.0.1:1', path]
  const { status, out } = await habtwin('probe', 'serial', ...ports, '--listen', '20s', '--baud', '9600')
  assert.equal(status, 0)
  assert.match(out, /tcp:\/\/127\.0\.0\.1:1 +.*cannot be reached/)
  assert.match(out, /PMS5003/)
})

test('a port that a gateway has is left to it, and who has it is told', { skip: missing('socat') }, async (context) => {
  using folder = temporaryFolder()
  await using pty = await servePty(new SerialLine({ clock }), join(folder.path, 'tty'))
  const settings = { path: pty.path, baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const
  const port = await openPort(settings, { where: 'line', signal: new AbortController().signal })
  context.after(() => port.close())
  const held = new RegExp(`${pty.path} is held by .*process`)
  const modbus = await habtwin('probe', 'modbus', '--port', pty.path)
  assert.equal(modbus.status, 1)
  assert.match(modbus.err, held)
  const serial = await habtwin('probe', 'serial', '--port', pty.path, '--listen', '1s')
  assert.match(serial.out, held)
  await port.close()
})

test('noise is no instrument', () => {
  const listener = new Listener()
  let seed = 7
  for (let i = 0; i < 200; i++) {
    const bytes = Uint8Array.from({ length: 512 }, () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
      return seed >>> 16
    })
    listener.push(bytes)
  }
  assert.equal(listener.heard()?.driver, undefined)
})

test('chips on I2C are named at their addresses, and their entries can be pasted', async () => {
  const line = new I2cLine(clock)
  for (const chip of [scd30Chip(air), veml7700Chip(air)]) line.attach(chip)
  const muxes = [0, 1].map((channel) => ({ address: 0x70, channel }))
  for (const mux of muxes) line.attach(bme280Chip(air), mux)
  await using bus = new I2cBus('/dev/i2c-1', clock, [0x70], async () => line.open())
  const found = await scan(bus, new AbortController().signal, muxes)
  const text = chipTable(found)
  assert.match(text, /^0x61 +SCD30 +firmware/m)
  assert.match(text, /^0x76 behind channel 1 of 0x70 +BME280/m)
  const devices = await accepted(chipEntries('/dev/i2c-1', found) ?? '')
  assert.deepEqual(
    Object.values(devices).map(({ driver }) => driver),
    ['veml7700', 'scd30', 'bme280', 'bme280'],
  )
})

test('numbers, registers and times are taken as people write them, and refused with how to write them', () => {
  assert.deepEqual(numbers(1, 20)('3,7-9,7'), [3, 7, 8, 9])
  assert.throws(() => numbers(1, 20)('0-3'), /from 1 to 20/)
  assert.throws(() => numbers(1, 20)('9-3'), /1-20/)
  assert.deepEqual(registerRange('0-40'), [0, 40])
  assert.deepEqual(registerRange('17'), [17, 17])
  assert.throws(() => registerRange('0-5000'), /1000 at most/)
  assert.deepEqual(['5', '5s', '5 s', '200ms', '1 min'].map(time), [5_000, 5_000, 5_000, 200, 60_000])
  assert.throws(() => time('soon'), /a time/)
})
