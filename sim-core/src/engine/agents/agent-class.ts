/** What makes a class of agents: what it knows beyond flows and stores, and what it does around them. */
import type { Agent, Flow, Model } from '../model.ts'

/** Where a compiled model keeps a figure: its place in the state. */
export type Slot = number

/** How a class finds its figures when a model is compiled. Faults are told with the agent's path. */
export interface Places {
  readonly agent: Agent
  readonly model: Model
  /** The attribute of the agent itself. */
  attribute(name: string): Slot
  /** The store of an agent; undefined where it has none. */
  store(agent: string, currency: string): Slot | undefined
  /** Individuals of an agent. */
  active(agent: string): Slot
  /** The stores of an agent in a category, in the order of the currencies. */
  category(agent: string, category: string): readonly Slot[]
  /** A figure that all agents share, by name, and where it begins. */
  shared(name: string, initial: number): Slot
  /** The agent of an id. */
  other(id: string): Agent
  /** The mode of what a class does is impossible. */
  fault(path: string, what: string): never
}

/** The simulated time of a step. */
export interface Now {
  /** Steps begun so far: 1 in the first. */
  step: number
  /** Of the day, whole: 0 to 23. */
  hour: number
  /** Of the calendar: 0 to 11. */
  month: number
  year: number
}

/** What happens around the flows of an agent's turn. */
export interface Turn {
  /** Before age and flows. */
  before?(): void
  /** After the flows, where one of these is not 0; at every turn where it names none. */
  readonly when?: readonly Slot[]
  after?(): void
  /** Individuals die: what they leave behind. `share` is the part of all that dies, above 0 and at most 1. */
  dying?(share: number): void
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
  /** Binds the class to an agent's places. */
  turn?(places: Places, state: Float64Array, now: Now): Turn
}
