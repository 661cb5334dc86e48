/**
 * The turn of an agent under the `closed` rule, as straight-line code. S is the state, R the records, w the row.
 *
 *   age ─► perils ─► process after process ─► harvest begins a new life
 *
 * A process: hours × ramp × responses × switches ─► wanted extent ─► no more than each input is there and each output
 * has room ─► all flows by that extent. What is taken somewhere is put somewhere, so nothing is lost or made.
 */
import { figure, ranOut, total, type Writing } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'
import { leakCode, mixCode } from './air.ts'
import type { Peril, Process } from './process.ts'
import { distance, response, switched } from './view.ts'

/** The body of an agent's turn. @param at the agent's number */
export function closedTurn(agent: Agent, at: number, writing: Writing): string {
  const { layout, model } = writing
  const { processes = [], perils = [], lifetime } = agent.closed ?? {}
  const active = `S[${layout.active(agent.id)}]`
  const age = `S[${layout.age(agent.id)}]`
  const delay = agent.delay > 0 ? `S[${layout.own(agent.id, 'delay', agent.delay)}]` : undefined
  const zero = flowColumns(agent, writing).map((column) => `R[${column} + w] = 0`)
  const code = ['const w = row', ...zero]
  if (delay !== undefined)
    code.push(`if (${delay} > 0) ${delay} = ${delay} > ${figure(model.dt)} ? ${delay} - ${figure(model.dt)} : 0; else`)
  code.push(`if (${active} > 0) {`, `${age} += ${figure(model.dt)}`)
  // a life ends with the step in which the age is reached; half a second is for rounding
  if (lifetime !== undefined) code.push(`const isGrown = ${age} >= ${figure(lifetime - 1e-4)}`)
  for (const [k, peril] of perils.entries()) code.push(...perilCode(agent, at, peril, k, writing))
  for (const [k, process] of processes.entries()) code.push('{', ...processCode(agent, at, process, k, writing), '}')
  if (lifetime !== undefined) code.push(`if (isGrown) ${age} = 0`)
  code.push('}')
  return code.join('\n')
}

/** The columns of all flows, each once: two processes may share one. */
function flowColumns(agent: Agent, writing: Writing): string[] {
  const all = agent.flows.flatMap((flow) =>
    flow.connections.map((connection) => columnOf(agent, flow, connection, writing)),
  )
  return [...new Set(all)]
}

function columnOf(agent: Agent, { direction, currency: name }: Flow, connection: string, { column }: Writing): string {
  return column({ kind: 'flow', agent: agent.id, direction, name, connection })
}

function processCode(agent: Agent, at: number, process: Process, k: number, writing: Writing): string[] {
  const { layout, model } = writing
  const flows = agent.flows.filter((flow) => flow.process === process.id)
  const factors = factorsOf(agent, process, writing)
  const switches = process.switches.map((one, j) => switched(one, agent.id, `switch ${k} ${j}`, model, layout))
  const isOn = [...stages(process), ...switches.map(({ on }) => on)].join(' && ') || 'true'
  const active = `S[${layout.active(agent.id)}]`
  const code = switches.map(({ set }) => set)
  code.push(`const m = ${isOn} ? ${['1', ...factors].join(' * ')} : 0`)
  if (process.extent === 'mix') return [...code, ...mixCode(agent, flows, active, writing)]
  if (process.extent === 'leak') return [...code, ...leakCode(agent, flows, active, writing)]
  code.push(...extentCode(agent, process, flows, active, writing))
  code.push('if (e > 0) {', ...flows.flatMap((flow) => flowCode(agent, flow, writing)), '}')
  if (process.vital !== undefined) code.push(...vitalCode(agent, at, process.vital, flows, k, writing))
  return code
}

function stages({ stage }: Process): string[] {
  if (stage === undefined) return []
  return [stage === 'grown' ? 'isGrown' : '!isGrown']
}

function factorsOf(agent: Agent, { daily, ramp, responses }: Process, writing: Writing): string[] {
  const factors = responses.map((one) => response(one, writing))
  if (daily !== undefined) factors.push(`${writing.table((hour) => daily[hour] ?? 1)}(now.hour)`)
  const life = agent.closed?.lifetime
  if (ramp !== undefined && life !== undefined) {
    const peak = 1 / (1 - ramp / life / 2)
    factors.push(`${writing.table((age) => (age < ramp ? age / ramp : 1) * peak)}(S[${writing.layout.age(agent.id)}])`)
  }
  return factors
}

