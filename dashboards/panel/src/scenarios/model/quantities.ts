/**
 * What people ask of a run first, made of the columns that it has: the air of each zone, the stores, the crew, the
 * crops. Quantities of different presets meet under one id where they mean the same, so that runs can be compared.
 */
import { columnLabel, partsOf, titled } from './column.ts'
import { type Gas, isGas, moleFraction } from './gas.ts'
import type { Figures, Series, Table } from './table.ts'

export interface Quantity {
  readonly id: string
  readonly label: string
  /** The zone; empty where it is of the whole habitat. */
  readonly place: string
  /** UCUM; empty for a count. */
  readonly unit: string
  readonly digits: number
  /** `share`: the mole fraction of the first column's gas among all; `sum`: all added. */
  readonly kind: 'share' | 'sum'
  readonly columns: readonly string[]
  /** Multiplies what came out. */
  readonly factor: number
}

/** What is known of a run's agents; nothing for a file. */
export interface KnownAgent {
  readonly id: string
  readonly label: string
  readonly group: string
  readonly unit?: string | undefined
}

interface Naming {
  readonly agents: readonly KnownAgent[]
  /** Hours a step. */
  readonly dt: number
}

interface Zone {
  readonly agent: string
  readonly gases: readonly Gas[]
}

/** Agents whose air can be told: they hold oxygen, carbon dioxide and something else that is a gas. */
function zonesOf(columns: Iterable<string>): Zone[] {
  const held = new Map<string, Gas[]>()
  for (const column of columns) {
    const parts = partsOf(column)
    if (parts?.kind !== 'storage' || !isGas(parts.name)) continue
    const gases = held.get(parts.agent) ?? []
    gases.push(parts.name)
    held.set(parts.agent, gases)
  }
  return [...held]
    .filter(([, gases]) => gases.length > 2 && gases.includes('o2') && gases.includes('co2'))
    .map(([agent, gases]) => ({ agent, gases }))
}

/** What a zone is for: crew and greenhouse are compared across habitats of other sizes. */
export function roleOf(agent: string): string {
  if (/green_?house|plant|farm/.test(agent)) return 'greenhouse'
  return /crew|habitat/.test(agent) ? 'crew' : agent
}

/** Zones by their role, and by their own name where two have the same. */
function roles(zones: readonly Zone[]): (readonly [id: string, zone: Zone])[] {
  const count = new Map<string, number>()
  for (const { agent } of zones) count.set(roleOf(agent), (count.get(roleOf(agent)) ?? 0) + 1)
  return zones.map((zone) => [count.get(roleOf(zone.agent)) === 1 ? roleOf(zone.agent) : zone.agent, zone] as const)
}

const percent = { o2: { unit: '%', digits: 2, factor: 100 }, co2: { unit: '[ppm]', digits: 0, factor: 1e6 } } as const
const formula = { o2: 'O₂', co2: 'CO₂' } as const

function airOf([id, { agent, gases }]: readonly [string, Zone], gas: 'o2' | 'co2', label: string): Quantity {
  const others = gases.filter((one) => one !== gas)
  const columns = [gas, ...others].map((one) => `${agent}.storage.${one}`)
  return { id: `air.${gas}.${id}`, label: formula[gas], place: label, kind: 'share', columns, ...percent[gas] }
}

function sum(id: string, label: string, unit: string, columns: readonly string[], digits = 1, factor = 1): Quantity[] {
  return columns.length === 0 ? [] : [{ id, label, place: '', unit, digits, kind: 'sum', columns, factor }]
}

/** People, by the group that presets put them in; in a file by how they are called. */
export function isCrew(agent: string, known: readonly KnownAgent[]): boolean {
  const entry = known.find(({ id }) => id === agent)
  return entry === undefined
    ? /^(human|person|people|astronaut|crew(_member)?s?$)/.test(agent)
    : entry.group === 'inhabitants'
}

/** True for what lies beyond the hull: the planet's air, the sun, the mains. */
function isOutside(agent: string, known: readonly KnownAgent[]): boolean {
  const entry = known.find(({ id }) => id === agent)
  return entry?.group === 'outside' || /^(outside|outdoors|mars|sun|grid|fuel)$/.test(agent)
}

function isFoodStore(agent: string, currency: string): boolean {
  return currency === 'ration' || /food|pantry/.test(agent)
}

/** What stands in the beds: `wheat.storage.biomass`, or `wheat_1.storage.wheat` and `wheat_1.storage.inedible`. */
function isCrop(agent: string, currency: string, known: readonly KnownAgent[], names: ReadonlySet<string>): boolean {
  if (currency === 'biomass') return true
  const entry = known.find(({ id }) => id === agent)
  if (entry !== undefined) return entry.group === 'plants'
  const own = agent.replace(/_\d+$/, '')
  return (currency === 'inedible' || currency === own) && names.has(`${agent}.storage.${own}`)
}

/**
 * What can be drawn of a run, the most asked for first.
 * @param columns names of all that it has
 */
