/**
 * Our own form of scenarios → a model of the closed rule: agents over what they use, ports resolved, units checked, the
 * books of every process closed, every fault collected with its path. docs/scenarios.md describes the form.
 */
import { parse, YAMLParseError } from 'yaml'
import type { Peril } from '../engine/closed/process.ts'
import { invalid } from '../engine/index.ts'
import type { Agent, Currency, Model } from '../engine/model.ts'
import { agents as library } from './library/agents.ts'
import { type CurrencyData, currencies as ownCurrencies } from './library/currencies.ts'
import { contents, kmoles } from './own/air.ts'
import { Faults } from './own/faults.ts'
import { type AgentForm, type ScenarioForm, scenarioForm } from './own/form.ts'
import { atoms, type Matter, mixture, substance } from './own/matter.ts'
import { whole } from './own/merge.ts'
import { type Place, Places } from './own/places.ts'
import { processOf } from './own/processes.ts'
import { amount, FigureFault } from './own/quantity.ts'
import { Views } from './own/views.ts'

/** What a caller may set over the scenario's own. */
export interface OwnOptions {
  readonly seed?: number | undefined
  readonly steps?: number | undefined
}

/** Groups in the order in which they act, where a scenario does not say. */
const ORDER = ['power', 'inhabitants', 'plants', 'machines', 'air']
/** A thousand years of hours: more is a slip of the pen. */
const MOST_STEPS = 10_000_000
const MOST_AGENTS = 2_000
/** A room holds this many times the gas that it begins with. */
const SPARE = 10
/** What a room can hold without saying so. */
const AIR = ['o2', 'co2', 'n2', 'h2o']

/** True for something that is meant to be a scenario in our own form. */
export function isOwn(input: unknown): boolean {
  return typeof input === 'object' && input !== null && 'agents' in input && ('duration' in input || 'habtwin' in input)
}

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
  const parsed = scenarioForm.safeParse(input)
  if (!parsed.success) {
    faults.issues(parsed.error.issues)
    throw invalid(faults.list)
  }
  const form = parsed.data
  if (Object.keys(form.agents).length > MOST_AGENTS)
    throw invalid([{ path: 'agents', what: `more than ${MOST_AGENTS} agents` }])
  const currencies = currenciesOf(form, faults)
  const places = placesOf(form, currencies, faults)
  const agents = agentsOf(places, faults)
  const dt = faults.try('step', 1, () => positive(form.step ?? '1 h', 'h'))
  const hours = faults.try('duration', dt, () => positive(form.duration, 'h'))
  const all = steps ?? Math.max(1, Math.ceil(hours / dt - 1e-9))
  if (all > MOST_STEPS) faults.add('duration', `is ${all} steps; at most ${MOST_STEPS} are run`)
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

/** @throws FigureFault */
function positive(text: string, unit: string): number {
  const value = amount(text, unit)
  if (!(value > 0 && Number.isFinite(value))) throw new FigureFault(`"${text}" must be above zero`)
  return value
}

/** The start as local time of the habitat, which the calendar of the model is in. */
function startOf(written: string | undefined, faults: Faults): number {
  if (written === undefined) return Date.UTC(2026, 0, 1)
  const at = Date.parse(/^\d{4}-\d\d-\d\d$/.test(written) ? written : `${written.replace(' ', 'T').replace(/Z$/, '')}Z`)
  if (Number.isNaN(at)) faults.add('start', `"${written}" is no moment; write for example \`2026-03-21T00:00\``)
  return at
}

function currenciesOf(form: ScenarioForm, faults: Faults): Map<string, CurrencyData> {
  const all = new Map<string, CurrencyData>(Object.entries(ownCurrencies))
  for (const [id, { label = id, category, unit, formula, energy }] of Object.entries(form.currencies ?? {})) {
    const path = `currencies.${id}`
    if (all.has(id)) faults.add(path, 'is a currency of the library already; give it another name')
    const matter = faults.try(`${path}.formula`, { elements: {}, energy: 0 }, () => matterOf(id, unit, formula))
    const heat = energy === undefined ? matter.energy : faults.try(`${path}.energy`, 0, () => energyOf(energy, unit))
    all.set(id, { label, category, unit, matter: { ...matter, energy: heat } })
  }
  return all
}

