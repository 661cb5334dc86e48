/**
 * The turn of an agent under the `simoc` rule, as straight-line code. In the code S is the state, R the records
 * (column after column), w the row that is being written.
 *
 *   before ─► age, thresholds ─► flows in ─► flows out ─► after ─► record
 *
 * A flow: value ─ requires ─ criteria ─ growth ─ weighted ─► target ─► connections, in order ─► ratio ─► deprivation
 */
import type { Turn } from './agents/agent-class.ts'
import type { Column } from './columns.ts'
import { condition } from './criteria.ts'
import type { Fault } from './fault.ts'
import { ageCurve, daily } from './growth.ts'
import type { Layout } from './layout.ts'
import type { Agent, Direction, Flow, Model } from './model.ts'

/** What the code of a model is written with. */
export interface Writing {
  readonly model: Model
  readonly layout: Layout
  readonly faults: Fault[]
  /** The place in R of a column's first row, as an expression; remembers the column. */
  column(column: Column): string
  /** A function that the code calls; the name by which it does. */
  call(does: (x: number) => number): string
  /** A list of figures; the name by which the code knows it. */
  list(values: Float64Array): string
  /** Lines that several agents run, as a function of the code; the call of it. */
  once(lines: readonly string[]): string
  /** Hours without, by cause: what is said of an agent that dies of it. */
  cause(text: string): number
}

/** A figure as JavaScript. */
export const figure = (value: number): string => (value < 0 || Object.is(value, -0) ? `(${value})` : String(value))

/**
 * The body of an agent's turn.
 * @param at the agent's number
 * @param hooks what its class does around its flows
 */
export function turn(agent: Agent, at: number, hooks: Turn, writing: Writing): string {
  const { layout } = writing
  const kind = layout.classOf(agent)
  const active = `S[${layout.active(agent.id)}]`
  const age = layout.age(agent.id)
  const flows = agent.flows.map((flow, i) => ({ flow, i, runs: kind.runs?.(flow) }))
  const code = hooks.before ? ['{', ...hooks.before, '}'] : []
  if (agent.thresholds.length > 0 || agent.flows.some(({ criteria }) => criteria.length > 0)) code.push('let x = 0')
  code.push(`if (${active} > 0) {`, `S[${age}] += ${figure(writing.model.dt)}`, ...thresholds(agent, at, writing), '}')
  code.push(...ratios(agent))
  // neighbours that run under the same condition share it
  for (let from = 0; from < flows.length; ) {
    const { runs } = flows[from] as (typeof flows)[number]
    let to = from + 1
    while (to < flows.length && isSame(flows[to]?.runs, runs)) to++
    const together = flows.slice(from, to)
    const lines = together.flatMap(({ flow, i }) => ['{', ...flowCode(agent, at, flow, i, writing), '}'])
    if (runs === undefined) code.push(...lines)
    else {
      const slot = layout.attribute(agent.id, runs.attribute)
      const otherwise = together.flatMap(({ flow }) => idle(agent, flow, writing))
      code.push(`if (S[${slot}] === ${runs.is}) {`, ...lines, '} else {', ...otherwise, '}')
    }
    from = to
  }
  if (hooks.after) code.push('{', ...hooks.after, '}')
  code.push(...records(agent, writing))
  return code.join('\n')
}

type Runs = { readonly attribute: string; readonly is: 0 | 1 } | undefined
const isSame = (a: Runs, b: Runs) => a?.attribute === b?.attribute && a?.is === b?.is

/** A variable for each in-flow's ratio that a later flow asks for: 0 until it has flowed. */
function ratios(agent: Agent): string[] {
  const asked = new Set(agent.flows.flatMap(({ requires }) => requires))
  const names = new Set(agent.flows.filter(({ direction }) => direction === 'in').map(({ currency }) => currency))
  return [...asked].filter((name) => names.has(name)).map((name) => `let ${ratioOf(agent, name)} = 0`)
}

const ratioOf = (agent: Agent, currency: string) =>
  `q${agent.flows.findIndex((flow) => flow.direction === 'in' && flow.currency === currency)}`

function thresholds(agent: Agent, at: number, writing: Writing): string[] {
  return agent.thresholds.flatMap((threshold) => {
    const passed = condition(threshold, agent, writing.model, writing.layout)
    if (passed === undefined) return []
    const cause = writing.cause(`${threshold.path} ${threshold.limit} ${threshold.value}`)
    const active = `S[${writing.layout.active(agent.id)}]`
    return [`if (${active} > 0 && ${passed}) die${at}(${active}, ${cause})`]
  })
}

function connected(agent: Agent, flow: Flow, writing: Writing): { id: string; column: string }[] {
  const { direction, currency: name } = flow
  return flow.connections.map((connection) => ({
    id: connection,
    column: writing.column({ kind: 'flow', agent: agent.id, direction, name, connection }),
  }))
}

