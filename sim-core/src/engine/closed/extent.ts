/** How far a process runs in a step: as far as it wants, as its inputs reach and as there is room for its outputs. */
import { figure, ranOut, type Writing } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'
import { isBoundless, roomAt } from './flow.ts'
import type { Process } from './process.ts'
import { distance } from './view.ts'

/** Finds the extent e, and `why`: the number of the flow that limits it, −1 where none does. */
export function extentCode(
  owner: Agent,
  process: Process,
  flows: readonly Flow[],
  active: string,
  writing: Writing,
): string[] {
  const [first] = flows
  const code: string[] = []
  if (process.extent === 'all' && first !== undefined) {
    code.push(
      `let wanted = m > 0 ? (${(available(first, writing) ?? []).join(' + ') || '0'}) / ${figure(first.value)} : 0`,
    )
  } else code.push(`let wanted = ${active} * m * ${figure(writing.model.dt)}`)
  code.push(...damped(process, flows, writing))
  const kept = flows.find(
    ({ direction, currency }) => direction === process.keep?.direction && currency === process.keep.currency,
  )
  if (process.keep !== undefined && kept !== undefined && kept.value > 0) {
    code.push(
      `wanted = Math.min(wanted, (${distance(process.keep, writing.model, writing.layout)}) / ${figure(kept.value)})`,
    )
  }
  code.push('let e = wanted, why = -1', 'if (e > 0) {')
  for (const [i, flow] of flows.entries()) {
    if (flow.value === 0) continue
    const limits = flow.direction === 'in' ? available(flow, writing) : room(flow, writing)
    if (limits === undefined) continue
    code.push(
      `{ const most = (${limits.join(' + ') || '0'}) / ${figure(flow.value)}; if (most < e) { e = most; why = ${i} } }`,
    )
  }
  code.push('}', ...flows.flatMap((flow, i) => (isNoted(owner, flow, writing) ? ranOutCode(flow, i, writing) : [])))
  return code
}

/**
 * A process that answers to what it takes slows down as it takes it, also within a step: S(1 − exp(−x/S)) in the place
 * of x, which never takes all there is, however long the step.
 */
function damped({ responses }: Process, flows: readonly Flow[], { layout }: Writing): string[] {
  return responses.flatMap(({ view }) => {
    const flow = flows.find(
      ({ direction, currency, connections }) =>
        direction === 'in' && currency === view.currency && connections.length === 1 && connections[0] === view.agent,
    )
    const store = flow === undefined ? undefined : layout.store(view.agent, view.currency)
    if (flow === undefined || store === undefined || flow.value === 0) return []
    const [s, v] = [`S[${store}]`, figure(flow.value)]
    return [`wanted = ${s} > 0 ? -Math.expm1(-wanted * ${v} / ${s}) * ${s} / ${v} : 0`]
  })
}

/** What there is to take. */
function available(flow: Flow, writing: Writing): string[] | undefined {
  if (flow.connections.some((id) => isBoundless(id, writing))) return undefined
  return flow.connections.flatMap((id) => writing.layout.stores(id, flow.currency).map((slot) => `S[${slot}]`))
}

/** What room there is: undefined where it is without bounds. */
function room(flow: Flow, writing: Writing): string[] | undefined {
  if (flow.connections.some((id) => isBoundless(id, writing))) return undefined
  return flow.connections.map((id) => `Math.max(0, ${roomAt(id, flow.currency, writing)})`)
}

/** True where it matters to people that a flow was short: machines stand still most of the time for want of work. */
function isNoted({ group }: Agent, { direction, currency }: Flow, { model }: Writing): boolean {
  if (direction !== 'in') return false
  if (currency === 'kwh') return true
  const category = model.currencies.find(({ id }) => id === currency)?.category
  return (group === 'inhabitants' || group === 'plants') && category !== 'light'
}

/** Remembers the step in which something was wanted in vain for the first time. */
function ranOutCode(flow: Flow, i: number, { layout }: Writing): string[] {
  const first = flow.connections.map((id) => `S[${layout.extra(ranOut(id, flow.currency), 0)}]`)
  const note = first.map((slot) => `if (${slot} === 0) ${slot} = now.step`).join('; ')
  return [`if (why === ${i} && e < 0.999999999 * wanted) { ${note} }`]
}
