/** A run in words: who lived, what fell short, harvest, energy. */
import { basename } from 'node:path'
import type { RunSummary } from '@habtwin/contract'
import type { Model } from '@habtwin/sim-core/engine/index'
import { type Row, table } from '../table.ts'
import { figure, seconds, span, whole } from './words.ts'

/** Lines of a list that are shown. */
const SHOWN = 15

export interface Ended {
  /** As it was given: a file, or a preset. */
  readonly name: string
  readonly model: Model
  /** How many. */
  readonly changes: number
  readonly summary: RunSummary
  /** Steps in all, had it not been stopped. */
  readonly steps: number
  /** s on the clock. */
  readonly took: number
}

export function tell({ name, model, changes, summary, steps, took }: Ended): string {
  const { lived, ranOut, harvest, energy } = summary
  const speed = took > 0 ? `: ${whole(summary.steps / took)} steps/s` : ''
  const stopped = summary.steps < steps ? `Stopped at step ${whole(summary.steps)} of ${whole(steps)}: ` : ''
  const changed = changes > 0 ? `, ${changes} ${changes === 1 ? 'change' : 'changes'}` : ''
  const food = Object.entries(harvest).sort(([, a], [, b]) => b - a)
  const inAll = food.length > 1 ? [['in all', `${figure(food.reduce((sum, [, kg]) => sum + kg, 0))} kg`]] : []
  return [
    `${basename(name)} (${model.label}), seed ${model.seed}${changed}`,
    `${stopped}${span(summary.hours)} in ${whole(summary.steps)} steps, run in ${seconds(took)}${speed}`,
    ...section('Who lived', fates(lived, model), new Set([1])),
    ...section(
      'What fell short, and when first',
      ranOut.map(({ what, hour }) => [what, `after ${span(hour)}`, `(hour ${whole(hour)})`]),
      new Set([2]),
    ),
    ...(ranOut.length === 0 ? ['', 'Nothing fell short.'] : []),
    ...section(
      'Harvest',
      [...food.map(([id, kg]) => [labelOf(id, model), `${figure(kg)} kg`]), ...inAll],
      new Set([1]),
    ),
    ...(energy.made > 0 || energy.used > 0
      ? ['', `Energy: ${figure(energy.made)} kWh made, ${figure(energy.used)} kWh used`]
      : []),
  ].join('\n')
}

function section(title: string, rows: readonly Row[], right: ReadonlySet<number>): string[] {
  if (rows.length === 0) return []
  const more = rows.length > SHOWN ? [`  and ${rows.length - SHOWN} more`] : []
  const lines = table(rows.slice(0, SHOWN), right).split('\n')
  return ['', title, ...lines.map((line) => `  ${line}`), ...more]
}

/** The dead come first: they are not to be missed in a long list. */
function fates(lived: RunSummary['lived'], { agents }: Model): Row[] {
  const units = new Map(agents.map(({ id, properties }) => [id, properties.unit]))
  const all = Object.entries(lived)
  const isDead = ([, { died }]: (typeof all)[number]) => died !== undefined
  return [...all.filter(isDead), ...all.filter((one) => !isDead(one))].map(([id, fate]) =>
    fateOf(id, fate, units.get(id)),
  )
}

function fateOf(id: string, { active, amount, cause, died }: RunSummary['lived'][string], unit: unknown): Row {
  const count = `${whole(active)} of ${whole(amount)}${unit === 'm2' ? ' m²' : ''}`
  if (died === undefined) return [id, count, active === 0 && amount > 0 ? 'harvested, or not sown yet' : '']
  const why = active > 0 || cause === null ? '' : `: ${causeOf(cause)}`
  const when =
    died.first === died.last
      ? `died after ${span(died.first)}`
      : `died from ${span(died.first)} on, the last after ${span(died.last)}`
  return [id, count, `${active > 0 && active < amount ? `${whole(amount - active)} ` : ''}${when}${why}`]
}

/** `without co2`; `co2 above 0.01 of the air by mass`. */
function causeOf(cause: string): string {
  const [, currency, limit, value] = /^(?:in|out)_(\w+)_ratio ([<>])=? ([\d.e-]+)$/.exec(cause) ?? []
  if (currency === undefined) return cause
  return `${currency} ${limit === '<' ? 'below' : 'above'} ${value} of the air by mass`
}

function labelOf(id: string, { currencies }: Model): string {
  return currencies.find((currency) => currency.id === id)?.label ?? id
}
