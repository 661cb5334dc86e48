/**
 * The `simoc` rule once more, as plainly as it can be said: objects and maps, read in the order of the specification,
 * slow. It shares nothing with the engine but the model and what it is compared by (names of columns). For tests.
 */
import type { Agent, Criterion, Flow, Model } from '../model.ts'

type Figures = Map<string, number>

interface Being {
  readonly agent: Agent
  active: number
  readonly storage: Figures
  readonly attributes: Figures
  /** Hours that a criterion has still to hold, by flow and criterion. */
  readonly buffers: Map<Criterion, number>
  /** Hours that are left without a flow. */
  readonly left: Map<Flow, number>
  delay: number
  grown: boolean
  cause: string | null
}

export class Oracle {
  readonly #model: Model
  readonly #beings = new Map<string, Being>()
  readonly #random: Twister
  #step = 0
  /** Answers to CO2 of this step, once they are known. */
  #co2: { step: number; uptake: number; transpiration: number } = { step: 0, uptake: 1, transpiration: 1 }
  /** What was recorded in this step, by column name. */
  row: Map<string, number> = new Map()

  constructor(model: Model, seed = model.seed) {
    this.#model = model
    this.#random = new Twister(seed)
    for (const agent of model.agents) this.#beings.set(agent.id, born(agent))
  }

  causes(): Record<string, string | null> {
    return Object.fromEntries([...this.#beings].map(([id, { cause }]) => [id, cause]))
  }

  step(): void {
    this.#step++
    this.row = new Map()
    const { agents, priorities } = this.#model
    for (const name of priorities) this.#act(agents.filter(({ group }) => group === name))
    this.#act(agents.filter(({ group }) => !priorities.includes(group)))
  }

  #act(group: readonly Agent[]): void {
    const order = group.length > 1 ? this.#random.permutation(group.length) : [...group.keys()]
    for (const i of order) this.#turn(this.#being((group[i] as Agent).id))
  }

  #being(id: string): Being {
    return this.#beings.get(id) as Being
  }

  /** Hours since the start of the model's first day are all that the calendar is made of. */
  get #now(): Date {
    return new Date(this.#model.start + (Math.round(this.#model.dt * 3.6e9) * this.#step) / 1000)
  }

