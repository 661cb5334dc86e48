/** What processes look at, as expressions over the state. */
import { figure, type Writing } from '../emit.ts'
import type { Layout } from '../layout.ts'
import type { Model } from '../model.ts'
import type { Keep, Response, Switch, View } from './process.ts'

/** The figure of a view; 0 where there is none. */
export function viewed({ as, agent, currency }: View, model: Model, layout: Layout): string {
  if (as === 'moles') return `(${moles(agent, model, layout).join(' + ') || '0'})`
  const store = layout.store(agent, currency)
  if (store === undefined) return '0'
  if (as === 'amount') return `S[${store}]`
  if (as === 'level') {
    const capacity = layout.agents.get(agent)?.capacity[currency] ?? 0
    return `share(S[${store}], ${figure(capacity)} * S[${layout.active(agent)}])`
  }
  const molar = model.currencies.find(({ id }) => id === currency)?.molar ?? 1
  return `share(S[${store}] / ${figure(molar)}, ${moles(agent, model, layout).join(' + ')})`
}

/** kmol of each gas at an agent. */
function moles(agent: string, { currencies }: Model, layout: Layout): string[] {
  return currencies.flatMap(({ id, category, molar }) => {
    const slot = category === 'atmosphere' && molar !== undefined ? layout.store(agent, id) : undefined
    return slot === undefined ? [] : [`S[${slot}] / ${figure(molar as number)}`]
  })
}

/**
 * A switch: the lines that set it, and whether it is on.
 * @param name of the switch among the agent's own figures
 */
export function switched(
  one: Switch,
  owner: string,
  name: string,
  model: Model,
  layout: Layout,
): { set: string; on: string } {
  const slot = `S[${layout.own(owner, name, 0)}]`
  const [on, off] = one.when === 'above' ? ['>', '<'] : ['<', '>']
  const view = viewed(one.view, model, layout)
  return {
    set: `{ const x = ${view}; if (x ${on} ${figure(one.limit)}) ${slot} = 1; else if (x ${off}= ${figure(one.until)}) ${slot} = 0 }`,
    on: `${slot} === 1`,
  }
}

/** The factor by which a process answers. */
export function response({ view, kind, half, full }: Response, { model, layout, call }: Writing): string {
  const x = viewed(view, model, layout)
  if (kind === 'proportional') return `${x} / ${figure(full)}`
  const most = (full + half) / full
  return `${call((x) => (x > 0 ? (x / (x + half)) * most : 0))}(${x})`
}

/** How much of its currency there is above what a process keeps, or is missing from it. Exact also for mole fractions. */
export function distance({ view, at, direction, currency }: Keep, model: Model, layout: Layout): string {
  const store = layout.store(view.agent, currency)
  const held = store === undefined ? '0' : `S[${store}]`
  const molar = figure(model.currencies.find(({ id }) => id === currency)?.molar ?? 1)
  const all = moles(view.agent, model, layout).join(' + ') || '0'
  const missing = {
    amount: `${figure(at)} - ${held}`,
    level: `${figure(at * (layout.agents.get(view.agent)?.capacity[currency] ?? 0))} * S[${layout.active(view.agent)}] - ${held}`,
    // x of all is at: x = at/(1 − at) of all others
    fraction: `${figure(at / (1 - at))} * (${all} - ${held} / ${molar}) * ${molar} - ${held}`,
    moles: `(${figure(at)} - (${all})) * ${molar}`,
  }[view.as]
  return direction === 'out' ? `Math.max(0, ${missing})` : `Math.max(0, -(${missing}))`
}
