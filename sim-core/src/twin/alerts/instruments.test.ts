import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Alert, alert as alertSchema } from '@habtwin/contract'
import { TwinAlerts } from './index.ts'
import { coloured, made } from './support.ts'

const MINUTE = 60_000
const DAY = 1_440
const NOW = Date.UTC(2026, 10, 21, 0)
const names: Record<string, string> = { 'crew-air': 'Crew air' }

type Says = (minute: number, air: number) => number | undefined

/** Instruments in two zones whose CO2 goes up and down with the day; each says what it makes of its zone's. */
function house(instruments: Record<string, { zone: string; point?: string; says: Says }>, seed = 1) {
  const alerts = new TwinAlerts({ zones: {}, timezone: 'UTC', name: (device) => names[device] ?? device })
  const random = made(seed)
  const wander = { crew: coloured(random, 0.98), greenhouse: coloured(random, 0.98) } as Record<string, () => number>
  const said: Alert[] = []
  let minutes = 0
  return {
    alerts,
    said,
    lines: () => said.map(({ id, active }) => `${id}${active ? '' : ' over'}`),
    /** Each alert as often as it was raised. */
    raised: () =>
      said
        .filter(
          ({ active, since, t, id }, i) =>
            active && !said.slice(0, i).some((one) => one.active && one.id === id && one.since === since && one.t < t),
        )
        .map(({ id }) => id),
    now: () => NOW + minutes * MINUTE,
    live(length: number) {
      for (let i = 0; i < length; i++) {
        minutes++
        const day = Math.sin((2 * Math.PI * minutes) / DAY)
        const air: Record<string, number> = {
          crew: 1_100 + 250 * day + 30 * (wander.crew?.() ?? 0),
          greenhouse: 600 - 200 * day + 30 * (wander.greenhouse?.() ?? 0),
        }
        const observed = Object.entries(instruments).flatMap(([device, { zone, point = 'co2', says }]) => {
          const value = says(minutes, air[zone] ?? 0)
          return value === undefined ? [] : [{ device, zone, point, value }]
        })
        const { changes } = alerts.minute(NOW + minutes * MINUTE, { estimates: [], forecasts: [], guard: [], observed })
        for (const change of changes) said.push(alertSchema.parse(change))
      }
    },
  }
}

/** An instrument with its gain, offset and noise as of a data sheet. */
function fair(seed: number, gain = 1, offset = 0, wrong: (minute: number) => number = () => 1): Says {
  const { normal } = made(seed)
  return (minute, air) => Math.round((air * gain + offset + 2 * normal()) * wrong(minute) * 10) / 10
}

const START = 2 * DAY
/** By so much of its value a day, from the third day on. */
const drifting = (rate: number) => (minute: number) => 1 + (rate * Math.max(0, minute - START)) / DAY

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

describe('an instrument that drifts', () => {
  it('by 5 % a day is named among three within half a day, with its rate', () => {
    const delays: number[] = []
    for (const seed of [1, 2, 3, 4, 5]) {
      const h = house(
        {
          'crew-air': { zone: 'crew', says: fair(10 + seed, 1.05, 20, drifting(seed % 2 ? 0.05 : -0.05)) },
          b: { zone: 'crew', says: fair(20 + seed, 0.96, -30) },
          c: { zone: 'crew', says: fair(30 + seed, 1.01, 5) },
        },
        seed,
      )
      h.live(START + 12 * 60)
      assert.deepEqual([...new Set(h.raised())], ['crew-air-co2-drift'])
      const first = h.said[0]
      delays.push(((first?.t ?? Number.NaN) - NOW) / MINUTE - START)
      assert.deepEqual(
        [first?.device, first?.anomaly?.parameter, first?.level],
        ['crew-air', 'bias/crew-air/co2', 'advisory'],
      )
      assert.match(
        first?.text ?? '',
        seed % 2 ? /^Crew air's CO₂ drifts away from its neighbours: \+\d\.\d % a day$/ : /: −\d\.\d % a day$/,
      )
      h.live(12 * 60)
      // by then all that it looks at lies within the drift
      assert.ok(Math.abs(Math.abs(h.alerts.active()[0]?.anomaly?.to ?? 0) - 5) < 1)
    }
    assert.ok(median(delays) <= 9 * 60, `${delays}`)
  })

  it('of two it is said that one of them is wrong', () => {
    const h = house({
      a: { zone: 'crew', says: fair(1, 1.05, 20) },
      b: { zone: 'crew', says: fair(2, 0.96, 0, drifting(0.05)) },
    })
    h.live(START + 12 * 60)
    assert.deepEqual([...new Set(h.raised())], ['a-co2-drift'])
    assert.match(h.said[0]?.text ?? '', /^a and b drift apart in CO₂, by \d\.\d % a day: one of the two is wrong$/)
  })

  it('stands until it has kept with the others again for some hours', () => {
    const until = START + DAY
    const h = house({
      a: { zone: 'crew', says: fair(1) },
      b: { zone: 'crew', says: fair(2) },
      c: { zone: 'crew', says: fair(3, 1, 0, (minute) => drifting(0.05)(Math.min(minute, until))) },
    })
    h.live(until)
    assert.deepEqual(
      h.alerts.active().map(({ id }) => id),
      ['c-co2-drift'],
    )
    h.live(2 * DAY)
    assert.deepEqual(h.alerts.active(), [])
    assert.equal(h.said.at(-1)?.text, "c's CO₂ is as it should be again")
  })

  it('gains, offsets and places that differ are no drift, in weeks of air that goes up and down', () => {
    let weeks = 0
    const raised: string[] = []
    for (const seed of [1, 2, 3, 4]) {
      const near = coloured(made(seed + 50), 0.995)
      const plain = fair(40 + seed, 0.93, 35)
      const h = house(
        {
          a: { zone: 'crew', says: fair(10 + seed, 1.07, -30) },
          // hangs where people breathe: by its neighbours it wanders for hours
          b: { zone: 'crew', says: (minute, air) => (plain(minute, air) ?? 0) + 15 * near() },
          c: { zone: 'crew', says: fair(30 + seed, 1.01, 5) },
          d: { zone: 'greenhouse', says: fair(60 + seed, 0.95) },
          e: { zone: 'greenhouse', says: fair(70 + seed, 1.04, 20) },
        },
        seed,
      )
      h.live(7 * DAY)
      weeks++
      raised.push(...h.raised())
    }
    assert.ok(raised.length <= weeks / 4, `${raised}`)
  })
})

