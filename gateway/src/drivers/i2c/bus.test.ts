import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { RegisterChip } from '../../simulated/i2c/registers.ts'
import { I2cLine } from '../../simulated/i2c.ts'
import { passing } from '../conformance.ts'
import { I2cBus, type I2cPort } from './bus.ts'

const signal = () => new AbortController().signal

/** A bus with a chip of registers at each of these addresses, which say which they are. */
function rigged(addresses: readonly number[] = [0x40, 0x41], muxes: readonly number[] = []) {
  const clock = new TestClock()
  const line = new I2cLine(clock)
  for (const address of addresses) line.attach(new RegisterChip(address, { 0: [address] }))
  const bus = new I2cBus('/dev/i2c-1', clock, muxes, async () => line.open())
  const at = (address: number, mux?: { address: number; channel: number }) => ({ address, mux, where: `at-${address}` })
  return { clock, line, bus, at }
}

describe('I2C bus', () => {
  it('is had by one device from the first transfer of a conversation to the last', async () => {
    const { clock, line, bus, at } = rigged()
    const talk = (address: number) =>
      bus.converse(at(address), signal(), async (wire) => {
        await wire.write(Uint8Array.of(0))
        await wire.pause(20)
        return wire.read(1)
      })
    const both = await passing(clock, Promise.all([talk(0x40), talk(0x41)]))
    assert.deepEqual(
      both.map(([byte]) => byte),
      [0x40, 0x41],
    )
    assert.deepEqual(line.log, ['40:00', '40?1', '41:00', '41?1'])
  })

  it('goes on with the next after one that failed', async () => {
    const { bus, at } = rigged([0x40])
    const read = (address: number) => bus.converse(at(address), signal(), (wire) => wire.readFrom(0, 1))
    const [bad, good] = await Promise.allSettled([read(0x55), read(0x40)])
    assert.equal(bad.status, 'rejected')
    assert.deepEqual(good, { status: 'fulfilled', value: Uint8Array.of(0x40) })
  })

  it('lets go of a conversation that is interrupted, and lets nobody on before the kernel has given it back', async () => {
    const { clock, line, bus, at } = rigged()
    line.fault(0x40, { delay: 500 })
    const abort = new AbortController()
    const stuck = bus.converse(at(0x40), abort.signal, (wire) => wire.read(1))
    const next = bus.converse(at(0x41), signal(), (wire) => wire.readFrom(0, 1))
    await clock.advance(100)
    abort.abort(new Error('late'))
    await assert.rejects(stuck, /late/)
    assert.deepEqual(line.log, ['40?1'])
    await clock.advance(400)
    assert.deepEqual(await next, Uint8Array.of(0x41))
  })

  it('lets go of one that is interrupted while it waits for its turn', async () => {
    const { clock, line, bus, at } = rigged()
    line.fault(0x40, { delay: 500 })
    const first = bus.converse(at(0x40), signal(), (wire) => wire.read(1))
    const abort = new AbortController()
    const second = bus.converse(at(0x41), abort.signal, (wire) => wire.read(1))
    abort.abort(new Error('late'))
    await assert.rejects(second, /late/)
    await passing(clock, first)
    assert.deepEqual(line.log, ['40?1'])
  })

  it('that hangs is told as such, and works again when the line is let go', async () => {
    const { clock, line, bus, at } = rigged()
    line.stick(true)
    const hung = bus.converse(at(0x40), signal(), (wire) => wire.read(1))
    await assert.rejects(passing(clock, hung), { code: 'device/unreachable', message: /holds a line down/ })
    line.stick(false)
    assert.deepEqual(await bus.converse(at(0x40), signal(), (wire) => wire.readFrom(0, 1)), Uint8Array.of(0x40))
  })

  it('whose adapter was unplugged is opened anew when it is back', async () => {
    const { line, bus, at } = rigged()
    const read = () => bus.converse(at(0x40), signal(), (wire) => wire.readFrom(0, 1))
    await read()
    line.unplug()
    await assert.rejects(read(), { code: 'device/unreachable', message: /is gone/ })
    line.replug()
    assert.deepEqual(await read(), Uint8Array.of(0x40))
  })

  it('tells a chip that is held by the kernel, and noise on the wire, from one that does not answer', async () => {
    const { at } = rigged()
    for (const [code, wanted, message] of [
      ['EBUSY', 'device/unreachable', /kernel has 0x40/],
      ['EIO', 'device/garbled', /disturbed/],
      ['EREMOTEIO', 'device/timeout', /nobody answers at 0x40/],
      ['ENXIO', 'device/timeout', /nobody answers at 0x40/],
      ['EINVAL', 'device/unreachable', /0x40/],
    ] as const) {
      const fail = () => Promise.reject(Object.assign(new Error(code), { code }))
      const port: I2cPort = { write: fail, read: fail, writeRead: fail, close: async () => {} }
      await using bus = new I2cBus('/dev/i2c-1', new TestClock(), [], async () => port)
      const error = await bus.converse(at(0x40), signal(), (wire) => wire.read(1)).catch((error: unknown) => error)
      assert.ok(isHabtwinError(error, wanted), String(error))
      assert.match(error.message, message)
      assert.equal(error.where, 'at-64')
    }
  })

  it('is opened anew where the address could not be set, so that nothing goes to address 0', async () => {
    const { at } = rigged()
    for (const [code, opened] of [
      ['EBUSY', 2],
      ['ENOTTY', 2],
      ['ENODEV', 2],
      ['EREMOTEIO', 1],
      ['EIO', 1],
      ['ETIMEDOUT', 1],
    ] as const) {
      const fail = () => Promise.reject(Object.assign(new Error(code), { code }))
      let opens = 0
      const open = async () => {
        opens++
        return { write: fail, read: fail, writeRead: fail, close: async () => {} }
      }
      await using bus = new I2cBus('/dev/i2c-1', new TestClock(), [], open)
      const read = () => bus.converse(at(0x40), signal(), (wire) => wire.read(1))
      await assert.rejects(read())
      await assert.rejects(read())
      assert.equal(opens, opened, code)
    }
  })

  it('closed takes nobody any more', async () => {
    const { bus, at } = rigged()
    await bus[Symbol.asyncDispose]()
    await assert.rejects(
      bus.converse(at(0x40), signal(), (wire) => wire.read(1)),
      { code: 'device/unreachable' },
    )
  })
})

