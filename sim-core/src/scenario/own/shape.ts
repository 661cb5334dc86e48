/** The input in the shape of a scenario. What is out of shape is told and set aside, so that all faults come at once. */
import { invalid } from '../../engine/index.ts'
import type { Faults } from './faults.ts'
import { type ScenarioForm, scenarioForm } from './form.ts'

const MOST_AGENTS = 2_000

export interface Shape {
  readonly form: ScenarioForm
  /** Agents whose own faults have been told. */
  readonly broken: ReadonlySet<string>
}

/** @throws HabtwinError scenario/invalid where too little is left to look further */
export function shapeOf(input: unknown, faults: Faults): Shape {
  const agents = isObject(input) && isObject(input.agents) ? input.agents : undefined
  const many = Object.keys(agents ?? {}).length
  // what is far too much is not looked at
  if (many > MOST_AGENTS) throw invalid([{ path: 'agents', what: `are ${many}; at most ${MOST_AGENTS} are run` }])
  const parsed = scenarioForm.safeParse(input)
  if (parsed.success) return { form: parsed.data, broken: new Set() }
  faults.issues(parsed.error.issues)
  const places = parsed.error.issues.map(({ path }) => path)
  const isAside = places.every(([first, id]) => first === 'knobs' || (first === 'agents' && id !== undefined))
  if (!isAside || !isObject(input)) throw invalid(faults.list)
  const broken = new Set(places.flatMap(([first, id]) => (first === 'agents' ? [String(id)] : [])))
  const whole = Object.entries(agents ?? {}).map(([id, agent]) => [id, broken.has(id) ? {} : agent])
  const { knobs: _, ...rest } = input
  const again = scenarioForm.safeParse({ ...rest, agents: Object.fromEntries(whole) })
  if (!again.success) throw invalid(faults.list)
  return { form: again.data, broken }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
