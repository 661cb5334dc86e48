/** What a criterion or a threshold looks at, as an expression over the state. */
import type { Layout } from './layout.ts'
import type { Agent, Criterion, Model } from './model.ts'
import { round6 } from './rounding.ts'

const RATIO = '_ratio'
/** Farther than this from the limit, rounding to six decimals changes nothing. */
const MARGIN = 2e-6

/**
 * The condition of a criterion: true where any of the agents that it looks at meets it (or all of them).
 * @returns JavaScript, which uses a variable x; undefined where there is nothing that it could look at
 */
export function condition(criterion: Criterion, agent: Agent, model: Model, layout: Layout): string | undefined {
  const looks = views(criterion.path, agent, model, layout).map((view) => compare(view, criterion))
  return looks.length === 0 ? undefined : `(${looks.join(criterion.all ? ' && ' : ' || ')})`
}

/** The figures that a path stands for: one for each agent that the flow of that name is connected to. */
function views(path: string, agent: Agent, model: Model, layout: Layout): string[] {
  const [, direction, name] = /^(in|out)_(.+)$/.exec(path) ?? []
  if (direction === undefined || name === undefined) return [view(path, agent.id, model, layout)].filter(isThere)
  const currency = name.endsWith(RATIO) ? name.slice(0, -RATIO.length) : name
  const flow =
    agent.flows.find((flow) => flow.direction === direction && flow.currency === name) ??
    agent.flows.find((flow) => flow.direction === direction && flow.currency === currency)
  return (flow?.connections ?? []).map((id) => view(name, id, model, layout)).filter(isThere)
}

const isThere = (view: string | undefined): view is string => view !== undefined

/** An attribute of that name, else a store, else its share of the category by mass. */
function view(name: string, id: string, model: Model, layout: Layout): string | undefined {
  const slot = layout.attribute(id, name) ?? layout.store(id, name)
  if (slot !== undefined) return `S[${slot}]`
  if (!name.endsWith(RATIO)) return undefined
  const currency = name.slice(0, -RATIO.length)
  const part = layout.store(id, currency)
  const category = model.currencies.find((one) => one.id === currency)?.category
  if (part === undefined || category === undefined) return undefined
  const all = layout.category(id, category).map((slot) => `S[${slot}]`)
  return `share(S[${part}], ${all.join(' + ')})`
}

function compare(view: string, { limit, value }: Criterion): string {
  const figure = round6(value)
  if (limit === '=') return `round6(${view}) === ${figure}`
  const helper = { '<': 'below', '<=': 'atMost', '>': 'above', '>=': 'atLeast' }[limit]
  const [least, most] = [figure - MARGIN, figure + MARGIN]
  // far from the limit nothing is called
  if (limit === '<' || limit === '<=') return `((x = ${view}) < ${least} || (x <= ${most} && ${helper}(x, ${figure})))`
  return `((x = ${view}) > ${most} || (x >= ${least} && ${helper}(x, ${figure})))`
}

/** What generated code calls: comparisons of figures that are rounded to six decimals first. */
export const comparisons = {
  round6,
  share: (part: number, all: number): number => (all > 0 ? part / all : 0),
  below: (x: number, limit: number): boolean =>
    x < limit - MARGIN ? true : x > limit + MARGIN ? false : round6(x) < limit,
  atMost: (x: number, limit: number): boolean =>
    x < limit - MARGIN ? true : x > limit + MARGIN ? false : round6(x) <= limit,
  above: (x: number, limit: number): boolean =>
    x > limit + MARGIN ? true : x < limit - MARGIN ? false : round6(x) > limit,
  atLeast: (x: number, limit: number): boolean =>
    x > limit + MARGIN ? true : x < limit - MARGIN ? false : round6(x) >= limit,
}
