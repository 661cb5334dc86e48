import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Alert, type DevicePoint, isHabtwinError } from '@habtwin/contract'
import { TestClock } from '@habtwin/runtime/clock'
import { plainConditioning, type Conditioning as Written } from '@habtwin/runtime/config/conditioning'
import type { Sample } from '../drivers/driver.ts'
import { Guard } from '../guard/index.ts'
import { Conditioning } from './conditioning.ts'
import type { ConditionedDevice } from './pipeline.ts'

const air = {
  co2: { unit: '[ppm]' },
  temperature: { unit: 'Cel' },
  humidity: { unit: '%' },
  o2: { unit: '%' },
}

/** Devices in one zone, and a way to say what one of them reads. */
function rig(...devices: (Partial<ConditionedDevice> & { written?: Partial<Written> })[]) {
  const clock = new TestClock()
  const conditioning = new Conditioning(clock, 879)
  for (const [i, { written, ...device }] of devices.entries()) {
    conditioning.device({
      ...{ id: 'abc'[i] ?? '', zone: 'crew', every: 10_000, points: air },
      ...device,
      conditioning: { ...plainConditioning, ...written },
    })
  }
  const say = (device: string, sample: Sample, late = false) => {
    const stamped = { t: clock.now(), ...sample }
    const onward = conditioning.take(device, stamped, late)
    return { values: stamped.values, quality: stamped.quality ?? {}, onward }
  }
  const co2 = (value: number | null, device = 'a') => {
    const { values, quality } = say(device, { values: { co2: value } })
    return quality.co2 ?? values.co2
  }
  return { clock, conditioning, say, co2 }
}

describe('a reading on its way', () => {
  it('goes on as it is where nothing is the matter with it, and nothing is added to it', () => {
    const { say } = rig({})
    const sample = { values: { co2: 812, temperature: 21.5 } }
    assert.deepEqual(say('a', sample), {
      values: { co2: 812, temperature: 21.5 },
      quality: {},
      onward: { late: false, held: false },
    })
    assert.equal('quality' in sample, false)
  })

  it('loses what cannot have been measured, with the reason, and what was never declared', () => {
    const { say, conditioning } = rig({})
    const { values, quality } = say('a', {
      values: { co2: Number.NaN, temperature: 900, humidity: null, o2: 20.9, ghost: 1 },
      quality: { o2: 'bad:crc' },
    })
    assert.deepEqual(values, { co2: null, temperature: null, humidity: null, o2: null })
    assert.deepEqual(quality, {
      co2: 'bad:not-a-number',
      temperature: 'bad:range',
      humidity: 'bad:no-value',
      o2: 'bad:crc',
    })
    assert.deepEqual(conditioning.tallies().a, { undeclared: 1, bad: 4, held: 0 })
  })

  it('keeps what the instrument itself doubts; where it gave nothing, the doubt is why', () => {
    const { say } = rig({})
    const { values, quality } = say('a', {
      values: { co2: 800, o2: null },
      quality: { co2: 'uncertain:baseline', o2: 'uncertain:warmup' },
    })
    assert.deepEqual(
      [values, quality],
      [
        { co2: 800, o2: null },
        { co2: 'uncertain:baseline', o2: 'bad:warmup' },
      ],
    )
  })

  it('comes into the unit of its point from whatever unit its driver declares', () => {
    const points: Record<string, DevicePoint> = {
      pressure: { unit: 'kPa', range: [30, 110] },
      temperature: { unit: 'K' },
      co2: { unit: 'mg/m3' },
      volume: { unit: '[gal_us]' },
    }
    const { say } = rig({ points })
    const { values, quality } = say('a', { values: { pressure: 87.9, temperature: 294.65, co2: 1_800, volume: 3 } })
    assert.equal(values.pressure?.toFixed(3), '879.000')
    assert.equal(values.temperature?.toFixed(2), '21.50')
    assert.equal(values.co2?.toFixed(0), '1001')
    assert.equal(values.volume, 3)
    assert.deepEqual(quality, {})
    assert.equal(say('a', { values: { pressure: 111 } }).quality.pressure, 'bad:range')
    assert.throws(
      () => rig({ points: { co2: { unit: 'V' } } }),
      (error) => isHabtwinError(error, 'config/unit') && /V, which does not convert to/.test(error.message),
    )
  })

  it('is calibrated before it is judged, and its instrument’s own range along with it', () => {
    const { co2 } = rig({
      points: { co2: { unit: '[ppm]', range: [0, 5_000] } },
      written: { calibrate: { co2: { gain: 1.02, offset: 12 } }, expect: { co2: { range: [300, 20_000] } } },
    })
    assert.equal(co2(400), 420)
    assert.equal(co2(5_000), 5_112)
    assert.equal(co2(5_001), 'bad:range')
    assert.equal(co2(270), 'bad:range')
  })
})