/** Finds the extent e, and `why`: the number of the flow that limits it, −1 where none does. */
function extentCode(
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

const isBoundless = (id: string, { layout }: Writing) => layout.agents.get(id)?.closed?.boundless !== undefined

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

function roomAt(id: string, currency: string, { layout }: Writing): string {
  const capacity = layout.agents.get(id)?.capacity[currency] ?? 0
  return `${figure(capacity)} * S[${layout.active(id)}] - S[${layout.store(id, currency)}]`
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

function flowCode(agent: Agent, flow: Flow, writing: Writing): string[] {
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
  if (isBoundless(id, writing)) return [`S[${only}] += rest; R[${column} + w] += rest; rest = 0`]
  if (stores.length === 1) {
    return [`{ const d = rest < S[${only}] ? rest : S[${only}]; S[${only}] -= d; R[${column} + w] += d; rest -= d }`]
  }
  return [
    `{ const all = ${stores.map((slot) => `S[${slot}]`).join(' + ')}, d = rest < all ? rest : all`,
    'if (all > 0) { const part = d / all; let taken = 0',
    ...stores.map((slot) => `{ const one = Math.min(S[${slot}], S[${slot}] * part); S[${slot}] -= one; taken += one }`),
    `R[${column} + w] += taken; rest -= taken } }`,
  ]
}

/** Puts what is still left into one connection; the last one takes what rounding left. */
function put(id: string, flow: Flow, column: string, isLast: boolean, writing: Writing): string[] {
  const slot = writing.layout.store(id, flow.currency)
  if (slot === undefined) return []
  if (isLast || isBoundless(id, writing)) return [`S[${slot}] += rest; R[${column} + w] += rest; rest = 0`]
  return [
    `{ const left = ${roomAt(id, flow.currency, writing)}, d = left <= 0 ? 0 : rest < left ? rest : left`,
    `S[${slot}] += d; R[${column} + w] += d; rest -= d }`,
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

/** Without the process, individuals die: as many as it did not serve, once the hours are over. */
function vitalCode(
  agent: Agent,
  at: number,
  hours: number,
  flows: readonly Flow[],
  k: number,
  writing: Writing,
): string[] {
  const left = `S[${writing.layout.own(agent.id, `left ${k}`, hours)}]`
  const active = `S[${writing.layout.active(agent.id)}]`
  const causes = flows.map(({ direction, currency }, i) => {
    const cause = writing.cause(direction === 'in' ? `without ${currency}` : `no room for ${currency}`)
    return `why === ${i} ? ${cause} : `
  })
  const cause = `${causes.join('')}${writing.cause('its processes stopped')}`
  return [
    'if (wanted > 0 && e < 0.999999999 * wanted) {',
    `const missed = 1 - (e > 0 ? e : 0) / wanted, over = missed * ${figure(writing.model.dt)} - ${left}`,
    `${left} = over < 0 ? -over : 0`,
    `if (over > 0) {`,
    ...perish(agent, at, `Math.ceil(missed * ${active} - 1e-9)`, cause, writing),
    '}',
    `} else if (wanted > 0) ${left} = ${figure(hours)}`,
  ]
}

function perilCode(agent: Agent, at: number, peril: Peril, k: number, writing: Writing): string[] {
  const { layout, model } = writing
  const { set, on } = switched(peril.switch, agent.id, `peril ${k}`, model, layout)
  const since = `S[${layout.own(agent.id, `peril since ${k}`, 0)}]`
  const cause = String(writing.cause(peril.name))
  return [
    set,
    `if (${on}) { ${since} += ${figure(model.dt)}; if (${since} > ${figure(peril.hours + 1e-9)}) {`,
    ...perish(agent, at, `S[${layout.active(agent.id)}]`, cause, writing),
    `} } else ${since} = 0`,
  ]
}

/** Individuals die, and their share of what the agent holds goes to who takes it. */
function perish(agent: Agent, at: number, many: string, cause: string, writing: Writing): string[] {
  const { layout } = writing
  const active = `S[${layout.active(agent.id)}]`
  const { remains } = agent.closed ?? {}
  const code = [`const many = Math.min(${active}, ${many})`, `if (many > 0) { const share = many / ${active}`]
  for (const currency of Object.keys(agent.capacity)) {
    const from = layout.store(agent.id, currency)
    const to = remains === undefined ? undefined : layout.store(remains, currency)
    if (to !== undefined) code.push(`{ const d = S[${from}] * share; S[${from}] -= d; S[${to}] += d }`)
  }
  return [...code, `die${at}(many, ${cause}) }`]
}

/**
 * What is recorded of all agents once all have had their turn: so that each row of the records adds up to the same.
 */
export function closedRecords(writing: Writing): string {
  const { model, layout, column } = writing
  const code = model.agents.flatMap(({ id, capacity }) => [
    `R[${column({ kind: 'active', agent: id })} + w] = S[${layout.active(id)}]`,
    ...Object.keys(capacity).map(
      (name) => `R[${column({ kind: 'storage', agent: id, name })} + w] = S[${layout.store(id, name)}]`,
    ),
  ])
  return ['const w = row', ...code].join('\n')
}
