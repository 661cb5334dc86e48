/** What makes a class of agents: what it knows beyond flows and stores, and what it does around them. */
import type { Agent, Flow, Model } from '../model.ts'

/** A figure of a compiled model, as an expression of its code: it can be read, and be set. */
export type Cell = string

/** How a class finds its figures when a model is compiled. Faults are told with the agent's path. */
export interface Places {
  readonly agent: Agent
  readonly model: Model
  /** The attribute of the agent itself. */
  attribute(name: string): Cell
  /** The store of an agent; undefined where it has none. */
  store(agent: string, currency: string): Cell | undefined
  /** Individuals of an agent. */
  active(agent: string): Cell
  /** The stores of an agent in a category, in the order of the currencies. */
  category(agent: string, category: string): readonly Cell[]
  /** A figure that all agents share, by name, and where it begins. */
  shared(name: string, initial: number): Cell
  /** A list of figures; the name by which the code knows it. */
  list(values: Float64Array): string
  /** A function of the class; the name by which the code calls it. */
  call(does: (x: number) => number): string
  /** Lines that agents share; the call that runs them. */
  once(lines: readonly string[]): string
  /** The agent of an id. */
  other(id: string): Agent
  /** The mode of what a class does is impossible. */
  fault(path: string, what: string): never
}

/**
 * What happens around the flows of an agent's turn: lines of JavaScript over cells. `now` is the simulated time of the
 * step: `step` (1 in the first), `hour` of the day (0 to 23), `month` (0 to 11) and `year` of the calendar.
 */
export interface Turn {
  /** Before age and flows. */
  readonly before?: readonly string[]
  /** After the flows. */
  readonly after?: readonly string[]
  /** Individuals die: what they leave behind. `share` is the part of all that dies, above 0 and at most 1. */
  readonly dying?: readonly string[]
}

export interface AgentClass {
  /** Its name in models. */
  readonly name: string
  /** Attributes that are recorded, and where they begin. */
  attributes?(agent: Agent): Readonly<Record<string, number>>
  /** Attributes that are kept but not recorded. */
  hidden?(agent: Agent): Readonly<Record<string, number>>
  /** Stores that hold something at the beginning, beyond what the model says. */
  stores?(agent: Agent): Readonly<Record<string, number>>
  /** When a flow runs at all: while an attribute is 1, or while it is 0. */
  runs?(flow: Flow): { readonly attribute: string; readonly is: 0 | 1 } | undefined
  /** Individuals at the beginning; the amount where it is left out. */
  active?(agent: Agent): number
  /** The code of the class for an agent. */
  turn?(places: Places): Turn
}