/** @throws FigureFault */
function matterOf(id: string, unit: string, formula: string | Record<string, string> | undefined): Matter {
  if (unit === 'kWh') return { elements: {}, energy: 1 }
  if (unit === 'mol') return { elements: {}, energy: 0 }
  if (formula === undefined) return { elements: { [id]: 1 }, energy: 0 }
  const unknown = (typeof formula === 'string' ? [formula] : Object.keys(formula)).find(
    (one) => atoms(one) === undefined,
  )
  if (unknown !== undefined) throw new FigureFault(`"${unknown}" is no formula of C, H, N and O`)
  if (typeof formula === 'string') return substance(formula)
  const shares = Object.entries(formula).map(([one, part]) => [one, amount(part, '1')] as const)
  const sum = shares.reduce((all, [, share]) => all + share, 0)
  if (!(Math.abs(sum - 1) < 1e-6))
    throw new FigureFault(`the parts are ${(sum * 100).toPrecision(4)} % together; they must be 100 %`)
  return mixture(Object.fromEntries(shares.map(([one, share]) => [one, share / sum])))
}

/** kWh in each unit. @throws FigureFault */
function energyOf(text: string, unit: string): number {
  const [figure = '', per = ''] = text.split('/')
  if (per.trim() !== unit) throw new FigureFault(`"${text}" must be given for each ${unit}: \`4.9 kWh/${unit}\``)
  return amount(figure, 'kWh')
}

function placesOf(form: ScenarioForm, currencies: ReadonlyMap<string, CurrencyData>, faults: Faults): Places {
  const known = { ...library, ...form.templates }
  const places = new Map<string, Place>()
  for (const [id, written] of Object.entries(form.agents)) {
    const path = `agents.${id}`
    const agent = whole(written, known, path, faults)
    const temperature = faults.try(`${path}.air.temperature`, 20, () =>
      amount(agent.air?.temperature ?? '20 °C', 'Cel'),
    )
    const volume = agent.air && faults.try(`${path}.air.volume`, 1, () => positive(agent.air?.volume ?? '', 'm3'))
    const place: Place = { form: agent, amount: agent.amount ?? 1, capacity: {}, volume, temperature }
    for (const [currency, text] of Object.entries(agent.capacity ?? {})) {
      const unit = currencies.get(currency)?.unit
      if (unit === undefined) faults.add(`${path}.capacity.${currency}`, `there is no currency "${currency}"`)
      else place.capacity[currency] = faults.try(`${path}.capacity.${currency}`, 0, () => amount(text, unit))
    }
    if (volume !== undefined) {
      const most = kmoles(SPARE * 101_325, { volume, temperature })
      for (const gas of AIR) place.capacity[gas] ??= most * (currencies.get(gas)?.matter.molar ?? 0)
    }
    places.set(id, place)
  }
  return new Places(currencies, places, faults, form.connect)
}

function agentsOf(places: Places, faults: Faults): Agent[] {
  const views = new Views(places, faults)
  const built = [...places.all].map(([id, place]) => agentOf(id, place, places, views, faults))
  // what vents and sources hold is known only now, when every flow has been read
  return built.map((agent) => ({ ...agent, capacity: { ...(places.all.get(agent.id) as Place).capacity } }))
}

function agentOf(id: string, place: Place, places: Places, views: Views, faults: Faults): Agent {
  const { form, volume } = place
  const path = `agents.${id}`
  const lifetime =
    form.lifetime === undefined
      ? undefined
      : faults.try(`${path}.lifetime`, undefined, () => positive(form.lifetime as string, 'h'))
  const built = Object.entries(form.processes ?? {}).map(([name, process]) =>
    processOf(
      process,
      { agent: id, unit: form.unit ?? 'unit', process: name, path: `${path}.processes.${name}` },
      lifetime,
      places,
      views,
      faults,
    ),
  )
  return {
    id,
    label: form.label ?? id,
    class: 'plain',
    group: form.group ?? 'other',
    amount: place.amount,
    delay: form.delay === undefined ? 0 : faults.try(`${path}.delay`, 0, () => amount(form.delay as string, 'h')),
    properties: {
      ...(volume === undefined ? {} : { volume, temperature: place.temperature }),
      ...(form.unit === undefined ? {} : { unit: form.unit }),
    },
    capacity: place.capacity,
    storage: { ...airOf(form, place, places, path, faults), ...storageOf(form, place, places, path, faults) },
    attributes:
      form.age === undefined ? {} : { age: faults.try(`${path}.age`, 0, () => amount(form.age as string, 'h')) },
    flows: built.flatMap(({ flows }) => flows),
    thresholds: [],
    closed: {
      processes: built.map(({ process }) => process),
      perils: perilsOf(form, id, views, path, faults),
      remains: remainsOf(form, id, places, path, faults),
      lifetime,
      boundless: form.boundless,
    },
  }
}

