/**
 * A SIMOC configuration → a model: agents over their library and prototypes, words for habitats resolved, connections
 * to absent agents dropped, every fault collected with its path.
 */
import { type Fault, invalid } from '../../engine/fault.ts'
import type { Agent, Criterion, Currency, Direction, Flow, Growth, Limit, Model } from '../../engine/model.ts'
import { isObject, type Json, type Library } from './library.ts'
import { PrototypeFault, Prototypes } from './merge.ts'
import { isTooDeep, Reader, told } from './reader.ts'

const LIMITS: Readonly<Record<string, Limit>> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=', '=': '=', '==': '=' }
/** Words in connections that stand for an agent, looked for in ids in this order. */
const WORDS = ['habitat', 'greenhouse'] as const
const singular = { min: 1 / 60, minute: 1 / 60, hour: 1, day: 24, week: 168, month: 720, year: 8760 }
const plural = Object.entries(singular).map(([unit, hours]) => [`${unit}s`, hours] as const)
const HOURS: Readonly<Record<string, number>> = { ...singular, ...Object.fromEntries(plural) }
const START = Date.UTC(1991, 0, 1)
const MOST_AGENTS = 2_000
const MOST_FLOWS = 20_000
const MOST_CONNECTIONS = 50_000
/** Hours a step: a second, a year. */
const STEP = { least: 1 / 3600, most: 8760 }
/** Of one flow. */
const MOST_WEIGHTS = 8
const MOST_CONDITIONS = 20
const DATE = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?))?(?:Z|[+-]\d\d:?\d\d)?$/

/** What a caller may set over the configuration's own. */
export interface ImportOptions {
  readonly seed?: number | undefined
  readonly steps?: number | undefined
}

/** True for something that is meant to be a SIMOC configuration. */
export function isSimoc(input: Json): boolean {
  return (
    isObject(input.agents) && (Array.isArray(input.termination) || 'priorities' in input || 'single_agent' in input)
  )
}

/**
 * Reads a configuration.
 * @throws HabtwinError scenario/invalid with every fault, each with its path in the configuration
 */
export function importSimoc(config: Json, library: Library, { seed, steps }: ImportOptions = {}): Model {
  const faults: Fault[] = []
  const read = new Reader(faults)
  if (isTooDeep(config)) throw invalid([{ path: '', what: 'is nested deeper than any configuration' }])
  const own = isObject(config.agents) ? config.agents : read.object(config.agents, 'agents')
  if (Object.keys(own).length > MOST_AGENTS)
    throw invalid([{ path: 'agents', what: `more than ${MOST_AGENTS} agents` }])
  const known = new Prototypes(library.agents)
  const descriptions = new Map<string, Json>()
  for (const [id, value] of Object.entries(own)) {
    const path = `agents.${id}`
    read.id(id, path)
    if (!isObject(value)) read.fault(path, 'must be an object')
    else if (
      !Object.hasOwn(library.agents, id) &&
      value.prototypes === undefined &&
      value.flows === undefined &&
      value.capacity === undefined
    ) {
      read.fault(path, 'there is no such agent in the library, and it has neither prototypes nor flows nor capacity')
    } else {
      try {
        descriptions.set(id, known.whole(id, value))
      } catch (error) {
        if (!(error instanceof PrototypeFault)) throw error
        read.fault(`${path}.prototypes`, error.message)
      }
    }
  }
  const importer = new Importer(read, library, own, descriptions)
  const agents = [...descriptions].map(([id, description]) => importer.agent(id, description))
  const flows = agents.flatMap((agent) => agent.flows)
  if (flows.length > MOST_FLOWS) read.fault('agents', `more than ${MOST_FLOWS} flows`)
  if (flows.reduce((sum, { connections }) => sum + connections.length, 0) > MOST_CONNECTIONS)
    read.fault('agents', `more than ${MOST_CONNECTIONS} connections`)
  const dt = stepOf(config, read)
  const model: Model = {
    rule: 'simoc',
    label: typeof config.label === 'string' ? config.label : 'SIMOC configuration',
    start: startOf(config, read),
    dt,
    steps: steps ?? durationOf(config, dt, read),
    seed: seed ?? (config.seed === undefined ? 0 : read.whole(config.seed, 'seed', 0, 0xffff_ffff)),
    priorities: read.strings(config.priorities ?? [], 'priorities'),
    currencies: library.currencies,
    agents,
  }
  if (faults.length > 0) throw invalid(faults)
  return model
}

