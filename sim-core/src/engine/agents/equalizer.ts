/** Full mixing: at each turn every connected air has the same composition, in proportion to its volume. */
import type { AgentClass, Turn } from './agent-class.ts'

export default {
  name: 'equalizer',

  turn({ agent, model, store, other, fault }, state): Turn {
    const ids = [...new Set(agent.flows.flatMap(({ connections }) => connections))]
    const airs = ids.map((id) => {
      const { volume } = other(id).properties
      if (typeof volume !== 'number') return fault('flows', `${id} has no volume to mix by`)
      return { id, size: volume * other(id).amount }
    })
    const whole = airs.reduce((sum, { size }) => sum + size, 0)
    const gases = model.currencies
      .filter(({ category }) => category === 'atmosphere')
      .map(({ id }) =>
        airs.flatMap((air) => {
          const slot = store(air.id, id)
          return slot === undefined ? [] : [{ slot, share: air.size / whole }]
        }),
      )
      .filter((stores) => stores.length > 1)
    return {
      before() {
        for (const stores of gases) {
          let total = 0
          for (const { slot } of stores) total += state[slot] as number
          for (const { slot, share } of stores) state[slot] = total * share
        }
      },
    }
  },
} satisfies AgentClass
