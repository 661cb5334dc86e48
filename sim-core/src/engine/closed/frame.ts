/**
 * What surrounds the turns of a step under the closed rule: flows are cleared before, since two processes may share a
 * column; stores are recorded when all have had their turn, so that each row adds up to the same.
 */
import type { Writing } from '../emit.ts'

/** The functions `clear` and `record`. Loops over tables: code that is long and runs once a step warms up slowly. */
export function closedFrame({ model, layout, column }: Writing): string[] {
  const flows = new Set<string>()
  const stored: [column: string, slot: number | undefined][] = []
  for (const { id, capacity, flows: own } of model.agents) {
    stored.push([column({ kind: 'active', agent: id }), layout.active(id)])
    for (const name of Object.keys(capacity)) {
      stored.push([column({ kind: 'storage', agent: id, name }), layout.store(id, name)])
    }
    for (const { direction, currency: name, connections } of own) {
      for (const connection of connections) flows.add(column({ kind: 'flow', agent: id, direction, name, connection }))
    }
  }
  const table = (figures: Iterable<unknown>) => `Int32Array.of(${[...figures].join(', ')})`
  return [
    `const flowColumns = ${table(flows)}`,
    'function clear() { for (let i = 0; i < flowColumns.length; i++) R[flowColumns[i]] = 0 }',
    `const storeColumns = ${table(stored.map(([to]) => to))}, storeSlots = ${table(stored.map(([, from]) => from))}`,
    'function record() { for (let i = 0; i < storeSlots.length; i++) R[storeColumns[i]] = S[storeSlots[i]] }',
  ]
}
