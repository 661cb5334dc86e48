/** The books of a closed model: what there is in all, over every agent, with what sources gave taken off. */
import type { Program } from '../program.ts'
import type { RunState } from '../run.ts'

export interface Books {
  /** kg. */
  readonly mass: number
  /** kWh: electricity, heat, light, and the heat of combustion of what there is. */
  readonly energy: number
  /** kg by element. */
  readonly elements: Readonly<Record<string, number>>
}

/**
 * Adds up what there is at a moment.
 * @param state that of the beginning where it is left out
 */
export function books({ model, layout, initial }: Program, state?: Pick<RunState, 'figures'>): Books {
  const elements: Record<string, number> = {}
  let [mass, energy] = [0, 0]
  for (const agent of model.agents) {
    const sign = agent.closed?.boundless === 'source' ? -1 : 1
    for (const id of Object.keys(agent.capacity)) {
      const currency = model.currencies.find((one) => one.id === id)
      const slot = layout.store(agent.id, id)
      if (currency === undefined || slot === undefined) continue
      const held = sign * ((state === undefined ? initial[slot] : state.figures[layout.names[slot] as string]) ?? 0)
      energy += held * (currency.energy ?? 0)
      for (const [element, part] of Object.entries(currency.elements ?? {})) {
        elements[element] = (elements[element] ?? 0) + held * part
        mass += held * part
      }
    }
  }
  return { mass, energy, elements }
}