  #turn(being: Being): void {
    const { agent, attributes } = being
    const { dt } = this.#model
    const isWaiting = agent.class === 'plant' && being.delay > 0
    if (!isWaiting) this.#prepare(being)
    if (being.active > 0) {
      attributes.set('age', (attributes.get('age') ?? 0) + dt)
      for (const threshold of agent.thresholds) {
        if (being.active > 0 && this.#holds(threshold, being) === true) {
          this.#kill(being, being.active, `${threshold.path} ${threshold.limit} ${threshold.value}`)
        }
      }
    }
    const ratios: Figures = new Map()
    for (const direction of ['in', 'out'] as const) {
      for (const flow of agent.flows.filter((flow) => flow.direction === direction)) this.#flow(being, flow, ratios)
    }
    if (agent.class === 'plant') this.#afterPlant(being, isWaiting)
    this.#record(being)
  }

  #prepare(being: Being): void {
    const { agent } = being
    if (agent.class === 'plant') this.#preparePlant(being)
    if (agent.class === 'lamp') this.#prepareLamp(being)
    if (agent.class === 'sun') this.#prepareSun(being)
    if (agent.class === 'concrete') this.#prepareConcrete(being)
    if (agent.class === 'equalizer' && being.active > 0) this.#mix(being)
  }

  #flow(being: Being, flow: Flow, ratios: Figures): void {
    const { agent } = being
    const { dt } = this.#model
    const harvest = agent.class === 'plant' && flow.criteria.some(({ path }) => path === 'grown')
    if (agent.class === 'plant' && being.grown !== harvest) {
      for (const id of flow.connections) this.row.set(`${agent.id}.${flow.direction}.${flow.currency}.${id}`, 0)
      return
    }
    let v = flow.value * dt
    if (v > 0) for (const currency of flow.requires) v = ratios.has(currency) ? v * (ratios.get(currency) ?? 0) : 0
    if (v > 0) v = this.#gate(being, flow, v)
    for (const { by, type } of flow.growth) {
      const lifetime = agent.properties.lifetime as number
      const rate = by === 'daily' ? this.#now.getUTCHours() / 24 : (being.attributes.get('age') ?? 0) / lifetime
      if (v > 0) v *= type === 'norm' ? bell(rate) : Math.min(2 * bell(rate), bell(0.5)) / bell(0.5)
    }
    if (v > 0) for (const field of flow.weighted) v *= weight(being, field)
    const target = being.active * v
    const rest = this.#exchange(being, flow, target)
    if (being.active <= 0) return
    const ratio = target > 0 ? rounded((target - rest) / target) : 0
    if (flow.direction === 'in') ratios.set(flow.currency, ratio)
    if (flow.deprive === undefined) return
    if (ratio >= 1) {
      being.left.set(flow, flow.deprive)
      return
    }
    const r = (being.left.get(flow) ?? 0) - (1 - ratio) * dt
    being.left.set(flow, Math.max(0, r))
    if (r < 0) this.#kill(being, Math.ceil(-r * being.active), `without ${flow.currency}`)
  }

  /** All criteria are evaluated: each keeps its own count of hours. */
  #gate(being: Being, flow: Flow, v: number): number {
    let open = v
    for (const criterion of flow.criteria) {
      if (being.agent.class === 'plant' && criterion.path === 'grown') continue
      const buffer = being.buffers.get(criterion) ?? 0
      if (this.#holds(criterion, being) === true) {
        if (buffer > 0) {
          being.buffers.set(criterion, buffer - this.#model.dt)
          open = 0
        }
      } else {
        open = 0
        if (buffer === 0) being.buffers.set(criterion, criterion.buffer)
      }
    }
    return open
  }

  /** Walks the connections. @returns what remains of the target */
  #exchange(being: Being, flow: Flow, target: number): number {
    let rest = target
    for (const id of flow.connections) {
      const other = this.#being(id)
      let moved = 0
      if (rest > 0) {
        moved =
          flow.direction === 'in' ? this.#withdraw(other, flow.currency, rest) : deposit(other, flow.currency, rest)
        rest -= moved
      }
      this.row.set(`${being.agent.id}.${flow.direction}.${flow.currency}.${id}`, moved)
    }
    return rest
  }

  #withdraw(from: Being, currency: string, wanted: number): number {
    const names = from.storage.has(currency) ? [currency] : this.#view(from, currency)
    const stored = names.map((name) => from.storage.get(name) ?? 0)
    const total = stored.reduce((sum, x) => sum + x, 0)
    if (total === 0) return 0
    const change = -Math.min(wanted, total)
    let sum = 0
    for (const [i, name] of names.entries()) {
      const delta = (change * (stored[i] as number)) / total
      from.storage.set(name, (stored[i] as number) + delta)
      sum += delta
    }
    return Math.abs(sum)
  }

  /** The currencies of a category that an agent has capacity for, in the order of the library. */
  #view(being: Being, category: string): string[] {
    const all = this.#model.currencies.filter((currency) => currency.category === category)
    return all.map(({ id }) => id).filter((id) => being.storage.has(id))
  }

  /** Undefined where there is nothing to look at. */
  #holds(criterion: Criterion, being: Being): boolean | undefined {
    const figures = this.#lookedAt(criterion.path, being).filter((figure) => figure !== undefined)
    if (figures.length === 0) return undefined
    const met = figures.map((figure) => {
      const [a, b] = [rounded(figure), rounded(criterion.value)]
      return { '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b, '=': a === b }[criterion.limit]
    })
    return criterion.all ? met.every(Boolean) : met.some(Boolean)
  }

  #lookedAt(path: string, being: Being): (number | undefined)[] {
    const [direction, ...words] = path.split('_')
    const name = words.join('_')
    if (direction !== 'in' && direction !== 'out') return [this.#figure(path, being)]
    const currency = name.replace(/_ratio$/, '')
    const flow = being.agent.flows.find((flow) => flow.direction === direction && flow.currency === currency)
    return (flow?.connections ?? []).map((id) => this.#figure(name, this.#being(id)))
  }

  #figure(name: string, being: Being): number | undefined {
    const own = being.attributes.get(name) ?? being.storage.get(name)
    if (own !== undefined || !name.endsWith('_ratio')) return own
    const currency = name.replace(/_ratio$/, '')
    const part = being.storage.get(currency)
    const category = this.#model.currencies.find(({ id }) => id === currency)?.category
    if (part === undefined || category === undefined) return undefined
    const whole = this.#sum(being, category)
    return whole > 0 ? part / whole : 0
  }

  #sum(being: Being, category: string): number {
    return this.#view(being, category).reduce((sum, name) => sum + (being.storage.get(name) ?? 0), 0)
  }

  #kill(being: Being, many: number, cause: string): void {
    const dead = Math.min(many, being.active)
    if (dead <= 0) return
    if (being.agent.class === 'plant') this.#leaveBiomass(being, dead / being.active)
    being.active -= dead
    if (being.active === 0) being.cause = cause
  }

  #leaveBiomass(being: Being, share: number): void {
    const biomass = being.storage.get('biomass')
    if (biomass === undefined) return
    being.storage.set('biomass', biomass - biomass * share)
    const flow = being.agent.flows.find((flow) => flow.direction === 'out' && flow.currency === 'inedible_biomass')
    const [id] = flow?.connections ?? []
    const rest = id === undefined ? undefined : this.#being(id).storage
    if (rest?.has('inedible_biomass'))
      rest.set('inedible_biomass', (rest.get('inedible_biomass') ?? 0) + biomass * share)
  }

  /** Parts per million by mass of CO2 in the air that the first connection of the in-flow of CO2 has. */
  #ppm(being: Being): number | undefined {
    const flow = being.agent.flows.find((flow) => flow.direction === 'in' && flow.currency === 'co2')
    const air = flow?.connections[0] === undefined ? undefined : this.#being(flow.connections[0])
    const co2 = air?.storage.get('co2')
    if (air === undefined || co2 === undefined) return undefined
    const whole = this.#sum(air, 'atmosphere')
    return whole > 0 ? (co2 / whole) * 1e6 : 0
  }

  #preparePlant(being: Being): void {
    const { agent, attributes, storage } = being
    const lifetime = agent.properties.lifetime as number
    being.grown = (attributes.get('age') ?? 0) >= lifetime
    attributes.set('grown', Number(being.grown))
    const photoperiod = photoperiodOf(agent)
    const daily = shines(this.#now.getUTCHours(), photoperiod) ? 24 / photoperiod : 0
    attributes.set('daily_growth_factor', daily)
    attributes.set('par_factor', this.#light(being, (agent.properties.par_baseline as number) * daily))
    const growth = agent.flows.find((flow) => flow.direction === 'out' && flow.currency === 'biomass')
    const full = (growth?.value ?? 0) * lifetime
    const each = being.active > 0 ? (storage.get('biomass') ?? 0) / being.active : 0
    attributes.set('growth_rate', full > 0 ? (2 * each) / full : 0)
    const ppm = this.#ppm(being)
    if (this.#co2.step !== this.#step && ppm !== undefined) {
      const c = Math.min(700, Math.max(350, ppm))
      const t = 55.2
      this.#co2 = {
        step: this.#step,
        uptake: ((c - t) * (350 + 2 * t)) / ((c + 2 * t) * (350 - t)) / 1.2426059597016264,
        transpiration: 1 / 1.37 + ((c - 350) * (1 - 1 / 1.37)) / 350,
      }
    }
    attributes.set('cu_factor', agent.properties.carbon_fixation === 'c3' ? this.#co2.uptake : 1)
    attributes.set('te_factor', this.#co2.transpiration)
  }

  #light(being: Being, ideal: number): number {
    if (ideal === 0) return 0
    const flow = being.agent.flows.find((flow) => flow.direction === 'in' && flow.currency === 'par')
    const sources = (flow?.connections ?? []).map((id) => this.#being(id)).filter(({ storage }) => storage.has('par'))
    const sun = sources.find(({ agent }) => agent.class === 'sun')
    if (sun !== undefined) return Math.min(1, (sun.storage.get('par') ?? 0) / ideal)
    const wanted = ideal * being.active
    let available = 0
    for (const { storage } of sources) {
      const taken = Math.min(wanted - available, storage.get('par') ?? 0)
      storage.set('par', (storage.get('par') ?? 0) - taken)
      available += taken
    }
    return wanted > 0 ? Math.min(1, available / wanted) : 0
  }

  #afterPlant(being: Being, wasWaiting: boolean): void {
    const { agent, attributes, storage } = being
    if (wasWaiting) {
      being.delay = Math.max(0, being.delay - this.#model.dt)
      if (being.delay === 0) being.active = agent.amount
    } else if (being.grown && being.active > 0) {
      if (storage.has('biomass')) storage.set('biomass', 0)
      attributes.set('age', 0)
      being.active = agent.properties.reproduce === true ? agent.amount : 0
    }
  }

  #prepareLamp(being: Being): void {
    const under = this.#model.agents.filter(
      ({ class: kind, flows }) =>
        kind === 'plant' &&
        flows.some(
          (flow) => flow.direction === 'in' && flow.currency === 'par' && flow.connections.includes(being.agent.id),
        ),
    )
    if (being.storage.has('par')) being.storage.set('par', 0)
    being.active = under.reduce((sum, { id }) => sum + this.#being(id).active, 0)
    const photoperiod = Math.max(0, ...under.map(photoperiodOf))
    const rates = under.map((plant) => ((plant.properties.par_baseline as number) * 24) / photoperiodOf(plant))
    const isDay = shines(this.#now.getUTCHours(), photoperiod)
    being.attributes.set('daily_growth_factor', isDay ? Math.max(0, ...rates) : 0)
  }

  #prepareSun(being: Being): void {
    const { hourly = [], monthly = [] } = being.agent.tables ?? {}
    const now = this.#now
    if (being.storage.has('par')) being.storage.set('par', 0)
    const month = Math.min(59, Math.max(0, (now.getUTCFullYear() - 1991) * 12 + now.getUTCMonth()))
    being.attributes.set('daily_growth_factor', hourly[now.getUTCHours()] as number)
    being.attributes.set('monthly_growth_factor', monthly[month] as number)
  }

  #prepareConcrete(being: Being): void {
    const done = being.attributes.get('carbonation') ?? 0
    const rate = Math.max(0, carbonation(this.#ppm(being) ?? 0) - done) * 1.8e-5
    being.attributes.set('carbonation_rate', rate)
    being.attributes.set('carbonation', done + rate)
  }

  #mix(being: Being): void {
    const ids = [...new Set(being.agent.flows.flatMap(({ connections }) => connections))]
    const airs = ids.map((id) => this.#being(id))
    for (const { id } of this.#model.currencies.filter(({ category }) => category === 'atmosphere')) {
      const holders = airs.filter(({ storage }) => storage.has(id))
      const size = ({ agent }: Being) => (agent.properties.volume as number) * agent.amount
      const whole = holders.reduce((sum, air) => sum + size(air), 0)
      if (holders.length < 2 || whole <= 0) continue
      const total = holders.reduce((sum, { storage }) => sum + (storage.get(id) ?? 0), 0)
      for (const air of holders) air.storage.set(id, total * (size(air) / whole))
    }
  }

  #record({ agent: { id }, active, storage, attributes }: Being): void {
    this.row.set(`${id}.active`, active)
    for (const [name, value] of storage) this.row.set(`${id}.storage.${name}`, value)
    for (const [name, value] of attributes) this.row.set(`${id}.attribute.${name}`, value)
  }
}

