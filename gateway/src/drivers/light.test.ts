// biome-ignore-all lint/complexity/useSimpleNumberKeys: addresses and registers are hexadecimal, as in the datasheets
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RegisterChip } from '../simulated/i2c/registers.ts'
import { Rig } from './i2c/rig.ts'
import tsl2591 from './tsl2591.ts'
import veml7700 from './veml7700.ts'

for (const [driver, address, brightest] of [
  [tsl2591, 0x29, 60_000],
  [veml7700, 0x10, 120_000],
] as const) {
  describe(driver.name, () => {
    it('follows the light over five decades, up and down, and is right within a few readings', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      for (const light of [420, 4, 0.4, 30, 2_000, brightest, 900, 12]) {
        rig.air.light = light
        for (let i = 0; i < 5; i++) await rig.after(10_000)
        const { values, quality } = await rig.after(10_000)
        assert.equal(quality, undefined)
        // a count is 0.0168 lx where it is darkest
        assert.ok(
          Math.abs((values.light as number) - light) <= Math.max(0.05, light * 0.02),
          `${light}: ${values.light}`,
        )
      }
    })

    it('never gives a wrong figure for good when the light jumps: it is right, or says that it is not', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      for (const light of [0.5, brightest, 0.5, 800, 40_000, 3]) {
        for (let i = 0; i < 8; i++) await rig.after(10_000)
        rig.air.light = light
        const { values, quality } = await rig.after(10_000)
        if (quality !== undefined) assert.equal(values.light, null)
        // coarse steps see little of the dark, but not something else: within their count
        else
          assert.ok(
            Math.abs((values.light as number) - light) <= Math.max(9, light * 0.02),
            `${light}: ${values.light}`,
          )
      }
    })

    it('says that it is saturated where it is brighter than it can tell', async () => {
      await using rig = new Rig(driver)
      await rig.open()
      rig.air.light = 500_000
      for (let i = 0; i < 5; i++) {
        const { values, quality } = await rig.after(10_000)
        assert.equal(values.light, null)
        assert.match(quality?.light as string, /^bad:(saturated|not-ready)$/)
      }
      assert.equal((await rig.after(10_000)).quality?.light, 'bad:saturated')
    })

    it('is not taken for another chip at its address', async () => {
      await using rig = new Rig(driver, { peer: () => new RegisterChip(address) })
      // a VEML7700 is known by what it keeps, where it has no id: this one keeps what it is told as well
      if (driver.name === 'tsl2591')
        await assert.rejects(rig.open(), { code: 'device/mismatch', message: /not a TSL2591/ })
    })
  })
}

describe('tsl2591', () => {
  it('names another sensor of the same maker at its address', async () => {
    await using rig = new Rig(tsl2591, { peer: () => new RegisterChip(0x29, { 0xb2: [0x44] }) })
    await assert.rejects(rig.open(), { code: 'device/mismatch', message: /answers a TCS34725, not a TSL2591/ })
  })

  it('whose converter does not finish gives nothing, and is told when that goes on', async () => {
    await using rig = new Rig(tsl2591)
    await rig.open()
    await rig.after(10_000)
    rig.line.fault(0x29, { freeze: true })
    assert.equal((await rig.after(10_000)).quality?.light, 'bad:not-ready')
    await rig.clock.advance(30_000)
    await assert.rejects(rig.read(), { code: 'device/timeout' })
  })
})

describe('veml7700', () => {
  it('that was without power for a moment is not taken for darkness', async () => {
    await using rig = new Rig(veml7700)
    await rig.open()
    assert.equal(Math.round((await rig.after(10_000)).values.light as number), 420)
    await rig.line.write(0x10, Uint8Array.of(0, 1, 0)) // what it is like after power-up
    assert.deepEqual(await rig.after(10_000), { values: { light: null }, quality: { light: 'bad:not-ready' } })
    assert.equal(Math.round((await rig.after(10_000)).values.light as number), 420)
  })

  it('is refused where neither its id nor what it keeps is as it should be', async () => {
    const peer = () => ({ address: 0x10, write: () => true, read: (n: number) => new Uint8Array(n) })
    await using rig = new Rig(veml7700, { peer })
    await assert.rejects(rig.open(), { code: 'device/mismatch' })
  })
})
