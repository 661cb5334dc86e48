import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RegisterChip } from '../simulated/i2c/registers.ts'
import { scd30Chip } from '../simulated/i2c/scd30.ts'
import type { Air } from './driver.ts'
import { Rig } from './i2c/rig.ts'
import scd30 from './scd30.ts'

/** Commands that went to the chip, without their CRC. */
const sent = (rig: Rig, command: string) => rig.line.log.filter((line) => line.startsWith(`61:${command}`))

describe('scd30', () => {
  it('gives what it measures, and says so where it has measured nothing since', async () => {
    await using rig = new Rig(scd30, { every: 4_000, outside: 879 })
    await rig.open()
    assert.deepEqual(await rig.after(4_000), { values: { co2: 812, temperature: 22.1, humidity: 48 } })
    assert.deepEqual(await rig.read(), {
      values: { co2: null, temperature: null, humidity: null },
      quality: { co2: 'bad:not-ready', temperature: 'bad:not-ready', humidity: 'bad:not-ready' },
    })
  })

  it('reads the example of its interface description (1.0, 1.4.5): 439 ppm, 27.2 °C and 48.8 %', async () => {
    const answer = Uint8Array.from(Buffer.from('43dbcb8c2e8f41d970e7fff54243bf3a1b74', 'hex'))
    const peer = (air: Air) => {
      const chip = scd30Chip(air)
      const read = chip.read.bind(chip)
      return Object.assign(chip, {
        read: (length: number, now: number) => (length === answer.length ? answer : read(length, now)),
      })
    }
    await using rig = new Rig(scd30, { peer })
    await rig.open()
    assert.deepEqual((await rig.after(10_000)).values, { co2: 439.095, temperature: 27.2383, humidity: 48.8067 })
  })

  it('is told the pressure of a barometer in the same zone, and anew when that has moved', async () => {
    await using rig = new Rig(scd30, { outside: 1_013 })
    await rig.open()
    // nobody has a barometer: the habitat's pressure, with which it reads too little up here
    assert.equal(Math.round((await rig.after(10_000)).values.co2 as number), Math.round((812 * 879) / 1_013))
    assert.equal(sent(rig, '0010').length, 1)
    rig.nearby.pressure = 879.4
    await rig.after(10_000)
    assert.equal((await rig.after(10_000)).values.co2, 812)
    assert.ok(sent(rig, '0010').at(-1)?.startsWith('61:0010036f'))
    // it is written to flash each time: not for a draught
    rig.nearby.pressure = 880.2
    await rig.after(10_000)
    assert.equal(sent(rig, '0010').length, 2)
  })

  it('is told its height instead, where that is configured', async () => {
    await using rig = new Rig(scd30, { options: { altitude: '1200 m' } })
    await rig.open()
    assert.ok(sent(rig, '5102').some((line) => line.startsWith('61:510204b0')))
    assert.ok(sent(rig, '0010').every((line) => line.startsWith('61:00100000')))
  })

  it('does not calibrate itself by the air of a sealed habitat, and writes settings only where they differ', async () => {
    await using rig = new Rig(scd30, { options: { temperature_offset: '1.5 K' } })
    await rig.open()
    // 0: off; it comes switched on
    assert.deepEqual(
      sent(rig, '5306').map((line) => line.slice(3, 11)),
      ['5306', '53060000'],
    )
    assert.ok(sent(rig, '5403').some((line) => line.startsWith('61:54030096')))
    const before = rig.line.log.length
    await rig.open()
    const again = rig.line.log.slice(before)
    assert.deepEqual(
      again.filter((line) => /^61:(4600|5306|5403)...+/.test(line)),
      [],
    )
  })

  it('garbled by the wire is told as garbled, and read again', async () => {
    await using rig = new Rig(scd30)
    await rig.open()
    await rig.clock.advance(10_000)
    rig.line.fault(0x61, { corrupt: true })
    await assert.rejects(rig.read(), { code: 'device/garbled', message: /CRC/ })
    rig.line.fault(0x61)
    await rig.after(10_000)
  })

  it('that stands still is not taken for one that measures', async () => {
    await using rig = new Rig(scd30)
    await rig.open()
    await rig.after(10_000)
    rig.line.fault(0x61, { freeze: true })
    assert.equal((await rig.after(10_000)).quality?.co2, 'bad:not-ready')
    await rig.clock.advance(10_000)
    await assert.rejects(rig.read(), { code: 'device/timeout', message: /nothing new for 20 s/ })
  })

  it('is missed when it is pulled off, and opened again when it is back', async () => {
    await using rig = new Rig(scd30)
    await rig.open()
    rig.line.fault(0x61, { nack: true })
    await assert.rejects(rig.read(), { code: 'device/timeout', message: /nobody answers at 0x61 of \/dev\/i2c-1/ })
    rig.line.fault(0x61)
    await rig.open()
    assert.equal((await rig.after(10_000)).quality, undefined)
  })

  it('is not believed to be one where something else answers', async () => {
    await using rig = new Rig(scd30, { peer: () => new RegisterChip(0x61) })
    await assert.rejects(rig.open(), { code: 'device/garbled' })
  })
})