describe('a change that is too fast', () => {
  const expected = { written: { expect: { co2: { perMinute: 500 } } } }

  it('is doubted, stays, and is believed when it lasts', async () => {
    const { clock, co2, say } = rig(expected)
    assert.equal(co2(800), 800)
    await clock.advance(10_000)
    // a fire: the guard has to see it at once
    const { values, quality } = say('a', { values: { co2: 3_000 } })
    assert.deepEqual([values, quality], [{ co2: 3_000 }, { co2: 'uncertain:rate' }])
    await clock.advance(10_000)
    assert.equal(co2(3_010), 3_010)
  })

  it('is doubted on its way back as well, where it was a spark', async () => {
    const { clock, co2 } = rig(expected)
    const said: unknown[] = []
    for (const value of [800, 801, 4_000, 802, 803]) {
      said.push(co2(value))
      await clock.advance(10_000)
    }
    assert.deepEqual(said, [800, 801, 'uncertain:rate', 'uncertain:rate', 803])
  })

  it('is neither the noise of ten readings a second nor a step of the clock, but a ramp however finely it is sampled', async () => {
    const noise = rig({ every: 100, ...expected })
    for (let i = 0; i < 200; i++) {
      assert.equal(typeof noise.co2(800 + (i % 2) * 20), 'number')
      await noise.clock.advance(100)
    }
    const ramp = rig({ every: 100, ...expected })
    let doubted = 0
    for (let i = 0; i < 600; i++) {
      if (typeof ramp.co2(800 + (i / 600) * 1_000) === 'string') doubted++
      await ramp.clock.advance(100)
    }
    assert.ok(doubted > 500, `${doubted} of 600 readings of a ramp at twice the rate`)
    const stepped = rig(expected)
    stepped.say('a', { t: stepped.clock.now() + 3_600_000, values: { co2: 800 } })
    await stepped.clock.advance(10_000)
    assert.equal(stepped.say('a', { values: { co2: 860 } }).quality.co2, undefined)
  })
})

describe('the guard', () => {
  it('hears of a fire at once, though its first second looks like a spark, and of what is held back', async () => {
    const { clock, say } = rig({
      written: {
        expect: { co2: { perMinute: 500 } },
        report: { deadbands: { co2: 100_000, temperature: 100 }, heartbeat: 3_600_000 },
      },
    })
    const alerts: string[] = []
    const onAlert = ({ id, level }: Alert) => alerts.push(`${id} ${level}`)
    using guard = new Guard({ zones: { crew: { label: 'Crew', crew: 4 } }, pressure: 1_013.25 }, { clock, onAlert })
    const judge = (values: Record<string, number>) => {
      const said = say('a', { values })
      guard.reading('a', 'crew', clock.now(), said.values, said.quality)
      return said
    }
    judge({ co2: 800, temperature: 21 })
    await clock.advance(10_000)
    assert.deepEqual(judge({ co2: 25_000, temperature: 21 }).quality, { co2: 'uncertain:rate' })
    assert.deepEqual(alerts, ['crew-co2-high emergency'])
    await clock.advance(10_000)
    judge({ co2: 25_000, temperature: 21 })
    await clock.advance(10_000)
    assert.equal(judge({ co2: 25_000, temperature: 45 }).onward.held, true)
    assert.deepEqual(alerts, ['crew-co2-high emergency', 'crew-temperature-high advisory'])
  })
})

describe('an instrument that says the same for ever', () => {
  it('is doubted only where somebody asked for it, until it moves', async () => {
    const { clock, co2 } = rig({ written: { expect: { co2: { flat: 60_000 } } } }, {})
    for (let i = 0; i < 6; i++) {
      assert.equal(co2(800), 800)
      await clock.advance(10_000)
    }
    assert.equal(co2(800), 'uncertain:flat')
    assert.equal(co2(null), 'bad:no-value')
    assert.equal(co2(800), 'uncertain:flat')
    assert.equal(co2(801), 801)
    for (let i = 0; i < 100; i++) {
      assert.equal(co2(100, 'b'), 100)
      await clock.advance(3_600_000)
    }
  })
})

describe('an instrument that was opened', () => {
  it('is doubted until it is warm, as its driver or the configuration says, and again when it comes back', async () => {
    const { clock, conditioning, co2 } = rig(
      { warmup: 60_000 },
      { warmup: 60_000, written: { warmup: 20_000 } },
      { warmup: 60_000, written: { warmup: 0 } },
    )
    for (const device of 'abc') conditioning.opened(device)
    const all = () => [...'abc'].map((device) => co2(800, device))
    assert.deepEqual(all(), ['uncertain:warmup', 'uncertain:warmup', 800])
    await clock.advance(20_000)
    assert.deepEqual(all(), ['uncertain:warmup', 800, 800])
    await clock.advance(40_000)
    assert.deepEqual(all(), [800, 800, 800])
    conditioning.opened('a')
    assert.equal(co2(800), 'uncertain:warmup')
  })
})

