import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Alert, alert as alertSchema, type Forecast, outlook as outlookSchema } from '@habtwin/contract'
import { defaultLimits } from '@habtwin/runtime/config/default-limits'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import { newSwitch, turn } from './foresight.ts'
import { type MinuteInputs, TwinAlerts } from './index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const NOW = Date.UTC(2026, 10, 21, 12)
const leads = Array.from({ length: 48 }, (_, i) => (i + 1) * HOUR)
const options = {
  zones: {
    crew: { label: 'Crew quarters', limits: defaultLimits({ crew: 4 }, 879) },
    gh: { label: 'SAM greenhouse', limits: defaultLimits({ plants: { lettuce: 4 } }, 879) },
  },
  timezone: 'America/Phoenix',
}

/** A rise of so many ppm an hour from a value, the band ever wider. */
function rising(t: number, from: number, slope: number, width = 100): Forecast {
  const at = (k: number) => leads.map((lead) => from + ((slope + k * width) * lead) / HOUR)
  return { made: t, t: leads.map((lead) => t + lead), p05: at(-1), p50: at(0), p95: at(1) }
}

/** Minutes of a habitat in which CO2 is at a level and rises. */
function house(alerts = new TwinAlerts(options), start = NOW) {
  let t = start
  const said: Alert[] = []
  return {
    alerts,
    said,
    lines: () => said.map(({ id, level, active }) => `${id} ${active ? level : 'over'}`),
    at: () => t,
    minute(co2: number, slope: number, more: Partial<MinuteInputs> = {}) {
      t += MINUTE
      const { changes, outlook } = alerts.minute(t, {
        estimates: [{ zone: 'crew', quantity: 'co2', mean: co2 }],
        forecasts: [{ zone: 'crew', quantity: 'co2', forecast: rising(t, co2, slope) }],
        guard: [],
        ...more,
      })
      const { reached } = outlookSchema.parse(outlook)
      for (const change of changes) said.push(alertSchema.parse(change))
      return reached
    },
  }
}

const guarded = (level: Alert['level'], limit: number): Alert => ({
  id: 'crew-co2-high', level, zone: 'crew', quantity: 'co2', value: limit + 1, limit, since: NOW, t: NOW, text: 'x',
  source: 'guard', active: true,
}) // biome-ignore format: a list

describe('a limit that will be reached', () => {
  it('is told once the odds have held for three minutes, in one sentence with figures, time and how sure that is', () => {
    const h = house()
    h.minute(1_000, 1_000)
    h.minute(1_000, 1_000)
    assert.equal(h.said.length, 0)
    h.minute(1_000, 1_000)
    const [alert] = h.said
    assert.equal(h.said.length, 1)
    assert.equal(
      alert?.text,
      'CO₂ in the crew quarters reaches 4,550 ppm in the mean of 1 h in 4 h 5 min, P10–P90 3 h 50 – 4 h 20',
    )
    assert.deepEqual(
      [alert?.id, alert?.source, alert?.level, alert?.checklist],
      ['crew-co2-high-expected', 'twin', 'advisory', 'co2-high'],
    )
    assert.ok((alert?.forecast?.odds ?? 0) > 0.95)
    assert.ok(Math.abs((alert?.forecast?.p50 ?? 0) - 4.05 * HOUR) < 0.05 * HOUR)
  })

  it('is one level milder than the limit and never above a caution; a limit of advisory is no alert', () => {
    const h = house()
    for (let i = 0; i < 5; i++) h.minute(8_000, 8_000, { guard: [guarded('caution', 4_549)] })
    // emergency at 22,744 ppm in under two hours
    assert.deepEqual(h.lines(), ['crew-co2-high-expected caution'])
    const mild = house()
    for (let i = 0; i < 5; i++) mild.minute(2_000, 200)
    assert.deepEqual(mild.lines(), [])
  })

  it('is over for the twin when the guard says that it is reached, and comes back for the next limit only', () => {
    const h = house()
    for (let i = 0; i < 4; i++) h.minute(4_000, 400)
    h.minute(4_600, 400, { guard: [guarded('caution', 4_549)] })
    assert.deepEqual(h.lines(), ['crew-co2-high-expected advisory', 'crew-co2-high-expected over'])
    assert.equal(h.said.at(-1)?.text, 'CO₂ in the crew quarters has reached the limit')
    for (let i = 0; i < 30; i++) h.minute(4_600, 400, { guard: [guarded('caution', 4_549)] })
    assert.equal(h.said.length, 2)
    for (let i = 0; i < 10; i++) h.minute(5_000, 2_000, { guard: [guarded('caution', 4_549)] })
    assert.equal(h.lines().at(-1), 'crew-co2-high-expected caution')
  })

  it('is taken back after ten minutes in which it has become unlikely', () => {
    const h = house()
    for (let i = 0; i < 5; i++) h.minute(1_000, 1_000)
    for (let i = 0; i < 9; i++) h.minute(1_000, 0)
    assert.equal(h.said.length, 1)
    h.minute(1_000, 0)
    assert.deepEqual(h.lines(), ['crew-co2-high-expected advisory', 'crew-co2-high-expected over'])
    assert.match(h.said[1]?.text ?? '', /not expected to reach its upper limit any more/)
  })

  it('its figures are brought up to date each ten minutes, not each minute', () => {
    const h = house()
    for (let i = 0; i < 63; i++) h.minute(1_000 + i * 10, 1_000)
    assert.equal(h.said.length, 7)
    assert.ok(h.said.every(({ since }) => since === h.said[0]?.since))
  })

  it('in the bands of an ensemble the members say how likely', () => {
    // half of the members go up and half down: the bands alone would say the same at each lead
    const count = 100
    const values = new Float64Array(leads.length * count)
    for (let l = 0; l < leads.length; l++)
      for (let i = 0; i < count; i++) values[l * count + i] = i < count / 2 ? 1_000 + 900 * (l + 1) : 1_000
    const h = house()
    const members = {
      leads,
      members: (zone: string, quantity: string) => (zone === 'crew' && quantity === 'co2' ? values : undefined),
    }
    const reached = h.minute(1_000, 0, { forecasts: [], futures: members })
    for (const { odds } of reached) assert.equal(odds, 0.5)
    assert.ok(reached.length === 4)
  })
})

