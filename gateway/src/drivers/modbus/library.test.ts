/** The library's devices, with the words that their manuals show. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock, TestClock } from '@habtwin/runtime/clock'
import { simulatedAir } from '../../simulated/air.ts'
import { SimulatedUnit } from '../../simulated/modbus.ts'
import { ModbusServer } from '../../simulated/modbus-tcp.ts'
import type { Driver } from '../driver.ts'
import { Fleet, loadDrivers } from '../fleet.ts'

const drivers = await loadDrivers()

interface World {
  readonly keys?: object
  /** Words from an address on, by function. */
  readonly holding?: Readonly<Record<number, readonly number[]>>
  readonly input?: Readonly<Record<number, readonly number[]>>
  /** hPa that a barometer of the same zone shows. */
  readonly barometer?: number
}

async function device(name: string, { keys = {}, holding = {}, input = {}, barometer }: World) {
  const driver = drivers.get(name) as Driver
  const options = driver.options.parse(keys) as { unit: number }
  const unit = new SimulatedUnit(options.unit)
  for (const [kind, table] of Object.entries({ holding, input })) {
    for (const [from, words] of Object.entries(table))
      for (const [i, word] of words.entries()) unit.words.set(`${kind} ${Number(from) + i}`, word)
  }
  unit.faults.refusesGaps = false
  const server = await ModbusServer.start([unit], systemClock)
  const fleet = await Fleet.load({
    clock: new TestClock(),
    habitat: { pressure: 879, timezone: 'UTC', zones: {} },
    buses: { wire: { driver: 'modbus-tcp', host: '127.0.0.1', port: server.port } },
    devices: { it: { ...options, zone: 'crew', driver: name, bus: 'wire', every: 1_000, timeout: 1_000 } },
    nearby: (_zone, point) => (point === 'pressure' ? barometer : undefined),
    report: () => {},
  })
  const signal = new AbortController().signal
  const instrument = await fleet.members[0]?.open(signal)
  return {
    unit,
    read: async () => instrument?.read?.(signal),
    write: async (point: string, value: number) => instrument?.write?.(point, value, signal),
    async [Symbol.asyncDispose]() {
      await fleet[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

describe('the library of Modbus devices', () => {
  it('reads an SDM120: the volts of the example in its protocol', async () => {
    await using meter = await device('sdm120', {
      keys: { points: ['voltage', 'energy'] },
      input: { 0: [0x4366, 0x3334], 342: [0x4148, 0x0000] },
    })
    assert.deepEqual(await meter.read(), { values: { voltage: 230.2, energy: 12.5 } })
  })

  it('reads an SDM630, the phases by themselves and together', async () => {
    await using meter = await device('sdm630', {
      keys: { points: ['voltage-l3', 'power-l1', 'power'] },
      input: { 4: [0x4366, 0x3334], 12: [0x42c8, 0x0000], 52: [0x4396, 0x0000] },
    })
    assert.deepEqual(await meter.read(), { values: { 'voltage-l3': 230.2, 'power-l1': 100, power: 300 } })
  })

  it('reads a PZEM-004T with one request, the low words first', async () => {
    await using meter = await device('pzem004t', {
      input: { 0: [2_301, 0x86a0, 0x0001, 0x59d8, 0x0000, 0x0a2c, 0x0002, 499, 97, 0xffff] },
    })
    assert.deepEqual((await meter.read())?.values, {
      ...{
        voltage: 230.1,
        current: 100,
        power: 2_300,
        energy: 133.676,
        frequency: 49.9,
        'power-factor': 0.97,
        alarm: 1,
      },
    })
    assert.equal(meter.unit.asked, 1)
  })

  it('reads an HMP110, the low word first, and nothing where it says so', async () => {
    // 30.56 %RH is 41F47AE1 (Indigo500 user guide); a quiet NaN stands for what there is not
    await using probe = await device('hmp110', {
      holding: { 0: [0x7ae1, 0x41f4, 0x0000, 0x41b0], 8: [0x0000, 0x7fc0], 14: [0x0000, 0x4120] },
    })
    assert.deepEqual((await probe.read())?.values, {
      ...{ humidity: 30.56, temperature: 22, 'dew-point': null, 'absolute-humidity': 10 },
    })
  })

  it('reads a GMP252, tells it the pressure, and believes what it says of itself', async () => {
    const co2 = [0x0000, 0x4452] // 840
    const holding = { 0: co2, 4: [0x0000, 0x41b0], 2048: [0, 0] }
    await using probe = await device('gmp252', { holding, barometer: 880 })
    assert.deepEqual(await probe.read(), { values: { co2: 840, temperature: 22 } })
    // 880 hPa as a float, the low word first
    assert.deepEqual([probe.unit.word('holding', 0x0208), probe.unit.word('holding', 0x0209)], [0x0000, 0x445c])
    probe.unit.words.set('holding 2049', 2)
    assert.deepEqual((await probe.read())?.quality, { co2: 'uncertain:warmup' })
    probe.unit.words.set('holding 2049', 258)
    assert.deepEqual(await probe.read(), {
      values: { co2: null, temperature: 22 },
      quality: { co2: 'bad:not-ready' },
    })
  })

  it('reads a SenseAir S8 by its general number, and nothing where it has an error', async () => {
    await using sensor = await device('senseair-s8', { input: { 0: [0, 0, 0, 904] } })
    assert.equal(sensor.unit.unit, 0xfe)
    assert.deepEqual(await sensor.read(), { values: { co2: 904 } })
    sensor.unit.words.set('input 0', 0x11)
    assert.deepEqual(await sensor.read(), { values: { co2: null }, quality: { co2: 'bad:fatal-error' } })
  })

  it('reads an SCD30: the example of its interface description, after it was told the pressure', async () => {
    const holding = { 40: [0x43db, 0x8c2e, 0x41d9, 0xe7ff, 0x4243, 0x3a1b] }
    await using sensor = await device('scd30-modbus', { holding, barometer: 1_003.4 })
    const values = (await sensor.read())?.values
    assert.deepEqual(
      Object.values(values ?? {}).map((value) => value?.toFixed(1)),
      ['439.1', '27.2', '48.8'],
    )
    assert.equal(sensor.unit.word('holding', 0x0036), 1_003)
    const asked = sensor.unit.asked
    await sensor.read()
    assert.equal(sensor.unit.asked - asked, 1) // the pressure is not told again
  })

  it('tells an SCD30 the pressure of the habitat where there is no barometer', async () => {
    await using sensor = await device('scd30-modbus', { holding: { 40: [0, 0, 0, 0, 0, 0] } })
    await sensor.read()
    assert.equal(sensor.unit.word('holding', 0x0036), 879)
  })

  it('gives no CO where the detector has lost its cell', async () => {
    await using detector = await device('plurasens-co', { holding: { 255: [0b10], 259: [7] } })
    assert.deepEqual(await detector.read(), { values: { co: 7 } })
    detector.unit.words.set('holding 255', 0b11)
    assert.deepEqual(await detector.read(), { values: { co: null }, quality: { co: 'bad:no-sensor' } })
  })

  it('reckons hydrogen in ppm from per cent of the lower explosive limit', async () => {
    const keys = { address: 1, counts: 'lel%', digit: 0.1 }
    await using detector = await device('h2-detector', { keys, holding: { 1: [235] } })
    assert.deepEqual(await detector.read(), { values: { h2: 9_400 } })
  })

  it('reads a pressure below that of its surroundings, and nothing where the model has no such value', async () => {
    await using transmitter = await device('dp-transmitter', { input: { 4: [0xfff4] } })
    assert.deepEqual(await transmitter.read(), { values: { 'pressure-difference': -12 } })
    transmitter.unit.words.set('input 4', 0x8000)
    assert.deepEqual(await transmitter.read(), { values: { 'pressure-difference': null } })
  })

  it('makes any point of 4 to 20 mA, and nothing of a broken wire', async () => {
    const channels = {
      co2: { channel: 1, from: 0, to: 5_000, unit: 'ppm' },
      temperature: { channel: 3, from: -40, to: 60, unit: 'Cel' },
      level: { channel: 4, from: 0, to: 100, unit: '%' },
    }
    await using module = await device('analog-input', { keys: { channels }, input: { 0: [12_000, 0, 20_000, 100] } })
    assert.deepEqual((await module.read())?.values, { co2: 2_500, temperature: 60, level: null })
    assert.equal(module.unit.asked, 1)
  })

  it('switches relays, each by itself, and says how they are', async () => {
    await using module = await device('relay-module', { keys: { relays: { state: 1, fan: 8 } } })
    assert.equal(await module.write('fan', 1), 1)
    assert.deepEqual(await module.read(), { values: { state: 0, fan: 1 } })
    assert.equal(await module.write('fan', 0), 0)
  })

  it('stands in for every device on a simulated bus, with what is in the air', async () => {
    const clock = new TestClock()
    const air = simulatedAir(clock, 0)
    for (const [name, driver] of drivers) {
      if (driver.about === undefined || !driver.rides?.includes('modbus-tcp')) continue
      const keys = { channels: { co2: { channel: 1, from: 0, to: 5_000, unit: 'ppm' } }, address: 3 }
      const fleet = await Fleet.load({
        clock,
        habitat: { pressure: 879, timezone: 'UTC', zones: {} },
        buses: { wire: { driver: 'modbus-tcp', host: 'simulated', port: 502 } },
        devices: {
          it: {
            ...(driver.options.parse(keys) as object),
            zone: 'crew',
            driver: name,
            bus: 'wire',
            every: 1_000,
            timeout: 1_000,
          },
        },
        report: () => {},
      })
      const [member] = fleet.members
      assert.equal(member?.simulated, true)
      const signal = new AbortController().signal
      const instrument = await member?.open(signal)
      const sample = await instrument?.read?.(signal)
      assert.equal(sample?.quality, undefined, name)
      for (const [point, value] of Object.entries(sample?.values ?? {})) {
        const quantity = point.replace(/-(l\d|import|export)$/, '')
        const expected = name === 'relay-module' || point === 'alarm' ? Math.round(air(point)) : air(quantity)
        const step = Math.max(Math.abs(expected) * 0.01, 1.5)
        assert.ok(
          value !== null && Math.abs(value - expected) <= step,
          `${name} ${point}: ${value}, ${expected} in the air`,
        )
      }
      await fleet[Symbol.asyncDispose]()
    }
  })

  it('stands in for devices on a simulated serial line, each behind its number', async () => {
    const keys = { zone: 'crew', bus: 'rs485', every: 1_000, timeout: 1_000 }
    const of = (name: string, own: object) => ({
      ...((drivers.get(name) as Driver).options.parse(own) as object),
      ...keys,
      driver: name,
    })
    const line = { driver: 'modbus-rtu', path: 'simulated', baud: 115_200, parity: 'none', dataBits: 8, stopBits: 1 }
    await using fleet = await Fleet.load({
      clock: systemClock,
      habitat: { pressure: 879, timezone: 'UTC', zones: {} },
      buses: { rs485: line },
      devices: { meter: of('sdm120', { unit: 3, points: ['voltage'] }), air: of('senseair-s8', { unit: 4 }) },
      report: () => {},
    })
    const signal = new AbortController().signal
    const values: Record<string, number | null>[] = []
    for (const member of fleet.members) values.push((await (await member.open(signal)).read?.(signal))?.values ?? {})
    assert.ok(Math.abs((values[0]?.voltage ?? 0) - 230) < 5)
    assert.ok((values[1]?.co2 ?? 0) > 600)
  })
})
