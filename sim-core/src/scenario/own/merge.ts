/** Agents over what they use: objects merge key by key, everything else is replaced. */
import type { Faults } from './faults.ts'
import type { AgentForm } from './form.ts'

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function over(base: Record<string, unknown>, top: Record<string, unknown>): Record<string, unknown> {
  // entries, not assignments: a key may bear any name
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(top)) {
    const below = merged.get(key)
    merged.set(key, isObject(value) && isObject(below) ? over(below, value) : value)
  }
  return Object.fromEntries(merged)
}

export class Merger {
  /** Templates of the scenario and agents of the library. */
  readonly #known: ReadonlyMap<string, AgentForm>
  readonly #faults: Faults
  /** What has been merged already: however templates use each other, each is merged once. */
  readonly #whole = new Map<string, AgentForm>()

  constructor(known: ReadonlyMap<string, AgentForm>, faults: Faults) {
    this.#known = known
    this.#faults = faults
  }

  /** The whole of an agent. @param path for faults: agents that are not there, or that use themselves */
  whole(agent: AgentForm, path: string, chain: readonly string[] = []): AgentForm {
    const { use = [], ...own } = agent
    const bases = (Array.isArray(use) ? use : [use]).map((id) => this.#base(id, path, chain))
    return [...bases, own].reduce<AgentForm>((below, top) => over(below, top) as AgentForm, {})
  }

  #base(id: string, path: string, chain: readonly string[]): AgentForm {
    const done = this.#whole.get(id)
    if (done !== undefined) return done
    const base = this.#known.get(id)
    if (chain.includes(id)) {
      this.#faults.add(`${path}.use`, `goes round in a circle: ${[...chain, id].join(' → ')}`)
      return {}
    }
    if (base === undefined) {
      this.#faults.add(`${path}.use`, `there is no agent "${id}"; there are ${[...this.#known.keys()].join(', ')}`)
      return {}
    }
    const whole = this.whole(base, path, [...chain, id])
    this.#whole.set(id, whole)
    return whole
  }
}