describe('odds that waver', () => {
  const odds = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1_440, maxLength: 1_440 })

  it('never raise without three minutes on end, and raise few times a day whatever they do', () => {
    fc.assert(
      fc.property(odds, (list) => {
        const one = newSwitch()
        let raised = 0
        let run = 0
        for (const [i, chance] of list.entries()) {
          const before = one.on
          turn(one, NOW + i * MINUTE, chance, false)
          run = chance >= 0.5 ? run + 1 : 0
          if (one.on && !before) {
            raised++
            assert.ok(run >= 3)
          }
        }
        // 3, 6, 12, 24 … minutes on end within 6 h
        assert.ok(raised <= 28, `${raised}`)
      }),
      { numRuns: runs(50) },
    )
  })

  it('that swing as badly as can be are told at most seven times in six hours', () => {
    const swing = fc.tuple(fc.integer({ min: 3, max: 40 }), fc.integer({ min: 10, max: 40 }))
    fc.assert(
      fc.property(swing, ([high, low]) => {
        const one = newSwitch()
        const raised: number[] = []
        for (let i = 0; i < 2_880; i++) {
          const before = one.on
          turn(one, NOW + i * MINUTE, i % (high + low) < high ? 1 : 0, false)
          if (one.on && !before) raised.push(i)
        }
        for (const at of raised) assert.ok(raised.filter((other) => other >= at && other < at + 360).length <= 7)
      }),
    )
  })

  it('between a quarter and a half change nothing', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.double({ min: 0.25, max: 0.4999, noNaN: true }), { minLength: 100, maxLength: 300 }),
        (on, list) => {
          const one = { ...newSwitch(), on }
          for (const [i, chance] of list.entries()) turn(one, NOW + i * MINUTE, chance, false)
          assert.equal(one.on, on)
        },
      ),
    )
  })
})

describe('the life of an alert', () => {
  it('one is acknowledged by name, once, and anew where it gets worse', () => {
    const h = house()
    for (let i = 0; i < 3; i++) h.minute(3_500, 400)
    assert.equal(h.alerts.acknowledge('nothing', 'Ada', h.at()), undefined)
    const [acknowledged] = h.alerts.acknowledge('crew-co2-high-expected', 'Ada', h.at()) ?? []
    assert.deepEqual(acknowledged?.acknowledged, { by: 'Ada', t: h.at() })
    assert.deepEqual(h.alerts.acknowledge('crew-co2-high-expected', 'Bob', h.at()), [])
    for (let i = 0; i < 15; i++) h.minute(3_500, 410)
    assert.equal(h.alerts.active()[0]?.acknowledged?.by, 'Ada')
    for (let i = 0; i < 15; i++) h.minute(3_500, 4_000)
    assert.equal(h.alerts.active()[0]?.level, 'caution')
    assert.equal(h.alerts.active()[0]?.acknowledged, undefined)
  })

  it('a restart goes on with what stood, who acknowledged it, and how long odds had held', () => {
    const before = house()
    for (let i = 0; i < 3; i++) before.minute(1_000, 1_000)
    before.alerts.acknowledge('crew-co2-high-expected', 'Ada', before.at())
    const after = house(new TwinAlerts(options, before.alerts.snapshot()), before.at())
    assert.deepEqual(after.alerts.active(), before.alerts.active())
    for (let i = 0; i < 10; i++) after.minute(1_000, 0)
    assert.deepEqual(after.lines(), ['crew-co2-high-expected over'])
    const anew = new TwinAlerts(options, new Uint8Array([1, 2, 3]))
    assert.deepEqual(anew.active(), [])
  })
})
