import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Autoregression, DampedHolt, Persistence, Seasonal, Trend } from './baselines.ts'
import { Forecaster } from './forecaster.ts'
import { History } from './history.ts'
import { levels } from './intervals.ts'
import { Normal } from './linear.ts'
import { Score } from './score.ts'

/** mulberry32, and normal deviates from it (Box and Muller). */
function chance(seed: number): () => number {
  let a = seed
  const uniform = () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform())
}

const leads = [5, 15, 60]

function run(values: readonly number[]): { medians: number[][]; quantiles: number[][] } {
  const forecaster = new Forecaster({ stepMinutes: 1, leads, quantities: ['co2'] })
  const [medians, quantiles]: [number[][], number[][]] = [[], []]
  for (const co2 of values) {
    const forecast = forecaster.step({ co2 }).get('co2')
    medians.push([...(forecast?.medians ?? [])])
    quantiles.push([...(forecast?.quantiles ?? [])])
  }
  return { medians, quantiles }
}

function walk(seed: number, n: number): number[] {
  const normal = chance(seed)
  let x = 600
  return Array.from({ length: n }, () => (x += 2 * normal()))
}

/** A room that is entered and left at chance. */
function room(seed: number, n: number): number[] {
  const normal = chance(seed)
  let x = 500
  let people = 0
  return Array.from({ length: n }, () => {
    if (Math.abs(normal()) > 2.6) people = Math.floor(Math.abs(2 * normal()))
    x += 5 * people - 0.012 * (x - 420)
    return x + 2 * normal()
  })
}

function error(
  values: readonly number[],
  medians: readonly number[][],
  l: number,
  from: number,
): [ours: number, stay: number] {
  const lead = leads[l] as number
  let [ours, stay] = [0, 0]
  for (let k = from; k + lead < values.length; k++) {
    const came = values[k + lead] as number
    ours += Math.abs(came - (medians[k]?.[l] as number))
    stay += Math.abs(came - (values[k] as number))
  }
  return [ours, stay]
}

describe('forecaster', () => {
  it('looks at nothing that lies later', () => {
    const values = room(1, 1_200)
    const other = values.map((x, k) => (k < 900 ? x : 5_000 - x))
    const [a, b] = [run(values), run(other)]
    assert.deepEqual(a.medians.slice(0, 900), b.medians.slice(0, 900))
    assert.deepEqual(a.quantiles.slice(0, 900), b.quantiles.slice(0, 900))
    assert.notDeepEqual(a.medians[1_000], b.medians[1_000])
  })

  it('does not lose to persistence where nothing can be won', () => {
    const values = walk(2, 4_000)
    const { medians } = run(values)
    for (let l = 0; l < leads.length; l++) {
      const [ours, stay] = error(values, medians, l, 1_000)
      assert.ok(ours < 1.03 * stay, `${leads[l]} min: ${ours / stay}`)
    }
  })

  it('wins where rooms fill and empty, with nine in ten inside the band', () => {
    const values = room(3, 5_000)
    const { medians, quantiles } = run(values)
    for (let l = 0; l < leads.length; l++) {
      const [ours, stay] = error(values, medians, l, 2_000)
      assert.ok(ours < 0.9 * stay, `${leads[l]} min: ${ours / stay}`)
      let [inside, n] = [0, 0]
      for (let k = 2_000; k + (leads[l] as number) < values.length; k++, n++) {
        const came = values[k + (leads[l] as number)] as number
        const [low, high] = [quantiles[k]?.[l * levels.length], quantiles[k]?.[(l + 1) * levels.length - 1]]
        if (came >= (low as number) && came <= (high as number)) inside++
      }
      assert.ok(inside / n > 0.85 && inside / n < 0.95, `${leads[l]} min: ${inside / n}`)
    }
  })

  it('stays finite, with quantiles in order, whatever is missing, constant or absurd', () => {
    const normal = chance(4)
    const values = room(4, 1_500).map((x, k) => {
      if (k < 20 || (k > 300 && k < 500) || Math.abs(normal()) > 2.5) return Number.NaN
      return k > 600 && k < 800 ? 400 : k % 97 === 0 ? 60_000 : x
    })
    const { medians, quantiles } = run(values)
    for (let k = 24; k < values.length; k++) {
      assert.ok(medians[k]?.every(Number.isFinite), `step ${k}`)
      for (let i = 1; i < (quantiles[k]?.length as number); i++) {
        if (i % levels.length === 0) continue
        assert.ok((quantiles[k]?.[i] as number) >= (quantiles[k]?.[i - 1] as number), `step ${k}`)
      }
    }
  })

  it('goes on after a time in which nobody looked', () => {
    const forecaster = new Forecaster({ stepMinutes: 1, leads, quantities: ['co2'] })
    for (const co2 of room(5, 600)) forecaster.step({ co2 })
    forecaster.skip(10_000)
    for (const co2 of room(6, 600)) forecaster.step({ co2 })
    assert.ok(forecaster.forecasts.get('co2')?.medians.every(Number.isFinite))
  })
})

