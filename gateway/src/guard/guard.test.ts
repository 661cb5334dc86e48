import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Alert, alert as alertSchema } from '@habtwin/contract'
import { alertId } from '@habtwin/runtime/alert-words'
import { TestClock } from '@habtwin/runtime/clock'
import fc from 'fast-check'
import type { GuardState } from './alerts.ts'
import { Guard, type GuardOptions } from './guard.ts'

const zones: GuardOptions['zones'] = {
  // readings here jump as no air does
  crew: { label: 'Crew quarters', crew: 4, limits: { co2: { rate: { perMinute: 1e6, level: 'caution' } } } },
  gh: { label: 'SAM greenhouse', plants: { lettuce: 4 } },
}
const MINUTE = 60_000

/** A guard, a clock, and what it said. */
function house(options: Partial<GuardOptions> = {}, state?: GuardState) {
  const clock = new TestClock()
  const said: Alert[] = []
  const onAlert = (alert: Alert) => {
    said.push(alertSchema.parse(alert))
  }
  const guard = new Guard({ zones, pressure: 879, ...options }, { clock, onAlert, ...(state ? { state } : {}) })
  let t = clock.now()
  return {
    guard,
    clock,
    said,
    /** A reading a minute after the one before. */
    read: (values: Record<string, number | null>, quality?: Record<string, string>, device = 'air', zone = 'crew') => {
      t += MINUTE
      guard.reading(device, zone, t, values, quality)
      return t
    },
    lines: () => said.map(({ id, level, active }) => `${id} ${active ? level : 'over'}`),
    [Symbol.dispose]: () => guard[Symbol.dispose](),
  }
}

