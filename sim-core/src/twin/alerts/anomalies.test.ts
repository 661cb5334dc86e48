import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Alert, alert as alertSchema, type Parameter } from '@habtwin/contract'
import type { Innovation } from './complaints.ts'
import { type MinuteInputs, TwinAlerts } from './index.ts'
import { coloured, type Made, made } from './support.ts'
import { chi, cusum, follow, newWatch } from './watch.ts'

const MINUTE = 60_000
const DAY = 1_440
/** 14:05 at the habitat is 21:05 UTC. */
const NOW = Date.UTC(2026, 10, 21, 0)

const zones = {
  crew: { label: 'Crew quarters', limits: {}, scrubberOn: 1_200 },
  greenhouse: { label: 'Greenhouse', limits: {} },
}
const points = [
  ['crew', 'co2'], ['crew', 'temperature'], ['crew', 'humidity'], ['crew', 'o2'], ['crew', 'pressure-difference'], ['crew', 'level'],
  ['greenhouse', 'co2'], ['greenhouse', 'temperature'], ['greenhouse', 'humidity'], ['greenhouse', 'o2'],
] as const // biome-ignore format: a table

interface Figure {
  readonly parameter: Pick<Parameter, 'id' | 'kind' | 'label' | 'unit'> & { zone?: string }
  readonly mean: number
  readonly sd: number
}
const figures: Figure[] = [
  { parameter: { id: 'leak', kind: 'leak', label: 'Leak', unit: 'm3/h' }, mean: 0.2, sd: 0.05 },
  {
    parameter: { id: 'crew-load', kind: 'crew-load', label: 'Crew, by the CO₂ of a day', unit: '1' },
    mean: 3.9,
    sd: 0.3,
  },
  {
    parameter: { id: 'scrubber/crew', kind: 'scrubber', label: 'CO₂ scrubber of Crew', unit: '1', zone: 'crew' },
    mean: 0.72,
    sd: 0.06,
  },
  {
    parameter: {
      id: 'exchange/crew/greenhouse',
      kind: 'exchange',
      label: 'Air between Crew and Greenhouse',
      unit: 'm3/h',
      zone: 'crew',
    },
    mean: 90,
    sd: 15,
  },
  {
    parameter: { id: 'crop/greenhouse', kind: 'crop', label: 'Crop of Greenhouse', unit: '1', zone: 'greenhouse' },
    mean: 0.8,
    sd: 0.1,
  },
]

/** A made week of a filter that is right on average: its innovations coloured, its parameters wandering within their doubt. */
function habitat(random: Made, phi: number) {
  const noises = points.map(() => coloured(random, phi))
  const wander = figures.map(() => coloured(random, 0.998))
  return (
    change: { z?: Partial<Record<string, number>>; figures?: Partial<Record<string, number>> } = {},
  ): Pick<MinuteInputs, 'innovations' | 'parameters'> => ({
    innovations: points.map(([zone, point], i): Innovation => {
      const z = (noises[i]?.() ?? 0) + (change.z?.[`${zone}/${point}`] ?? 0)
      return { device: `${zone}-${point}`, zone, point, z, accepted: true }
    }),
    parameters: figures.map(({ parameter, mean, sd }, i): Parameter => {
      const value = (change.figures?.[parameter.id] ?? mean) + sd * (wander[i]?.() ?? 0)
      return {
        ...parameter,
        mean: value,
        sd,
        p05: value - 1.645 * sd,
        p95: value + 1.645 * sd,
        prior: { mean, sd: 3 * sd },
      }
    }),
  })
}

const nothing = { estimates: [], forecasts: [], guard: [] }

/** @param minutes that were lived before, as a snapshot has them */
function house(snapshot?: Uint8Array, minutes = 0) {
  const alerts = new TwinAlerts({ zones, timezone: 'America/Phoenix' }, snapshot)
  const said: Alert[] = []
  return {
    alerts,
    said,
    now: () => NOW + minutes * MINUTE,
    minute(inputs: Partial<MinuteInputs>) {
      minutes++
      const { changes } = alerts.minute(NOW + minutes * MINUTE, { ...nothing, ...inputs })
      for (const change of changes) said.push(alertSchema.parse(change))
    },
  }
}

const pasts = new Map<string, Uint8Array>()

/** After so many minutes as usual, which are lived once however many tests begin with them. */
function after(seed: number, minutes: number) {
  const next = habitat(made(seed), 0.5)
  const name = `${seed}/${minutes}`
  const known = pasts.get(name)
  const before = house()
  for (let i = 0; i < minutes; i++) {
    const usual = next()
    if (known === undefined) before.minute(usual)
  }
  const past = known ?? before.alerts.snapshot()
  pasts.set(name, past)
  return { next, h: house(past, minutes) }
}

