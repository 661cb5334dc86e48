/** Changes to a model, and to a state that it goes on from: two more crew, scrubber off, lamps down by a fifth. */
import type { Adjustment, Change } from '@habtwin/contract'
import { type Fault, invalid } from './fault.ts'
import type { Agent, Flow, Model } from './model.ts'
import type { Program } from './program.ts'
import type { RunState } from './run.ts'

/** A figure after an adjustment. */
export function adjusted(value: number, by: Adjustment): number {
  if (typeof by === 'number') return by
  const figure = Number(by.replace(/\s?%$/, ''))
  return by.endsWith('%') ? value * (1 + figure / 100) : value + figure
}

/** True for ids that a pattern stands for: `*` for any letters. */
function matches(pattern: string, id: string): boolean {
  const parts = pattern.split('*')
  const [head = ''] = parts
  const tail = parts.at(-1) ?? ''
  if (parts.length === 1) return pattern === id
  if (!id.startsWith(head) || !id.endsWith(tail) || id.length < head.length + tail.length) return false
  let from = head.length
  for (const part of parts.slice(1, -1)) {
    const at = id.indexOf(part, from)
    if (at < 0 || at + part.length > id.length - tail.length) return false
    from = at + part.length
  }
  return true
}

/**
 * The model after changes; when they take effect is not looked at.
 * @param path of the changes in the input, for faults
 * @throws HabtwinError scenario/invalid with every change that does not fit the model
 */
export function applyChanges(model: Model, changes: readonly Change[], path = 'changes'): Model {
  const faults: Fault[] = []
  let { agents } = model
  for (const [i, change] of changes.entries()) {
    const place = `${path}[${i}]`
    if (!agents.some(({ id }) => matches(change.agent, id))) {
      faults.push({ path: `${place}.agent`, what: `there is no agent "${change.agent}"; there are ${listed(model)}` })
    }
    if (change.amount === undefined && change.rate === undefined && change.storage === undefined) {
      faults.push({ path: place, what: 'must change the amount, the rate or the storage' })
    }
    agents = agents.map((agent) => (matches(change.agent, agent.id) ? changed(agent, change, place, faults) : agent))
  }
  if (faults.length > 0) throw invalid(faults)
  return { ...model, agents }
}

function listed({ agents }: Model): string {
  const ids = agents.map(({ id }) => id)
  return ids.length > 40 ? `${ids.slice(0, 40).join(', ')} …` : ids.join(', ')
}

function changed(agent: Agent, { amount, rate, storage }: Change, path: string, faults: Fault[]): Agent {
  return {
    ...agent,
    ...(amount === undefined ? {} : { amount: newAmount(agent, amount, `${path}.amount`, faults) }),
    ...(rate === undefined ? {} : { flows: newFlows(agent, rate, `${path}.rate`, faults) }),
    ...(storage === undefined ? {} : { storage: newStorage(agent, storage, `${path}.storage`, faults) }),
  }
}

function newAmount(agent: Agent, by: Adjustment, path: string, faults: Fault[]): number {
  if (agent.class === 'lamp') faults.push({ path, what: `${agent.id} has a lamp for each plant; change its rate` })
  const amount = Math.round(adjusted(agent.amount, by))
  if (amount >= 0 && amount <= 1e9) return amount
  faults.push({ path, what: `${agent.id} would be ${amount}; it must be from 0 to 1,000,000,000` })
  return agent.amount
}

/** Harvest is what there is to harvest, at whatever rate it has grown. */
const isHarvest = ({ criteria }: Flow) => criteria.some(({ path }) => path === 'grown')

function newFlows(agent: Agent, by: Adjustment, path: string, faults: Fault[]): Flow[] {
  const factor = adjusted(1, by)
  if (!(factor >= 0))
    faults.push({ path, what: `${agent.id} would run at ${factor} times its rate; it must be at least 0` })
  return agent.flows.map((flow) => (isHarvest(flow) ? flow : { ...flow, value: flow.value * factor }))
}

function newStorage(agent: Agent, by: Readonly<Record<string, Adjustment>>, path: string, faults: Fault[]) {
  const storage: Record<string, number> = { ...agent.storage }
  for (const [currency, adjustment] of Object.entries(by)) {
    const room = agent.capacity[currency]
    const value = adjusted(storage[currency] ?? 0, adjustment)
    if (room === undefined) {
      const known = Object.keys(agent.capacity).join(', ') || 'nothing'
      faults.push({ path: `${path}.${currency}`, what: `${agent.id} holds ${known}` })
    } else if (!(value >= 0 && value <= room * agent.amount)) {
      faults.push({
        path: `${path}.${currency}`,
        what: `${agent.id} would hold ${value}; it must be from 0 to ${room * agent.amount}`,
      })
    } else storage[currency] = value
  }
  return storage
}

/**
 * The state to go on from after changes: individuals and stores follow the model.
 * @param before the model that the state is of
 * @param after the changed one, compiled
 */
export function changedState(state: RunState, before: Model, after: Program, changes: readonly Change[]): RunState {
  const { layout, model } = after
  const figures: Record<string, number> = { ...state.figures }
  const set = (slot: number, to: (value: number) => number) => {
    const name = layout.names[slot] as string
    figures[name] = Math.max(0, to(figures[name] ?? 0))
  }
  for (const [at, { id, amount }] of model.agents.entries()) {
    const old = (before.agents[at] as Agent).amount
    if (amount !== old) set(layout.active(id), (active) => active + amount - old)
    for (const { storage = {} } of changes.filter((change) => matches(change.agent, id))) {
      for (const [currency, by] of Object.entries(storage)) {
        const slot = layout.store(id, currency)
        if (slot !== undefined) set(slot, (value) => adjusted(value, by))
      }
    }
  }
  return { ...state, figures }
}
