/** Where each figure of a model lives: one flat array, every agent's figures side by side. */

import type { AgentClass } from './agents/agent-class.ts'
import type { Agent, Model } from './model.ts'

/** Where a figure is kept: its place in the state. */
export type Slot = number

/** A figure of the state: its name for snapshots, and where it begins. */
interface Place {
  readonly name: string
  readonly initial: number
}

/** Separates the parts of a place's name: no id has it. */
const DOT = '\u001f'

export class Layout {
  readonly #model: Model
  readonly #places: Place[] = []
  readonly #slots = new Map<string, Slot>()
  readonly #agents = new Map<string, Agent>()
  readonly #classes: ReadonlyMap<string, AgentClass>

  constructor(model: Model, classes: ReadonlyMap<string, AgentClass>) {
    this.#model = model
    this.#classes = classes
    for (const agent of model.agents) this.#agents.set(agent.id, agent)
    for (const agent of model.agents) this.#layOut(agent)
  }

  /** Figures in all. */
  get size(): number {
    return this.#places.length
  }

  /** The names of all figures, in the order of their slots. */
  get names(): readonly string[] {
    return this.#places.map(({ name }) => name)
  }

  get agents(): ReadonlyMap<string, Agent> {
    return this.#agents
  }

  /** The figures at the beginning. */
  initial(): Float64Array {
    return Float64Array.from(this.#places, ({ initial }) => initial)
  }

  classOf(agent: Agent): AgentClass {
    return this.#classes.get(agent.class) as AgentClass
  }

  active(agent: string): Slot {
    return this.#slots.get(`${agent}${DOT}active`) as Slot
  }

  age(agent: string): Slot {
    return this.#slots.get(`${agent}${DOT}attribute${DOT}age`) as Slot
  }

  store(agent: string, currency: string): Slot | undefined {
    return this.#slots.get(`${agent}${DOT}storage${DOT}${currency}`)
  }

  attribute(agent: string, name: string): Slot | undefined {
    return this.#slots.get(`${agent}${DOT}attribute${DOT}${name}`)
  }

  /** The stores of an agent in a category, in the order of the currencies. */
  category(agent: string, category: string): Slot[] {
    return this.#model.currencies
      .filter((currency) => currency.category === category)
      .map(({ id }) => this.store(agent, id))
      .filter((slot) => slot !== undefined)
  }

  /** The stores that a flow of this currency or category meets at an agent. */
  stores(agent: string, currency: string): Slot[] {
    const one = this.store(agent, currency)
    return one !== undefined ? [one] : this.category(agent, currency)
  }

  /** A figure beside those of agents; made when it is asked for first. */
  extra(name: string, initial: number): Slot {
    return this.#slots.get(name) ?? this.#put(name, initial)
  }

  /** A figure that belongs to an agent and is not recorded. */
  own(agent: string, name: string, initial: number): Slot {
    return this.extra(`${agent}${DOT}${name}`, initial)
  }

  /** The figures of an agent that are not recorded whose names begin with a word. */
  kept(agent: string, word: string): Slot[] {
    const whole = `${agent}${DOT}${word}`
    return this.names.flatMap((name, slot) => (name === whole || name.startsWith(`${whole} `) ? [slot] : []))
  }

  /** Names of recorded attributes. */
  recorded(agent: Agent): string[] {
    return Object.keys(this.classOf(agent).attributes?.(agent) ?? {})
  }

  #layOut(agent: Agent): void {
    const { id } = agent
    const kind = this.classOf(agent)
    this.#put(`${id}${DOT}active`, kind.active?.(agent) ?? agent.amount)
    const begins: Record<string, number> = { ...kind.stores?.(agent), ...agent.storage }
    for (const currency of Object.keys(agent.capacity))
      this.#put(`${id}${DOT}storage${DOT}${currency}`, begins[currency] ?? 0)
    const attributes = { age: 0, ...kind.attributes?.(agent), ...kind.hidden?.(agent), ...agent.attributes }
    for (const [name, initial] of Object.entries(attributes)) this.#put(`${id}${DOT}attribute${DOT}${name}`, initial)
  }

  #put(name: string, initial: number): Slot {
    const slot = this.#places.length
    this.#places.push({ name, initial })
    this.#slots.set(name, slot)
    return slot
  }
}