/** Two days as usual, then a change that the filter takes up within some minutes; what is said of it, and how soon. */
function changed(seed: number, to: Partial<Record<string, number>>, z: Partial<Record<string, number>>) {
  const { next, h } = after(seed, 2 * DAY + 1_264)
  const start = h.now()
  for (let i = 0; i < 120; i++) {
    // the filter learns: what was not expected fades as the figure moves
    const learned = 1 - Math.exp(-i / 15)
    const part = Object.fromEntries(
      Object.entries(to).map(([id, value]) => {
        const from = figures.find(({ parameter }) => parameter.id === id)?.mean ?? 0
        return [id, from + learned * ((value ?? 0) - from)]
      }),
    )
    h.minute(
      next({
        figures: part,
        z: Object.fromEntries(Object.entries(z).map(([at, shift]) => [at, (shift ?? 0) * (1 - learned)])),
      }),
    )
  }
  const [first] = h.said
  return {
    first,
    delay: first ? (first.t - start) / MINUTE : Number.POSITIVE_INFINITY,
    since: first ? (first.since - start) / MINUTE : Number.NaN,
  }
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const seeds = Array.from({ length: 5 }, (_, i) => 100 + i)

describe('a watch of innovations', () => {
  it('finds a shift of one standard deviation within half an hour, and when it began', () => {
    const delays: number[] = []
    for (const seed of seeds) {
      const { normal } = made(seed)
      const watch = newWatch()
      for (let i = 0; i < 2 * DAY; i++) follow(watch, NOW + i * MINUTE, normal())
      // whatever the noise had gathered by then is let go of
      for (const one of watch.cusums) one.value = 0
      const start = 2 * DAY
      for (let i = start; i < start + 240; i++) {
        follow(watch, NOW + i * MINUTE, 1 + normal())
        if (cusum(watch).evidence < 1) continue
        delays.push(i - start)
        assert.equal(cusum(watch).up, true)
        break
      }
    }
    assert.equal(delays.length, seeds.length)
    assert.ok(median(delays) <= 15, `${delays}`)
  })

  it('takes coloured innovations for what they are: no more alarms of them than of white ones', () => {
    for (const phi of [0, 0.5, 0.9, 0.97]) {
      let alarmed = 0
      let broad = 0
      let minutes = 0
      for (const seed of seeds) {
        const noise = coloured(made(seed), phi)
        const watch = newWatch()
        for (let i = 0; i < 7 * DAY; i++) {
          // of another spread and mean than the filter thinks
          follow(watch, NOW + i * MINUTE, 0.4 + 1.7 * noise())
          if (i < DAY) continue
          minutes++
          if (cusum(watch).evidence >= 2) alarmed++
          if (chi(watch) >= 1) broad++
        }
      }
      // of white noise a CUSUM of twice the threshold stands for less than one minute of a thousand
      assert.ok(alarmed / minutes < 0.002, `${phi}: ${alarmed} of ${minutes}`)
      assert.ok(broad / minutes < 0.03, `${phi}: ${broad} of ${minutes}`)
    }
  })

  it('an outlier by itself is nothing', () => {
    const { normal } = made(3)
    const watch = newWatch()
    for (let i = 0; i < DAY; i++) follow(watch, NOW + i * MINUTE, normal())
    for (const one of watch.cusums) one.value = 0
    follow(watch, NOW + DAY * MINUTE, 500)
    assert.ok(cusum(watch).evidence < 1)
  })
})

describe('a change in the habitat', () => {
  it('a leak that opens is named with what it was, what it is and since when', () => {
    const runs = seeds.map((seed) => changed(seed, { leak: 1.9 }, { 'crew/level': -3, 'crew/pressure-difference': -2 }))
    assert.ok(runs.every(({ first }) => first?.id === 'habitat-leak-changed'))
    assert.ok(median(runs.map(({ delay }) => delay)) <= 20, `${runs.map(({ delay }) => delay)}`)
    assert.ok(Math.abs(median(runs.map(({ since }) => since))) <= 10, `${runs.map(({ since }) => since)}`)
    const first = runs[0]?.first
    assert.equal(first?.level, 'caution')
    assert.equal(first?.checklist, 'pressure-leak')
    assert.match(first?.text ?? '', /^Leak up from 0\.2 to [01]\.\d m³\/h since 14:\d\d$/)
    assert.equal(first?.anomaly?.unit, 'm3/h')
  })

  it('two people more are told as people', () => {
    const runs = seeds.map((seed) =>
      changed(seed, { 'crew-load': 6.1 }, { 'crew/co2': 3, 'crew/humidity': 1, 'crew/o2': -1 }),
    )
    assert.ok(runs.every(({ first }) => first?.id === 'habitat-crew-load-changed'))
    assert.ok(median(runs.map(({ delay }) => delay)) <= 30, `${runs.map(({ delay }) => delay)}`)
    assert.match(
      runs[0]?.first?.text ?? '',
      /^(One person|Two people) more than before: CO₂ load of the crew up from \d\.\d to \d\.\d persons since 14:\d\d$/,
    )
  })

  it('a scrubber that takes nothing out any more is told as a share, of CO2 and of nothing else', () => {
    const runs = seeds.map((seed) => changed(seed, { 'scrubber/crew': 0.02 }, { 'crew/co2': 3 }))
    assert.ok(runs.every(({ first }) => first?.id === 'crew-scrubber-changed'))
    assert.ok(median(runs.map(({ delay }) => delay)) <= 30)
    assert.match(
      runs[0]?.first?.text ?? '',
      /^CO₂ scrubber of the crew quarters removes \d+ % of what passes; it did (69|7\d) % until 14:\d\d$/,
    )
  })

  it('one cause that moves two figures is told once, as the one that stands out', () => {
    const { first } = changed(7, { leak: 1.9, 'exchange/crew/greenhouse': 170 }, { 'crew/level': -3 })
    assert.equal(first?.id, 'habitat-leak-changed')
    const h = house()
    const next = habitat(made(7), 0.5)
    for (let i = 0; i < 2 * DAY; i++) h.minute(next())
    for (let i = 0; i < 120; i++) h.minute(next({ figures: { leak: 1.9, 'exchange/crew/greenhouse': 200 } }))
    assert.deepEqual(
      h.said.map(({ id, active }) => `${id} ${active}`).filter((line) => !line.startsWith('habitat-leak')),
      [],
    )
  })

  it('ends when it is as it was before, and what is acknowledged becomes the usual after a day', () => {
    for (const back of [true, false]) {
      const { next, h } = after(11, 2 * DAY)
      for (let i = 0; i < 60; i++) h.minute(next({ figures: { leak: 1.9 } }))
      const [alert] = h.alerts.active()
      assert.equal(alert?.id, 'habitat-leak-changed')
      if (!back) h.alerts.acknowledge('habitat-leak-changed', 'Ada', h.now())
      for (let i = 0; i < DAY + 60; i++) h.minute(next(back ? {} : { figures: { leak: 1.9 } }))
      assert.deepEqual(h.alerts.active(), [])
      assert.equal(
        h.said.at(-1)?.text,
        back ? 'Leak is as it was before' : 'Leak has been like this for long; it counts as usual now',
      )
    }
  })

  it('what no figure explains is told as such once it is beyond all that the last days had', () => {
    const h = house()
    const next = habitat(made(5), 0.5)
    for (let i = 0; i < 3 * DAY; i++) h.minute(next())
    for (let i = 0; i < 120; i++) h.minute(next({ z: { 'greenhouse/temperature': 4 } }))
    assert.deepEqual(
      h.alerts.active().map(({ id, level }) => `${id} ${level}`),
      ['greenhouse-unexplained advisory'],
    )
    assert.match(
      h.said[0]?.text ?? '',
      /^Temperature in the greenhouse has been higher since \d\d:\d\d than anything known to the twin explains$/,
    )
  })

  it('people who go from room to room are no change of the crew', () => {
    const h = house()
    const { normal } = made(2)
    const load = (zone: string, mean: number): Parameter => ({
      id: `crew-load/${zone}`, kind: 'crew-load', zone, label: 'Crew', unit: '1', mean, sd: 0.2, p05: mean, p95: mean, prior: { mean: 2, sd: 1 },
    }) // biome-ignore format: a list
    for (let i = 0; i < 3 * DAY; i++) {
      const away = i > 2 * DAY ? 2 : 0
      h.minute({ parameters: [load('crew', 4 - away + 0.1 * normal()), load('greenhouse', away + 0.1 * normal())] })
    }
    assert.deepEqual(h.said, [])
  })
})

describe('a made week in which nothing happens', () => {
  it('raises at most one alert in five habitat-weeks, white or coloured', () => {
    let alarms = 0
    let weeks = 0
    for (const phi of [0, 0.5, 0.9, 0.97, 0.99]) {
      const next = habitat(made(Math.round(1_000 * phi) + 1), phi)
      const h = house()
      for (let i = 0; i < 7 * DAY; i++) h.minute(next())
      alarms += h.said.filter(({ active }) => active).length
      weeks++
    }
    assert.ok(alarms <= weeks / 5, `${alarms} in ${weeks} weeks`)
  })

  it('and none where figures go up and down with the day', () => {
    const next = habitat(made(4), 0.8)
    const h = house()
    for (let i = 0; i < 7 * DAY; i++) {
      const day = Math.sin((2 * Math.PI * i) / DAY)
      const night = i % DAY < 480 ? 1 : 0
      h.minute(
        next({
          figures: { 'crew-load': 3.9 - 2 * night, 'exchange/crew/greenhouse': 90 + 60 * day },
          z: { 'crew/co2': 2 * day },
        }),
      )
    }
    assert.deepEqual(
      h.said.filter(({ active }) => active).map(({ text }) => text),
      [],
    )
  })
})
