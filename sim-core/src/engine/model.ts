/**
 * A model: what an importer or our own library makes of a configuration, and what the engine compiles. Everything is
 * resolved here: no prototypes, no words that stand for agents, no names that nobody bears. Amounts of matter are kg,
 * energy kWh, light mol, time h.
 */
import type { Closed } from './closed/process.ts'

/**
 * What holds when a flow cannot be served. `simoc`: each flow by itself, and what cannot be delivered vanishes.
 * `closed`: all flows of a process scale together, and what has no room goes to a vent, so that the books close.
 */
export type Rule = 'simoc' | 'closed'

export type Direction = 'in' | 'out'

export interface Currency {
  readonly id: string
  /** The category that it belongs to: atmosphere, food … */
  readonly category: string
  readonly unit: string
  readonly label: string
  /** g/mol, where it is a gas that the closed rule sees mole fractions of. */
  readonly molar?: number
  /** kWh in each unit: what the energy books of the closed rule count. */
  readonly energy?: number
  /** kg of each element in a kg. */
  readonly elements?: Readonly<Record<string, number>>
}

export type Limit = '<' | '<=' | '>' | '>=' | '='

/** A comparison with a figure. What it looks at is resolved when the model is compiled. */
export interface Criterion {
  /** `grown`, `in_co2_ratio`, `out_h2` … */
  readonly path: string
  readonly limit: Limit
  readonly value: number
  /** Hours that it must hold before it lets a flow run. */
  readonly buffer: number
  /** True where all connected agents must meet it; else any one of them. */
  readonly all: boolean
}

/** How a flow follows the hour of day or the age. */
export interface Growth {
  readonly by: 'daily' | 'lifetime'
  readonly type: 'norm' | 'clipped'
}

export interface Flow {
  readonly direction: Direction
  /** A currency, or a category: then it takes from each currency of it that there is. */
  readonly currency: string
  /** Per individual and hour. */
  readonly value: number
  /** Ids of agents, in the order in which they are asked. */
  readonly connections: readonly string[]
  /** Currencies that must have flowed in before, each multiplying by its ratio. */
  readonly requires: readonly string[]
  readonly criteria: readonly Criterion[]
  readonly growth: readonly Growth[]
  /** Storages, properties or attributes of the agent that multiply it. */
  readonly weighted: readonly string[]
  /** Hours without it that an individual survives; undefined where it can do without. */
  readonly deprive: number | undefined
  /** The process that it belongs to, under the closed rule. */
  readonly process?: string
}

export interface Agent {
  readonly id: string
  readonly label: string
  /** A class of agents/: plain, plant, lamp, sun, concrete, equalizer. */
  readonly class: string
  /** The group of `priorities` that it acts with: structures, inhabitants, plants … */
  readonly group: string
  readonly amount: number
  /** Hours before it begins. */
  readonly delay: number
  readonly properties: Readonly<Record<string, number | string | boolean>>
  /** Lists of figures that a class reads: the course of a day, of months. */
  readonly tables?: Readonly<Record<string, readonly number[]>>
  /** Per individual, by currency. */
  readonly capacity: Readonly<Record<string, number>>
  /** In all, by currency. */
  readonly storage: Readonly<Record<string, number>>
  /** Attributes that do not begin at their class's own value: those of an earlier state. */
  readonly attributes: Readonly<Record<string, number>>
  /** In-flows first, then out-flows, each in their order. */
  readonly flows: readonly Flow[]
  readonly thresholds: readonly (Criterion & { readonly name: string })[]
  /** Under the closed rule: its processes, and what else that knows of it. */
  readonly closed?: Closed
}

export interface Model {
  readonly rule: Rule
  readonly label: string
  /** Simulated time of step 0, ms since the epoch, read as local time. */
  readonly start: number
  /** Hours a step. */
  readonly dt: number
  /** Steps until it ends by itself. */
  readonly steps: number
  readonly seed: number
  /** Groups in the order in which they act; agents of other groups act last. */
  readonly priorities: readonly string[]
  readonly currencies: readonly Currency[]
  readonly agents: readonly Agent[]
}