export function quantitiesOf(columns: readonly string[], { agents, dt }: Naming): Quantity[] {
  const labelOf = (agent: string) => agents.find(({ id }) => id === agent)?.label
  const names = new Set(columns)
  const zones = roles(zonesOf(columns).filter(({ agent }) => !isOutside(agent, agents)))
  const label = (agent: string) => labelOf(agent) ?? titled(agent.replaceAll('_', ' '))
  const inside = columns.flatMap((column) => {
    const parts = partsOf(column)
    return parts === undefined || isOutside(parts.agent, agents) ? [] : [{ column, ...parts }]
  })
  const all = (keep: (of: (typeof inside)[number]) => boolean) => inside.filter(keep).map(({ column }) => column)
  const stored = (keep: (of: (typeof inside)[number]) => boolean) => all((of) => of.kind === 'storage' && keep(of))
  // what is taken from the mains is not used yet
  const flows = (direction: 'in' | 'out') =>
    all(({ kind, name, connection }) => kind === direction && name === 'kwh' && !isOutside(connection, agents))
  return [
    ...zones.map((zone) => airOf(zone, 'co2', label(zone[1].agent))),
    ...zones.map((zone) => airOf(zone, 'o2', label(zone[1].agent))),
    ...sum(
      'crew',
      'Crew alive',
      '',
      all(({ kind, agent }) => kind === 'active' && isCrew(agent, agents)),
      0,
    ),
    ...sum(
      'water',
      'Drinking water stored',
      'kg',
      stored(({ agent, name }) => name === 'potable' && !isCrew(agent, agents)),
    ),
    ...sum(
      'food',
      'Food stored',
      'kg',
      stored(({ agent, name }) => isFoodStore(agent, name)),
    ),
    ...sum(
      'energy',
      'Electricity stored',
      'kW.h',
      stored(({ name }) => name === 'kwh'),
    ),
    ...sum(
      'crops',
      'Crop biomass',
      'kg',
      stored(({ agent, name }) => isCrop(agent, name, agents, names)),
    ),
    ...sum('made', 'Power made', 'kW', flows('out'), 2, 1 / dt),
    ...sum('used', 'Power used', 'kW', flows('in'), 2, 1 / dt),
  ]
}

/** What is drawn at first. */
export function isFirst({ id }: Quantity): boolean {
  return id !== 'made' && id !== 'used'
}

/** One column by itself. */
export function columnQuantity(column: string, { agents, dt }: Naming): Quantity {
  const parts = partsOf(column)
  const label = columnLabel(column, (agent) => agents.find(({ id }) => id === agent)?.label)
  const isFlow = parts?.kind === 'in' || parts?.kind === 'out'
  const isMatter = isFlow || parts?.kind === 'storage'
  const base = parts?.name === 'kwh' ? 'kW.h' : parts?.name === 'par' ? 'mol' : 'kg'
  const hourly = base === 'kW.h' ? 'kW' : `${base}/h`
  const unit = isFlow ? hourly : isMatter ? base : ''
  const factor = isFlow ? 1 / dt : 1
  return {
    id: `column:${column}`,
    label,
    place: '',
    unit,
    digits: isMatter ? 3 : 2,
    kind: 'sum',
    columns: [column],
    factor,
  }
}

function added(columns: readonly Figures[], row: number): number | null {
  let all = 0
  for (const figures of columns) {
    const value = figures[row]
    if (typeof value !== 'number') return null
    all += value
  }
  return all
}

function shared(gas: Gas, names: readonly Gas[], columns: readonly Figures[], row: number): number | null {
  const masses: Partial<Record<Gas, number | null>> = {}
  for (const [i, name] of names.entries()) masses[name] = columns[i]?.[row] ?? null
  return moleFraction(gas, masses)
}

/**
 * A quantity of a run, row by row; undefined while its columns are not there. Bands of several seeds: of a share the
 * band is that of the gas itself among the medians of the others; of a sum it is the sum of the bands. Both are exact
 * for one column; added ones lean to the wide side.
 */
export function evaluate({ kind, columns, factor }: Quantity, table: Table): Series | undefined {
  const series = columns.map((name) => table.columns.get(name))
  if (!series.every((one) => one !== undefined)) return undefined
  const rows = [...table.steps.keys()]
  const names = columns.map((column) => partsOf(column)?.name as Gas)
  const line = (figures: readonly Figures[]): Figures =>
    rows.map((row) => {
      const value = kind === 'sum' ? added(figures, row) : shared(names[0] as Gas, names, figures, row)
      return value === null ? null : value * factor
    })
  const mids = series.map(({ mid }) => mid)
  const edge = (of: 'low' | 'high') =>
    line(series.map((one, i) => (kind === 'sum' || i === 0 ? (one[of] ?? one.mid) : one.mid)))
  const mid = line(mids)
  return series.some(({ low }) => low !== undefined) ? { mid, low: edge('low'), high: edge('high') } : { mid }
}