describe('history', () => {
  it('drops spikes once they were met, and believes steps', () => {
    const history = new History(1_440)
    const normal = chance(7)
    const step = (x: number) => {
      history.step(x + normal())
      return history.now
    }
    for (let i = 0; i < 200; i++) step(500)
    step(5_000)
    step(500)
    assert.ok(history.at(history.k - 1) < 510)
    assert.ok(step(5_000) < 510)
    step(500)
    step(900)
    step(900)
    assert.ok(step(900) > 890)
    assert.ok(history.at(history.k - 2) > 890)
  })

  it('finds the grid that an instrument rounds to', () => {
    const history = new History(1_440)
    const normal = chance(8)
    for (let i = 0; i < 100; i++) history.step(Math.round(200 + 10 * normal()) / 10)
    assert.equal(history.resolution, 0.1)
  })
})

describe('baselines', () => {
  it('find the process that they assume', () => {
    const normal = chance(9)
    const ar = new Autoregression(2, 50, 10)
    let [x, y] = [0, 0]
    for (let i = 0; i < 5_000; i++) {
      ;[x, y] = [1.2 * x - 0.4 * y + normal(), x]
      ar.step(20 + x)
    }
    const out = new Float64Array(1)
    ar.forecast([1], out)
    assert.ok(Math.abs((out[0] as number) - (20 + 1.2 * x - 0.4 * y)) < 0.2)
  })

  it('are exact on a line, and on a day that comes again', () => {
    const ahead = [5, 15, 60]
    const out = new Float64Array(3)
    const trend = new Trend(15)
    const holt = new DampedHolt(ahead, 1)
    const stay = new Persistence()
    const season = new Seasonal(1_440)
    for (let k = 0; k < 2_000; k++) {
      for (const one of [trend, stay, holt]) one.step(k)
      season.step(k % 1_440)
    }
    trend.forecast(ahead, out)
    assert.deepEqual(
      [...out].map((x) => Math.round(1e6 * x) / 1e6),
      [2_004, 2_014, 2_059],
    )
    stay.forecast(ahead, out)
    assert.deepEqual([...out], [1_999, 1_999, 1_999])
    season.forecast(ahead, out)
    assert.deepEqual([...out], [564, 574, 619])
    holt.forecast(ahead, out)
    assert.ok((out[0] as number) > 2_003)
  })
})

describe('normal equations', () => {
  it('are solved', () => {
    const normal = new Normal(2)
    for (let i = 0; i < 10; i++) normal.add(Float64Array.of(1, i), 0, 3 + 2 * i, 1)
    const out = new Float64Array(2)
    assert.ok(normal.solve(Float64Array.of(0, 0), out))
    assert.ok(Math.abs((out[0] as number) - 3) < 1e-9 && Math.abs((out[1] as number) - 2) < 1e-9)
    assert.equal(new Normal(1).solve(Float64Array.of(0), out), false)
  })
})

describe('score', () => {
  it('gives the CRPS of a normal distribution', () => {
    const score = new Score(['persistence'])
    const normal = chance(10)
    // quantiles of the standard normal distribution at 0.05 … 0.95
    const z = [
      -1.645, -1.282, -1.036, -0.842, -0.674, -0.524, -0.385, -0.253, -0.126, 0, 0.126, 0.253, 0.385, 0.524, 0.674,
      0.842, 1.036, 1.282, 1.645,
    ]
    for (let i = 0; i < 20_000; i++) score.add(normal(), 0, z, 0, [1], 0)
    const { crps, coverage90, mae } = score.scores
    assert.ok(Math.abs(crps - 0.5642) < 0.03, String(crps))
    assert.ok(Math.abs(coverage90 - 0.9) < 0.01)
    assert.ok(Math.abs(mae - 0.798) < 0.02)
  })
})
