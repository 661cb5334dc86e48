import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import modbus from 'modbus-serial'
import { Scheduler, type Stamped } from '../../scheduler/scheduler.ts'
import { SerialLine } from '../../simulated/line.ts'
import { SimulatedUnit } from '../../simulated/modbus.ts'
import { RtuPeers } from '../../simulated/modbus-rtu.ts'
import type { Instrument } from '../driver.ts'
import { readingTime } from './airtime.ts'
import { planBlocks } from './blocks.ts'
import { ModbusBus } from './bus.ts'
import { type InstrumentOptions, openInstrument } from './instrument.ts'
import { register } from './registers.ts'
import { frameGap, rtuMedium } from './rtu.ts'

const settings = { path: 'simulated', baud: 9_600, parity: 'none', dataBits: 8, stopBits: 1 } as const
/** ms of a byte at 9,600 baud 8N1 */
const BYTE = 10 / 9.6

/** A line at 9,600 baud with these units on it, and a bus at its near end. */
function rig(...units: SimulatedUnit[]) {
  const clock = new TestClock()
  const line = new SerialLine({ clock, peers: [new RtuPeers(units, clock)] })
  const openPort = async () => line.open()
  const bus = new ModbusBus(rtuMedium({ settings, turnaround: 0, clock, openPort }), () => new modbus.default())
  const device = (unit: number, table: Record<string, object>, more: Partial<InstrumentOptions> = {}) => {
    const registers = Object.fromEntries(Object.entries(table).map(([point, entry]) => [point, register.parse(entry)]))
    const options = { unit, gap: 0, block: 125, pause: 0, write: 'single', ...more } as const
    return openInstrument({ id: `meter-${unit}`, bus, clock }, { options, registers })
  }
  /** What comes of a promise while time passes; an error is given, not thrown. */
  const during = async <T>(promise: Promise<T> | T | undefined, limit = 10_000): Promise<T | Error> => {
    let settled: { value: T | Error } | undefined
    Promise.resolve(promise).then(
      (value) => {
        settled = { value: value as T }
      },
      (error: Error) => {
        settled = { value: error }
      },
    )
    for (let ms = 0; settled === undefined && ms < limit; ms++) await clock.advance(1)
    assert.ok(settled, `nothing came within ${limit} ms`)
    return (settled as { value: T | Error }).value
  }
  /** One reading within a timeout, as the scheduler does it. */
  const read = async (instrument: Instrument, timeout = 500) => {
    const abort = new AbortController()
    const timer = clock.after(timeout, () => abort.abort())
    const came = await during(instrument.read?.(abort.signal))
    timer.cancel()
    return came
  }
  const values = async (instrument: Instrument, timeout?: number) => {
    const came = await read(instrument, timeout)
    assert.ok(!(came instanceof Error), String(came))
    return came?.values
  }
  return {
    clock,
    line,
    bus,
    device,
    read,
    values,
    during,
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

const meter = (unit: number, ...words: number[]) =>
  new SimulatedUnit(unit, Object.fromEntries(words.map((word, i) => [`holding ${i}`, word])))

describe('modbus-rtu', () => {
  it('reads a unit, in the time that the bytes take', async () => {
    const unit = meter(3, 812, 215)
    await using world = rig(unit)
    const instrument = world.device(3, { co2: { address: 0 }, temperature: { address: 1, scale: 0.1 } })
    const began = world.clock.mono()
    assert.deepEqual(await world.values(instrument), { co2: 812, temperature: 21.5 })
    const took = world.clock.mono() - began
    // eight bytes there and nine back
    assert.ok(took >= 17 * BYTE - 1 && took < 17 * BYTE + 4, `${took} ms`)
  })

  it('leaves 3.5 characters of silence between an answer and the next request', async () => {
    await using world = rig(meter(3, 1, 2, 3, 4, 5, 6))
    const instrument = world.device(3, { a: { address: 0 }, b: { address: 3 } })
    const began = world.clock.mono()
    assert.deepEqual(await world.values(instrument), { a: 1, b: 4 })
    const took = world.clock.mono() - began
    const least = 2 * (8 + 7) * BYTE + frameGap(9_600)
    assert.ok(took >= least - 2, `${took} ms, at least ${least}`)
    assert.equal(frameGap(9_600).toFixed(2), '4.01')
    assert.equal(frameGap(115_200), 1.75)
  })

  it('says of a unit that does not answer what else looks the same', async () => {
    await using world = rig(meter(3, 1))
    const error = await world.read(world.device(9, { a: { address: 0 } }))
    assert.ok(isHabtwinError(error, 'device/timeout'), String(error))
    assert.match(error.message, /unit 9 did not answer; a wrong unit number, baud rate or parity, or swapped wires/)
  })

  it('takes half an answer for none, tells it before the time is up, and reads the next one whole', async () => {
    const unit = meter(3, 812)
    await using world = rig(unit)
    const instrument = world.device(3, { co2: { address: 0 } })
    unit.faults.cut = 4
    const began = world.clock.mono()
    const error = await world.read(instrument)
    assert.ok(isHabtwinError(error, 'device/garbled'), String(error))
    assert.ok(world.clock.mono() - began < 150)
    delete unit.faults.cut
    assert.deepEqual(await world.values(instrument), { co2: 812 })
  })

  it('takes nothing from an answer with a wrong check', async () => {
    const unit = meter(3, 812)
    await using world = rig(unit)
    const instrument = world.device(3, { co2: { address: 0 } })
    unit.faults.corrupt = true
    const error = await world.read(instrument)
    assert.ok(isHabtwinError(error, 'device/garbled'), String(error))
    assert.match(error.message, /CRC/)
    unit.faults.corrupt = false
    assert.deepEqual(await world.values(instrument), { co2: 812 })
  })

  it('never takes the answer of another unit, and says whose it was', async () => {
    const unit = meter(3, 812)
    await using world = rig(unit)
    unit.faults.as = 7
    const error = await world.read(world.device(3, { co2: { address: 0 } }))
    assert.ok(isHabtwinError(error, 'device/garbled'), String(error))
    assert.match(error.message, /unit 7 answered where unit 3 was asked/)
  })

  it('does not take what one unit says late for the answer of the next', async () => {
    const [slow, quick] = [meter(3, 333), meter(4, 444)]
    await using world = rig(slow, quick)
    slow.faults.delay = 620
    const late = await world.read(world.device(3, { co2: { address: 0 } }), 600)
    assert.ok(isHabtwinError(late, 'device/timeout'), String(late))
    assert.deepEqual(await world.values(world.device(4, { co2: { address: 0 } })), { co2: 444 })
  })

  it('does not take a late answer for that to another register of the same unit', async () => {
    const table = { a: { address: 0 }, b: { address: 3 }, c: { address: 6 } }
    for (const delay of [60, 120, 180, 240, 300, 400]) {
      const unit = meter(3, 100, 0, 0, 200, 0, 0, 300)
      await using world = rig(unit)
      const instrument = world.device(3, table)
      unit.faults.delay = delay
      // one that needs so long for each answer is given up in the middle, again and again
      for (let i = 0; i < 6; i++) {
        const came = await world.read(instrument, 500)
        if (came instanceof Error) assert.ok(isHabtwinError(came), String(came))
        else assert.deepEqual(came?.values, { a: 100, b: 200, c: 300 }, `answers after ${delay} ms`)
      }
      delete unit.faults.delay
      await world.clock.advance(1_000)
      assert.deepEqual(await world.values(instrument), { a: 100, b: 200, c: 300 })
    }
  })

  it('hears an answer behind noise', async () => {
    const unit = meter(3, 812)
    await using world = rig(unit)
    const instrument = world.device(3, { co2: { address: 0 } })
    world.clock.after(9, () => world.line.say(Uint8Array.of(0x00, 0xff)))
    unit.faults.delay = 10
    assert.deepEqual(await world.values(instrument), { co2: 812 })
  })

  it('tells at once when the adapter is pulled out, and is back as soon as it is', async () => {
    await using world = rig(meter(3, 812))
    const instrument = world.device(3, { co2: { address: 0 } })
    world.clock.after(5, () => world.line.unplug())
    const error = await world.read(instrument)
    assert.ok(isHabtwinError(error, 'device/unreachable'), String(error))
    assert.ok(isHabtwinError(await world.read(instrument), 'device/unreachable'))
    world.line.replug()
    assert.deepEqual(await world.values(instrument), { co2: 812 })
  })

  it('parts a block where the unit refuses the gap, once', async () => {
    const unit = meter(3, 1, 2)
    unit.words.set('holding 5', 6)
    unit.faults.refusesGaps = true
    await using world = rig(unit)
    const table = { a: { address: 0 }, b: { address: 1 }, c: { address: 5 } }
    const instrument = world.device(3, table, { gap: 8 })
    assert.deepEqual(await world.values(instrument), { a: 1, b: 2, c: 6 })
    assert.equal(unit.asked, 3)
    assert.deepEqual(await world.values(instrument), { a: 1, b: 2, c: 6 })
    assert.equal(unit.asked, 5)
  })

  it('parts a block for good where the unit says nothing to a gap, twice', async () => {
    const unit = meter(3, 1, 2)
    unit.words.set('holding 5', 6)
    unit.faults.silentOnGaps = true
    await using world = rig(unit)
    const instrument = world.device(3, { a: { address: 0 }, c: { address: 5 } }, { gap: 8 })
    const came: boolean[] = []
    for (let i = 0; i < 6; i++) came.push(!((await world.read(instrument)) instanceof Error))
    assert.deepEqual(came, [false, true, false, true, true, true])
  })

  it('loses no value to one that cannot be read, and asks for that again after a minute', async () => {
    const unit = meter(3, 1, 2, 3)
    unit.words.delete('holding 1')
    unit.faults.refusesGaps = true
    await using world = rig(unit)
    const instrument = world.device(3, { a: { address: 0 }, b: { address: 1 }, c: { address: 2 } })
    assert.deepEqual(await world.read(instrument), {
      values: { a: 1, b: null, c: 3 },
      quality: { b: 'bad:exception-2' },
    })
    unit.words.set('holding 1', 2)
    const asked = unit.asked
    assert.deepEqual((await world.values(instrument))?.b, null)
    assert.equal(unit.asked - asked, 2)
    await world.clock.advance(60_000)
    assert.deepEqual(await world.values(instrument), { a: 1, b: 2, c: 3 })
  })

  it('asks no more registers at once than the unit takes', async () => {
    const unit = meter(3, 1, 2, 3, 4)
    unit.faults.most = 1
    await using world = rig(unit)
    const table = { a: { address: 0 }, b: { address: 1 }, c: { address: 2 } }
    assert.deepEqual(await world.values(world.device(3, table, { block: 1 })), { a: 1, b: 2, c: 3 })
    assert.equal(unit.asked, 3)
    // one that was not told of finds out
    assert.deepEqual(await world.values(world.device(3, table)), { a: 1, b: 2, c: 3 })
  })

  it('gives a unit its rest between two questions', async () => {
    await using world = rig(meter(3, 1, 2, 3, 4))
    const instrument = world.device(3, { a: { address: 0 }, b: { address: 3 } }, { pause: 100 })
    const began = world.clock.mono()
    await world.values(instrument)
    assert.ok(world.clock.mono() - began >= 100 + 2 * 15 * BYTE - 2)
  })

  it('keeps the line as long as it says beforehand', async () => {
    const unit = meter(3, 1, 2, 3, 4, 5, 6, 7, 8)
    await using world = rig(unit)
    const table = { a: { address: 0 }, b: { address: 1 }, c: { address: 4 }, d: { address: 7 } }
    const instrument = world.device(3, table)
    await world.values(instrument)
    await world.clock.advance(50)
    world.line.delay(frameGap(9_600))
    const began = world.clock.mono()
    await world.values(instrument)
    const took = world.clock.mono() - began
    const registers = Object.fromEntries(Object.entries(table).map(([point, entry]) => [point, register.parse(entry)]))
    const told = readingTime({ settings, turnaround: 0 }, planBlocks(registers, { gap: 0, block: 125 }), 0)
    // the silence after the last answer is the next reading's
    assert.ok(Math.abs(told - frameGap(9_600) - took) < 6, `told ${told}, took ${took}`)
  })
})

describe('devices on one serial line', () => {
  /** Polls devices every second until the test ends. */
  function polling(world: ReturnType<typeof rig>, instruments: Record<string, Instrument>, timeout = 200) {
    const samples: { device: string; at: number; sample: Stamped }[] = []
    const scheduler = new Scheduler({
      clock: world.clock,
      backoff: { random: () => 0 },
      devices: Object.entries(instruments).map(([id, instrument]) => ({
        ...{ id, every: 1_000, timeout, bus: 'rs485' },
        points: { co2: { unit: '[ppm]', writable: [0, 1] } },
        open: async (signal: AbortSignal) => {
          await world.bus.connect(signal)
          return instrument
        },
      })),
      sink: {
        onSample: (device, sample) => void samples.push({ device, at: world.clock.mono(), sample }),
        onHealth: () => {},
      },
    })
    const abort = new AbortController()
    const running = scheduler.run(abort.signal)
    return {
      samples,
      scheduler,
      async [Symbol.asyncDispose]() {
        abort.abort()
        await world.during(running)
      },
    }
  }

  it('are not held up by a dead one for longer than its own timeout, and less and less often', async () => {
    const dead = meter(1, 1)
    dead.faults.frozen = true
    await using world = rig(dead, meter(2, 2), meter(3, 3))
    const devices = { a: 1, b: 2, c: 3 }
    const instruments = Object.fromEntries(
      Object.entries(devices).map(([id, unit]) => [id, world.device(unit, { co2: { address: 0 } })]),
    )
    await using poll = polling(world, instruments)
    await world.clock.advance(60_000)
    const of = (device: string) => poll.samples.filter((one) => one.device === device)
    assert.equal(of('a').length, 0)
    for (const device of ['b', 'c']) {
      assert.ok(of(device).length >= 59, `${device}: ${of(device).length}`)
      for (const { at, sample } of of(device)) {
        assert.equal(sample.values.co2, devices[device as 'b' | 'c'])
        assert.ok(at % 1_000 < 200 + 3 * 30, `${device} at ${at}`)
      }
    }
    const waited = of('b').filter(({ at }) => at % 1_000 >= 200).length
    assert.ok(waited < 12, `held up ${waited} times in a minute`)
  })

  it('are back within 5 s after the adapter was pulled out, each with its own values', async () => {
    await using world = rig(meter(1, 1), meter(2, 2))
    const instruments = { a: world.device(1, { co2: { address: 0 } }), b: world.device(2, { co2: { address: 0 } }) }
    await using poll = polling(world, instruments)
    await world.clock.advance(2_500)
    for (let i = 0; i < 50; i++) {
      await world.clock.advance((37 * i + 11) % 1_000)
      world.line.unplug()
      await world.clock.advance(900)
      world.line.replug()
      const back = world.clock.mono()
      poll.samples.length = 0
      await world.clock.advance(5_000)
      for (const device of ['a', 'b'])
        assert.ok(
          poll.samples.some((one) => one.device === device && one.at - back < 5_000),
          `${device}, round ${i}`,
        )
      for (const { device, sample } of poll.samples) assert.equal(sample.values.co2, device === 'a' ? 1 : 2)
    }
  })

  it('take a command before the next poll, and never in the middle of one', async () => {
    const [first, second] = [meter(1, 1), meter(2, 0)]
    await using world = rig(first, second)
    const writable = { address: 0, writable: [0, 1] }
    const instruments = { a: world.device(1, { co2: { address: 0 } }), b: world.device(2, { co2: writable }) }
    await using poll = polling(world, instruments)
    await world.clock.advance(3_000)
    // both are due now; the first is being asked, the second waits
    await world.clock.advance(4)
    const written = poll.scheduler.write('b', 'co2', 1)
    const before = poll.samples.length
    assert.equal(await world.during(written), 1)
    // of the two polls only that which was under way came first
    assert.ok(poll.samples.length - before <= 1)
    assert.equal(second.word('holding', 0), 1)
  })
})