describe('limits', () => {
  it('a limit that is passed is told at once, in one sentence, with its figure, limit and place', () => {
    using h = house()
    h.read({ co2: 812.4 })
    const t = h.read({ co2: 3_120 })
    assert.deepEqual(h.said, [
      {
        id: 'crew-co2-high',
        level: 'advisory',
        zone: 'crew',
        quantity: 'co2',
        device: 'air',
        value: 3_120,
        limit: h.said[0]?.limit,
        since: t,
        t,
        checklist: 'co2-high',
        text: 'CO₂ in the crew quarters is 3,120 ppm, above 3,034 ppm',
        source: 'guard',
        active: true,
      },
    ])
  })

  it('one alert rises and falls through its levels, and keeps its beginning', () => {
    using h = house()
    const since = h.read({ co2: 3_120 })
    h.read({ co2: 10_000 })
    h.read({ co2: 30_000 })
    h.read({ co2: 10_000 })
    h.read({ co2: 800 })
    assert.deepEqual(h.lines(), [
      'crew-co2-high advisory',
      'crew-co2-high warning',
      'crew-co2-high emergency',
      'crew-co2-high warning',
      'crew-co2-high over',
    ])
    assert.ok(h.said.every((alert) => alert.since === since))
    assert.equal(h.said.at(-1)?.text, 'CO₂ in the crew quarters is within its limits again')
    assert.equal(h.guard.active().length, 0)
  })

  it('too much oxygen is as real as too little', () => {
    using h = house()
    h.read({ o2: 23.2 })
    h.read({ o2: 20.9 })
    h.read({ o2: 19.4 })
    assert.deepEqual(h.lines(), ['crew-o2-high caution', 'crew-o2-high over', 'crew-o2-low warning'])
    assert.equal(h.said.at(-1)?.text, 'O₂ in the crew quarters is 19.40 %, below 19.50 %')
  })

  it('a greenhouse may be what a bedroom may not', () => {
    using h = house()
    h.read({ co2: 4_000, humidity: 88, temperature: 31 }, undefined, 'gh-air', 'gh')
    assert.equal(h.said.length, 0)
    h.read({ humidity: 91 }, undefined, 'gh-air', 'gh')
    assert.equal(h.said[0]?.text, 'Humidity in SAM greenhouse is 91 %, above 90 %')
  })

  it('uncertain values count; bad ones, nothing and nonsense do not', () => {
    using h = house()
    h.read({ co2: null })
    h.read({ co2: 9_999 }, { co2: 'bad:range' })
    h.read({ co2: Number.NaN })
    h.read({ co2: Number.POSITIVE_INFINITY })
    assert.equal(h.said.length, 0)
    h.read({ co2: 9_999 }, { co2: 'uncertain:warmup' })
    assert.deepEqual(h.lines(), ['crew-co2-high warning'])
  })

  it('the mean over an hour is judged where the limit says so', () => {
    using h = house({
      zones: { crew: { label: 'Crew', limits: { tvoc: { caution: { above: 500, mean: 60 * MINUTE } } } } },
    })
    for (let i = 0; i < 60; i++) h.read({ tvoc: 400 })
    // 100 of 60 minutes' mean need ten minutes of 1,000 and a little
    for (let i = 0; i < 10; i++) h.read({ tvoc: 1_000 })
    assert.equal(h.said.length, 0)
    h.read({ tvoc: 1_000 })
    assert.equal(h.said[0]?.text, 'TVOC in the crew was 510 ppb in the mean of 1 h, above 500 ppb')
    for (let i = 0; i < 60; i++) h.read({ tvoc: 400 })
    assert.equal(h.lines().at(-1), 'crew-tvoc-high over')
  })

  it('a rise that no breath explains is told though no limit is passed', () => {
    using h = house({ zones: { crew: { label: 'Crew quarters' } } })
    for (let i = 0; i < 10; i++) h.read({ co2: 600 + i * 40 })
    assert.equal(h.said.length, 0)
    for (let i = 0; i < 6; i++) h.read({ co2: 1_000 + i * 80 })
    assert.deepEqual(h.lines()[0], 'crew-co2-rising caution')
    assert.match(h.said[0]?.text ?? '', /^CO₂ in the crew quarters is rising by \d+ ppm a minute, faster than 50 ppm$/)
    for (let i = 0; i < 10; i++) h.read({ co2: 1_400 })
    assert.deepEqual(h.lines().at(-1), 'crew-co2-rising over')
  })

  it('a checklist that the configuration names comes with the alert', () => {
    using h = house({ zones: { crew: { label: 'Crew', limits: { co2: { checklist: 'high-co2' } } } } })
    h.read({ co2: 4_000 })
    assert.equal(h.said[0]?.checklist, 'high-co2')
  })

  it('what is older than the newest is history and raises nothing', () => {
    using h = house()
    const t = h.read({ co2: 800 })
    h.guard.reading('air', 'crew', t - 1, { co2: 30_000 })
    assert.equal(h.said.length, 0)
  })

  it('a clock that was put back does not blind it', async () => {
    using h = house()
    const t = h.read({ co2: 800 })
    for (let i = 0; i < 40; i++) {
      await h.clock.advance(1_000)
      h.guard.reading('air', 'crew', t - 3_600_000 + i * 1_000, { co2: 30_000 })
    }
    assert.deepEqual(h.lines(), ['crew-co2-high emergency'])
  })

  it('of two instruments in a zone the worse is told, and both must be well for the end', () => {
    using h = house()
    h.read({ co2: 3_500 }, undefined, 'left')
    h.read({ co2: 9_500 }, undefined, 'right')
    h.read({ co2: 800 }, undefined, 'left')
    assert.equal(h.guard.active().length, 1)
    assert.equal(h.guard.active()[0]?.device, 'right')
    h.read({ co2: 800 }, undefined, 'right')
    assert.deepEqual(h.lines(), ['crew-co2-high advisory', 'crew-co2-high warning', 'crew-co2-high over'])
  })

  it('figures are brought up to date each 10 s at most', async () => {
    using h = house()
    const t = h.clock.now()
    for (let i = 0; i < 25; i++) {
      h.guard.reading('air', 'crew', t + i * 1_000, { co2: 3_100 + i })
      await h.clock.advance(1_000)
    }
    assert.deepEqual(
      h.said.map(({ value }) => value),
      [3_100, 3_110, 3_120],
    )
    assert.equal(h.guard.active()[0]?.value, 3_124)
  })

  it('a device that moves to another zone or goes takes its alerts with it', () => {
    using h = house()
    h.read({ co2: 3_500 })
    h.read({ co2: 3_500 }, undefined, 'air', 'gh')
    assert.deepEqual(h.lines(), ['crew-co2-high advisory', 'crew-co2-high over'])
    h.read({ co2: 9_500 }, undefined, 'air', 'gh')
    h.guard.forget('air')
    assert.equal(h.guard.active().length, 0)
  })
})

describe('acknowledging', () => {
  it('says by whom, survives a milder level, and is void where it gets worse', () => {
    using h = house()
    h.read({ co2: 9_500 })
    assert.equal(h.guard.acknowledge('nothing', 'ada'), false)
    assert.equal(h.guard.acknowledge('crew-co2-high', 'ada'), true)
    assert.equal(h.guard.acknowledge('crew-co2-high', 'bob'), true)
    h.read({ co2: 4_000 })
    assert.equal(h.guard.active()[0]?.acknowledged?.by, 'ada')
    h.read({ co2: 9_500 })
    assert.equal(h.guard.active()[0]?.acknowledged, undefined)
    assert.deepEqual(
      h.said.map(({ level, acknowledged }) => `${level} ${acknowledged?.by}`),
      ['warning undefined', 'warning ada', 'advisory ada', 'warning undefined'],
    )
  })
})

