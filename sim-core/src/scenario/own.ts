/**
 * Our own form of scenarios → a model of the closed rule: agents over what they use, ports resolved, units checked, the
 * books of every process closed, every fault collected with its path. docs/scenarios.md describes the form.
 */
import { parse, YAMLParseError } from 'yaml'
import { invalid } from '../engine/index.ts'
import type { Model } from '../engine/model.ts'
import { agentsOf } from './own/agents.ts'
import { currenciesOf, usedCurrencies } from './own/currencies.ts'
import { Faults } from './own/faults.ts'
import { placesOf } from './own/gather.ts'
import { positive } from './own/quantity.ts'
import { shapeOf } from './own/shape.ts'

/** What a caller may set over the scenario's own. */
export interface OwnOptions {
  readonly seed?: number | undefined
  readonly steps?: number | undefined
}

/** Groups in the order in which they act, where a scenario does not say. */
const ORDER = ['power', 'inhabitants', 'plants', 'machines', 'air']
/** A thousand years of hours: more is a slip of the pen. */
const MOST_STEPS = 10_000_000
const MOST_PROCESSES = 5_000

/**
 * A scenario from the text of a file, YAML or JSON.
 * @throws HabtwinError scenario/invalid with line and column
 */
export function readScenario(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 1_000 })
  } catch (error) {
    if (error instanceof YAMLParseError) throw invalid([{ path: '', what: error.message }])
    throw error
  }
}

/**
 * The model of a scenario in our own form.
 * @throws HabtwinError scenario/invalid with every fault, each with its path in the input
 */
export function ownToModel(input: unknown, { seed, steps }: OwnOptions = {}): Model {
  const faults = new Faults()
  const shape = shapeOf(input, faults)
  const { form } = shape
  const currencies = currenciesOf(form, faults)
  const places = placesOf(shape, currencies, faults)
  const agents = agentsOf(places, faults)
  const dt = faults.try('step', 1, () => positive(form.step ?? '1 h', 'h'))
  const hours = faults.try('duration', dt, () => positive(form.duration, 'h'))
  const all = steps ?? Math.max(1, Math.ceil(hours / dt - 1e-9))
  if (all > MOST_STEPS) faults.add('duration', `is ${all} steps; at most ${MOST_STEPS} are run`)
  const processes = agents.reduce((sum, { closed }) => sum + (closed?.processes.length ?? 0), 0)
  if (processes > MOST_PROCESSES) faults.add('agents', `have ${processes} processes; at most ${MOST_PROCESSES} are run`)
  for (const [i, { agent }] of (form.knobs ?? []).entries()) {
    if (!places.all.has(agent) && !agent.includes('*')) faults.add(`knobs[${i}].agent`, `there is no agent "${agent}"`)
  }
  const start = startOf(form.start, faults)
  if (faults.list.length > 0) throw invalid(faults.list)
  return {
    rule: 'closed',
    label: form.label ?? 'Scenario',
    start,
    dt,
    steps: all,
    seed: seed ?? form.seed ?? 0,
    priorities: form.order ?? ORDER,
    currencies: usedCurrencies(currencies, agents),
    agents,
  }
}

/** The start as local time of the habitat, which the calendar of the model is in. */
function startOf(written: string | undefined, faults: Faults): number {
  if (written === undefined) return Date.UTC(2026, 0, 1)
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(written) ? written : `${written.replace(' ', 'T').replace(/Z$/, '')}Z`)
  if (Number.isNaN(at)) faults.add('start', `"${written}" is no moment; write for example \`2026-03-21T00:00\``)
  return at
}
