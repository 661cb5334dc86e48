/** Our own presets: what `GET /api/scenarios` lists, and the whole forms that people begin their own from. */
import type { ScenarioEntry } from '@habtwin/contract/scenario'
import type { ScenarioForm } from '../own/form.ts'
import { ownToModel } from '../own.ts'
import { closedYear } from './presets/closed-year.ts'
import { garden } from './presets/garden.ts'
import { onePerson } from './presets/one-person.ts'
import { sam } from './presets/sam.ts'

const all = [onePerson, sam, garden, closedYear] as const satisfies readonly ScenarioForm[]

/** The presets, as they are listed. */
export function presets(): ScenarioEntry[] {
  return all.map((form) => {
    const model = ownToModel(form)
    return {
      id: form.id ?? '',
      label: form.label ?? '',
      description: form.description ?? '',
      rule: model.rule,
      steps: model.steps,
      dt: model.dt,
      agents: model.agents.map(({ id, label, group, amount, properties }) => ({
        id,
        label,
        group,
        amount,
        ...(typeof properties.unit === 'string' ? { unit: properties.unit } : {}),
      })),
      knobs: form.knobs ?? [],
    }
  })
}

/** The whole of a preset in our own form; undefined where there is none of that id. */
export function preset(id: string): ScenarioForm | undefined {
  const form = all.find((one) => one.id === id)
  return form === undefined ? undefined : structuredClone(form)
}