describe('I2C multiplexer', () => {
  /** Two chips of one address behind two channels, and one before the multiplexer. */
  function branched() {
    const rig = rigged([0x40], [0x70])
    for (const channel of [0, 3]) {
      rig.line.attach(new RegisterChip(0x41, { 0: [channel] }), { address: 0x70, channel })
    }
    const read = async (address: number, channel?: number) => {
      const mux = channel === undefined ? undefined : { address: 0x70, channel }
      return (await rig.bus.converse(rig.at(address, mux), signal(), (wire) => wire.readFrom(0, 1)))[0]
    }
    return { ...rig, read }
  }

  it('has the channel of a device open, and no other, while it is spoken to', async () => {
    const { read } = branched()
    assert.deepEqual([await read(0x41, 3), await read(0x41, 0), await read(0x40), await read(0x41, 3)], [3, 0, 0x40, 3])
  })

  it('is switched only where the channel is another', async () => {
    const { line, read } = branched()
    for (let i = 0; i < 5; i++) await read(0x41, 3)
    assert.equal(line.log.filter((entry) => entry === '70:08').length, 1)
  })

  it('has its channels closed for a device that is not behind it, also after it was left open by somebody else', async () => {
    const { line, read, bus, at } = branched()
    await line.write(0x70, Uint8Array.of(0b1001))
    await assert.rejects(
      bus.converse(at(0x41), signal(), (wire) => wire.read(1)),
      { code: 'device/timeout' },
    )
    assert.equal(await read(0x40), 0x40)
  })

  it('that lost its power is switched again', async () => {
    const { line, read } = branched()
    await read(0x41, 3)
    await line.write(0x70, Uint8Array.of(0))
    await assert.rejects(read(0x41, 3), { code: 'device/timeout' })
    assert.equal(await read(0x41, 3), 3)
  })

  it('that is not there fails those behind it, and nobody else', async () => {
    const { bus, at } = rigged([0x40], [0x71])
    const behind = bus.converse(at(0x41, { address: 0x71, channel: 1 }), signal(), (wire) => wire.read(1))
    await assert.rejects(behind, { code: 'device/timeout', message: /0x71/ })
    assert.deepEqual(await bus.converse(at(0x40), signal(), (wire) => wire.readFrom(0, 1)), Uint8Array.of(0x40))
  })
})
