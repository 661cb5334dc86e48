/** Full mixing: at each turn every connected air has the same composition, in proportion to its volume. */
import { figure } from '../emit.ts'
import type { AgentClass, Turn } from './agent-class.ts'

export default {
  name: 'equalizer',

  turn({ agent, model, active, store, other, fault }): Turn {
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
          const gas = store(air.id, id)
          return gas === undefined ? [] : [{ gas, size: air.size }]
        }),
      )
      // a gas is shared by those that can hold it, so that none is lost
      .map((stores) => ({ stores, whole: stores.reduce((sum, { size }) => sum + size, 0) }))
      .filter(({ stores, whole }) => stores.length > 1 && whole > 0)
    const mix = gases.flatMap(({ stores, whole }) => [
      `{ const all = ${stores.map(({ gas }) => gas).join(' + ')}`,
      ...stores.map(({ gas, size }) => `${gas} = all * ${figure(size / whole)}`),
      '}',
    ])
    return { before: [`if (${active(agent.id)} !== 0) {`, ...mix, '}'] }
  },
} satisfies AgentClass
