/** A lamp: shines as long and as strongly as the plants under it want, one for each of them. */
import type { Agent } from '../model.ts'
import type { AgentClass, Turn } from './agent-class.ts'
import { courseOf, photoperiodOf } from './light.ts'

export default {
  name: 'lamp',
  attributes: () => ({ daily_growth_factor: 0 }),

  turn({ agent, model, active, attribute, store, list }): Turn {
    const par = store(agent.id, 'par')
    const plants = model.agents.filter((other) => other.class === 'plant' && isUnder(other, agent.id))
    const photoperiod = Math.max(0, ...plants.map(photoperiodOf))
    const rate = Math.max(
      0,
      ...plants
        .filter((plant) => photoperiodOf(plant) > 0)
        .map((plant) => (baselineOf(plant) * 24) / photoperiodOf(plant)),
    )
    const course = courseOf(photoperiod).map((light) => (light > 0 ? rate : 0))
    return {
      before: [
        ...(par === undefined ? [] : [`${par} = 0`]),
        `${active(agent.id)} = ${plants.map(({ id }) => active(id)).join(' + ') || 0}`,
        `${attribute('daily_growth_factor')} = ${list(course)}[now.hour]`,
      ],
    }
  },
} satisfies AgentClass

function isUnder(plant: Agent, lamp: string): boolean {
  return plant.flows.some(
    ({ direction, currency, connections }) => direction === 'in' && currency === 'par' && connections.includes(lamp),
  )
}

function baselineOf({ properties: { par_baseline: baseline } }: Agent): number {
  return typeof baseline === 'number' ? baseline : 0
}
