/** Our own presets: what `GET /api/scenarios` lists, and the whole forms that people begin their own from. */
import type { ScenarioEntry } from '@habtwin/contract/scenario'
import type { ScenarioForm } from '../own/form.ts'
import { ownToModel } from '../own.ts'
import { closedYear } from './presets/closed-year.ts'
import { garden } from './presets/garden.ts'
import { onePerson } from './presets/one-person.ts'
import { sam } from './presets/sam.ts'

const all = [onePerson, sam, garden, closedYear] as const satisfies readonly ScenarioForm[]
/** Found when it is asked for first: whoever runs a scenario of their own need not wait for it. */
let listed: ScenarioEntry[] | undefined

/** The presets, as they are listed. */
export function presets(): ScenarioEntry[] {
  listed ??= all.map(entryOf)
  return structuredClone(listed)
}

/** A scenario in our own form, as it is listed. */
export function entryOf(form: ScenarioForm): ScenarioEntry {
  const model = ownToModel(form)
  const { id = '', label = '', description = '', knobs = [] } = form
  const agents = model.agents.map(({ id, label, group, amount, properties: { unit } }) => {
    return { id, label, group, amount, ...(typeof unit === 'string' ? { unit } : {}) }
  })
  return { id, label, description, rule: model.rule, steps: model.steps, dt: model.dt, agents, knobs }
}

/** The whole of a preset in our own form; undefined where there is none of that id. */
export function preset(id: string): ScenarioForm | undefined {
  const form = all.find((one) => one.id === id)
  return form === undefined ? undefined : structuredClone(form)
}
