/** The table that compares runs: who lived, what ran out and when, harvest, energy, and how far each quantity went. */
import type { RunSummary, ScenarioEntry } from '@habtwin/contract/scenario'
import { number } from '../../model/format.ts'
import { columnLabel, plain, titled } from './column.ts'
import { isCrew, type KnownAgent } from './quantities.ts'
import { hasEnded, hourText, lengthText, type Run } from './run.ts'
import type { Series } from './table.ts'

export interface Cell {
  readonly text: string
  /** It says something else than the first run's. */
  readonly differs: boolean
  /** Somebody died, something ran out. */
  readonly bad: boolean
}

export interface Row {
  readonly id: string
  readonly label: string
  readonly cells: readonly Cell[]
}

export interface Part {
  readonly title: string
  readonly rows: readonly Row[]
}

export interface Compared {
  readonly run: Run
  readonly entry: ScenarioEntry | undefined
  /** Hours of simulated time that there are figures of. */
  readonly hours: number
}

/** A quantity of each run; undefined where a run has it not. */
export interface Extremes {
  readonly id: string
  readonly label: string
  /** As people read it. */
  readonly unit: string
  readonly digits: number
  readonly series: readonly (Series | undefined)[]
}

interface Said {
  readonly text: string
  readonly bad?: boolean
}

const nothing: Said = { text: '–' }

/** What is not known yet, or never will be, differs from nothing. */
function isUnsaid(text: string): boolean {
  return text === '–' || text === '…'
}

function row(id: string, label: string, said: readonly Said[]): Row {
  const first = said[0]?.text
  return {
    id,
    label,
    cells: said.map(({ text, bad = false }) => ({ text, bad, differs: !isUnsaid(text) && text !== first })),
  }
}

function union(lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat())]
}

const kilograms = (kg: number) => `${number(kg, kg >= 100 ? 0 : 2)} kg`
const kilowattHours = (kwh: number) => `${number(kwh, kwh >= 100 ? 0 : 1)} kWh`

/** What is not said yet, or never will be. */
function unsaid({ run }: Compared): Said {
  return run.job !== undefined && !hasEnded(run.job) && !run.gone ? { text: '…' } : nothing
}

function about(runs: readonly Compared[]): Row[] {
  return [
    row(
      'preset',
      'Preset',
      runs.map(({ run, entry }) => ({ text: entry?.label ?? run.job?.scenario ?? 'From a file' })),
    ),
    row(
      'seed',
      'Seed',
      runs.map(({ run: { job } }) => (job === undefined ? nothing : { text: seeds(job.seed, job.runs) })),
    ),
    row(
      'length',
      'Length',
      runs.map(({ hours }) => (hours > 0 ? { text: lengthText(hours) } : nothing)),
    ),
  ]
}

function seeds(seed: number, runs: number): string {
  return runs > 1 ? `${seed}, and on: ${number(runs, 0)} runs` : String(seed)
}

/** What an agent died of, as the engine says it: `without potable`, `in_co2_ratio > 0.04`. */
function causeText(cause: string): string {
  const [, limited, limit, value] = /^(?:in_|out_)?(\w+?)(?:_ratio)? ([<>]=?|=) (\S+)$/.exec(cause) ?? []
  if (limited === undefined) return plain(cause)
  const words = { '>': 'above', '>=': 'from', '<': 'below', '<=': 'up to', '=': 'at' }[limit ?? ''] ?? limit
  return `${plain(limited)} ${words} ${value}`
}

type Fates = RunSummary['lived']

/** How it ended for each agent; from a file by what is recorded. */
function fates({ run }: Compared): Fates | undefined {
  const { job, table, causes } = run
  if (job?.summary !== undefined) return job.summary.lived
  if (run.origin === 'job' || table === undefined) return undefined
  const found: Fates = {}
  for (const [name, { mid }] of table.columns) {
    const agent = /^(.+)\.active$/.exec(name)?.[1]
    if (agent === undefined) continue
    if (!isCrew(agent, []) && !table.columns.has(`${agent}.storage.biomass`)) continue
    const amount = mid.reduce<number>((most, one) => Math.max(most, one ?? 0), 0)
    found[agent] = { active: mid.at(-1) ?? 0, amount, cause: causes?.[agent] ?? null }
  }
  return found
}

function life(runs: readonly Compared[]): Row[] {
  const all = runs.map(fates)
  const known: readonly KnownAgent[] = runs.flatMap(({ entry }) => entry?.agents ?? [])
  const ids = union(all.map((one) => Object.keys(one ?? {})))
  const crew = ids.filter((id) => isCrew(id, known))
  const rest = ids.filter((id) => !isCrew(id, known)).sort()
  return [...crew, ...rest].map((id) => {
    const label = known.find((agent) => agent.id === id)?.label ?? titled(plain(id))
    const said = all.map((fate, i): Said => {
      if (fate === undefined) return unsaid(runs[i] as Compared)
      const one = fate[id]
      if (one === undefined) return nothing
      const { active, amount, cause } = one
      const why = cause === null ? '' : `: ${causeText(cause)}`
      if (active >= amount) return { text: `all ${shown(amount)}` }
      return { text: `${active > 0 ? shown(active) : 'none'} of ${shown(amount)}${active > 0 ? '' : why}`, bad: true }
    })
    return row(`life.${id}`, label, said)
  })
}

function shown(value: number): string {
  return number(value, Number.isInteger(value) ? 0 : 2)
}

