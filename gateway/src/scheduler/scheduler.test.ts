import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeviceHealth } from '@habtwin/contract'
import { HabtwinError, isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import type { Instrument, Sample } from '../drivers/driver.ts'
import { type ScheduledDevice, Scheduler, type Sink, type Stamped } from './scheduler.ts'

const points = { co2: { unit: '[ppm]' }, temperature: { unit: 'Cel' } }

/** A scheduler under a test clock that writes down all that comes out of it. */
function rig(devices: ScheduledDevice[], sink: Partial<Sink> = {}) {
  const clock = new TestClock()
  const samples: { device: string; sample: Stamped; at: number; late: boolean }[] = []
  const health: ({ device: string } & DeviceHealth)[] = []
  const scheduler = new Scheduler({
    clock,
    devices,
    sink: {
      onSample: (device, sample, { late }) => {
        samples.push({ device, sample, at: clock.mono(), late })
      },
      onHealth: (device, state) => health.push({ device, ...state }),
      ...sink,
    },
    backoff: { random: () => 0 },
  })
  const abort = new AbortController()
  const running = scheduler.run(abort.signal)
  running.catch(() => {})
  const of = (device: string) => samples.filter((sample) => sample.device === device).map(({ at }) => at)
  const stop = () => {
    abort.abort()
    return running
  }
  return { clock, scheduler, samples, health, of, running, stop }
}

/** A device of the given ways; it opens at once and answers 800 ppm where not told otherwise. */
function device(id: string, every: number, ways: Partial<Instrument> & Partial<ScheduledDevice> = {}): ScheduledDevice {
  const { read = () => ({ values: { co2: 800 } }), stream, write, timeout = 1_000, bus, open } = ways
  const dispose = ways[Symbol.asyncDispose] ?? (async () => {})
  const instrument: Instrument = stream
    ? { stream, [Symbol.asyncDispose]: dispose }
    : { read, ...(write ? { write } : {}), [Symbol.asyncDispose]: dispose }
  return { id, every, timeout, bus, points, open: open ?? (async () => instrument) }
}

/** A device that cannot be opened, and notes when that was tried. */
function absent(tries: number[], now: () => number, code: 'device/timeout' | 'device/unreachable'): ScheduledDevice {
  return device('a', 1_000, {
    open: async () => {
      tries.push(now())
      throw new HabtwinError(code, 'nobody is there')
    },
  })
}

/** Answers after a time of the clock that is set later, or never. */
const never = (signal: AbortSignal) =>
  new Promise<Sample>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

describe('scheduler', () => {
  it('polls on a grid from the start, at once and without drift', async () => {
    const it = rig([device('a', 100), device('b', 250)])
    await it.clock.advance(1_000)
    assert.deepEqual(it.of('a'), [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000])
    assert.deepEqual(it.of('b'), [0, 250, 500, 750, 1_000])
    await it.stop()
    assert.equal(it.clock.pending, 0)
  })

  it('skips the slots that pass while an answer is slow, counts them, and goes on with the grid', async () => {
    let slow = true
    const it = rig([
      device('a', 100, {
        read: async (signal) => {
          if (slow) await it.clock.sleep(250, signal)
          slow = false
          return { values: { co2: 800 } }
        },
      }),
    ])
    await it.clock.advance(500)
    assert.deepEqual(it.of('a'), [250, 300, 400, 500])
    assert.equal(it.scheduler.tallies().a?.missed, 2)
    await it.stop()
  })

  it('stamps a sample with the time at the instrument, and keeps the time that an instrument has of its own', async () => {
    const it = rig([device('a', 100), device('b', 100, { read: () => ({ t: 42, values: { co2: 1 } }) })])
    await it.clock.advance(0)
    assert.equal(it.samples[0]?.sample.t, it.clock.now())
    assert.equal(it.samples[1]?.sample.t, 42)
    await it.stop()
  })

  it('gives a bus to one device at a time, and a dead device takes no more than its own timeout', async () => {
    let on = 0
    const careful = async (signal: AbortSignal) => {
      assert.equal(++on, 1)
      await it.clock.sleep(10, signal)
      on--
      return { values: { co2: 800 } }
    }
    const it = rig([
      device('dead', 100, { bus: 'rs485', read: never, timeout: 50 }),
      device('a', 100, { bus: 'rs485', read: careful }),
      device('b', 100, { bus: 'rs485', read: careful }),
    ])
    await it.clock.advance(2_000)
    for (const id of ['a', 'b']) {
      const at = it.of(id)
      // every slot is served: held up by 50 ms where the dead one had its turn, by the neighbour's 10 ms where it rests
      assert.deepEqual(
        at.map((ms) => Math.floor(ms / 100)),
        Array.from({ length: at.length }, (_, i) => i),
      )
      assert.ok(
        at.slice(2, 10).every((ms) => ms % 100 <= 20),
        `${id} at ${at}`,
      )
    }
    assert.equal(it.scheduler.tallies().dead?.failures, 3)
    await it.stop()
    assert.equal(it.clock.pending, 0)
  })

  it('accounts for the time that each bus is taken, by answers and by waiting for none', async () => {
    const slowly = async (signal: AbortSignal) => {
      await it.clock.sleep(10, signal)
      return { values: { co2: 800 } }
    }
    const it = rig([
      device('a', 100, { bus: 'rs485', read: slowly }),
      device('b', 500, { bus: 'rs485', read: slowly }),
      device('dead', 1_000, { bus: 'wire', read: never, timeout: 50 }),
      device('alone', 100, { read: slowly }),
    ])
    await it.clock.advance(999)
    assert.deepEqual(Object.fromEntries(it.scheduler.airTimes()), { rs485: 120, wire: 50 })
    await it.stop()
  })

  it('goes on without a driver that does not heed the interruption, and drops its late answer', async () => {
    const stuck = Promise.withResolvers<Sample>()
    let reads = 0
    const it = rig([
      device('stuck', 1_000, {
        bus: 'x',
        timeout: 50,
        read: () => (reads++ === 0 ? stuck.promise : { values: { co2: 1 } }),
      }),
      device('a', 1_000, { bus: 'x' }),
    ])
    await it.clock.advance(200)
    assert.deepEqual(it.of('a'), [150])
    stuck.resolve({ values: { co2: 666 } })
    await it.clock.advance(1_000)
    assert.deepEqual(
      it.samples.filter(({ device }) => device === 'stuck').map(({ sample }) => sample.values.co2),
      [1],
    )
    await it.stop()
  })

  it('tells of health when it changes: degraded at the first failure, down at the second, ok again', async () => {
    let broken = false
    let opened = 0
    let disposed = 0
    const it = rig([
      device('a', 100, {
        open: async () => {
          opened++
          return {
            read: () => {
              if (broken) throw new HabtwinError('device/garbled', 'the checksum is wrong')
              return { values: { co2: 800 } }
            },
            async [Symbol.asyncDispose]() {
              disposed++
            },
          }
        },
      }),
    ])
    await it.clock.advance(150)
    broken = true
    await it.clock.advance(200)
    broken = false
    await it.clock.advance(2_000)
    assert.deepEqual(
      it.health.map(({ state, reason }) => [state, reason]),
      [
        ['ok', undefined],
        ['degraded', 'the checksum is wrong'],
        ['down', 'the checksum is wrong'],
        ['ok', undefined],
      ],
    )
    assert.deepEqual([opened, disposed], [2, 1])
    // the rest after the second failure at 300 is one second long, up to the slot at 1,300
    assert.deepEqual(it.of('a').slice(0, 4), [0, 100, 1_300, 1_400])
    assert.equal(it.scheduler.tallies().a?.missed, 0)
    await it.stop()
    assert.equal(disposed, 2)
  })

  it('looks for a device that does not answer at growing distances, never more than the cap apart', async () => {
    const tries: number[] = []
    const it = rig([absent(tries, () => it.clock.mono(), 'device/timeout')])
    await it.clock.advance(130_000)
    assert.deepEqual(tries, [0, 1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000])
    assert.equal(it.health.length, 1)
    await it.stop()
  })

  it('looks every few seconds for what has been unplugged, which costs nobody time', async () => {
    const tries: number[] = []
    const it = rig([absent(tries, () => it.clock.mono(), 'device/unreachable')])
    await it.clock.advance(20_000)
    assert.deepEqual(tries, [0, 1_000, 3_000, 5_000, 7_000, 9_000, 11_000, 13_000, 15_000, 17_000, 19_000])
    assert.equal(it.health.length, 1)
    await it.stop()
  })

  it('does not hold against a device that is back how long it was away', async () => {
    const tries: number[] = []
    const it = rig([
      device('a', 1_000, {
        open: async () => {
          const at = it.clock.mono()
          tries.push(at)
          throw new HabtwinError(at < 10_000 ? 'device/unreachable' : 'device/garbled', 'half an answer')
        },
      }),
    ])
    await it.clock.advance(15_000)
    assert.deepEqual(tries.slice(-4), [9_000, 11_000, 12_000, 14_000])
    await it.stop()
  })

  it('tells the latency no more than once a minute', async () => {
    const it = rig([
      device('a', 1_000, {
        read: async (signal) => {
          await it.clock.sleep(7, signal)
          return { values: { co2: 800 } }
        },
      }),
    ])
    await it.clock.advance(180_000)
    assert.deepEqual(
      it.health.map(({ latency }) => latency),
      [7, 7, 7],
    )
    await it.stop()
  })

  it('lets a command go before the polls that wait for the bus', async () => {
    const order: string[] = []
    const slowly = (name: string) => async (signal: AbortSignal) => {
      await it.clock.sleep(10, signal)
      order.push(name)
      return { values: {} }
    }
    const write = (_: string, value: number | string | boolean) => {
      order.push('write')
      return value
    }
    const fan = {
      ...device('a', 100, { bus: 'x', read: slowly('a'), write }),
      points: { state: { unit: '1', writable: [0, 1] } },
    }
    const it = rig([fan, device('b', 100, { bus: 'x', read: slowly('b') })])
    await it.clock.advance(5)
    const written = it.scheduler.write('a', 'state', 1)
    await it.clock.advance(50)
    assert.equal(await written, 1)
    assert.deepEqual(order, ['a', 'write', 'b'])
    await it.stop()
  })

  it('refuses a command for what is not there, cannot be set, or is not allowed', async () => {
    const it = rig([
      { ...device('a', 100), points: { co2: { unit: '[ppm]' }, state: { unit: '1', writable: [0, 1] } } },
    ])
    await it.clock.advance(0)
    for (const [id, point, value] of [
      ['z', 'state', 1],
      ['a', 'co2', 1],
      ['a', 'state', 2],
      ['a', 'state', 1],
    ] as const) {
      await assert.rejects(it.scheduler.write(id, point, value), (error) => isHabtwinError(error, 'command/refused'))
    }
    await it.stop()
  })

  it('holds a stream back until its sample was taken, and keeps ok with the reason when it ends', async () => {
    const gate = Promise.withResolvers<void>()
    let emitted = 0
    const it = rig(
      [
        device('a', 100, {
          stream: async (emit) => {
            for (let i = 0; i < 3; i++) {
              await emit({ t: i, values: { co2: 400 } }, { late: i === 0 })
              emitted++
            }
            return 'recording finished'
          },
        }),
      ],
      { onSample: () => gate.promise },
    )
    await it.clock.advance(10_000)
    assert.equal(emitted, 0)
    gate.resolve()
    await it.clock.advance(0)
    assert.equal(emitted, 3)
    assert.deepEqual(it.health.at(-1), { device: 'a', state: 'ok', t: it.clock.now(), reason: 'recording finished' })
    await it.stop()
  })

  it('polls a device no sooner than its last sample was taken', async () => {
    const gate = Promise.withResolvers<void>()
    let reads = 0
    const read = () => {
      reads++
      return { values: {} }
    }
    const it = rig([device('a', 100, { read })], { onSample: () => gate.promise })
    await it.clock.advance(1_000)
    assert.equal(reads, 1)
    gate.resolve()
    await it.clock.advance(100)
    assert.equal(reads, 2)
    await it.stop()
  })

  it('ends with the error where a driver or the sink has a bug', async () => {
    const bug = new TypeError('x is undefined')
    const driver = rig([device('a', 100, { read: async () => Promise.reject(bug) })])
    await driver.clock.advance(0)
    await assert.rejects(driver.running, bug)
    assert.equal(driver.clock.pending, 0)
    const sink = rig([device('a', 100)], {
      onSample: () => {
        throw bug
      },
    })
    await sink.clock.advance(0)
    await assert.rejects(sink.running, bug)
  })

  it('interrupts what is under way when it is stopped, and leaves nothing open and no timer', async () => {
    let disposed = 0
    const dispose = async () => {
      disposed++
    }
    const it = rig([
      device('a', 100, { read: never, [Symbol.asyncDispose]: dispose }),
      device('b', 100, {
        stream: (_, signal) => it.clock.sleep(1e9, signal).then(() => ''),
        [Symbol.asyncDispose]: dispose,
      }),
    ])
    await it.clock.advance(10)
    await it.stop()
    assert.equal(disposed, 2)
    assert.equal(it.clock.pending, 0)
  })
})
