/** Air that moves: between two rooms until both are alike, or out through leaks. Each gas by itself. */
import { figure, type Writing } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'

const column = (agent: Agent, direction: 'in' | 'out', name: string, connection: string, writing: Writing) =>
  writing.column({ kind: 'flow', agent: agent.id, direction, name, connection })

function volume(id: string, { layout }: Writing): number {
  const value = layout.agents.get(id)?.properties.volume
  return typeof value === 'number' ? value : 1
}

/**
 * Two rooms exchange a flow Q of air, m³/h: dn/dt = Q (b/Vb − a/Va), solved over the step, so that any flow and any
 * step are stable.
 */
export function mixCode(agent: Agent, flows: readonly Flow[], active: string, writing: Writing): string[] {
  const code: string[] = []
  for (const flow of flows) {
    const a = flow.direction === 'in' ? flow.connections[0] : undefined
    const b = flows.find(({ direction, currency }) => direction === 'out' && currency === flow.currency)?.connections[0]
    if (a === undefined || b === undefined || a === b) continue
    // the flows come in pairs, there and back; the first pair stands for both
    if (flows.find(({ direction, currency }) => direction === 'in' && currency === flow.currency) !== flow) continue
    const [va, vb] = [volume(a, writing), volume(b, writing)]
    const both = (va * vb) / (va + vb)
    const [sa, sb] = [a, b].map((id) => `S[${writing.layout.store(id, flow.currency)}]`)
    const q = figure((flow.value * writing.model.dt) / both)
    code.push(
      `{ const d = (${sa} / ${figure(va)} - ${sb} / ${figure(vb)}) * ${figure(both)} * -Math.expm1(-${q} * m * ${active})`,
      `${sa} -= d; ${sb} += d`,
      `if (d > 0) { R[${column(agent, 'in', flow.currency, a, writing)}] += d; R[${column(agent, 'out', flow.currency, b, writing)}] += d }`,
      `else { R[${column(agent, 'in', flow.currency, b, writing)}] -= d; R[${column(agent, 'out', flow.currency, a, writing)}] -= d } }`,
    )
  }
  return code
}

/** A part of each gas goes, by the hour: flows in pairs, from the room and to where it goes. */
export function leakCode(agent: Agent, flows: readonly Flow[], active: string, writing: Writing): string[] {
  return flows.flatMap((flow) => {
    const to = flows.find(({ direction, currency }) => direction === 'out' && currency === flow.currency)
      ?.connections[0]
    const from = flow.connections[0]
    if (flow.direction !== 'in' || to === undefined || from === undefined) return []
    const [there, outside] = [from, to].map((id) => `S[${writing.layout.store(id, flow.currency)}]`)
    return [
      `{ const d = ${there} * -Math.expm1(-${figure(flow.value * writing.model.dt)} * m * ${active})`,
      `${there} -= d; ${outside} += d`,
      `R[${column(agent, 'in', flow.currency, from, writing)}] += d; R[${column(agent, 'out', flow.currency, to, writing)}] += d }`,
    ]
  })
}
