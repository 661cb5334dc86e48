/**
 * A model, compiled: the layout of its state, the columns that it records, and the code of its step. Code is made of
 * figures and places in arrays alone: nothing that a configuration says is ever a part of it.
 */

import type { Places, Turn } from './agents/agent-class.ts'
import { classes } from './agents/index.ts'
import { closedFrame } from './closed/frame.ts'
import { closedTurn } from './closed/turn.ts'
import { type Column, columnName } from './columns.ts'
import { comparisons } from './criteria.ts'
import { firstDeath, lastDeath, turn, type Writing } from './emit.ts'
import { type Fault, invalid } from './fault.ts'
import { Layout } from './layout.ts'
import type { Agent, Model } from './model.ts'
import type { Random } from './random.ts'

/** Characters of code: a hundred times those of a large habitat. */
const MOST_CODE = 20e6

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

/** Runs one step and leaves its records. */
export type Step = () => void

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
  const given = new Map<string, unknown>(Object.entries(comparisons))
  const helpers = new Map<string, string>()
  const writing: Writing = {
    model,
    layout,
    faults,
    column(column) {
      const name = columnName(column)
      const known = places.get(name) ?? columns.push(column) - 1
      places.set(name, known)
      return String(known)
    },
    call: (does) => nameOf('call', does, given),
    list: (values) => nameOf('list', values, given),
    once(lines) {
      const body = lines.join('\n')
      const name = helpers.get(body) ?? `once${helpers.size}`
      helpers.set(body, name)
      return `${name}()`
    },
    cause(text) {
      const known = causes.indexOf(text)
      return known < 0 ? causes.push(text) - 1 : known
    },
  }
  for (const agent of model.agents) announce(agent, writing)
  const hooks = model.agents.map((agent) => layout.classOf(agent).turn?.(placesOf(agent, writing)) ?? {})
  let size = 0
  const turns = model.agents.map((agent, at) => {
    const code = model.rule === 'closed' ? closedTurn(agent, at, writing) : turn(agent, at, hooks[at] as Turn, writing)
    size += code.length
    if (size > MOST_CODE) throw invalid([{ path: 'agents', what: 'too many, with too much between them' }])
    return `function turn${at}() {\n${code}\n}`
  })
  const groups = groupsOf(model)
  const frame = model.rule === 'closed' ? closedFrame(writing) : []
  const source = [
    "'use strict'",
    ...[...helpers].map(([body, name]) => `function ${name}() {\n${body}\n}`),
    ...model.agents.map((agent, at) => deathOf(agent, at, hooks[at] as Turn, layout)),
    ...turns,
    ...frame,
    ...groups.map((group, g) =>
      groupCode(
        group,
        g,
        group.every((at) => isStill(model.agents[at] as Agent, hooks[at] as Turn)),
      ),
    ),
    'return function step() {',
    ...(frame.length > 0 ? ['clear()'] : []),
    ...groups.map((_, g) => `group${g}()`),
    ...(frame.length > 0 ? ['record()'] : []),
    '}',
  ].join('\n')
  if (faults.length > 0) throw invalid(faults)
  const make = new Function('S', 'R', 'died', 'random', 'now', ...given.keys(), source)
  return {
    model,
    columns,
    layout,
    causes,
    initial: layout.initial(),
    bind({ state, records, random, now, died }) {
      return make(state, records, died, random, now, ...given.values()) as Step
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

/** True for what only holds things: its turn is the same whenever it comes. */
function isStill({ flows, thresholds, closed }: Agent, { before, after }: Turn): boolean {
  const acts = before !== undefined || after !== undefined || flows.length > 0
  const dies = thresholds.length > 0 || (closed?.perils ?? []).length > 0
  return !acts && !dies
}

/** A group acts in an order that is drawn anew at each step; one alone draws nothing. */
function groupCode(group: readonly number[], g: number, anyOrder: boolean): string {
  const turns = group.map((at) => `turn${at}()`)
  if (group.length === 1) return `function group${g}() { ${turns[0]} }`
  const inOrder = [
    `for (let i = 0; i < ${group.length}; i++) switch (order${g}[i]) {`,
    ...turns.map((turn, i) => `case ${i}: ${turn}; break`),
    '}',
  ]
  return [
    `const list${g} = Int32Array.of(${group.map((_, i) => i).join(', ')}), order${g} = new Int32Array(${group.length})`,
    `function group${g}() {`,
    `order${g}.set(list${g})`,
    `random.shuffle(order${g})`,
    ...(anyOrder ? turns : inOrder),
    '}',
  ].join('\n')
}

/** How individuals of an agent die: not more than there are, and what they leave behind stays. */
function deathOf(agent: Agent, at: number, { dying = [] }: Turn, layout: Layout): string {
  const active = `S[${layout.active(agent.id)}]`
  return [
    `function die${at}(many, cause) {`,
    `const n = ${active}`,
    'if (n <= 0 || many <= 0) return',
    'const dead = many < n ? many : n',
    ...(dying.length > 0 ? ['{', 'const share = dead / n', ...dying, '}'] : []),
    `${active} = n - dead`,
    `if (S[${layout.extra(firstDeath(agent.id), 0)}] === 0) S[${layout.extra(firstDeath(agent.id), 0)}] = now.step`,
    `S[${layout.extra(lastDeath(agent.id), 0)}] = now.step`,
    `if (dead === n) died[${at}] = cause`,
    '}',
  ].join('\n')
}

function placesOf(agent: Agent, writing: Writing): Places {
  const { model, layout, faults, list, call, once } = writing
  const cell = (slot: number) => `S[${slot}]`
  return {
    agent,
    model,
    list,
    call,
    once,
    attribute: (name) => cell(layout.attribute(agent.id, name) as number),
    store(id, currency) {
      const slot = layout.store(id, currency)
      return slot === undefined ? undefined : cell(slot)
    },
    active: (id) => cell(layout.active(id)),
    category: (id, category) => layout.category(id, category).map(cell),
    shared: (name, initial) => cell(layout.extra(`shared ${name}`, initial)),
    other: (id) => layout.agents.get(id) as Agent,
    fault(path, what) {
      faults.push({ path: `agents.${agent.id}.${path}`, what })
      throw invalid(faults)
    },
  }
}

/** The name by which the code knows what is given to it: each thing has one. */
function nameOf(kind: string, thing: unknown, given: Map<string, unknown>): string {
  const [known] = [...given].find(([, other]) => other === thing) ?? []
  const name = known ?? `${kind}${given.size}`
  given.set(name, thing)
  return name
}
