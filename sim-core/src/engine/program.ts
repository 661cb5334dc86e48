/**
 * A model, compiled: the layout of its state, the columns that it records, and the code of its step. Code is made of
 * figures and places in arrays alone: nothing that a configuration says is ever a part of it.
 */

import type { Places, Turn } from './agents/agent-class.ts'
import { classes } from './agents/index.ts'
import { closedFrame } from './closed/frame.ts'
import { closedTurn } from './closed/turn.ts'
import type { Column } from './columns.ts'
import { columnName } from './columns.ts'
import { comparisons } from './criteria.ts'
import { firstDeath, lastDeath, turn, type Writing } from './emit.ts'
import { type Fault, invalid } from './fault.ts'
import { clipped, norm } from './growth.ts'
import { Layout } from './layout.ts'
import type { Agent, Model } from './model.ts'
import type { Random } from './random.ts'

/** Rows of a buffer of records: some hundred kilobytes, so that it stays in the cache. */
export const ROWS = 512
/** Between the columns of a buffer, more than the rows so that columns do not compete for places in the cache. */
export const STRIDE = ROWS + 8

/** The simulated time that hooks see. */
export interface Time {
  step: number
  hour: number
  month: number
  year: number
}

/** What the code of a model runs on. */
export interface Machine {
  readonly state: Float64Array
  readonly records: Float64Array
  readonly random: Random
  readonly now: Time
  /** By agent: what it died of, a number of `causes`; −1 where it lives. */
  readonly died: Int32Array
}

/** Runs one step and writes its records into a row. */
export type Step = (row: number) => void

export interface Program {
  readonly model: Model
  readonly columns: readonly Column[]
  readonly layout: Layout
  /** What agents die of, by number. */
  readonly causes: readonly string[]
  /** The state at the beginning. */
  readonly initial: Float64Array
  /** Binds the code to arrays. */
  bind(machine: Machine): Step
}

/**
 * Compiles a model.
 * @throws HabtwinError scenario/invalid that lists every fault with its path
 */
export function compile(model: Model): Program {
  const faults: Fault[] = []
  const layout = new Layout(model, classes)
  const columns: Column[] = []
  const places = new Map<string, number>()
  const causes: string[] = []
  const curves: ((age: number) => number)[] = []
  const writing: Writing = {
    model,
    layout,
    faults,
    column(column) {
      const name = columnName(column)
      const known = places.get(name) ?? columns.push(column) - 1
      places.set(name, known)
      return String(known * STRIDE)
    },
    table(curve) {
      return `curve${curves.push(curve) - 1}`
    },
    cause(text) {
      const known = causes.indexOf(text)
      return known < 0 ? causes.push(text) - 1 : known
    },
  }
  for (const agent of model.agents) announce(agent, writing)
  // bound once to nothing: so that figures that classes ask for are a part of the layout, and to see what they do
  const bound = (state: Float64Array, now: Time) =>
    model.agents.map(
      (agent): Turn => layout.classOf(agent).turn?.(placesOf(agent, model, layout, faults), state, now) ?? {},
    )
  const hooks = bound(new Float64Array(0), { step: 0, hour: 0, month: 0, year: 0 })
  const turns = model.agents.map(
    (agent, at) =>
      `function turn${at}() {\n${model.rule === 'closed' ? closedTurn(agent, at, writing) : turn(agent, at, hooks[at] as Turn, writing)}\n}`,
  )
  const groups = groupsOf(model)
  const frame = model.rule === 'closed' ? closedFrame(writing) : []
  const source = [
    "'use strict'",
    'let row = 0',
    ...model.agents.map((agent, at) => deathOf(agent, at, layout)),
    ...model.agents.flatMap((_, at) => [`const { before: before${at}, after: after${at} } = hooks[${at}]`]),
    ...curves.map((_, i) => `const curve${i} = curves[${i}]`),
    ...turns,
    ...frame,
    ...groups.map((group, g) => groupCode(group, g)),
    'return function step(at) {',
    'row = at',
    ...(frame.length > 0 ? ['clear()'] : []),
    ...groups.map((_, g) => `group${g}()`),
    ...(frame.length > 0 ? ['record()'] : []),
    '}',
  ].join('\n')
  if (faults.length > 0) throw invalid(faults)
  const daily = (curve: (rate: number) => number) => Float64Array.from({ length: 24 }, (_, hour) => curve(hour / 24))
  const given = {
    ...comparisons,
    curves,
    daily_norm: daily(norm),
    daily_clipped: daily(clipped),
  }
  const make = new Function('S', 'R', 'died', 'random', 'now', 'hooks', ...Object.keys(given), source)
  return {
    model,
    columns,
    layout,
    causes,
    initial: layout.initial(),
    bind({ state, records, random, now, died }) {
      return make(state, records, died, random, now, bound(state, now), ...Object.values(given)) as Step
    },
  }
}