describe('a restart', () => {
  function memory() {
    let kept: string | undefined
    const state: GuardState = {
      load: () => kept,
      save: (text) => {
        kept = text
      },
    }
    return { state, set: (text: string) => state.save(text) }
  }

  it('goes on with what stood: its beginning, and who acknowledged it', () => {
    const { state } = memory()
    let since = 0
    {
      using h = house({}, state)
      h.guard.start()
      since = h.read({ co2: 9_500 })
      h.guard.acknowledge('crew-co2-high', 'ada')
    }
    using h = house({}, state)
    h.guard.start()
    assert.deepEqual(h.lines(), ['crew-co2-high warning'])
    h.read({ co2: 9_600 })
    const [alert] = h.guard.active()
    assert.equal(alert?.acknowledged?.by, 'ada')
    assert.equal(alert?.since, since)
    h.read({ co2: 800 })
    h.read({ co2: 9_600 })
    assert.equal(h.guard.active()[0]?.acknowledged, undefined)
  })

  it('ends what is over by then, once the same instrument has said so', () => {
    const { state } = memory()
    {
      using h = house({}, state)
      h.guard.start()
      h.read({ o2: 19 })
    }
    using h = house({}, state)
    h.guard.start()
    h.read({ o2: 20.9 }, undefined, 'another')
    assert.deepEqual(h.lines(), ['crew-o2-low warning'])
    h.read({ o2: 20.9 })
    assert.deepEqual(h.lines(), ['crew-o2-low warning', 'crew-o2-low over'])
  })

  it('a lost device stays lost until it speaks', async () => {
    const { state } = memory()
    const air = { device: 'air', zone: 'crew', label: 'Air sensor', every: 1_000 }
    {
      using h = house({}, state)
      h.guard.device(air)
      h.guard.start()
      h.guard.health('air', { state: 'down' })
    }
    using h = house({}, state)
    h.guard.device(air)
    h.guard.start()
    h.guard.sim(true)
    await h.clock.advance(9_000)
    assert.equal(h.guard.active().length, 1)
    for (let i = 0; i < 12; i++) {
      h.guard.reading('air', 'crew', h.clock.now(), { co2: 800 })
      await h.clock.advance(1_000)
    }
    assert.equal(h.lines().at(-1), 'air-lost over')
  })

  it('ends after an hour what nobody can speak of any more, and reads no nonsense', async () => {
    const { state, set } = memory()
    {
      using h = house({}, state)
      h.guard.start()
      h.read({ o2: 19 })
    }
    {
      using h = house({}, state)
      h.guard.start()
      h.guard.sim(true)
      await h.clock.advance(3_601_000)
      assert.deepEqual(h.lines(), ['crew-o2-low warning', 'crew-o2-low over'])
    }
    for (const text of ['[', '{}', '[{"id": 7}]', '']) {
      set(text)
      using h = house({}, state)
      h.guard.start()
      assert.deepEqual(h.guard.active(), [])
    }
  })
})

