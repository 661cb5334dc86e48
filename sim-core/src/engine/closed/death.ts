/** How individuals die: of what they lack, or of what is in their air. What they held goes to who takes it. */
import { figure, type Writing } from '../emit.ts'
import type { Agent, Flow } from '../model.ts'
import type { Peril } from './process.ts'
import { switched } from './view.ts'

/** Without the process, individuals die: as many as it did not serve, once the hours are over. */
export function vitalCode(
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

/** What kills when it has lasted for too long. */
export function perilCode(agent: Agent, at: number, peril: Peril, k: number, writing: Writing): string[] {
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