describe('a device whose configuration is changed while it is open', () => {
  it('is no warmer for it, and counts on', async () => {
    const { clock, conditioning, co2 } = rig({ warmup: 60_000 })
    conditioning.opened('a')
    await clock.advance(30_000)
    assert.equal(co2(null), 'bad:no-value')
    conditioning.device({
      ...{ id: 'a', zone: 'crew', every: 10_000, points: air, warmup: 60_000 },
      conditioning: { ...plainConditioning, calibrate: { co2: { offset: 10 } } },
    })
    assert.equal(co2(800), 'uncertain:warmup')
    assert.equal(conditioning.tallies().a?.bad, 1)
    await clock.advance(30_000)
    assert.equal(co2(800), 810)
  })
})

describe('a reading with a time of its own', () => {
  it('is stale where that time stands still, but not in a recording', async () => {
    const { clock, say } = rig({}, { pace: 60 })
    const t = clock.now()
    const said = (device: string) => say(device, { t, values: { co2: 800 } }).quality.co2
    assert.equal(said('a'), undefined)
    await clock.advance(31_000)
    assert.equal(said('a'), 'uncertain:stale')
    assert.equal(said('b'), undefined)
  })
})

describe('a derived point', () => {
  const quantity = (...points: string[]) => ({ derive: points.map((point) => ({ kind: 'quantity', point }) as const) })
  const expression = (point: string, text: string, unit = 'W') => ({
    derive: [{ kind: 'expression', point, expression: text, unit } as const],
  })

  it('is reckoned from what the device measures', () => {
    const { say } = rig({ written: quantity('dew-point', 'vpd', 'absolute-humidity', 'po2', 'pco2') })
    const { values, quality } = say('a', { values: { co2: 9_100.5, temperature: 25, humidity: 60, o2: 20.95 } })
    const shown = Object.fromEntries(Object.entries(values).map(([point, value]) => [point, value?.toFixed(1)]))
    assert.deepEqual(shown, {
      ...{ co2: '9100.5', temperature: '25.0', humidity: '60.0', o2: '20.9' },
      ...{ 'dew-point': '16.7', vpd: '1.3', 'absolute-humidity': '13.8', po2: '138.1', pco2: '6.0' },
    })
    assert.deepEqual(quality, {})
  })

  it('is no better than the worst that went in, and names what is missing', () => {
    const { say } = rig({ written: quantity('dew-point') })
    const doubted = say('a', { values: { temperature: 25, humidity: 60 }, quality: { humidity: 'uncertain:warmup' } })
    assert.equal(doubted.quality['dew-point'], 'uncertain:warmup')
    const missing = say('a', { values: { temperature: 25, humidity: 160 } })
    assert.deepEqual([missing.values['dew-point'], missing.quality['dew-point']], [null, 'bad:no-humidity'])
    assert.equal(say('a', { values: { temperature: 25, humidity: 0 } }).quality['dew-point'], 'bad:not-a-number')
  })

  it('goes by what the last reading said, where this one leaves a point out, while that is fresh', async () => {
    const { clock, say } = rig({ written: quantity('dew-point') })
    say('a', { values: { temperature: 25, humidity: 60 } })
    await clock.advance(20_000)
    assert.equal(say('a', { values: { temperature: 25 } }).values['dew-point']?.toFixed(1), '16.7')
    await clock.advance(20_000)
    assert.equal(say('a', { values: { temperature: 25 } }).quality['dew-point'], 'bad:stale-humidity')
  })

  it('takes in other devices while they are fresh', async () => {
    const power = { points: { power: { unit: 'W' } } }
    const { clock, say } = rig({ ...power, written: expression('total', 'power + b:power * 0.5') }, power)
    const total = () => {
      const { values, quality } = say('a', { values: { power: 100 } })
      return quality.total ?? values.total
    }
    assert.equal(total(), 'bad:no-b-power')
    say('b', { values: { power: 50 } })
    assert.equal(total(), 125)
    await clock.advance(31_000)
    assert.equal(total(), 'bad:stale-b-power')
    say('b', { values: { power: null } })
    assert.equal(total(), 'bad:no-b-power')
    say('b', { values: { power: 50 }, quality: { power: 'uncertain:rate' } })
    assert.equal(total(), 'uncertain:rate')
  })

  it('comes in its own unit, and is no number where the arithmetic gives none', () => {
    const power = { points: { power: { unit: 'W' } } }
    const { say } = rig({ ...power, written: expression('temperature', '300 / power', 'K') })
    assert.equal(say('a', { values: { power: 1 } }).values.temperature?.toFixed(2), '26.85')
    assert.equal(say('a', { values: { power: 0 } }).quality.temperature, 'bad:not-a-number')
    assert.equal(say('a', { values: { power: 0.1 } }).quality.temperature, 'bad:range')
  })

  it('corrects CO2 for the pressure and keeps what was read, by the barometer of the zone where there is one', () => {
    const { say, conditioning } = rig(
      { written: quantity('co2', 'pco2') },
      { points: { pressure: { unit: 'hPa' } } },
      { points: { pressure: { unit: 'hPa' } }, zone: 'attic' },
    )
    const read = () => say('a', { values: { co2: 1_000 }, quality: { co2: 'uncertain:warmup' } })
    assert.equal(read().values.co2?.toFixed(0), '1153')
    say('c', { values: { pressure: 500 } })
    say('b', { values: { pressure: 1_013.25 } })
    const { values, quality } = read()
    assert.deepEqual([values.co2, values['co2-uncorrected'], values.pco2?.toFixed(2)], [1_000, 1_000, '0.76'])
    assert.deepEqual(Object.values(quality), ['uncertain:warmup', 'uncertain:warmup', 'uncertain:warmup'])
    const bad = say('a', { values: { co2: -5 } })
    assert.deepEqual([bad.values.co2, bad.quality.pco2], [null, 'bad:no-co2'])
    assert.equal(conditioning.nearby('crew', 'co2'), undefined)
  })
})

