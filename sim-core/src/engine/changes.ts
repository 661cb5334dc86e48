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

/** A flow runs at most so many times faster than the scenario says. */
const MOST_RATE = 1e6

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
 * @param pathOf a change in the input, for faults
 * @param isUnderWay what agents hold is not what the model says any more: a change by so much takes what it can
 * @throws HabtwinError scenario/invalid with every change that does not fit the model
 */
export function applyChanges(
  model: Model,
  changes: readonly Change[],
  pathOf = (i: number) => `changes[${i}]`,
  isUnderWay = false,
): Model {
  const faults: Fault[] = []
  let { agents } = model
  for (const [i, change] of changes.entries()) {
    const place = pathOf(i)
    if (!agents.some(({ id }) => matches(change.agent, id))) {
      faults.push({ path: `${place}.agent`, what: `there is no agent "${change.agent}"; there are ${listed(model)}` })
    }
    if (change.amount === undefined && change.rate === undefined && change.storage === undefined) {
      faults.push({ path: place, what: 'must change the amount, the rate or the storage' })
    }
    const to = (agent: Agent) => changed(agent, change, place, faults, isUnderWay)
    agents = agents.map((agent) => (matches(change.agent, agent.id) ? to(agent) : agent))
  }
  if (faults.length > 0) throw invalid(faults)
  return { ...model, agents }
}

function listed({ agents }: Model): string {
  const ids = agents.map(({ id }) => id)
  return ids.length > 40 ? `${ids.slice(0, 40).join(', ')} …` : ids.join(', ')
}

function changed(before: Agent, change: Change, path: string, faults: Fault[], isUnderWay: boolean): Agent {
  const { amount, rate, storage } = change
  const agent =
    amount === undefined ? before : { ...before, amount: newAmount(before, amount, `${path}.amount`, faults) }
  return {
    ...agent,
    ...(rate === undefined ? {} : { flows: newFlows(agent, rate, `${path}.rate`, faults) }),
    ...(storage === undefined ? {} : { storage: newStorage(agent, storage, `${path}.storage`, faults, isUnderWay) }),
  }
}

function newAmount(agent: Agent, by: Adjustment, path: string, faults: Fault[]): number {
  if (agent.class === 'lamp') faults.push({ path, what: `${agent.id} has a lamp for each plant; change its rate` })
  const exact = adjusted(agent.amount, by)
  // 80 % of four people are three
  const amount = Number.isInteger(agent.amount) ? Math.round(exact) : exact
  if (amount >= 0 && amount <= 1e9) return amount
  faults.push({ path, what: `${agent.id} would be ${amount}; it must be from 0 to 1,000,000,000` })
  return agent.amount
}

/** Harvest is what there is to harvest, at whatever rate it has grown. */
const isHarvest = ({ criteria }: Flow) => criteria.some(({ path }) => path === 'grown')

function newFlows(agent: Agent, by: Adjustment, path: string, faults: Fault[]): Flow[] {
  const factor = adjusted(1, by)
  if (!(factor >= 0 && factor <= MOST_RATE))
    faults.push({ path, what: `${agent.id} would run at ${factor} times its rate; it must be from 0 to ${MOST_RATE}` })
  return agent.flows.map((flow) => (isHarvest(flow) ? flow : { ...flow, value: flow.value * factor }))
}

function newStorage(
  agent: Agent,
  by: Readonly<Record<string, Adjustment>>,
  path: string,
  faults: Fault[],
  isUnderWay: boolean,
): Record<string, number> {
  const storage: Record<string, number> = { ...agent.storage }
  for (const [currency, adjustment] of Object.entries(by)) {
    if (!Object.hasOwn(agent.capacity, currency)) {
      const known = Object.keys(agent.capacity).join(', ') || 'nothing'
      faults.push({ path: `${path}.${currency}`, what: `${agent.id} holds ${known}` })
      continue
    }
    const room = (agent.capacity[currency] as number) * agent.amount
    const value = adjusted(storage[currency] ?? 0, adjustment)
    const isWithin = value >= 0 && value <= room
    if (!isWithin && !(isUnderWay && typeof adjustment === 'string')) {
      const what = `${agent.id} would hold ${value}; it must be from 0 to ${room}`
      faults.push({ path: `${path}.${currency}`, what })
    }
    storage[currency] = Math.min(room, Math.max(0, value))
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
  const { names } = layout
  const figures: Record<string, number> = { ...state.figures }
  const causes: Record<string, string | null> = { ...state.causes }
  const get = (slot: number | undefined) => (slot === undefined ? 0 : (figures[names[slot] as string] ?? 0))
  const set = (slot: number, value: number) => {
    figures[names[slot] as string] = value
  }
  for (const [at, { id, amount, capacity }] of model.agents.entries()) {
    const added = amount - (before.agents[at] as Agent).amount
    const active = layout.active(id)
    const had = get(active)
    // what has not begun yet begins with the new amount by itself
    if (added !== 0 && get(layout.attribute(id, 'delay')) === 0) set(active, Math.max(0, had + added))
    if (added > 0 && had === 0 && get(active) > 0) {
      // those who come where all had died begin with their own reserves
      causes[id] = null
      for (const slot of [...layout.kept(id, 'left'), ...layout.kept(id, 'peril since')])
        set(slot, after.initial[slot] as number)
    }
    for (const { storage = {} } of changes.filter((change) => matches(change.agent, id))) {
      for (const [currency, by] of Object.entries(storage)) {
        const slot = layout.store(id, currency)
        const room = (capacity[currency] ?? 0) * get(active)
        if (slot !== undefined) set(slot, Math.min(room, Math.max(0, adjusted(get(slot), by))))
      }
    }
  }
  return { ...state, figures, causes }
}