/** What is recorded of a flow that does not run. */
function idle(agent: Agent, flow: Flow, writing: Writing): string[] {
  return connected(agent, flow, writing).map(({ column }) => `R[${column}] = 0`)
}

function flowCode(agent: Agent, at: number, flow: Flow, i: number, writing: Writing): string[] {
  const { layout, model } = writing
  const active = `S[${layout.active(agent.id)}]`
  const targets = connected(agent, flow, writing)
  const isAsked = agent.flows.some(({ requires }) => requires.includes(flow.currency))
  const needsRatio = (flow.direction === 'in' && isAsked) || flow.deprive !== undefined
  const rate = flow.value * model.dt
  // asked for here, so that a flow that a change stops keeps its figures
  const sum = summed(flow, targets, writing)
  const missing = ranOutCode(flow, targets, writing)
  if (rate === 0 && !needsRatio && flow.criteria.every(({ buffer }) => buffer === 0)) return idle(agent, flow, writing)
  const factors = [
    ...required(agent, flow),
    ...criteria(agent, flow, i, writing),
    ...growths(agent, flow, writing),
    ...weights(agent, flow, writing),
  ]
  const code = [`let v = ${figure(rate)}`, ...(rate > 0 ? factors : [])]
  code.push(`const n = ${active}, target = n * v`, 'let rest = target')
  for (const [k, { id }] of targets.entries()) {
    const stores = layout.stores(id, flow.currency)
    code.push(`let f${k} = 0`)
    if (stores.length === 0) continue
    code.push('if (rest > 0) {', ...(flow.direction === 'in' ? withdraw(stores, k) : deposit(id, flow, k, layout)), '}')
  }
  for (const [k, { column }] of targets.entries()) code.push(`R[${column}] = f${k}`)
  if (sum !== undefined) code.push(sum)
  if (needsRatio) code.push('let ratio = target > 0 ? 1 : 0')
  if (missing.length > 0 || needsRatio) {
    // what is missing by rounding alone is not missing: so little changes no ratio of six decimals
    code.push('if (Math.abs(rest) > 1e-9 * target) {', ...missing)
    if (needsRatio) code.push('if (target > 0) ratio = +round6((target - rest) / target)')
    code.push('}')
  }
  if (flow.direction === 'in' && isAsked) code.push(`${ratioOf(agent, flow.currency)} = ratio`)
  if (flow.deprive !== undefined) code.push(...deprivation(agent, at, flow, i, writing))
  return code
}

/** The sum of a flow, which a summary needs of every step, also of those that are not kept. */
function summed(flow: Flow, targets: readonly { id: string }[], { model, layout }: Writing): string | undefined {
  const sum = targets.map((_, k) => `f${k}`).join(' + ')
  if (sum === '' || !isSummed(flow, model)) return undefined
  return `S[${layout.extra(total(flow.direction, flow.currency), 0)}] += ${sum}`
}

/** Remembers when something was wanted in vain for the first time. */
function ranOutCode({ direction, currency }: Flow, targets: readonly { id: string }[], { layout }: Writing): string[] {
  if (direction !== 'in') return []
  const first = targets.map(({ id }) => `S[${layout.extra(ranOut(id, currency), 0)}]`)
  return first.map((slot) => `if (rest > 0 && ${slot} === 0) ${slot} = now.step`)
}

function isSummed({ direction, currency }: Flow, model: Model): boolean {
  if (currency === 'kwh') return true
  return direction === 'out' && model.currencies.some(({ id, category }) => id === currency && category === 'food')
}

/** The names of these figures in the state. */
export const total = (direction: Direction, currency: string): string => `total ${direction} ${currency}`
export const ranOut = (agent: string, currency: string): string => `ran out ${agent}.${currency}`
export const firstDeath = (agent: string): string => `first death ${agent}`
export const lastDeath = (agent: string): string => `last death ${agent}`

function required(agent: Agent, flow: Flow): string[] {
  return flow.requires.map((currency) => {
    const isThere = agent.flows.some((other) => other.direction === 'in' && other.currency === currency)
    return isThere ? `v *= ${ratioOf(agent, currency)}` : 'v = 0'
  })
}