function airOf(
  { air }: AgentForm,
  { volume, temperature }: Place,
  places: Places,
  path: string,
  faults: Faults,
): Record<string, number> {
  if (air === undefined || volume === undefined) return {}
  const read = (key: 'pressure' | 'humidity' | 'co2' | 'o2', otherwise: string, unit: string) =>
    faults.try(`${path}.air.${key}`, 0, () => amount(air[key] ?? otherwise, unit))
  return contents(
    {
      volume,
      temperature,
      pressure: read('pressure', '1013.25 hPa', 'Pa'),
      humidity: read('humidity', '50 %', '1'),
      co2: read('co2', '420 ppm', '1'),
      o2: read('o2', '20.95 %', '1'),
    },
    (gas) => places.currencies.get(gas)?.matter.molar ?? 0,
  )
}

function storageOf(
  { storage = {} }: AgentForm,
  place: Place,
  places: Places,
  path: string,
  faults: Faults,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(storage).flatMap(([currency, text]) => {
      const at = `${path}.storage.${currency}`
      const capacity = place.capacity[currency]
      const unit = places.currencies.get(currency)?.unit
      if (unit === undefined) faults.add(at, `there is no currency "${currency}"`)
      else if (capacity === undefined) faults.add(at, `it has no capacity for ${currency}`)
      if (unit === undefined || capacity === undefined) return []
      const room = capacity * place.amount
      const value = faults.try(at, 0, () => (text.trim().endsWith('%') ? amount(text, '1') * room : amount(text, unit)))
      if (!(value >= 0 && value <= room * (1 + 1e-9)))
        faults.add(at, `"${text}" is not between nothing and its capacity, ${room} ${unit}`)
      return [[currency, value]]
    }),
  )
}

function perilsOf({ perils = {} }: AgentForm, id: string, views: Views, path: string, faults: Faults): Peril[] {
  return Object.entries(perils).flatMap(([name, { for: hours, ...form }]) => {
    const at = `${path}.perils.${name}`
    const one = views.switch(form, id, at)
    const of = faults.try(`${at}.for`, 0, () => amount(hours, 'h'))
    const limit = form.above === undefined ? `below ${form.below}` : `above ${form.above}`
    return one === undefined ? [] : [{ name: `${form.of} ${limit}`, switch: one, hours: of }]
  })
}

/** Who takes what the dead held: it must be able to. */
function remainsOf(form: AgentForm, id: string, places: Places, path: string, faults: Faults): string | undefined {
  const isMortal =
    form.perils !== undefined || Object.values(form.processes ?? {}).some(({ vital }) => vital !== undefined)
  const held = Object.keys(places.all.get(id)?.capacity ?? {})
  if (form.remains === undefined) {
    if (isMortal && held.length > 0) faults.add(path, 'can die and holds something: `remains` must say who takes it')
    return undefined
  }
  const to = places.one(form.remains, id, `${path}.remains`)
  for (const currency of held) {
    if (to !== undefined && !places.holds(to, currency)) faults.add(`${path}.remains`, `${to} cannot hold ${currency}`)
  }
  return to
}

/** Only what the agents have to do with: the library knows more. */
function usedCurrencies(all: ReadonlyMap<string, CurrencyData>, agents: readonly Agent[]): Currency[] {
  const used = new Set(agents.flatMap(({ capacity }) => Object.keys(capacity)))
  return [...all].flatMap(([id, { label, category, unit, matter }]) =>
    used.has(id)
      ? [
          {
            id,
            label,
            category,
            unit,
            energy: matter.energy,
            elements: matter.elements,
            ...(matter.molar === undefined ? {} : { molar: matter.molar }),
          },
        ]
      : [],
  )
}
