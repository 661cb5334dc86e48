import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { bme280Chip, bme688Chip, bmp388Chip } from '../simulated/i2c/bosch.ts'
import { RegisterChip } from '../simulated/i2c/registers.ts'
import type { I2cPeer } from '../simulated/i2c.ts'
import bme280 from './bme280.ts'
import bme688 from './bme688.ts'
import bmp388 from './bmp388.ts'
import type { Air, Driver } from './driver.ts'
import { Rig } from './i2c/rig.ts'

const chips = [
  {
    driver: bme280,
    address: 0x76,
    wrong: (air: Air) => bme688Chip(air, 0x76),
    says: /at 0x76 answers a BME688, not a BME280/,
  },
  { driver: bme688, address: 0x77, wrong: bmp388Chip, says: /at 0x77 answers a BMP388, not a BME688/ },
  { driver: bmp388, address: 0x77, wrong: (air: Air) => bme280Chip(air, 0x77), says: /answers a BME280, not a BMP388/ },
]

for (const { driver, address, wrong, says } of chips) {
  describe(driver.name, () => {
    it('measures what is there, and nothing else', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      for (const pressure of [879, 1_013.2, 690]) {
        rig.air.pressure = pressure
        rig.air.temperature = pressure / 40
        const { values } = await rig.after(10_000)
        assert.ok(Math.abs((values.pressure as number) - pressure) < 0.05, `${values.pressure}`)
        assert.ok(Math.abs((values.temperature as number) - pressure / 40) < 0.02, `${values.temperature}`)
        if ('humidity' in values) assert.ok(Math.abs((values.humidity as number) - 48) < 0.1, `${values.humidity}`)
      }
    })

    it('is known by its chip id, and names what answers in its place', async () => {
      await using rig = new Rig(driver, { peer: wrong })
      await assert.rejects(rig.open(), { code: 'device/mismatch', message: says })
      await using nobody = new Rig(driver, { peer: () => new RegisterChip(address) })
      await assert.rejects(nobody.open(), { code: 'device/mismatch', message: /chip that is not known/ })
    })

    it('at its other address is the same, and so behind a multiplexer', async () => {
      const options = { address: address ^ 1, mux: { channel: 5 } }
      await using rig = new Rig(driver, { options })
      await rig.open()
      assert.ok(((await rig.after(10_000)).values.pressure as number) > 800)
      assert.ok(rig.line.log.includes('70:20'))
    })

    it('that another was put in the place of is not reckoned by the trimming of the one before', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      await rig.after(10_000)
      const air = (point: string) => rig.air[point] ?? 0
      rig.line.detach(address)
      rig.line.attach(driver.standIn?.(rig.options, air) as I2cPeer)
      await assert.rejects(rig.after(10_000), { code: 'device/unreachable', message: /without power, or is another/ })
      await rig.open()
      assert.equal((await rig.after(10_000)).quality, undefined)
    })

    it('that does not finish is not read as if it had, and is told when that goes on', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      await rig.after(10_000)
      rig.line.fault(address, { freeze: true })
      const { values, quality } = await rig.after(10_000)
      for (const point of Object.keys(values)) {
        assert.deepEqual([values[point], quality?.[point]], [null, 'bad:not-ready'])
      }
      await rig.clock.advance(30_000)
      await assert.rejects(rig.read(), { code: 'device/timeout' })
    })
  })
}

describe('bme688', () => {
  it('measures gas with a hot plate, on both variants of the chip', async () => {
    for (const variant of [0, 1]) {
      await using rig = new Rig(bme688, { peer: (air: Air) => bme688Chip(air, 0x77, variant) })
      await rig.open()
      const { values } = await rig.after(10_000)
      assert.ok((values['gas-resistance'] as number) > 10_000, `${values['gas-resistance']}`)
    }
  })

  it('gives no gas resistance where the plate did not get hot', async () => {
    let chip: RegisterChip | undefined
    const peer = (air: Air) => {
      chip = bme688Chip(air)
      return chip
    }
    await using rig = new Rig(bme688, { peer })
    await rig.open()
    const { refresh } = chip as RegisterChip
    Object.assign(chip as RegisterChip, {
      refresh(now: number) {
        refresh(now)
        // heater not stable
        const at = 0x2d
        const { registers } = chip as RegisterChip
        registers[at] = (registers[at] as number) & ~0x10
      },
    })
    const { values, quality } = await rig.after(10_000)
    assert.deepEqual([values['gas-resistance'], quality], [null, { 'gas-resistance': 'bad:heater' }])
    assert.ok((values.temperature as number) > 0)
  })

  it('leaves the plate cold where gas is not asked for', async () => {
    await using rig = new Rig(bme688, { options: { gas: false } })
    assert.deepEqual(Object.keys(rig.points), ['temperature', 'pressure', 'humidity'])
    await rig.open()
    assert.deepEqual(Object.keys((await rig.after(10_000)).values), ['temperature', 'pressure', 'humidity'])
    assert.ok(rig.line.log.includes('77:7008') && rig.line.log.includes('77:7100'))
  })
})

describe('bmp388', () => {
  it('takes a BMP390 as well, which has the same registers and formulas', async () => {
    const peer = (air: Air) => {
      const chip = bmp388Chip(air)
      chip.registers[0] = 0x60
      return chip
    }
    await using rig = new Rig(bmp388 as Driver, { peer })
    await rig.open()
    assert.ok(((await rig.after(10_000)).values.pressure as number) > 800)
  })
})