describe('what instruments remember', () => {
  it('is converted, calibrated and reckoned from, but says nothing about now', async () => {
    const { clock, conditioning, say } = rig(
      {
        warmup: 600_000,
        written: {
          calibrate: { co2: { offset: 10 } },
          expect: { co2: { perMinute: 1, flat: 1 } },
          derive: [
            { kind: 'quantity', point: 'dew-point' },
            { kind: 'expression', point: 'sum', expression: 'co2 + b:co2', unit: '[ppm]' },
          ],
          report: { deadbands: {}, heartbeat: 60_000 },
        },
      },
      {},
    )
    conditioning.opened('a')
    say('b', { values: { co2: 1 } })
    for (const co2 of [400, 2_000, 2_000]) {
      const { values, quality, onward } = say('a', { t: 5, values: { co2, temperature: 25, humidity: 60 } }, true)
      assert.deepEqual([values.co2, values['dew-point']?.toFixed(1)], [co2 + 10, '16.7'])
      assert.deepEqual([quality, onward, 'sum' in values], [{}, { late: true, held: false }, false])
      await clock.advance(10_000)
    }
    assert.equal(conditioning.nearby('crew', 'temperature'), undefined)
  })
})

describe('the newest good value nearby', () => {
  it('is of the same zone, good, and not older than ten minutes', async () => {
    const { clock, conditioning, say } = rig({}, {}, { zone: 'attic' })
    const nearby = () => conditioning.nearby('crew', 'temperature')
    assert.equal(nearby(), undefined)
    say('c', { values: { temperature: 30 } })
    assert.equal(nearby(), undefined)
    say('a', { values: { temperature: 21 } })
    await clock.advance(1_000)
    say('b', { values: { temperature: 22 } })
    assert.equal(nearby(), 22)
    say('b', { values: { temperature: 23 }, quality: { temperature: 'uncertain:warmup' } })
    assert.equal(nearby(), 21)
    await clock.advance(600_000)
    assert.equal(nearby(), undefined)
    say('b', { values: { temperature: 24 } })
    assert.equal(nearby(), 24)
    conditioning.forget('b')
    assert.equal(nearby(), undefined)
  })
})

describe('a device that reports by exception', () => {
  it('is held back while nothing changes, counts that, and is heard again when it comes back', async () => {
    const { clock, conditioning, say } = rig({
      written: { report: { deadbands: { co2: 5 }, heartbeat: 60_000 }, expect: { co2: { perMinute: 50 } } },
    })
    const held = async (co2: number) => {
      const { onward } = say('a', { values: { co2 } })
      await clock.advance(10_000)
      return onward.held
    }
    const said: boolean[] = []
    for (const co2 of [800, 803, 805, 806, 806, 901, 901, 901]) said.push(await held(co2))
    assert.deepEqual(said, [false, true, true, false, true, false, false, true])
    assert.equal(conditioning.tallies().a?.held, 4)
    conditioning.opened('a')
    assert.equal(await held(901), false)
    const silent: boolean[] = []
    for (let i = 0; i < 6; i++) silent.push(await held(901))
    assert.deepEqual(silent, [true, true, true, true, true, false])
  })
})