/** Rows of a list that each summary has by name. */
function byName(
  id: string,
  runs: readonly Compared[],
  of: (summary: RunSummary) => Readonly<Record<string, number>>,
  label: (name: string) => string,
  said: (value: number | undefined) => Said,
): Row[] {
  const all = runs.map(({ run }) => run.job?.summary && of(run.job.summary))
  return union(all.map((one) => Object.keys(one ?? {}))).map((name) =>
    row(
      `${id}.${name}`,
      label(name),
      all.map((one, i) => (one === undefined ? unsaid(runs[i] as Compared) : said(one[name]))),
    ),
  )
}

function ranOut(runs: readonly Compared[]): Row[] {
  const known = runs.flatMap(({ entry }) => entry?.agents ?? [])
  const label = (what: string) => {
    const [agent = '', currency = ''] = what.split('.')
    return columnLabel(`${agent}.storage.${currency}`, (id) => known.find((one) => one.id === id)?.label)
  }
  const ended = runs.filter(({ run }) => run.job?.summary !== undefined)
  if (ended.length > 0 && ended.every(({ run }) => run.job?.summary?.ranOut.length === 0)) {
    const said = runs.map((one): Said => (one.run.job?.summary === undefined ? unsaid(one) : { text: 'nothing' }))
    return [row('out', 'Anything', said)]
  }
  return byName(
    'out',
    runs,
    ({ ranOut }) => Object.fromEntries(ranOut.map(({ what, hour }) => [what, hour])),
    label,
    (hour) => (hour === undefined ? { text: 'never' } : { text: hourText(hour), bad: true }),
  )
}

function harvest(runs: readonly Compared[]): Row[] {
  const total = (summary: RunSummary) => Object.values(summary.harvest).reduce((sum, kg) => sum + kg, 0)
  const rows = byName(
    'harvest',
    runs,
    (summary) => summary.harvest,
    (name) => titled(plain(name)),
    (kg) => (kg === undefined ? { text: 'none' } : { text: kilograms(kg) }),
  )
  if (rows.length < 2) return rows
  const said = runs.map((one): Said => {
    const { summary } = one.run.job ?? {}
    return summary === undefined ? unsaid(one) : { text: kilograms(total(summary)) }
  })
  return [row('harvest', 'All of it', said), ...rows]
}

function energy(runs: readonly Compared[]): Row[] {
  const of = (key: 'made' | 'used') =>
    runs.map((one): Said => {
      const { summary } = one.run.job ?? {}
      return summary === undefined ? unsaid(one) : { text: kilowattHours(summary.energy[key]) }
    })
  return [row('made', 'Made', of('made')), row('used', 'Used', of('used'))]
}

/** `812 to 4,300`; of several seeds the ends of the band, P05 to P95. */
function rangeText({ mid, low = mid, high = mid }: Series, digits: number): Said {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const one of low) if (one !== null && one < least) least = one
  for (const one of high) if (one !== null && one > most) most = one
  if (least > most) return nothing
  const [from, to] = [number(least, digits), number(most, digits)]
  return { text: from === to ? `${to} throughout` : `${from} to ${to}` }
}

function endText({ mid, low, high }: Series, digits: number): Said {
  const row = mid.findLastIndex((one) => one !== null)
  const [at, from, to] = [mid[row], low?.[row], high?.[row]].map((one) =>
    typeof one === 'number' ? number(one, digits) : undefined,
  )
  if (at === undefined) return nothing
  return { text: from === undefined || to === undefined || from === to ? at : `${at} (${from} to ${to})` }
}

/** The whole table; parts without rows are left out. The first run is what the others are compared with. */
export function compare(
  runs: readonly Compared[],
  extremes: readonly Extremes[],
  residuals: readonly Row[] = [],
): Part[] {
  const figures = (part: string, said: (series: Series, digits: number) => Said) =>
    extremes.map(({ id, label, unit, digits, series }) =>
      row(
        `${part}.${id}`,
        unit === '' ? label : `${label}, ${unit}`,
        series.map((one, i) => (one === undefined ? unsaid(runs[i] as Compared) : said(one, digits))),
      ),
    )
  const parts: Part[] = [
    { title: 'The run', rows: about(runs) },
    { title: 'Alive at the end', rows: life(runs) },
    { title: 'First ran out', rows: ranOut(runs) },
    { title: 'Harvest', rows: harvest(runs) },
    { title: 'Electricity', rows: runs.some(({ run }) => run.origin === 'job') ? energy(runs) : [] },
    { title: 'At the end', rows: figures('end', endText) },
    { title: 'Lowest to highest', rows: figures('range', rangeText) },
    { title: 'Against what was recorded', rows: residuals },
  ]
  // what no run has need not be said
  const some = parts.map(({ title, rows }) => ({
    title,
    rows: rows.filter(({ cells }) => cells.some(({ text }) => text !== nothing.text)),
  }))
  return some.filter(({ rows }) => rows.length > 0)
}

/** How far each run is from what was recorded. */
export function residualRows(
  found: readonly (
    | { readonly rms: number | undefined; readonly bias: number | undefined; readonly n: number }
    | undefined
  )[],
  unit: string,
  digits: number,
): Row[] {
  const said = (of: 'rms' | 'bias') =>
    found.map((one): Said => {
      const value = one?.[of]
      return value === undefined ? nothing : { text: `${number(value, digits)} ${unit}`.trim() }
    })
  const counted = found.map((one): Said => (one === undefined ? nothing : { text: number(one.n, 0) }))
  return [
    row('rms', 'Root mean square', said('rms')),
    row('bias', 'Recorded less simulated, mean', said('bias')),
    row('n', 'Figures compared', counted),
  ]
}
