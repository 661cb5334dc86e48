import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scd41Chip } from '../simulated/i2c/scd41.ts'
import type { Air } from './driver.ts'
import { Rig } from './i2c/rig.ts'
import scd41 from './scd41.ts'

const near = (sample: { values: Record<string, number | null> }) => ({
  co2: sample.values.co2,
  temperature: Math.round((sample.values.temperature as number) * 10) / 10,
  humidity: Math.round(sample.values.humidity as number),
})

const right = { co2: 812, temperature: 22.1, humidity: 48 }

describe('scd41', () => {
  it('measures each five seconds, compensated by the pressure around it', async () => {
    await using rig = new Rig(scd41, { outside: 1_013 })
    rig.nearby.pressure = 879
    await rig.open()
    assert.equal((await rig.read()).quality?.co2, 'bad:not-ready')
    assert.deepEqual(near(await rig.after(5_000)), right)
    assert.equal((await rig.read()).quality?.co2, 'bad:not-ready')
    rig.air.pressure = 840
    rig.nearby.pressure = 840
    await rig.after(10_000)
    assert.deepEqual(near(await rig.after(10_000)), right)
  })

  it('reads the example of its datasheet (1.3, 3.5.2): 500 ppm, 25 °C and 37 %', async () => {
    const answer = Uint8Array.from(Buffer.from('01f4336667a25eb93c', 'hex'))
    const peer = (air: Air) => {
      const chip = scd41Chip(air)
      const read = chip.read.bind(chip)
      // the serial number, before it measures, has the same length
      let measuring = false
      const write = chip.write.bind(chip)
      return Object.assign(chip, {
        write(bytes: Uint8Array, now: number) {
          measuring ||= bytes[0] === 0x21 && bytes[1] === 0xb1
          return write(bytes, now)
        },
        read: (length: number, now: number) => (measuring && length === 9 ? answer : read(length, now)),
      })
    }
    await using rig = new Rig(scd41, { peer })
    await rig.open()
    assert.deepEqual((await rig.after(10_000)).values, { co2: 500, temperature: 25, humidity: 37 })
  })

  it('measures each thirty seconds in its low-power mode', async () => {
    await using rig = new Rig(scd41, { outside: 879, every: 60_000, options: { mode: 'low-power' } })
    await rig.open()
    assert.equal((await rig.after(10_000)).quality?.co2, 'bad:not-ready')
    assert.deepEqual(near(await rig.after(25_000)), right)
  })

  it('has a single shot ready for each reading, and never gives one twice', async () => {
    await using rig = new Rig(scd41, { outside: 879, every: 60_000, options: { mode: 'single-shot' } })
    await rig.open()
    assert.deepEqual(near(await rig.after(10_000)), right)
    for (let i = 0; i < 3; i++) {
      const shots = rig.line.log.filter((line) => line === '62:219d').length
      assert.deepEqual(near(await rig.after(60_000)), right)
      assert.equal(rig.line.log.filter((line) => line === '62:219d').length, shots + 1)
      assert.equal((await rig.read()).quality?.co2, 'bad:not-ready')
    }
  })

  it('refuses single shots that cannot be as frequent as asked', () => {
    const options = scd41.options.parse({ mode: 'single-shot' })
    assert.throws(() => scd41.describe(options, undefined, 2_000), { code: 'config/invalid' })
  })

  it('tests itself where it is asked to, and measures when it is well', async () => {
    await using rig = new Rig(scd41, { outside: 879, options: { self_test: true } })
    await rig.open()
    assert.equal((await rig.after(5_000)).quality?.co2, 'bad:self-test')
    assert.equal((await rig.after(10_000)).quality?.co2, 'bad:self-test')
    assert.deepEqual(near(await rig.after(10_000)), right)
  })

  it('that is broken says so', async () => {
    const peer = (air: Parameters<typeof scd41Chip>[0]) => scd41Chip(air, { broken: true })
    await using rig = new Rig(scd41, { peer, options: { self_test: true } })
    await rig.open()
    await rig.clock.advance(10_000)
    await assert.rejects(rig.read(), { code: 'device/defect' })
  })

  it('that stands still is told as silent after three measurements', async () => {
    await using rig = new Rig(scd41)
    await rig.open()
    await rig.after(10_000)
    rig.line.fault(0x62, { freeze: true })
    await rig.after(10_000)
    await rig.clock.advance(15_000)
    await assert.rejects(rig.read(), { code: 'device/timeout' })
  })
})