/** All are looked at, even once the flow is off: their delays count. */
function criteria(agent: Agent, flow: Flow, i: number, { model, layout }: Writing): string[] {
  // the class itself decides by this one when its flows run
  const others = flow.criteria.filter(
    ({ path }) => path !== 'grown' || layout.attribute(agent.id, 'grown') === undefined,
  )
  if (others.length === 0) return []
  const code = others.flatMap((criterion, k) => {
    const holds = condition(criterion, agent, model, layout) ?? 'false'
    if (criterion.buffer === 0) return [`if (!${holds}) v = 0`]
    const buffer = `S[${layout.own(agent.id, `buffer ${i} ${k}`, criterion.buffer)}]`
    return [
      `if (${holds}) { if (${buffer} > 0) { ${buffer} -= ${figure(model.dt)}; v = 0 } }`,
      `else { v = 0; if (${buffer} === 0) ${buffer} = ${figure(criterion.buffer)} }`,
    ]
  })
  return ['if (v > 0) {', ...code, '}']
}

function growths(agent: Agent, flow: Flow, { layout, model, list, call }: Writing): string[] {
  return flow.growth.map(({ by, type }) => {
    if (by === 'daily') return `v *= ${list(daily[type])}[now.hour]`
    const { lifetime } = agent.properties
    const hours = typeof lifetime === 'number' ? lifetime : 1
    return `v *= ${call(ageCurve(type, hours, model.dt))}(S[${layout.age(agent.id)}])`
  })
}

/** A field is the agent's own store for each individual, else a property, else an attribute. */
function weights(agent: Agent, flow: Flow, { layout, faults }: Writing): string[] {
  const active = `S[${layout.active(agent.id)}]`
  const factors = flow.weighted.map((field, k) => {
    const store = layout.store(agent.id, field)
    if (store !== undefined) return `(${active} > 0 ? S[${store}] / ${active} : 0)`
    const property = agent.properties[field]
    if (typeof property === 'number') return figure(property)
    const attribute = layout.attribute(agent.id, field)
    if (attribute !== undefined) return `S[${attribute}]`
    faults.push({
      path: `agents.${agent.id}.flows.${flow.direction}.${flow.currency}.weighted[${k}]`,
      what: `${agent.id} has no store, property or attribute "${field}"`,
    })
    return '0'
  })
  return factors.length === 0 ? [] : [`v = v * ${factors.join(' * ')}`]
}

function withdraw(stores: readonly number[], k: number): string[] {
  const [only] = stores
  if (stores.length === 1) {
    return [
      `const s = S[${only}]`,
      // times and by its own amount, as for one of several: it rounds
      `if (s !== 0) { const d = (rest < s ? rest : s) * s / s; S[${only}] = s - d; f${k} = Math.abs(d); rest -= f${k} }`,
    ]
  }
  const names = stores.map((_, j) => `s${j}`)
  return [
    ...stores.map((slot, j) => `const s${j} = S[${slot}]`),
    `const all = ${names.join(' + ')}`,
    'if (all !== 0) {',
    'const change = -(rest < all ? rest : all)',
    ...stores.map((slot, j) => `const d${j} = change * s${j} / all; S[${slot}] = s${j} + d${j}`),
    `const sum = ${names.map((_, j) => `d${j}`).join(' + ')}`,
    `f${k} = Math.abs(sum); rest -= f${k}`,
    '}',
  ]
}

function deposit(id: string, flow: Flow, k: number, layout: Layout): string[] {
  const slot = layout.store(id, flow.currency)
  if (slot === undefined) return []
  const capacity = figure(layout.agents.get(id)?.capacity[flow.currency] ?? 0)
  return [
    `const room = ${capacity} * S[${layout.active(id)}] - S[${slot}]`,
    `const d = rest < room ? rest : room; S[${slot}] += d; f${k} = Math.abs(d); rest -= f${k}`,
  ]
}

function deprivation(agent: Agent, at: number, flow: Flow, i: number, writing: Writing): string[] {
  const hours = figure(flow.deprive as number)
  const left = `S[${writing.layout.own(agent.id, `left ${i}`, flow.deprive as number)}]`
  const active = `S[${writing.layout.active(agent.id)}]`
  const cause = writing.cause(`without ${flow.currency}`)
  return [
    'if (n > 0) {',
    'if (ratio < 1) {',
    `const r = ${left} - (1 - ratio) * ${figure(writing.model.dt)}`,
    `${left} = r > 0 ? r : 0`,
    `if (r < 0) die${at}(Math.ceil(-r * ${active}), ${cause})`,
    `} else ${left} = ${hours}`,
    '}',
  ]
}

function records(agent: Agent, { layout, column }: Writing): string[] {
  const { id } = agent
  return [
    `R[${column({ kind: 'active', agent: id })}] = S[${layout.active(id)}]`,
    ...Object.keys(agent.capacity).map(
      (name) => `R[${column({ kind: 'storage', agent: id, name })}] = S[${layout.store(id, name)}]`,
    ),
    ...layout
      .recorded(agent)
      .map((name) => `R[${column({ kind: 'attribute', agent: id, name })}] = S[${layout.attribute(id, name)}]`),
  ]
}
