/**
 * The live twin's numbers on one thread: a step of the filter against ml-matrix doing the same algebra, a forecast of
 * 100 members over a day, a what-if over two days, a minute of a habitat with its instruments.
 */
import { Matrix } from 'ml-matrix'
import { assimilate } from '../sim-core/src/twin/ensemble/filter.ts'
import { Ensemble, type HabitatPlan, type Observation } from '../sim-core/src/twin/ensemble/index.ts'
import { whatif } from '../sim-core/src/twin/whatif.ts'
import { atMost, type Bench, type Outcome, round } from './support/bench.ts'
import { median } from './support/statistics.ts'

const TIMES = 25
const MEMBERS = 100
const ROWS = 40
const READINGS = 12
const MINUTE = 29_700_000

export const twin: Bench = { name: 'twin', gate: false, run: async () => measure() }

const plan: HabitatPlan = {
  timezone: 'America/Phoenix',
  pressure: 879,
  wake: 7,
  sleep: 23,
  switches: [],
  zones: [
    {
      id: 'farm',
      label: 'Farm',
      volume: 480,
      plants: { lettuce: 30 },
      beside: [],
      lamps: { from: 5, to: 21, par: 500 },
    },
    {
      id: 'crew',
      label: 'Crew',
      volume: 272,
      beside: ['farm'],
      scrubber: { flow: 144, on: 1_200, off: 900 },
      oxygen: {},
      lung: { volume: 45 },
    },
    { id: 'lab', label: 'Lab', volume: 120, beside: ['crew'] },
  ],
}

function measure(): Outcome {
  const ours: number[] = []
  const theirs: number[] = []
  const day: number[] = []
  const supposed: number[] = []
  const minutes: number[] = []
  const ensemble = new Ensemble(plan)
  for (let i = 0; i < 60; i++) ensemble.step(MINUTE + i, readings(i))
  const leads = Array.from({ length: 96 }, (_, i) => 15 * (i + 1))
  let minute = MINUTE + 60
  for (let i = 0; i < TIMES + 3; i++) {
    const counts = i >= 3 // what is compiled only by and by does not count
    const note = (list: number[], ms: number) => counts && list.push(ms)
    note(
      ours,
      time(() => ourFilter(i)),
    )
    note(
      theirs,
      time(() => theirFilter(i)),
    )
    note(
      day,
      time(() => ensemble.forecast(leads)),
    )
    const change = { what: 'crew', zone: 'crew', add: 2 } as const
    note(
      supposed,
      time(() => whatif(ensemble, { changes: [change], hours: 48 }, [], () => ({}))),
    )
    note(
      minutes,
      time(() => ensemble.step(minute++, readings(i))),
    )
  }
  const figures = {
    filter_step_ms: round(median(ours)),
    filter_step_ml_matrix_ms: round(median(theirs)),
    filter_times_as_fast: round(median(theirs) / median(ours)),
    forecast_day_3_zones_ms: round(median(day)),
    forecast_day_3_zones_most_ms: round(Math.max(...day)),
    whatif_2_days_3_zones_ms: round(median(supposed)),
    minute_with_readings_ms: round(median(minutes)),
  }
  const goals = [
    atMost('forecast_day_3_zones_ms', figures.forecast_day_3_zones_ms, 150),
    atMost('whatif_2_days_3_zones_ms', figures.whatif_2_days_3_zones_ms, 1_000),
  ]
  return { figures, goals }
}

function time(what: () => unknown): number {
  const from = performance.now()
  what()
  return performance.now() - from
}

/** Numbers between −1 and 1 that no chance makes. */
function numbers(seed: number, row: number): Float64Array {
  return Float64Array.from({ length: MEMBERS }, (_, m) => Math.sin(12.9898 * m + 78.233 * row + seed))
}

/** 40 rows, 12 readings of a row each. */
function ourFilter(seed: number): void {
  const rows = Array.from(
    { length: ROWS },
    (_, r) => ({ id: `${r}`, kind: 'state', mean: 0, sd: 1, values: numbers(seed, r) }) as const,
  )
  const touches = rows.map((row) => ({ row, taper: 1 }))
  for (let y = 0; y < READINGS; y++) assimilate(touches, (rows[y] as (typeof rows)[number]).values.slice(), 0.5, 0.1)
}

/** The same serial square-root filter, correlations of chance taken back too, in matrices. */
function theirFilter(seed: number): void {
  let x = new Matrix(Array.from({ length: ROWS }, (_, r) => [...numbers(seed, r)]))
  for (let y = 0; y < READINGS; y++) {
    const means = new Matrix([x.mean('row')]).transpose()
    const apart = x.clone().subColumnVector(means)
    const h = apart.getRowVector(y)
    const squares = h.mmul(h.transpose()).get(0, 0)
    const total = squares / (MEMBERS - 1) + 0.1
    const covariance = apart.mmul(h.transpose())
    const own = apart.clone().pow(2).sum('row')
    const sure = covariance.clone()
    for (let r = 0; r < ROWS; r++) {
      const chance = (2 * (own[r] as number) * squares) / (MEMBERS * covariance.get(r, 0) ** 2)
      sure.set(r, 0, Math.max(0, 1 - chance))
    }
    const gain = covariance.mul(sure).div((MEMBERS - 1) * total)
    const alpha = 1 / (1 + Math.sqrt(0.1 / total))
    const mean = means.add(gain.clone().mul(0.5 - means.get(y, 0)))
    x = apart.sub(gain.mmul(h).mul(alpha)).addColumnVector(mean)
  }
}

function readings(i: number): Observation[] {
  const all: Observation[] = []
  for (const [n, { id: zone }] of plan.zones.entries()) {
    const air = { co2: 900 + Math.sin(i / 7 + n), temperature: 22 + n, humidity: 45, o2: 20.8 }
    for (const [point, value] of Object.entries(air))
      all.push({ device: `${zone}-air`, zone, point, value, trust: 'good' })
  }
  all.push({ device: 'lung', zone: 'crew', point: 'level', value: 50 + Math.cos(i / 9), trust: 'good' })
  return all
}