function born(agent: Agent): Being {
  const done = agent.attributes.carbonation ?? 0
  const lime = agent.flows.find(({ currency }) => currency === 'caoh2')?.value ?? 0
  const caoh2 = Math.max(0, carbonation(3000) - done) * lime * agent.amount
  const begins: Record<string, number> = agent.class === 'concrete' ? { caoh2, ...agent.storage } : agent.storage
  const isPlant = agent.class === 'plant'
  const start: Record<string, number> = isPlant
    ? { age: 0, grown: 0, daily_growth_factor: 1, par_factor: 1, growth_rate: 0, cu_factor: 1, te_factor: 1 }
    : { age: 0 }
  return {
    agent,
    active: isPlant && agent.delay > 0 ? 0 : agent.amount,
    storage: new Map(Object.keys(agent.capacity).map((name) => [name, begins[name] ?? 0])),
    attributes: new Map(Object.entries({ ...start, ...agent.attributes })),
    buffers: new Map(agent.flows.flatMap(({ criteria }) => criteria.map((one) => [one, one.buffer] as const))),
    left: new Map(agent.flows.map((flow) => [flow, flow.deprive ?? 0] as const)),
    delay: agent.delay,
    grown: false,
    cause: null,
  }
}

function deposit(to: Being, currency: string, wanted: number): number {
  const stored = to.storage.get(currency)
  if (stored === undefined) return 0
  const change = Math.min(wanted, (to.agent.capacity[currency] as number) * to.active - stored)
  to.storage.set(currency, stored + change)
  return Math.abs(change)
}

