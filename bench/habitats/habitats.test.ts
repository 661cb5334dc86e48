import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { build } from './build.ts'
import { examine } from './examine.ts'
import { faultsOf } from './faults.ts'
import { Living } from './living.ts'
import type { Bands, Figure, MakeSubject, Subject } from './subject.ts'
import { summarize } from './summary.ts'

const HOUR = 60

/** Somebody who knows all: the examination has to find nothing wrong with it. */
const oracle: MakeSubject = (built, living): Subject => {
  const { leak, residents, scrubber } = built.truth
  const certain = (mean: number): Figure => ({ mean, sd: 0, p05: mean, p95: mean, prior: { mean, sd: mean } })
  return {
    step() {},
    figures: () => ({ leak: certain(leak), crew: certain(residents), scrubber: certain(scrubber.efficiency) }),
    forecast(leads) {
      const ahead = new Living(built, living)
      const futures = new Map<string, Record<'p05' | 'p50' | 'p95', number[]>>()
      for (let minute = 1; minute <= Math.max(...leads); minute++) {
        ahead.live()
        if (!leads.includes(minute)) continue
        for (const [key, value] of ahead.ideal) {
          const bands = futures.get(key) ?? { p05: [], p50: [], p95: [] }
          futures.set(key, bands)
          for (const band of Object.values(bands)) band.push(value)
        }
      }
      return futures
    },
    findings() {
      const { controls } = living.habitat.state
      const { drift } = living
      const raise = (kind: string, device?: string) => [{ id: `${kind}/${device}`, kind, device, text: '' }]
      if (controls.leak !== 'sealed') return raise('leak')
      if (controls.scrubber !== 'auto') return raise('scrubber')
      if (controls.visitors > 0) return raise('crew-load')
      return drift === undefined ? [] : raise('bias', drift.device)
    },
    fork: (copy) => oracle(built, copy),
  }
}

/** Somebody who believes what is read, expects it to stay so, and raises an alarm each midnight. */
const naive: MakeSubject = (): Subject => {
  const now = new Map<string, number>()
  let minutes = 0
  return {
    step(_, observed) {
      minutes++
      for (const { zone, point, value } of observed) now.set(`${zone}/${point}`, value)
    },
    figures: () => ({ leak: { mean: 1.5, sd: 0.85, p05: 0.1, p95: 2.9, prior: { mean: 1.5, sd: 0.85 } } }),
    forecast: (leads) => {
      const stay = (value: number) => leads.map(() => value)
      return new Map<string, Bands>([...now].map(([key, v]) => [key, { p05: stay(v), p50: stay(v), p95: stay(v) }]))
    },
    findings: () => (minutes % (24 * HOUR) === 0 ? [{ id: 'midnight', kind: 'heat', text: '' }] : []),
    fork: () => undefined,
  }
}

describe('examination of the twin in virtual habitats', () => {
  it('finds nothing wrong with somebody who knows all', () => {
    const results = [2, 3].map((seed) => examine(seed, oracle, { faults: true, week: false }))
    const { figures, goals = [] } = summarize(results)
    assert.deepEqual(
      goals.filter(({ met }) => !met),
      [],
    )
    // who is never wrong covers more than 90 %
    const coverage = figures.coverage_of_the_ensemble as unknown as Record<
      string,
      Record<string, { coverage90: number; mae: number }>
    >
    const cells = Object.values(coverage).flatMap((leads) => Object.values(leads))
    assert.equal(cells.length, 16)
    for (const { coverage90, mae } of cells) assert.deepEqual([coverage90, mae], [1, 0])
    const faults = figures.faults as unknown as Record<
      string,
      { all: { n: number; median_min: number; named: number } }
    >
    assert.deepEqual(
      Object.entries(faults).map(([name, { all }]) => [name, all.n, all.median_min <= 1, all.named]),
      [
        ['leak', 2, true, 1],
        ['scrubber', 2, true, 1],
        ['spent', 2, true, 1],
        ['crew', 2, true, 1],
        ['drift', 1, true, 1],
      ],
    )
  })

  it('finds out somebody who knows nothing', () => {
    const result = examine(1, naive, {
      faults: true,
      week: false,
      published: (built) => naive(built, new Living(built)),
    })
    const { figures, goals = [], pass } = summarize([result])
    assert.equal(pass, false)
    const failed = goals.filter(({ met }) => !met).map(({ figure }) => figure)
    assert.ok(failed.includes('coverage of co2 at 60 min') && failed.includes('crew: median minutes until it is named'))
    // a midnight in each 24 h of 54, and one in 12 h of a fault at most
    assert.deepEqual(
      result.quiet.alarms.map(({ at }) => at),
      [24 * HOUR, 48 * HOUR],
    )
    assert.ok((figures.parameters as { leak: { all: { admits: number } } }).leak.all.admits === 1)
  })

  it('begins the same fault at the same time in each run, at an hour at which people come', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const built = build(seed)
      const faults = faultsOf(built)
      assert.deepEqual(
        faults.map(({ at }) => at),
        faultsOf(build(seed)).map(({ at }) => at),
      )
      assert.equal(faults.length, built.kind === 'whole' ? 5 : 4)
      for (const { at } of faults) assert.ok(at >= 30 * HOUR && at < 54 * HOUR)
      const visit = faults.find(({ name }) => name === 'crew')?.at ?? 0
      const hour = new Date(built.begin + visit * 60_000 - 7 * HOUR * 60_000).getUTCHours()
      assert.ok(hour >= 8 && hour < 21, `seed ${seed}: ${hour} o'clock`)
    }
  })

  it('does not tell what is hidden, in the configuration or by an instrument', () => {
    const { config, truth } = build(1)
    assert.equal(config.zones.crew?.crew, undefined)
    assert.ok(!JSON.stringify(config).includes(String(truth.leak)))
    const points = new Living(build(1)).live().map(({ point }) => point)
    assert.ok(!points.includes('crew') && points.includes('co2'))
  })

  it('lets only the instrument drift that a fault names', () => {
    const built = build(1)
    const sound = new Living(built)
    const drifting = new Living(built, sound)
    drifting.drift = { device: 'crew-air-2', point: 'co2', since: built.begin, rate: 0.05 }
    const apart = new Set<string>()
    let last = 0
    for (let minute = 0; minute < 12 * HOUR; minute++) {
      const right = sound.live()
      for (const [i, { device, point, value }] of drifting.live().entries()) {
        if (value === right[i]?.value) continue
        apart.add(`${device}/${point}`)
        last = value / (right[i]?.value as number)
      }
    }
    assert.deepEqual([...apart], ['crew-air-2/co2'])
    assert.ok(Math.abs(last - 1.025) < 0.001, String(last))
  })
})
