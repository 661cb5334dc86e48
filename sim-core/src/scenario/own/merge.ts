/** An agent over what it uses: objects merge key by key, everything else is replaced. */
import type { Faults } from './faults.ts'
import type { AgentForm } from './form.ts'

type Agents = Readonly<Record<string, AgentForm>>

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

/**
 * The whole of an agent.
 * @param known templates of the scenario and agents of the library, by id
 * @param path for faults: agents that are not there, or that use themselves
 */
export function whole(
  agent: AgentForm,
  known: Agents,
  path: string,
  faults: Faults,
  chain: readonly string[] = [],
): AgentForm {
  const { use = [], ...own } = agent
  const bases = (Array.isArray(use) ? use : [use]).map((id): AgentForm => {
    if (chain.includes(id)) {
      faults.add(`${path}.use`, `goes round in a circle: ${[...chain, id].join(' → ')}`)
      return {}
    }
    const base = Object.hasOwn(known, id) ? known[id] : undefined
    if (base !== undefined) return whole(base, known, path, faults, [...chain, id])
    faults.add(`${path}.use`, `there is no agent "${id}"; there are ${Object.keys(known).join(', ')}`)
    return {}
  })
  return [...bases, own].reduce<AgentForm>((below, top) => over(below, top) as AgentForm, {})
}
