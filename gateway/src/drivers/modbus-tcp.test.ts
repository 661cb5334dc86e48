import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { SimulatedUnit } from '../simulated/modbus.ts'
import { ModbusServer } from '../simulated/modbus-tcp.ts'
import type { Instrument } from './driver.ts'
import { Fleet } from './fleet.ts'
import driver from './modbus-tcp.ts'

/** For what answers at once: nothing here depends on time. */
const signal = () => new AbortController().signal

/** An open device of these registers on a server at this port. */
async function open(port: number, registers: Record<string, object>, more: object = {}) {
  const keys = driver.options.parse({ registers, ...more }) as object
  const fleet = await Fleet.load({
    clock: new TestClock(),
    habitat: { pressure: 879, timezone: 'UTC', zones: {} },
    buses: { wire: { driver: 'modbus-tcp', host: '127.0.0.1', port } },
    devices: { meter: { ...keys, zone: 'crew', driver: 'modbus-tcp', bus: 'wire', every: 1_000, timeout: 1_000 } },
    report: () => {},
  })
  const instrument = (await fleet.members[0]?.open(signal())) as Instrument
  return { instrument, [Symbol.asyncDispose]: () => fleet[Symbol.asyncDispose]() }
}

/** Unit 1: 800 at 0, a temperature of 21.5 as f32 with swapped words at 10, -5 at 20, 1 at 30; it has nothing else. */
async function modbusServer() {
  const holding = { 0: 800, 1: 801, 10: 0, 11: 0x41ac, 20: 0xfffb, 30: 1 }
  const words = Object.entries(holding).map(([address, word]) => [`holding ${address}`, word])
  const unit = new SimulatedUnit(1, { ...Object.fromEntries(words), 'coil 4': 1, 'discrete 4': 0 })
  unit.faults.refusesGaps = true
  const server = await ModbusServer.start([unit], new TestClock())
  return {
    port: server.port,
    unit,
    connections: () => server.connections,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** A server that does with each request (from its first byte) what the test says. */
async function rawServer(answer: (socket: Socket, request: Buffer) => void) {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (request) => answer(socket, request))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The answer to a request for holding registers: header with the request's transaction, then the words. */
function words(request: Buffer, ...values: number[]): Buffer {
  const frame = Buffer.alloc(9 + 2 * values.length)
  request.copy(frame, 0, 0, 2)
  frame.writeUInt16BE(3 + 2 * values.length, 4)
  frame[6] = request[6] as number
  frame[7] = request[7] as number
  frame[8] = 2 * values.length
  values.forEach((value, i) => {
    frame.writeUInt16BE(value, 9 + 2 * i)
  })
  return frame
}

/** Reads until something has come to the server, or back from it, then lets the time run out. */
async function interruptedAfter(come: Promise<unknown>, instrument: Instrument): Promise<unknown> {
  const abort = new AbortController()
  const reading = Promise.resolve(instrument.read?.(abort.signal)).catch((error: unknown) => error)
  await come
  abort.abort()
  return reading
}

/** Resolves when that many bytes have come to the next socket that is connected. */
async function received(bytes: number): Promise<void> {
  const connected = Promise.withResolvers<Socket>()
  const tell = (message: unknown) => connected.resolve((message as { socket: Socket }).socket)
  subscribe('net.client.socket', tell)
  const socket = await connected.promise
  unsubscribe('net.client.socket', tell)
  while (socket.bytesRead < bytes) await new Promise((resolve) => setImmediate(resolve))
}

describe('modbus-tcp', () => {
  it('reads neighbours with one request, scales, and converts to the unit of the point', async () => {
    await using server = await modbusServer()
    await using meter = await open(server.port, {
      co2: { address: 0 },
      'co2-b': { address: 1, scale: 0.1, offset: 5 },
      temperature: { address: 10, type: 'f32', order: 'CDAB' },
      pressure: { address: 20, type: 'i16', offset: 105, unit: 'kPa' },
      state: { function: 'coil', address: 4 },
      'state-b': { function: 'discrete', address: 4 },
    })
    assert.deepEqual((await meter.instrument.read?.(signal()))?.values, {
      co2: 800,
      'co2-b': 85.1,
      temperature: 21.5,
      pressure: 1_000,
      state: 1,
      'state-b': 0,
    })
    // 0 and 1 together, 10, 20, coil, discrete
    assert.equal(server.unit.asked, 5)
  })

  it('sets a register and gives what the device then says', async () => {
    await using server = await modbusServer()
    await using meter = await open(server.port, {
      state: { address: 30, writable: [0, 1] },
      temperature: { address: 10, type: 'f32', order: 'CDAB', writable: [19, 21] },
    })
    assert.equal(await meter.instrument.write?.('state', 0, signal()), 0)
    assert.equal(server.unit.word('holding', 30), 0)
    assert.equal(await meter.instrument.write?.('temperature', 19, signal()), 19)
    await assert.rejects(async () => meter.instrument.write?.('level', 1, signal()), { code: 'command/refused' })
    await assert.rejects(async () => meter.instrument.write?.('state', 70_000, signal()), { code: 'command/refused' })
  })

  it('names the exception that a device answers with, and goes on with the same connection', async () => {
    await using server = await modbusServer()
    await using meter = await open(server.port, { co2: { address: 1_000 } })
    await assert.rejects(async () => meter.instrument.read?.(signal()), {
      code: 'device/exception',
      message: /2: Illegal data address/,
    })
  })

  it('times out on a unit that is not there, without giving up the connection', async () => {
    await using server = await rawServer((socket, request) => {
      if (request[6] === 1) socket.write(words(request, 7))
      else asked.resolve()
    })
    const asked = Promise.withResolvers<void>()
    await using meter = await open(server.port, { co2: { address: 0 } }, { unit: 9 })
    const error = await interruptedAfter(asked.promise, meter.instrument)
    assert.ok(isHabtwinError(error, 'device/timeout'), String(error))
    assert.equal(server.connections(), 1)
  })

  it('calls half an answer garbled, and begins anew so that the other half is not taken for the next answer', async () => {
    let requests = 0
    await using server = await rawServer((socket, request) => {
      const answer = words(request, 812)
      socket.write(requests++ > 0 ? answer : answer.subarray(0, 8))
    })
    const half = received(8)
    await using meter = await open(server.port, { co2: { address: 0 } })
    const error = await interruptedAfter(half, meter.instrument)
    assert.ok(isHabtwinError(error, 'device/garbled'), String(error))
    assert.deepEqual((await meter.instrument.read?.(signal()))?.values, { co2: 812 })
    assert.equal(server.connections(), 2)
  })

  it('calls an answer of the wrong length, unit or function garbled', async () => {
    const spoilt: ((frame: Buffer) => Buffer)[] = [
      (frame) => Buffer.concat([frame.subarray(0, 4), Buffer.from([0, 3]), frame.subarray(6, 9)]),
      (frame) => Buffer.from(frame.with(6, 77)),
      (frame) => Buffer.from(frame.with(7, 4)),
    ]
    for (const spoil of spoilt) {
      await using server = await rawServer((socket, request) => void socket.write(spoil(words(request, 1))))
      await using meter = await open(server.port, { co2: { address: 0 } })
      await assert.rejects(async () => meter.instrument.read?.(signal()), { code: 'device/garbled' })
    }
  })

  it('tells at once when the server closes in the middle, and connects again for the next reading', async () => {
    let requests = 0
    await using server = await rawServer((socket, request) => {
      if (requests++ === 0) socket.destroy()
      else socket.write(words(request, 640))
    })
    await using meter = await open(server.port, { co2: { address: 0 } })
    await assert.rejects(async () => meter.instrument.read?.(signal()), {
      code: 'device/unreachable',
      message: /closed/,
    })
    assert.deepEqual((await meter.instrument.read?.(signal()))?.values, { co2: 640 })
  })

  it('doubts a connection on which nothing has come back three times', async () => {
    const asked: PromiseWithResolvers<void>[] = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
    let requests = 0
    await using server = await rawServer(() => asked[requests++]?.resolve())
    await using meter = await open(server.port, { co2: { address: 0 } })
    for (const { promise } of asked) await interruptedAfter(promise, meter.instrument)
    assert.equal(server.connections(), 2)
  })

  it('asks all devices of a bus over one connection, as some servers take no second', async () => {
    await using server = await modbusServer()
    const keys = driver.options.parse({ registers: { co2: { address: 0 } } }) as object
    const device = { ...keys, zone: 'crew', driver: 'modbus-tcp', bus: 'wire', every: 1_000, timeout: 1_000 }
    await using fleet = await Fleet.load({
      clock: new TestClock(),
      habitat: { pressure: 879, timezone: 'UTC', zones: {} },
      buses: { wire: { driver: 'modbus-tcp', host: '127.0.0.1', port: server.port } },
      devices: { a: device, b: device, c: device },
      report: () => {},
    })
    for (const member of fleet.members) {
      const instrument = await member.open(signal())
      assert.deepEqual((await instrument.read?.(signal()))?.values, { co2: 800 })
    }
    assert.equal(server.connections(), 1)
  })

  it('refuses a unit that does not convert to that of the point', async () => {
    await assert.rejects(open(1, { co2: { address: 0, unit: 'kPa' } }), { code: 'config/unit' })
  })
})
