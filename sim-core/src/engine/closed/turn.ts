/**
 * The turn of an agent under the `closed` rule, as straight-line code. S is the state, R the records, w the row.
 *
 *   age ─► perils ─► process after process ─► harvest begins a new life
 *
 * A process: hours × ramp × responses × switches ─► wanted extent ─► no more than each input is there and each output
 * has room ─► all flows by that extent. What is taken somewhere is put somewhere, so nothing is lost or made.
 */
import { figure, type Writing } from '../emit.ts'
import type { Agent } from '../model.ts'
import { leakCode, mixCode } from './air.ts'
import { perilCode, vitalCode } from './death.ts'
import { extentCode } from './extent.ts'
import { flowCode } from './flow.ts'
import type { Process } from './process.ts'
import { response, switched } from './view.ts'

/** The body of an agent's turn. @param at the agent's number */
export function closedTurn(agent: Agent, at: number, writing: Writing): string {
  const { layout, model } = writing
  const { processes = [], perils = [], lifetime } = agent.closed ?? {}
  const active = `S[${layout.active(agent.id)}]`
  const age = `S[${layout.age(agent.id)}]`
  const delay = agent.delay > 0 ? `S[${layout.own(agent.id, 'delay', agent.delay)}]` : undefined
  const code: string[] = []
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
  if (daily !== undefined) factors.push(`${writing.call((hour) => daily[hour] ?? 1)}(now.hour)`)
  const life = agent.closed?.lifetime
  if (ramp !== undefined && life !== undefined) {
    const peak = 1 / (1 - ramp / life / 2)
    factors.push(`${writing.call((age) => (age < ramp ? age / ramp : 1) * peak)}(S[${writing.layout.age(agent.id)}])`)
  }
  return factors
}
