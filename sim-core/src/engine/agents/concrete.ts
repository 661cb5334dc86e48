/** Concrete that binds CO2: quickly when it is new, more slowly the nearer it comes to what the air lets it bind. */
import type { Agent } from '../model.ts'
import type { AgentClass, Turn } from './agent-class.ts'

/** The most that concrete binds, by CO2 in air (ppm by mass): two measured points, a line between them. */
const LOW = { ppm: 350, depth: 12.7 }
const HIGH = { ppm: 3000, depth: 129.37 }
const SLOPE = (HIGH.depth - LOW.depth) / (HIGH.ppm - LOW.ppm)
/** From depth to kmol a square metre. */
const SCALE = 0.00121
/** The part of what is left that is bound in an hour. */
const RATE = 1.8e-5

function most(ppm: number): number {
  if (ppm >= HIGH.ppm) return HIGH.depth * SCALE
  return (SLOPE * (Math.max(LOW.ppm, ppm) - LOW.ppm) + LOW.depth) * SCALE
}

const lime = (agent: Agent) => agent.flows.find(({ currency }) => currency === 'caoh2')?.value ?? 0

export default {
  name: 'concrete',
  attributes: (agent) => ({ carbonation_rate: 0, carbonation: agent.attributes.carbonation ?? 0 }),
  stores: (agent) => ({
    caoh2: Math.max(0, most(HIGH.ppm) - (agent.attributes.carbonation ?? 0)) * lime(agent) * agent.amount,
  }),

  turn({ agent, attribute, store, category, call }): Turn {
    const rate = attribute('carbonation_rate')
    const done = attribute('carbonation')
    const id = agent.flows.find(({ direction, currency }) => direction === 'in' && currency === 'co2')?.connections[0]
    const co2 = id === undefined ? undefined : store(id, 'co2')
    const air = id === undefined ? [] : category(id, 'atmosphere')
    return {
      before: [
        `const all = ${air.join(' + ') || 0}`,
        `const ppm = all > 0 ? ${co2 ?? 0} / all * 1e6 : 0`,
        `${rate} = Math.max(0, ${call(most)}(ppm) - ${done}) * ${RATE}`,
        `${done} += ${rate}`,
      ],
    }
  },
} satisfies AgentClass