describe('an instrument that shows the same', () => {
  it('to the last digit for an hour is told, and until it moves again', () => {
    let held: number | undefined
    const usual = fair(1)
    const h = house({
      'crew-air': {
        zone: 'crew',
        says: (minute, air) => {
          if (minute < DAY || minute > DAY + 180) return usual(minute, air)
          held ??= usual(minute, air)
          return held
        },
      },
    })
    h.live(DAY + 59)
    assert.equal(h.said.length, 0)
    h.live(10)
    assert.deepEqual(h.raised(), ['crew-air-co2-frozen'])
    assert.match(h.said[0]?.text ?? '', /^Crew air's CO₂ has shown [\d,]+ ppm without the least change since 00:00$/)
    h.live(180)
    assert.deepEqual(h.lines(), ['crew-air-co2-frozen', 'crew-air-co2-frozen over'])
  })

  it('for as long as it did on other nights is none, nor one that shows nothing because there is nothing', () => {
    const h = house({
      coarse: { zone: 'crew', point: 'temperature', says: (minute) => (minute % DAY < 240 ? 19.5 : 20 + (minute % 7)) },
      still: { zone: 'crew', point: 'pressure-difference', says: () => 0 },
      lamp: { zone: 'crew', point: 'light', says: (minute) => (minute % DAY < 700 ? 0 : 20_000) },
    })
    h.live(4 * DAY)
    assert.deepEqual(h.raised(), [])
  })
})

describe('two instruments', () => {
  it('that changed places are told with the time, and when they are put back', () => {
    const at = START + 6 * 60
    const [crew, greenhouse] = [fair(1), fair(2)]
    // each says what the other's zone has
    let other: Record<string, number> = {}
    const h = house({
      a: {
        zone: 'crew',
        says: (minute, air) => {
          other.crew = air
          return crew(minute, minute >= at && minute < at + 180 ? (other.greenhouse ?? air) : air)
        },
      },
      b: {
        zone: 'greenhouse',
        says: (minute, air) => {
          other.greenhouse = air
          return greenhouse(minute, minute >= at && minute < at + 180 ? (other.crew ?? air) : air)
        },
      },
    })
    other = {}
    h.live(at + 100)
    assert.deepEqual(h.raised(), ['a-b-swapped'])
    assert.equal(
      h.said[0]?.text,
      "a and b look as if they had changed places at 06:00: each shows the other zone's CO₂",
    )
    h.live(180)
    assert.deepEqual(
      h.alerts.active().map(({ id }) => id),
      [],
    )
  })

  it('that meet because a hatch was opened have not changed places', () => {
    const open = START + 6 * 60
    let air2: Record<string, number> = {}
    const mixed =
      (zone: string, plain: Says): Says =>
      (minute, air) => {
        air2[zone] = air
        const other = air2[zone === 'crew' ? 'greenhouse' : 'crew'] ?? air
        const share = minute < open ? 0 : Math.min(0.5, (minute - open) / 20)
        return plain(minute, air * (1 - share) + other * share)
      }
    const h = house({
      a: { zone: 'crew', says: mixed('crew', fair(1)) },
      b: { zone: 'greenhouse', says: mixed('greenhouse', fair(2)) },
    })
    air2 = {}
    h.live(open + 600)
    assert.deepEqual(
      h.raised().filter((id) => id.endsWith('swapped')),
      [],
    )
  })
})

describe('a scrubber that stands still', () => {
  it('though it ought to run is told after ten minutes, until it runs', () => {
    const alerts = new TwinAlerts({
      zones: { crew: { label: 'Crew quarters', limits: {}, scrubber: { on: 1_200 } } },
      timezone: 'America/Phoenix',
    })
    const said: Alert[] = []
    let t = Date.UTC(2026, 10, 21, 21)
    const minute = (running: number, co2: number) => {
      t += MINUTE
      const machines = [{ zone: 'crew', device: 'scrubber', kind: 'scrubber', running, expected: co2 > 1_200 } as const]
      said.push(
        ...alerts.minute(t, {
          estimates: [{ zone: 'crew', quantity: 'co2', mean: co2 }],
          forecasts: [],
          guard: [],
          machines,
        }).changes,
      )
    }
    for (let i = 0; i < 30; i++) minute(0, 1_100)
    for (let i = 0; i < 9; i++) minute(0, 1_643)
    assert.equal(said.length, 0)
    minute(0, 1_643)
    assert.equal(
      said[0]?.text,
      'The CO₂ scrubber of the crew quarters has been off since 14:31 though CO₂ is 1,643 ppm; it should switch on at 1,200 ppm',
    )
    assert.deepEqual([said[0]?.level, said[0]?.checklist], ['caution', 'co2-high'])
    minute(1, 1_640)
    assert.equal(said[1]?.active, false)
    assert.equal(said.length, 2)
  })
})