/** Says what is recorded of an agent, in the order in which people read it. */
function announce(agent: Agent, { layout, column }: Writing): void {
  const { id } = agent
  column({ kind: 'active', agent: id })
  for (const name of Object.keys(agent.capacity)) column({ kind: 'storage', agent: id, name })
  for (const name of layout.recorded(agent)) column({ kind: 'attribute', agent: id, name })
  for (const { direction, currency: name, connections } of agent.flows) {
    for (const connection of connections) column({ kind: 'flow', agent: id, direction, name, connection })
  }
}

/** Agents by group: the groups of `priorities` in their order, then all others together. */
function groupsOf({ agents, priorities }: Model): number[][] {
  const numbered = agents.map((agent, at) => ({ group: agent.group, at }))
  const of = (fits: (group: string) => boolean) => numbered.filter(({ group }) => fits(group)).map(({ at }) => at)
  return [
    ...priorities.map((name) => of((group) => group === name)),
    of((group) => !priorities.includes(group)),
  ].filter((group) => group.length > 0)
}

/** A group acts in an order that is drawn anew at each step; one alone draws nothing. */
function groupCode(group: readonly number[], g: number): string {
  if (group.length === 1) return `function group${g}() { turn${group[0]}() }`
  return [
    `const list${g} = Int32Array.of(${group.map((_, i) => i).join(', ')}), order${g} = new Int32Array(${group.length})`,
    `function group${g}() {`,
    `order${g}.set(list${g})`,
    `random.shuffle(order${g})`,
    `for (let i = 0; i < ${group.length}; i++) switch (order${g}[i]) {`,
    ...group.map((at, i) => `case ${i}: turn${at}(); break`),
    '}',
    '}',
  ].join('\n')
}

/** How individuals of an agent die: not more than there are, and what they leave behind stays. */
function deathOf(agent: Agent, at: number, layout: Layout): string {
  const active = `S[${layout.active(agent.id)}]`
  return [
    `function die${at}(many, cause) {`,
    `const n = ${active}`,
    'if (n <= 0 || many <= 0) return',
    'const dead = many < n ? many : n',
    `if (hooks[${at}].dying) hooks[${at}].dying(dead / n)`,
    `${active} = n - dead`,
    `if (S[${layout.extra(firstDeath(agent.id), 0)}] === 0) S[${layout.extra(firstDeath(agent.id), 0)}] = now.step`,
    `S[${layout.extra(lastDeath(agent.id), 0)}] = now.step`,
    `if (dead === n) died[${at}] = cause`,
    '}',
  ].join('\n')
}

function placesOf(agent: Agent, model: Model, layout: Layout, faults: Fault[]): Places {
  return {
    agent,
    model,
    attribute: (name) => layout.attribute(agent.id, name) as number,
    store: (id, currency) => layout.store(id, currency),
    active: (id) => layout.active(id),
    category: (id, category) => layout.category(id, category),
    shared: (name, initial) => layout.extra(`shared ${name}`, initial),
    other: (id) => layout.agents.get(id) as Agent,
    fault(path, what) {
      faults.push({ path: `agents.${agent.id}.${path}`, what })
      throw invalid(faults)
    },
  }
}
