/** Full mixing: at each turn every connected air has the same composition, in proportion to its volume. */
import type { AgentClass, Turn } from './agent-class.ts'

export default {
  name: 'equalizer',

  turn({ agent, model, active, store, other, fault }, state): Turn {
    const own = active(agent.id)
    const ids = [...new Set(agent.flows.flatMap(({ connections }) => connections))]
    const airs = ids.map((id) => {
      const { volume } = other(id).properties
      if (typeof volume !== 'number') return fault('flows', `${id} has no volume to mix by`)
      return { id, size: volume * other(id).amount }
    })
    const gases = model.currencies
      .filter(({ category }) => category === 'atmosphere')
      .map(({ id }) =>
        airs.flatMap((air) => {
          const slot = store(air.id, id)
          return slot === undefined ? [] : [{ slot, size: air.size }]
        }),
      )
      // a gas is shared by those that can hold it, so that none is lost
      .map((stores) => ({ stores, whole: stores.reduce((sum, { size }) => sum + size, 0) }))
      .filter(({ stores, whole }) => stores.length > 1 && whole > 0)
      .map(({ stores, whole }) => ({
        slots: Int32Array.from(stores, ({ slot }) => slot),
        shares: Float64Array.from(stores, ({ size }) => size / whole),
      }))
    return {
      before() {
        if (state[own] === 0) return
        for (let g = 0; g < gases.length; g++) {
          const { slots, shares } = gases[g] as (typeof gases)[number]
          let total = 0
          for (let i = 0; i < slots.length; i++) total += state[slots[i] as number] as number
          for (let i = 0; i < slots.length; i++) state[slots[i] as number] = total * (shares[i] as number)
        }
      },
    }
  },
} satisfies AgentClass
