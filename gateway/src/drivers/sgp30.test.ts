import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TestClock } from '@habtwin/runtime/clock'
import { type Sgp30, sgp30Chip } from '../simulated/i2c/sgp30.ts'
import type { Air } from './driver.ts'
import { Baseline } from './i2c/baseline.ts'
import { Rig, type RigOptions } from './i2c/rig.ts'
import { fixedPoint, ppmOf } from './i2c/sgp30.ts'
import sgp30 from './sgp30.ts'

const HOUR = 3_600_000

/** A rig whose chip can be looked into. */
function rigged(options: RigOptions = {}, chip: { broken?: boolean } = {}) {
  let inside: Sgp30 | undefined
  const peer = (air: Air) => {
    inside = sgp30Chip(air, chip)
    return inside.chip
  }
  return { rig: new Rig(sgp30, { ...options, peer }), chip: inside as unknown as Sgp30 }
}

/** A place for a baseline. */
function memory(state?: string) {
  const saved: string[] = []
  return { saved, hook: { load: () => saved.at(-1) ?? state, save: (text: string) => void saved.push(text) } }
}

describe('sgp30', () => {
  it('is asked each second, also where it is read each ten, so that its algorithm runs as it was made to', async () => {
    const { rig, chip } = rigged()
    await using _ = rig
    await rig.open()
    for (let i = 0; i < 3; i++) await rig.after(10_000)
    const steps = chip.asked.slice(1).map((t, i) => t - (chip.asked[i] as number))
    assert.ok(chip.asked.length >= 30)
    // a reading in between may hold it up, but it comes back to its grid
    for (const step of steps) assert.ok(Math.abs(step - 1_000) <= 60, `${step} ms`)
  })

  it('gives nothing of its first fifteen seconds, in which it says what clean air has', async () => {
    const { rig } = rigged()
    await using _ = rig
    await rig.open()
    assert.deepEqual((await rig.after(10_000)).quality?.tvoc, 'bad:warmup')
    const sample = await rig.after(10_000)
    assert.deepEqual([sample.values.tvoc, sample.values.eco2], [140, 610])
    // it has not known clean air for twelve hours yet
    assert.equal(sample.quality?.tvoc, 'uncertain:baseline')
    assert.equal((await rig.read()).quality?.tvoc, 'bad:not-ready')
  })

  it('keeps its baseline each hour', async () => {
    const { saved, hook } = memory(JSON.stringify({ eco2: 0x1111, tvoc: 0x2222, t: Date.UTC(2026, 10, 20, 11) }))
    const { rig } = rigged({ state: hook })
    await using _ = rig
    await rig.open()
    await rig.after(HOUR - 1_000)
    assert.deepEqual(saved, [])
    assert.equal((await rig.after(1_000)).quality?.tvoc, undefined)
    assert.equal(saved.length, 1)
    const { t, ...words } = JSON.parse(saved.join())
    assert.deepEqual(words, { eco2: 0x1111, tvoc: 0x2222 })
    assert.ok(rig.clock.now() - t < 1_000)
  })

  it('is given back a baseline of the last seven days, and none that is older or cannot be read', async () => {
    const now = Date.UTC(2026, 10, 20, 12)
    const kept = (days: number) => JSON.stringify({ eco2: 0x1111, tvoc: 0x2222, t: now - days * 24 * HOUR })
    for (const [state, restored] of [
      [kept(6.9), [[0x1111, 0x2222]]],
      [kept(7.1), []],
      ['{"eco2":1', []],
      ['{"eco2":99999999,"tvoc":1,"t":1}', []],
    ] as const) {
      const { rig, chip } = rigged({ state: memory(state).hook })
      await using _ = rig
      await rig.open()
      assert.deepEqual(chip.restored, restored, state)
    }
  })

  it('is told the humidity that a sensor nearby measures, and that nobody does any more', async () => {
    const { rig, chip } = rigged()
    await using _ = rig
    await rig.open()
    await rig.after(10_000)
    assert.equal(chip.humidity(), 0x0b92)
    rig.nearby.temperature = 25
    rig.nearby.humidity = 50
    await rig.after(10_000)
    // 11.5 g/m³ in 8.8 fixed point
    assert.equal(chip.humidity() >> 8, 11)
    delete rig.nearby.humidity
    await rig.after(10_000)
    assert.equal(chip.humidity(), 0)
  })

  it('says hydrogen and ethanol as a guess, until it is told what its signals are in clean air', async () => {
    const { rig } = rigged()
    await using _ = rig
    await rig.open()
    assert.equal((await rig.after(20_000)).quality?.h2, 'uncertain:uncalibrated')
    const { rig: told } = rigged({ options: { reference: { h2: 13_800, ethanol: 20_600 } } })
    await using _told = told
    await told.open()
    const sample = await told.after(20_000)
    assert.deepEqual([sample.values.h2, sample.values.ethanol, sample.quality?.h2], [0.5, 0.4, undefined])
  })

  it('that is broken says so, and one that is pulled off between two readings is missed by the next', async () => {
    const { rig: broken } = rigged({}, { broken: true })
    await using _broken = broken
    await assert.rejects(broken.open(), { code: 'device/defect' })
    const { rig } = rigged()
    await using _ = rig
    await rig.open()
    await rig.after(20_000)
    rig.line.fault(0x58, { nack: true })
    await rig.clock.advance(5_000)
    await assert.rejects(rig.read(), { code: 'device/timeout' })
  })

  it('leaves no timer behind', async () => {
    const { rig } = rigged()
    await rig.open()
    await rig.after(3_000)
    await rig[Symbol.asyncDispose]()
    assert.equal(rig.clock.pending, 0)
  })
})

describe('the formulas of the SGP30', () => {
  it('have the reference at its own signal, and e times as much 512 ticks below', () => {
    assert.equal(ppmOf('h2', 13_119, 13_119), 0.5)
    assert.equal(ppmOf('ethanol', 18_472 - 512, 18_472), Number((0.4 * Math.E).toPrecision(4)))
  })

  it('give humidity in the fixed point of the datasheet', () => {
    // 0x0F80 is 15.50 g/m³ (SGP30 datasheet 1.0, 6.3)
    assert.equal(fixedPoint(15.5), 0x0f80)
    // 0 would switch the compensation off
    assert.equal(fixedPoint(0), 1)
    assert.equal(fixedPoint(1_000), 0xffff)
  })
})

describe('a baseline', () => {
  const words = { eco2: 0x8a12, tvoc: 0x8c3e }

  it('is first kept after twelve hours, then each hour', () => {
    const clock = new TestClock()
    const { saved, hook } = memory()
    const baseline = new Baseline(clock, hook)
    assert.equal(baseline.restore(), undefined)
    clock.skip(12 * HOUR - 1)
    assert.deepEqual([baseline.due(), baseline.settled], [false, false])
    clock.skip(1)
    assert.ok(baseline.due())
    baseline.keep(words)
    assert.deepEqual([baseline.due(), baseline.settled, saved.length], [false, true, 1])
    clock.skip(HOUR)
    assert.ok(baseline.due())
  })

  it('survives a clock that woke up a little in the past, but not one of another time', () => {
    for (const [hours, good] of [
      [-2, true],
      [-200, false],
    ] as const) {
      const clock = new TestClock()
      const { hook } = memory(JSON.stringify({ ...words, t: clock.now() - hours * HOUR }))
      assert.equal(new Baseline(clock, hook).restore() !== undefined, good)
    }
  })
})