function weight({ agent, active, storage, attributes }: Being, field: string): number {
  const store = storage.get(field)
  if (store !== undefined) return active > 0 ? store / active : 0
  const property = agent.properties[field]
  return typeof property === 'number' ? property : (attributes.get(field) as number)
}

function photoperiodOf({ properties: { photoperiod } }: Agent): number {
  return typeof photoperiod === 'number' ? photoperiod : 24
}

function shines(hour: number, photoperiod: number): boolean {
  const begins = Math.trunc(12 - photoperiod / 2)
  return photoperiod > 0 && begins <= hour && hour < begins + photoperiod
}

function carbonation(ppm: number): number {
  if (ppm >= 3000) return 129.37 * 0.00121
  return (((129.37 - 12.7) / (3000 - 350)) * (Math.max(ppm, 350) - 350) + 12.7) * 0.00121
}

const DEVIATION = Math.PI / 10

function normal(rate: number): number {
  const s = DEVIATION
  return Math.exp(-(((rate - 0.5) / s) ** 2) / (2 * s ** 2)) / (s * Math.sqrt(2 * Math.PI))
}

const mean = Array.from({ length: 100 }, (_, i) => normal(i / 100)).reduce((sum, y) => sum + y, 0) / 100

function bell(rate: number): number {
  return normal(rate) / mean
}

