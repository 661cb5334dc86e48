/** What a person wants to know first of a run: who lived, what ran out, harvest, energy. */
import type { RunSummary } from '@habtwin/contract'
import { firstDeath, lastDeath, ranOut, total } from './emit.ts'
import type { Agent } from './model.ts'
import type { Program } from './program.ts'
import type { RunState } from './run.ts'

/** @param state of any moment of the run; sums are of all steps up to there */
export function summarize({ model, layout }: Program, state: RunState): RunSummary {
  const { figures, step, elapsed, causes } = state
  const sum = (name: string) => figures[name] ?? 0
  const food = model.currencies.filter(({ category }) => category === 'food')
  const harvest = food.map(({ id }) => [id, sum(total('out', id))] as const).filter(([, kg]) => kg > 0)
  const empty = Object.entries(figures).flatMap(([name, first]) => {
    const prefix = ranOut('', '').slice(0, -1)
    return name.startsWith(prefix) && first > 0 ? [{ what: name.slice(prefix.length), hour: first * model.dt }] : []
  })
  const fate = (agent: Agent) => {
    const active = figures[layout.names[layout.active(agent.id)] as string] ?? 0
    const [first, last] = [sum(firstDeath(agent.id)) * model.dt, sum(lastDeath(agent.id)) * model.dt]
    const died = first > 0 ? { died: { first, last } } : {}
    return [agent.id, { active, amount: agent.amount, cause: causes[agent.id] ?? null, ...died }] as const
  }
  return {
    steps: step,
    hours: elapsed / 3_600_000_000,
    lived: Object.fromEntries(model.agents.filter(isAlive).map(fate)),
    ranOut: empty.sort((a, b) => a.hour - b.hour || a.what.localeCompare(b.what)),
    harvest: Object.fromEntries(harvest),
    energy: { made: sum(total('out', 'kwh')), used: sum(total('in', 'kwh')) },
  }
}

/** True for living things. */
function isAlive(agent: Agent): boolean {
  return agent.group === 'inhabitants' || agent.group === 'plants'
}
