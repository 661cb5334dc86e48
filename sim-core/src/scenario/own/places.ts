/** Who is who in a scenario: currencies with their matter, agents with what they can hold, ports and whom they mean. */
import type { CurrencyData } from '../library/currencies.ts'
import type { Faults } from './faults.ts'
import type { AgentForm, ScenarioForm } from './form.ts'

/** Capacity of what has no bounds: more than any run can fill. */
export const BOUNDLESS = 1e15

/** An agent as far as others need to know it. */
export interface Place {
  readonly form: AgentForm
  readonly amount: number
  /** Per individual; grows where a vent or a source meets something new. */
  readonly capacity: Record<string, number>
  /** Of a room. */
  readonly volume: number | undefined
  readonly temperature: number
  /** Its own faults have been told: nothing more is said of it, nor of those that are connected to it. */
  readonly isBroken: boolean
}

export class Places {
  readonly currencies: ReadonlyMap<string, CurrencyData>
  readonly all: ReadonlyMap<string, Place>
  readonly #faults: Faults
  readonly #connect: ScenarioForm['connect']

  constructor(
    currencies: ReadonlyMap<string, CurrencyData>,
    all: ReadonlyMap<string, Place>,
    faults: Faults,
    connect: ScenarioForm['connect'],
  ) {
    this.currencies = currencies
    this.all = all
    this.#faults = faults
    this.#connect = connect
  }

  /** The agents that a port of an agent means: its own connections, then those of the scenario, then an agent of that name. */
  port(name: string, agent: string, path: string): string[] {
    if (name === 'self') return [agent]
    const own = this.all.get(agent)?.form.connect
    const written = own !== undefined && Object.hasOwn(own, name) ? own[name] : this.#common(name)
    const ids =
      written === undefined ? (this.all.has(name) ? [name] : []) : Array.isArray(written) ? written : [written]
    if (ids.length === 0) {
      this.#faults.add(path, `is not connected: say under \`connect\` which agent "${name}" is`)
    }
    return ids.filter((id) => {
      if (this.all.has(id)) return true
      this.#faults.add(path, `"${name}" is connected to "${id}", but there is no such agent`)
      return false
    })
  }

  /** The one agent that a port means. */
  one(name: string, agent: string, path: string): string | undefined {
    const ids = this.port(name, agent, path)
    if (ids.length > 1) this.#faults.add(path, `"${name}" is connected to several agents; here it must be one`)
    return ids[0]
  }

  /** True for a vent, or for a source. */
  is(id: string, what: 'vent' | 'source'): boolean {
    const place = this.all.get(id)
    return place !== undefined && (place.isBroken || place.form.boundless === what)
  }

  /** True where an agent can hold a currency, or any of a category; a vent and a source can hold everything. */
  holds(id: string, currency: string): boolean {
    const place = this.all.get(id)
    if (place === undefined) return false
    const wanted = this.currencies.has(currency) ? [currency] : this.category(currency)
    if (place.form.boundless !== undefined || place.isBroken) {
      for (const one of wanted) place.capacity[one] = BOUNDLESS
      return true
    }
    return wanted.some((one) => Object.hasOwn(place.capacity, one))
  }

  category(name: string): string[] {
    return [...this.currencies].filter(([, { category }]) => category === name).map(([id]) => id)
  }

  /** Says of an unknown currency what there is. */
  isCurrency(id: string, path: string, alsoCategory = false): boolean {
    if (this.currencies.has(id) || (alsoCategory && this.category(id).length > 0)) return true
    this.#faults.add(path, `there is no currency "${id}"; there are ${[...this.currencies.keys()].join(', ')}`)
    return false
  }

  #common(name: string): string | string[] | undefined {
    return this.#connect !== undefined && Object.hasOwn(this.#connect, name) ? this.#connect[name] : undefined
  }
}