/** Six decimals, ties to even, by whole numbers: x is a fraction of a power of two. */
export function rounded(x: number): number {
  if (!Number.isFinite(x)) return x
  let exponent = 0
  let mantissa = Math.abs(x)
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent++
  }
  const [scaled, unit] = [BigInt(mantissa) * 1_000_000n, 1n << BigInt(exponent)]
  const [low, twice] = [scaled / unit, (scaled % unit) * 2n]
  const up = twice > unit || (twice === unit && low % 2n === 1n)
  // a text of digits is read to the nearest double
  return Math.sign(x) * Number(`${up ? low + 1n : low}e-6`)
}

/** MT19937 as in the paper, one word at a time. */
class Twister {
  readonly #words: bigint[] = []
  #index = 0

  constructor(seed: number) {
    this.#words.push(BigInt(seed) & 0xffffffffn)
    for (let i = 1n; i < 624n; i++) {
      const last = this.#words.at(-1) as bigint
      this.#words.push((1812433253n * (last ^ (last >> 30n)) + i) & 0xffffffffn)
    }
  }

  #next(): number {
    const word = (i: number) => this.#words[i % 624] as bigint
    const k = this.#index
    const y = (word(k) & 0x80000000n) | (word(k + 1) & 0x7fffffffn)
    let x = word(k + 397) ^ (y >> 1n) ^ (y & 1n ? 0x9908b0dfn : 0n)
    this.#words[k] = x
    this.#index = (k + 1) % 624
    x ^= x >> 11n
    x ^= (x << 7n) & 0x9d2c5680n
    x ^= (x << 15n) & 0xefc60000n
    return Number(x ^ (x >> 18n))
  }

  permutation(length: number): number[] {
    const list = Array.from({ length }, (_, i) => i)
    for (let i = length - 1; i > 0; i--) {
      const mask = 2 ** Math.ceil(Math.log2(i + 1)) - 1
      let j = this.#next() & mask
      while (j > i) j = this.#next() & mask
      ;[list[i], list[j]] = [list[j] as number, list[i] as number]
    }
    return list
  }
}
