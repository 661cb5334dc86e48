/** A flow that runs: taken from one connection after the other, or put there. What is taken somewhere is put somewhere. */
import { figure, total, type Writing } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'

/** The column of a flow at one of its connections. */
export function columnOf(
  agent: Agent,
  { direction, currency: name }: Flow,
  connection: string,
  { column }: Writing,
): string {
  return column({ kind: 'flow', agent: agent.id, direction, name, connection })
}

/** True for vents and sources. */
export const isBoundless = (id: string, { layout }: Writing) => layout.agents.get(id)?.closed?.boundless !== undefined

/** The room for a currency at an agent; below zero where it holds more than it can. */
export function roomAt(id: string, currency: string, { layout }: Writing): string {
  const capacity = layout.agents.get(id)?.capacity[currency] ?? 0
  return `${figure(capacity)} * S[${layout.active(id)}] - S[${layout.store(id, currency)}]`
}

/** The lines that run a flow by the extent e. */
export function flowCode(agent: Agent, flow: Flow, writing: Writing): string[] {
  if (flow.value === 0) return []
  const code = [`{ let rest = ${figure(flow.value)} * e`]
  const last = flow.connections.length - 1
  for (const [k, id] of flow.connections.entries()) {
    const column = columnOf(agent, flow, id, writing)
    code.push(
      ...(flow.direction === 'in' ? take(id, flow, column, writing) : put(id, flow, column, k === last, writing)),
    )
  }
  const sum = sumOf(agent, flow, writing)
  if (sum !== undefined) code.push(`${sum} += ${figure(flow.value)} * e`)
  return [...code, '}']
}

/** Takes what is still wanted from one connection, from each currency of a category by its share. */
function take(id: string, flow: Flow, column: string, writing: Writing): string[] {
  const stores = writing.layout.stores(id, flow.currency)
  const [only] = stores
  if (only === undefined) return []
  if (isBoundless(id, writing)) return [`S[${only}] += rest; R[${column}] += rest; rest = 0`]
  if (stores.length === 1) {
    return [`{ const d = rest < S[${only}] ? rest : S[${only}]; S[${only}] -= d; R[${column}] += d; rest -= d }`]
  }
  return [
    `{ const all = ${stores.map((slot) => `S[${slot}]`).join(' + ')}, d = rest < all ? rest : all`,
    'if (all > 0) { const part = d / all; let taken = 0',
    ...stores.map((slot) => `{ const one = Math.min(S[${slot}], S[${slot}] * part); S[${slot}] -= one; taken += one }`),
    `R[${column}] += taken; rest -= taken } }`,
  ]
}

/** Puts what is still left into one connection; the last one takes what rounding left. */
function put(id: string, flow: Flow, column: string, isLast: boolean, writing: Writing): string[] {
  const slot = writing.layout.store(id, flow.currency)
  if (slot === undefined) return []
  if (isLast || isBoundless(id, writing)) return [`S[${slot}] += rest; R[${column}] += rest; rest = 0`]
  return [
    `{ const left = ${roomAt(id, flow.currency, writing)}, d = left <= 0 ? 0 : rest < left ? rest : left`,
    `S[${slot}] += d; R[${column}] += d; rest -= d }`,
  ]
}

/** The sum that a summary wants of a flow: harvest as it leaves the field, electricity made and used. */
function sumOf(agent: Agent, flow: Flow, writing: Writing): string | undefined {
  const { layout, model } = writing
  if (
    flow.connections.includes(agent.id) ||
    (flow.direction === 'in' && flow.connections.some((id) => isBoundless(id, writing)))
  )
    return undefined
  const isFood =
    flow.direction === 'out' && model.currencies.some(({ id, category }) => id === flow.currency && category === 'food')
  return flow.currency === 'kwh' || isFood ? `S[${layout.extra(total(flow.direction, flow.currency), 0)}]` : undefined
}
