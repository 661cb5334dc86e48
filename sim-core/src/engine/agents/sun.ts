/** The sun over a glass house: an hourly course times a monthly mean. It shines on everybody alike and is not used up. */
import type { Agent } from '../model.ts'
import type { AgentClass, Turn } from './agent-class.ts'

const FIRST_YEAR = 1991
const HOURS = 24
const MONTHS = 60

/**
 * Photosynthetically active radiation inside Biosphere 2: the course of a day (mean 1), and monthly means from
 * January 1991 on, mol/(m² h). Read off the figures 2b, 2c and 4 of B. D. V. Marino et al., "The agricultural biome of
 * Biosphere 2: structure, composition and function", Ecological Engineering 13 (1999) 199–234; the monthly means are
 * daily sums of global radiation, scaled to the months in which both were measured. They stand in where a library
 * brings no tables of its own.
 */
// biome-ignore format: tables
const hourly = [
  0.228, 0.05, 0.085, 0.121, 0.43, 0.532, 0.529, 0.526, 0.816, 1.371, 1.392, 2.304,
  2.843, 2.786, 2.497, 2.194, 1.484, 0.698, 0.533, 0.515, 0.519, 0.522, 0.502, 0.52,
]
// biome-ignore format: tables
const monthly = [
  0.5495, 0.6337, 0.7206, 0.92, 0.9766, 0.9598, 0.8993, 0.8212, 0.7572, 0.6865, 0.5775, 0.4967,
  0.5358, 0.614, 0.6908, 0.87, 0.8282, 0.9246, 0.8714, 0.8304, 0.7913, 0.6796, 0.6052, 0.4985,
  0.4965, 0.5726, 0.7444, 0.8832, 0.9344, 0.9843, 0.9129, 0.8039, 0.8254, 0.6726, 0.5777, 0.5265,
  0.5771, 0.6438, 0.7442, 0.8769, 0.9268, 0.9632, 0.9127, 0.8615, 0.7585, 0.6906, 0.5714, 0.5101,
  0.5364, 0.6348, 0.7601, 0.8787, 0.9528, 1.0087, 0.9266, 0.8472, 0.8176, 0.7375, 0.5981, 0.5517,
]

/** The agent's own table of so many figures, or the one that stands in. */
function table(agent: Agent, length: number, otherwise: readonly number[]): readonly number[] {
  return Object.values(agent.tables ?? {}).find((one) => one.length === length) ?? otherwise
}

export default {
  name: 'sun',
  attributes: () => ({ daily_growth_factor: 0, monthly_growth_factor: 0 }),

  turn({ agent, attribute, store, list }): Turn {
    const par = store(agent.id, 'par')
    const course = list(Float64Array.from(table(agent, HOURS, hourly)))
    const means = list(Float64Array.from(table(agent, MONTHS, monthly)))
    return {
      before: [
        ...(par === undefined ? [] : [`${par} = 0`]),
        `${attribute('daily_growth_factor')} = ${course}[now.hour]`,
        `const month = (now.year - ${FIRST_YEAR}) * 12 + now.month`,
        `${attribute('monthly_growth_factor')} = ${means}[Math.min(${MONTHS - 1}, Math.max(0, month))]`,
      ],
    }
  },
} satisfies AgentClass