function stepOf(config: Json, read: Reader): number {
  const [key, unit] = config.dT === undefined ? (['minutes_per_step', 1 / 60] as const) : (['dT', 1] as const)
  if (config[key] === undefined) return 1
  const dt = read.number(config[key], key) * unit
  if (dt >= STEP.least && dt <= STEP.most) return dt
  if (dt !== 0 || config[key] === 0)
    read.fault(key, `a step must take from ${STEP.least * 3600} s to ${STEP.most} h, not ${dt} h`)
  return 1
}

/** A date without a zone is a date of the habitat: the calendar is all that it is for. */
function startOf({ start_time: time }: Json, read: Reader): number {
  if (time === undefined || time === null) return START
  const [, date, clock = '00:00'] = (typeof time === 'string' && DATE.exec(time.trim())) || []
  const at = Date.parse(`${date}T${clock}Z`)
  if (!Number.isNaN(at)) return at
  read.fault('start_time', `${told(time)} is no date; write it like "1991-01-01T00:00:00"`)
  return START
}

/** Steps until a termination by time: the first at which that much time has gone by. */
function durationOf({ termination }: Json, dt: number, read: Reader): number {
  const ends = read.list(termination ?? [], 'termination').flatMap((value, i) => {
    const path = `termination[${i}]`
    const { condition, value: amount, unit } = read.object(value, path)
    if (condition !== 'time') {
      read.fault(`${path}.condition`, `${told(condition)} is not known; "time" is`)
      return []
    }
    const hours = read.oneOf(unit ?? 'hour', `${path}.unit`, HOURS) ?? 1
    return [Math.max(1, Math.ceil((read.positive(amount, `${path}.value`) * hours) / dt - 1e-9))]
  })
  if (ends.length > 0) return Math.min(...ends)
  read.fault('termination', 'it never ends: give a termination by time, or a number of steps')
  return 1
}

const MOST_AMOUNT = 1e9
/** Properties of which there is none, or some. */
const AMOUNTS: ReadonlySet<string> = new Set(['photoperiod', 'par_baseline', 'volume'])

/** What importing the agents of one configuration needs to know of all of them. */
class Importer {
  readonly #read: Reader
  readonly #library: Library
  /** The agents as the configuration itself writes them. */
  readonly #own: Json
  readonly #descriptions: ReadonlyMap<string, Json>
  readonly #currencies: ReadonlyMap<string, Currency>
  readonly #categories: ReadonlySet<string>
  /** What stands for a word: the last id that contains it. */
  readonly #words: ReadonlyMap<string, string>
  /** Currencies that some flow or store names: capacities for others are left out. */
  readonly #named: ReadonlySet<string>

  constructor(read: Reader, library: Library, own: Json, descriptions: ReadonlyMap<string, Json>) {
    this.#read = read
    this.#library = library
    this.#own = own
    this.#descriptions = descriptions
    this.#currencies = new Map(library.currencies.map((currency) => [currency.id, currency]))
    this.#categories = new Set(library.currencies.map(({ category }) => category))
    this.#words = wordsOf([...descriptions.keys()])
    this.#named = namesOf([...descriptions.values()])
  }

  agent(id: string, description: Json): Agent {
    const read = this.#read
    const path = `agents.${id}`
    const properties = this.#properties(description.properties ?? {}, `${path}.properties`)
    const flows = read.object(description.flows ?? {}, `${path}.flows`)
    for (const key of Object.keys(flows)) {
      if (key !== 'in' && key !== 'out') read.fault(`${path}.flows.${key}`, 'flows go "in" or "out"')
    }
    const group =
      description.agent_class === undefined ? 'other' : read.text(description.agent_class, `${path}.agent_class`)
    const delay = description.delay_start ?? properties.delay_start ?? 0
    const kind = classOf(id, group)
    if (kind === 'plant' && properties.lifetime === undefined)
      read.fault(`${path}.properties.lifetime`, 'a plant must have one')
    return {
      id,
      label: id,
      class: kind,
      group,
      amount: this.#amount(description.amount ?? 1, `${path}.amount`),
      delay: read.atLeast(delay, `${path}.delay_start`, 0),
      properties,
      tables: kind === 'sun' ? this.#tables(description, path) : {},
      capacity: this.#capacity(description.capacity ?? {}, `${path}.capacity`),
      storage: this.#storage(description, path),
      attributes: this.#attributes(description.attributes ?? {}, `${path}.attributes`),
      flows: (['in', 'out'] as const).flatMap((direction) =>
        Object.entries(read.object(flows[direction] ?? {}, `${path}.flows.${direction}`)).map(([currency, flow]) =>
          this.#flow(id, direction, currency, flow, `${path}.flows.${direction}.${currency}`),
        ),
      ),
      thresholds: Object.entries(read.object(description.thresholds ?? {}, `${path}.thresholds`)).map(
        ([name, value]) => ({
          name,
          ...this.#threshold(value, `${path}.thresholds.${name}`),
        }),
      ),
    }
  }

