// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { simulatedAir } from '../../simulated/air.ts'
import { bme280Chip, bme688Chip, bmp388Chip } from '../../simulated/i2c/bosch.ts'
import { tsl2591Chip, veml7700Chip } from '../../simulated/i2c/light.ts'
import { RegisterChip } from '../../simulated/i2c/registers.ts'
import { scd30Chip } from '../../simulated/i2c/scd30.ts'
import { scd41Chip } from '../../simulated/i2c/scd41.ts'
import { sgp30Chip } from '../../simulated/i2c/sgp30.ts'
import { I2cLine, type I2cPeer } from '../../simulated/i2c.ts'
import { passing } from '../conformance.ts'
import { I2cBus, type Mux } from './bus.ts'
import { scan } from './scan.ts'

function rigged(chips: (air: ReturnType<typeof simulatedAir>) => I2cPeer[], muxed: [I2cPeer, Mux][] = []) {
  const clock = new TestClock()
  const line = new I2cLine(clock)
  for (const chip of chips(simulatedAir(clock))) line.attach(chip)
  for (const [chip, mux] of muxed) line.attach(chip, mux)
  const bus = new I2cBus('/dev/i2c-1', clock, new Set(muxed.map(([, { address }]) => address)), async () => line.open())
  const look = (muxes: Mux[] = []) => passing(clock, scan(bus, new AbortController().signal, muxes))
  return { clock, line, bus, look }
}

describe('a look at an I2C bus', () => {
  it('names every chip that habtwin has a driver for', async () => {
    const { look } = rigged((air) => [
      scd30Chip(air),
      scd41Chip(air),
      sgp30Chip(air).chip,
      bme688Chip(air),
      bme280Chip(air),
      tsl2591Chip(air),
      veml7700Chip(air),
    ])
    assert.deepEqual(
      (await look()).map(({ address, driver }) => [address, driver]),
      [
        [0x10, 'veml7700'],
        [0x29, 'tsl2591'],
        [0x58, 'sgp30'],
        [0x61, 'scd30'],
        [0x62, 'scd41'],
        [0x76, 'bme280'],
        [0x77, 'bme688'],
      ],
    )
  })

  it('tells Bosch’s barometers from each other by their id, and says what it went by', async () => {
    const { look } = rigged((air) => [bmp388Chip(air), new RegisterChip(0x76, { 0xd0: [0x58] })])
    assert.deepEqual(await look(), [
      { address: 0x76, chip: 'BMP280', by: 'chip id' },
      { address: 0x77, chip: 'BMP388', by: 'chip id', driver: 'bmp388' },
    ])
  })

  it('shows what answers and is not known, with nothing claimed but what is usual there', async () => {
    const { look } = rigged(() => [new RegisterChip(0x33), new RegisterChip(0x68), new RegisterChip(0x77)])
    assert.deepEqual(await look(), [
      { address: 0x33 },
      { address: 0x68, chip: 'DS3231 clock, or MPU-6050', by: 'its address alone' },
      { address: 0x77 },
    ])
  })

  it('recognises an SCD41 that is measuring, and leaves it at that', async () => {
    const { line, clock, look } = rigged((air) => [scd41Chip(air)])
    await line.write(0x62, Uint8Array.of(0x21, 0xb1))
    const found = await look()
    assert.deepEqual(found[0], { address: 0x62, chip: 'SCD41, or SCD40', driver: 'scd41', by: 'it is measuring' })
    await clock.advance(6_000)
    await line.write(0x62, Uint8Array.of(0xe4, 0xb8))
    await clock.advance(1)
    assert.deepEqual([...(await line.read(0x62, 2))], [0x80, 0x06])
  })

  it('writes nothing but register numbers and questions', async () => {
    const { line, look } = rigged((air) => [
      scd30Chip(air),
      scd41Chip(air),
      sgp30Chip(air).chip,
      bme688Chip(air),
      tsl2591Chip(air),
    ])
    await look()
    const questions = /:(d0|f0|00|07|b2|3682|d100|e4b8)$/
    for (const entry of line.log) assert.ok(entry.includes('?') || questions.test(entry), entry)
  })

  it('looks behind the channels of a multiplexer, and shows each chip where it is', async () => {
    const clock = new TestClock()
    const air = simulatedAir(clock)
    const mux = (channel: number): Mux => ({ address: 0x70, channel })
    const { look } = rigged(
      (air) => [scd30Chip(air)],
      [
        [bme280Chip(air), mux(1)],
        [bme280Chip(air), mux(4)],
      ],
    )
    assert.deepEqual(
      (await look([0, 1, 4].map(mux))).map(({ address, mux }) => [address, mux?.channel]),
      [
        [0x61, undefined],
        [0x76, 1],
        [0x76, 4],
      ],
    )
  })

  it('finds nobody on an empty bus, and says so of one that does not work', async () => {
    const { line, look } = rigged(() => [])
    assert.deepEqual(await look(), [])
    line.unplug()
    await assert.rejects(look(), { code: 'device/unreachable' })
  })
})