describe('silence', () => {
  const air = { device: 'air', zone: 'crew', label: 'Air sensor', every: 10_000 }

  it('a device that says nothing for three of its readings is missed, and once it is back for a while it is well', async () => {
    using h = house()
    h.guard.start()
    h.guard.sim(true)
    h.guard.device(air)
    await h.clock.advance(30_000)
    assert.equal(h.said.length, 0)
    await h.clock.advance(2_000)
    assert.deepEqual(h.lines(), ['air-lost caution'])
    assert.equal(h.said[0]?.text, 'Air sensor in the crew quarters has given no reading for 30 s')
    for (let i = 0; i < 6; i++) {
      h.guard.reading('air', 'crew', h.clock.now(), { co2: 800 })
      await h.clock.advance(3_000)
    }
    assert.deepEqual(h.lines(), ['air-lost caution', 'air-lost over'])
    assert.equal(h.said[1]?.text, 'Air sensor in the crew quarters is back')
  })

  it('a lost device is told once, and not each minute', async () => {
    using h = house()
    h.guard.start()
    h.guard.sim(true)
    h.guard.device(air)
    await h.clock.advance(600_000)
    assert.deepEqual(h.lines(), ['air-lost caution'])
  })

  it('a driver that says "down" is believed at once', () => {
    using h = house()
    h.guard.device(air)
    h.guard.health('air', { state: 'degraded' })
    assert.equal(h.said.length, 0)
    h.guard.health('air', { state: 'down' })
    assert.equal(h.said[0]?.text, 'Air sensor in the crew quarters does not answer')
  })

  it('a device that speaks but says nothing of a point with limits is missed for that', async () => {
    using h = house()
    h.guard.start()
    h.guard.sim(true)
    h.guard.device(air)
    for (let i = 0; i < 5; i++) {
      h.guard.reading('air', 'crew', h.clock.now(), { co2: null, temperature: 21, light: null })
      await h.clock.advance(10_000)
    }
    assert.equal(h.said[0]?.text, 'Air sensor in the crew quarters gives no usable CO₂')
    h.guard.reading('air', 'crew', h.clock.now(), { co2: 800, temperature: 21, light: null })
    await h.clock.advance(1_000)
    assert.deepEqual(h.lines(), ['air-lost caution', 'air-lost over'])
  })

  it('a device that speaks without a value that can be used is lost like a silent one, and is not said to be silent', async () => {
    for (const [values, quality] of [
      [{ light: null }, { light: 'bad:range' }],
      [{ co2: 800 }, { co2: 'uncertain:stale' }],
    ] as const) {
      using h = house()
      h.guard.start()
      h.guard.sim(true)
      h.guard.device(air)
      for (let i = 0; i < 5; i++) {
        h.guard.reading('air', 'crew', h.clock.now(), values, quality)
        await h.clock.advance(10_000)
      }
      assert.equal(h.said[0]?.text, 'Air sensor in the crew quarters gives no usable value')
    }
  })

  it('a recording is missed by its own pace, and one that goes as fast as it can is not', async () => {
    using h = house()
    h.guard.start()
    h.guard.sim(true)
    h.guard.device({ ...air, device: 'slow', every: 60_000, pace: 60 })
    h.guard.device({ ...air, device: 'fast', pace: 0 })
    await h.clock.advance(12_000)
    assert.deepEqual(h.lines(), ['slow-lost caution'])
  })

  it('a minute without sim is told, whatever else happens, and its return as well', async () => {
    using h = house()
    h.guard.start()
    await h.clock.advance(59_000)
    assert.equal(h.said.length, 0)
    await h.clock.advance(1_000)
    assert.deepEqual(h.lines(), ['sim-silent caution'])
    h.guard.sim(true)
    h.guard.sim(false)
    await h.clock.advance(30_000)
    h.guard.sim(true)
    await h.clock.advance(90_000)
    assert.deepEqual(h.lines(), ['sim-silent caution', 'sim-silent over'])
  })

  it('leaves no timer behind', async () => {
    const h = house()
    h.guard.start()
    await h.clock.advance(5_000)
    h[Symbol.dispose]()
    assert.equal(h.clock.pending, 0)
  })
})

describe('always', () => {
  const step = fc.record({
    device: fc.constantFrom('a', 'b'),
    after: fc.integer({ min: -5_000, max: 120_000 }),
    co2: fc.option(fc.oneof(fc.constantFrom(3_032, 3_034, 9_100, 9_098), fc.integer({ min: 0, max: 40_000 }))),
    o2: fc.double({ min: 18, max: 25, noNaN: true }),
    acknowledge: fc.boolean(),
  })

  it('each id has one alert at most, each raise one end at most, and what is active is what was said', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        using h = house()
        let t = h.clock.now()
        for (const { device, after, co2, o2, acknowledge } of steps) {
          t += after
          h.guard.reading(device, 'crew', t, { co2, o2 })
          if (acknowledge) h.guard.acknowledge('crew-co2-high', 'ada')
        }
        const standing = new Map<string, Alert>()
        for (const alert of h.said) {
          const before = standing.get(alert.id)
          if (before) assert.equal(alert.since, before.since)
          else assert.ok(alert.active, `${alert.id} ended without having begun`)
          if (alert.active) standing.set(alert.id, alert)
          else standing.delete(alert.id)
        }
        const active = h.guard.active().map(({ id, level }) => `${id} ${level}`)
        assert.deepEqual(active.toSorted(), [...standing.values()].map(({ id, level }) => `${id} ${level}`).toSorted())
      }),
    )
  })

  it('nothing flaps within the band between a limit and where it clears', () => {
    const within = fc.array(fc.double({ min: 2_973, max: 3_300, noNaN: true }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(within, (values) => {
        using h = house()
        for (const co2 of values) h.read({ co2 })
        assert.ok(h.said.length <= 1)
      }),
    )
  })

  it('the same readings give the same alerts at any speed', async () => {
    const values = Array.from({ length: 200 }, (_, i) => 2_800 + 600 * Math.sin(i / 9))
    const run = async (pause: number) => {
      using h = house()
      for (const co2 of values) {
        h.read({ co2 })
        if (pause > 0) await h.clock.advance(pause)
      }
      // how often figures are brought up to date is the only difference
      const lines = Object.values(Object.groupBy(h.lines(), (line) => line.split(' ')[0] as string))
      return lines.map((own = []) => own.filter((line, i) => line !== own[i - 1]))
    }
    assert.deepEqual(await run(0), await run(1_000))
  })

  it('an id that would be too long is cut, and still tells two apart', () => {
    const a = alertId('z'.repeat(64), 'co2', 'high')
    assert.match(a, /^[a-z0-9-]{64}$/)
    assert.notEqual(a, alertId('z'.repeat(64), 'co2', 'low'))
  })
})