  /** A property is `{value, unit}`; figures that are written as text are figures. */
  #properties(value: unknown, path: string): Agent['properties'] {
    const properties: Record<string, number | string | boolean> = {}
    for (const [name, entry] of Object.entries(this.#read.object(value, path))) {
      const inner = isObject(entry) ? entry.value : entry
      if (typeof inner === 'number' || typeof inner === 'string' || typeof inner === 'boolean') {
        properties[name] =
          typeof inner === 'string' && inner.trim() !== '' && Number.isFinite(Number(inner)) ? Number(inner) : inner
      } else this.#read.fault(`${path}.${name}`, 'must have a value: a figure, a text, true or false')
    }
    for (const [name, figure] of Object.entries(properties)) {
      const place = `${path}.${name}`
      if (name === 'lifetime') this.#read.positive(figure, place)
      else if (AMOUNTS.has(name)) this.#read.atLeast(figure, place, 0)
      else if (typeof figure === 'number') this.#read.number(figure, place)
    }
    return properties
  }

  #amount(value: unknown, path: string): number {
    const amount = this.#read.atLeast(value, path, 0)
    if (amount > MOST_AMOUNT) this.#read.fault(path, `must be at most ${MOST_AMOUNT}, not ${amount}`)
    return amount
  }

  /** Lists of figures anywhere in a description, by their path. */
  #tables(value: unknown, path: string, tables: Record<string, number[]> = {}): Record<string, number[]> {
    if (Array.isArray(value)) {
      if (value.some((entry) => typeof entry === 'number'))
        tables[path] = value.map((entry, i) => this.#read.atLeast(entry, `${path}[${i}]`, 0))
    } else if (isObject(value)) {
      for (const [key, entry] of Object.entries(value)) this.#tables(entry, `${path}.${key}`, tables)
    }
    return tables
  }

  #attributes(value: unknown, path: string): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.#read.object(value, path)).map(([name, entry]) => [
        name,
        this.#read.number(entry, `${path}.${name}`),
      ]),
    )
  }

  #capacity(value: unknown, path: string): Record<string, number> {
    const entries = Object.entries(this.#read.object(value, path)).filter(([currency]) => this.#named.has(currency))
    return Object.fromEntries(
      entries.map(([currency, entry]) => [
        currency,
        this.#read.atLeast(this.#currency(currency, entry, path), `${path}.${currency}`, 0),
      ]),
    )
  }

  #storage(description: Json, path: string): Record<string, number> {
    const capacity = isObject(description.capacity) ? description.capacity : {}
    const entries = Object.entries(this.#read.object(description.storage ?? {}, `${path}.storage`))
    return Object.fromEntries(
      entries.map(([currency, entry]) => {
        const place = `${path}.storage.${currency}`
        if (!this.#currencies.has(currency)) this.#read.fault(place, `there is no currency "${currency}"`)
        else if (!Object.hasOwn(capacity, currency)) this.#read.fault(place, `it has no capacity for ${currency}`)
        return [currency, this.#read.atLeast(entry, place, 0)]
      }),
    )
  }

  /** Says where a name is no currency. @returns the value, as it came */
  #currency<T>(currency: string, value: T, path: string): T {
    if (!this.#currencies.has(currency)) this.#read.fault(`${path}.${currency}`, `there is no currency "${currency}"`)
    return value
  }

  #flow(id: string, direction: Direction, currency: string, value: unknown, path: string): Flow {
    const read = this.#read
    const flow = read.object(value, path)
    const isCategory = !this.#currencies.has(currency) && this.#categories.has(currency)
    if (!this.#currencies.has(currency) && !isCategory && this.#isOwn(id, direction, currency)) {
      read.fault(path, `there is no currency "${currency}"`)
    }
    const amount = read.number(flow.value ?? 0, `${path}.value`)
    if (amount < 0) read.fault(`${path}.value`, 'must not be negative')
    if (isCategory && direction === 'out' && amount !== 0)
      read.fault(path, `a flow out must be of one currency, not of the category "${currency}"`)
    const rate = isObject(flow.flow_rate) ? flow.flow_rate.time : undefined
    if (rate !== undefined && rate !== 'hour')
      read.fault(`${path}.flow_rate.time`, `${told(rate)} is not supported; write it per hour`)
    const weighted = read.strings(flow.weighted ?? [], `${path}.weighted`)
    if (weighted.length > MOST_WEIGHTS) read.fault(`${path}.weighted`, `more than ${MOST_WEIGHTS} factors`)
    const requires = read.strings(flow.requires ?? [], `${path}.requires`)
    const criteria = Object.entries(read.object(flow.criteria ?? {}, `${path}.criteria`))
    if (requires.length + criteria.length > MOST_CONDITIONS) read.fault(path, `more than ${MOST_CONDITIONS} conditions`)
    return {
      direction,
      currency,
      value: amount,
      connections: this.#connections(id, direction, currency, flow.connections, `${path}.connections`),
      requires,
      criteria: criteria.map(([key, entry]) =>
        this.#criterion(read.object(entry, `${path}.criteria.${key}`), key, `${path}.criteria.${key}`),
      ),
      growth: this.#growth(flow.growth ?? {}, `${path}.growth`),
      weighted,
      deprive: flow.deprive === undefined ? undefined : this.#hours(flow.deprive, `${path}.deprive`),
    }
  }

  #hours(value: unknown, path: string): number {
    const { value: amount, unit } = this.#read.object(value, path)
    const hours = this.#read.oneOf(unit ?? 'hour', `${path}.unit`, HOURS) ?? 1
    return this.#read.atLeast(amount, `${path}.value`, 0) * hours
  }

  /** Words become agents; what is not here is dropped, unless the configuration itself misspells it. */
  #connections(id: string, direction: Direction, currency: string, value: unknown, path: string): string[] {
    const names = value === undefined ? [] : this.#read.strings(value, path)
    if (names.length === 0) this.#read.fault(path, 'a flow must be connected to something')
    const resolved = names.map((name) => {
      const agent = this.#words.get(name) ?? name
      const isKnown =
        this.#descriptions.has(agent) ||
        Object.hasOwn(this.#library.agents, name) ||
        WORDS.some((word) => word === name)
      if (!isKnown && this.#isOwn(id, direction, currency)) this.#read.fault(path, `there is no agent "${name}"`)
      return agent
    })
    return [...new Set(resolved)].filter((agent) => this.#descriptions.has(agent))
  }

  /** True for a flow that the configuration itself writes. */
  #isOwn(id: string, direction: Direction, currency: string): boolean {
    const agent = this.#own[id]
    const flows = isObject(agent) && isObject(agent.flows) ? agent.flows[direction] : undefined
    return isObject(flows) && Object.hasOwn(flows, currency)
  }

  #growth(value: unknown, path: string): Growth[] {
    return Object.entries(this.#read.object(value, path)).flatMap(([by, entry]) => {
      const { type } = this.#read.object(entry, `${path}.${by}`)
      if (by !== 'daily' && by !== 'lifetime') this.#read.fault(`${path}.${by}`, 'growth goes by "daily" or "lifetime"')
      else if (type !== 'norm' && type !== 'clipped')
        this.#read.fault(`${path}.${by}.type`, `${told(type)} is not known; "norm" and "clipped" are`)
      else return [{ by, type }]
      return []
    })
  }

  #threshold(value: unknown, path: string): Criterion {
    const entry = this.#read.object(value, path)
    return this.#criterion(entry, this.#read.text(entry.path, `${path}.path`), path)
  }

  #criterion(entry: Json, key: string, path: string): Criterion {
    const limit = this.#read.oneOf(entry.limit, `${path}.limit`, LIMITS)
    const value =
      typeof entry.value === 'boolean' ? Number(entry.value) : this.#read.number(entry.value, `${path}.value`)
    return {
      path: typeof entry.path === 'string' ? entry.path : key,
      limit: limit ?? '=',
      value,
      buffer: this.#read.atLeast(entry.buffer ?? 0, `${path}.buffer`, 0),
      all: entry.connections === 'all',
    }
  }
}

/** The class of an agent, by its group and the words in its id. */
function classOf(id: string, group: string): string {
  if (group === 'plants') return 'plant'
  if (id.includes('lamp')) return 'lamp'
  if (id.includes('sun')) return 'sun'
  if (id.includes('atmosphere_equalizer')) return 'equalizer'
  return id.includes('concrete') ? 'concrete' : 'plain'
}

function wordsOf(ids: readonly string[]): Map<string, string> {
  const words = new Map<string, string>()
  for (const id of ids) {
    const word = WORDS.find((word) => id.includes(word))
    if (word !== undefined) words.set(word, id)
  }
  return words
}

function namesOf(descriptions: readonly Json[]): Set<string> {
  const names = new Set<string>()
  const add = (value: unknown) => {
    if (isObject(value)) for (const name of Object.keys(value)) names.add(name)
  }
  for (const { flows, storage } of descriptions) {
    add(storage)
    if (isObject(flows)) for (const direction of Object.values(flows)) add(direction)
  }
  return names
}
