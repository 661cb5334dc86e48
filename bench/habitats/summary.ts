/** What many habitats say together: tables, and what is held to a bound. */
import { atMost, type Figure, type Goal, type Outcome, round } from '../support/bench.ts'
import { median, quantile } from '../support/statistics.ts'
import type { Kind } from './build.ts'
import { type FaultResult, leads, type Result } from './examine.ts'
import { type FaultName, faultNames } from './faults.ts'
import { scored } from './living.ts'
import type { Tallies, Tally } from './pending.ts'
import { type FigureName, figures } from './subject.ts'

const WEEK = 168
const GOALS = { error: 0.2, low: 0.85, high: 0.95, delay: 30, drift: 720, alarms: 1 }

export function summarize(results: readonly Result[]): Outcome {
  const whole = results.filter(({ kind }) => kind === 'whole')
  const parameters = Object.fromEntries(figures.map((name) => [name, byKind(results, (some) => errors(some, name))]))
  const coverage = covered(results.flatMap(({ published }) => (published === undefined ? [] : [published])))
  const ideal = covered(results.map(({ forecasts }) => forecasts))
  const faults = Object.fromEntries(faultNames.map((name) => [name, byKind(results, (some) => delays(some, name))]))
  const alarms = byKind(results, quiet)
  const days = sum(results, ({ days }) => days)
  const goals: Goal[] = [
    ...figures.map((name) => {
      const error = errors(results, name).sure_median_error
      return atMost(`${name}: median error of those that do not admit a wide spread`, error ?? 0, GOALS.error)
    }),
    ...Object.entries(coverage).flatMap(([quantity, leads]) =>
      Object.entries(leads).map(([lead, { coverage90 }]) => ({
        figure: `coverage of ${quantity} at ${lead} min`,
        goal: `${GOALS.low}–${GOALS.high}, is ${coverage90}`,
        met: coverage90 >= GOALS.low && coverage90 <= GOALS.high,
      })),
    ),
    // a room with one instrument of CO2 is watched too, but its faults need not show in half an hour
    ...faultNames.map((name) => {
      const delay = delays(whole, name).median_min
      const bound = name === 'drift' ? GOALS.drift : GOALS.delay
      return atMost(`${name}: median minutes until it is named`, delay ?? Number.POSITIVE_INFINITY, bound)
    }),
    atMost('false alarms a habitat-week', quiet(results).per_week, GOALS.alarms),
  ]
  return {
    figures: {
      habitats: results.length,
      seeds: results.map(({ seed }) => seed).sort((a, b) => a - b),
      parameters,
      coverage: coverage as unknown as Figure,
      coverage_of_the_ensemble: ideal as unknown as Figure,
      faults: faults as unknown as Figure,
      false_alarms: alarms,
      habitat_cpu_s_per_day: round(sum(results, ({ seconds }) => seconds.habitat) / days),
      twin_cpu_s_per_day: round(sum(results, ({ seconds }) => seconds.subject) / days),
    },
    goals,
    pass: goals.every(({ met }) => met),
  }
}

function byKind<T>(results: readonly Result[], of: (results: readonly Result[]) => T): Record<Kind | 'all', T> {
  const only = (kind: Kind) => of(results.filter((result) => result.kind === kind))
  return { all: of(results), whole: only('whole'), room: only('room') }
}

/** Relative errors of a figure; `admits` is the share whose spread is at least half the prior's. */
function errors(results: readonly Result[], name: FigureName) {
  const known = results.flatMap(({ figures, truth }) => {
    const figure = figures[name]
    if (figure === undefined) return []
    const error = Math.abs(figure.mean / truth[name] - 1)
    const inside = truth[name] >= figure.p05 && truth[name] <= figure.p95
    const admits = spread(figure) >= spread(figure.prior) / 2
    return [{ error, inside, admits, signed: figure.mean / truth[name] - 1 }]
  })
  const sure = known.filter(({ admits }) => !admits)
  const share = (part: readonly unknown[]) => round(part.length / known.length)
  const all = known.map(({ error }) => error)
  return {
    n: known.length,
    median_error: figure(median(all)),
    q25: figure(quantile(all, 0.25)),
    q75: figure(quantile(all, 0.75)),
    bias: figure(median(known.map(({ signed }) => signed))),
    admits: figure(share(known.filter(({ admits }) => admits))),
    sure_median_error: figure(median(sure.map(({ error }) => error))),
    inside_90_band: figure(share(known.filter(({ inside }) => inside))),
  }
}

/** Relative spread: the deviation of the logarithm. All of these figures are above zero. */
function spread({ mean, sd }: { mean: number; sd: number }): number {
  return Math.sqrt(Math.log1p((sd / mean) ** 2))
}

function covered(habitats: readonly Tallies[]) {
  const table: Record<string, Record<number, { n: number; coverage90: number; mae: number; persistence: number }>> = {}
  for (const quantity of Object.keys(scored)) {
    for (const lead of leads) {
      const tallies = habitats.flatMap((habitat) =>
        Object.entries(habitat).flatMap(([key, of]) => (key.endsWith(`/${quantity}`) ? (of[lead] ?? []) : [])),
      )
      if (tallies.length === 0) continue
      const total = (of: keyof Tally) => sum(tallies, (tally) => tally[of])
      const n = total('n')
      const row = {
        n,
        coverage90: Number((total('covered') / n).toFixed(3)),
        mae: round(total('error') / n),
        persistence: round(total('persistence') / n),
        skill: Number((1 - total('error') / total('persistence')).toFixed(3)),
        width: round(total('width') / n),
        bias: round(total('above') / n),
      }
      table[quantity] = { ...table[quantity], [lead]: row }
    }
  }
  return table
}

function delays(results: readonly Result[], name: FaultName) {
  const runs = results.flatMap(({ faults }) => faults.filter((fault) => fault.name === name && fault.shown !== null))
  const named = runs.map((run) => run.found.find((found) => right(run, found))?.at ?? Number.POSITIVE_INFINITY)
  const first: Record<string, number> = {}
  for (const run of runs) {
    const [one] = run.found
    const called = one === undefined ? 'nothing' : right(run, one) ? 'right' : one.kind
    first[called] = (first[called] ?? 0) + 1
  }
  const share = (part: readonly unknown[]) => figure(part.length / runs.length)
  return {
    n: runs.length,
    median_min: figure(median(named)),
    p90_min: figure(quantile(named, 0.9)),
    named: share(named.filter(Number.isFinite)),
    detected: share(runs.filter(({ found }) => found.length > 0)),
    first_said: first,
  }
}

function right(fault: FaultResult, found: { kind: string; device?: string | undefined }): boolean {
  return found.kind === fault.kind && (fault.device === undefined || found.device === fault.device)
}

function quiet(results: readonly Result[]) {
  const alarms = results.flatMap(({ quiet }) => quiet.alarms)
  const weeks = sum(results, ({ quiet }) => quiet.hours) / WEEK
  const kinds: Record<string, number> = {}
  for (const { kind } of alarms) kinds[kind] = (kinds[kind] ?? 0) + 1
  return {
    habitat_weeks: round(weeks),
    alarms: alarms.length,
    per_week: round(alarms.length / weeks),
    on_the_first_day: alarms.filter(({ at }) => at <= 1_440).length,
    ...kinds,
  }
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0)
}

/** Null says that there is none: of nothing, or where half have not been found at all. */
function figure(value: number): number | null {
  return Number.isFinite(value) ? round(value) : null
}
