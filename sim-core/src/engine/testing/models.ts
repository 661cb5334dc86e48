/** Random models for tests: every class of agents, all that a flow can have, in all mixtures. They shrink. */
import fc from 'fast-check'
import type { Agent, Criterion, Currency, Flow, Model } from '../model.ts'

const categories: Record<string, readonly string[]> = {
  atmosphere: ['o2', 'co2', 'n2', 'h2o'],
  nutrients: ['fertilizer', 'biomass', 'inedible_biomass'],
  food: ['rice', 'wheat'],
  water: ['potable'],
  energy: ['kwh', 'par'],
  structural: ['caoh2', 'caco3'],
}
const currencies: readonly Currency[] = Object.entries(categories).flatMap(([category, ids]) =>
  ids.map((id) => ({ id, category, unit: 'kg', label: id })),
)
/** What flows are of: few, so that they meet. */
const names = ['o2', 'co2', 'h2o', 'potable', 'wheat', 'rice', 'kwh'] as const
const stores = ['air_a', 'air_b', 'tank'] as const
const machines = ['machine_a', 'machine_b', 'machine_c'] as const
const lamps = ['lamp_a', 'lamp_b'] as const
const groups = ['structures', 'storage', 'eclss', 'plants', 'other'] as const

const figure = fc.oneof(
  fc.constantFrom(0, 1, 0.1, 2, 5),
  fc.double({ min: 0, max: 50, noNaN: true }),
  fc.integer({ min: 0, max: 1000 }),
)
const hours = fc.constantFrom(0, 1, 2, 4, 8, 2.5)

const path = fc.oneof(
  fc
    .tuple(fc.constantFrom('in_', 'out_'), fc.constantFrom(...names), fc.constantFrom('', '', '_ratio'))
    .map((x) => x.join('')),
  fc.constantFrom(
    'own',
    'own',
    'own',
    'own',
    'own_ratio',
    'age',
    'grown',
    'in_age',
    'potable',
    'co2_ratio',
    'in_nothing',
  ),
)
const criterion: fc.Arbitrary<Criterion> = fc.record({
  path,
  limit: fc.constantFrom('<', '<=', '>', '>=', '='),
  value: fc.oneof(figure, fc.double({ min: 0, max: 1, noNaN: true })),
  buffer: hours,
  all: fc.boolean(),
})

type Shape = Omit<Flow, 'direction' | 'currency'>
const shape: fc.Arbitrary<Shape> = fc.record({
  value: figure,
  connections: fc.shuffledSubarray([...stores, ...machines, 'rice_bed'], { minLength: 1, maxLength: 3 }),
  requires: fc.array(fc.constantFrom(...names, 'food', 'atmosphere'), { maxLength: 2 }),
  criteria: fc.array(criterion, { maxLength: 2 }),
  growth: fc.uniqueArray(
    fc.record({ by: fc.constantFrom('daily', 'lifetime'), type: fc.constantFrom('norm', 'clipped') }),
    { maxLength: 2, selector: ({ by }) => by },
  ),
  weighted: fc.array(fc.constantFrom('age', 'share', 'area', ...names), { maxLength: 2 }),
  deprive: fc.option(hours, { nil: undefined }),
})

/** `own` in the path of a criterion is what the flow itself takes or gives: that moves to and fro. */
function flowOf(direction: Flow['direction'], currency: string, one: Shape): Flow {
  const named = ({ path, ...rest }: Criterion) => ({ ...rest, path: path.replace(/^own/, `${direction}_${currency}`) })
  return { direction, currency, ...one, criteria: one.criteria.map(named) }
}

/** Flows by currency, in-flows first; a flow out is of one currency. */
const flows = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...names, 'atmosphere', 'food'), shape, { maxKeys: 4 }),
    fc.dictionary(fc.constantFrom(...names), shape, { maxKeys: 3 }),
  )
  .map(([ins, outs]) => [
    ...Object.entries(ins).map(([currency, one]) => flowOf('in', currency, one)),
    ...Object.entries(outs).map(([currency, one]) => flowOf('out', currency, one)),
  ])

const holdings = fc.dictionary(
  fc.constantFrom(...names),
  fc.record({ capacity: figure, part: fc.constantFrom(0, 0.1, 0.5, 1, 1.5) }),
  { minKeys: 2, maxKeys: 6 },
)

/** An agent, whatever its class. */
const being = fc
  .record({
    group: fc.constantFrom(...groups),
    amount: fc.oneof(fc.constantFrom(0, 1, 1), fc.integer({ min: 1, max: 12 })),
    volume: fc.constantFrom(0, 1, 10, 250.5),
    share: fc.constantFrom(0.25, 1, 3),
    lifetime: fc.constantFrom(1, 7, 30.5),
    thresholds: fc.array(criterion, { maxLength: 1 }),
    holdings,
    flows,
  })
  .map(({ group, amount, volume, share, lifetime, thresholds, holdings, flows }): Omit<Agent, 'id' | 'label'> => {
    const held = Object.entries(holdings)
    const storage = held.map(([name, { capacity, part }]) => [name, capacity * part * amount] as const)
    const capacity = Object.fromEntries(held.map(([name, one]) => [name, one.capacity]))
    const weights = new Set(['age', 'share', 'area', ...Object.keys(capacity)])
    return {
      class: 'plain',
      group,
      amount,
      delay: 0,
      properties: { volume, share, lifetime, area: 12 },
      capacity,
      storage: Object.fromEntries(storage),
      attributes: {},
      flows: flows.map((flow) => ({ ...flow, weighted: flow.weighted.filter((name) => weights.has(name)) })),
      thresholds: thresholds.map((one) => ({ name: 'peril', ...one })),
    }
  })

const flow = (direction: Flow['direction'], currency: string, value: number, over: Partial<Flow>): Flow => ({
  ...{ direction, currency, value, connections: [], requires: [], criteria: [], growth: [], weighted: [] },
  deprive: undefined,
  ...over,
})

const grown: Criterion = { path: 'grown', limit: '=', value: 1, buffer: 0, all: false }
const factors = ['daily_growth_factor', 'par_factor', 'growth_rate']

const plant = fc
  .record({
    base: being,
    light: fc.shuffledSubarray([...lamps, 'sun']),
    air: fc.constantFrom([], ['air_a'], ['air_a', 'air_b'], ['air_b'], ['tank']),
    delay: fc.constantFrom(0, 0, 2, 5),
    photoperiod: fc.constantFrom(undefined, 12, 16, 24, 7.5),
    par_baseline: fc.constantFrom(0, 1, 3.5),
    carbon_fixation: fc.constantFrom('c3', 'c4'),
    reproduce: fc.boolean(),
    deprive: fc.constantFrom(undefined, 0, 5, 72),
    hasBiomass: fc.boolean(),
  })
  .map(
    ({ base, light, air, delay, photoperiod, deprive, hasBiomass, ...properties }): Omit<Agent, 'id' | 'label'> => ({
      ...base,
      class: 'plant',
      group: 'plants',
      delay,
      properties: { ...base.properties, ...properties, ...(photoperiod === undefined ? {} : { photoperiod }) },
      capacity: { ...base.capacity, ...(hasBiomass ? { biomass: 5 } : {}) },
      flows: [
        flow('in', 'co2', 0.02, { connections: air, weighted: [...factors, 'cu_factor'], deprive }),
        flow('in', 'potable', 0.1, { connections: ['tank'], weighted: [...factors, 'te_factor'], deprive }),
        flow('in', 'par', 0, { connections: light }),
        ...base.flows.filter(
          ({ direction, currency }) => direction === 'in' && !['co2', 'potable', 'par'].includes(currency),
        ),
        flow('out', 'o2', 0.015, { connections: air, requires: ['co2'], weighted: factors }),
        flow('out', 'biomass', 0.1, {
          connections: ['self'],
          growth: [{ by: 'lifetime', type: 'norm' }],
          weighted: ['daily_growth_factor', 'par_factor', 'cu_factor'],
        }),
        ...(hasBiomass
          ? [
              flow('out', 'wheat', 0.3, { connections: ['tank', 'air_b'], weighted: ['biomass'], criteria: [grown] }),
              flow('out', 'inedible_biomass', 0.7, { connections: ['tank'], weighted: ['biomass'], criteria: [grown] }),
            ]
          : []),
      ],
    }),
  )

const lamp = being.map((base) => ({
  ...base,
  class: 'lamp',
  capacity: { ...base.capacity, par: 100 },
  flows: [
    flow('in', 'kwh', 0.2, { connections: ['tank'], weighted: ['daily_growth_factor'] }),
    flow('out', 'par', 1, { connections: ['self'], requires: ['kwh'], weighted: ['daily_growth_factor'] }),
  ],
}))

const table = (length: number) => fc.array(figure, { minLength: length, maxLength: length })
const sun = fc.record({ base: being, hourly: table(24), monthly: table(60) }).map(({ base, hourly, monthly }) => ({
  ...base,
  class: 'sun',
  tables: { hourly, monthly },
  capacity: { ...base.capacity, par: 5 },
  flows: [flow('out', 'par', 1, { connections: ['self'], weighted: ['daily_growth_factor', 'monthly_growth_factor'] })],
}))

const concrete = fc.record({ base: being, done: fc.constantFrom(0, 0.001, 0.2) }).map(({ base, done }) => ({
  ...base,
  class: 'concrete',
  attributes: { carbonation: done },
  capacity: { caoh2: 1000, caco3: 1000 },
  storage: {},
  flows: [
    flow('in', 'co2', 44.01, { connections: ['air_a'], weighted: ['carbonation_rate'] }),
    flow('in', 'caoh2', 74.1, { connections: ['self'], weighted: ['carbonation_rate'], requires: ['co2'] }),
    flow('out', 'caco3', 100.09, { connections: ['self'], weighted: ['carbonation_rate'], requires: ['co2', 'caoh2'] }),
  ],
}))

const equalizer = fc
  .record({ base: being, airs: fc.shuffledSubarray(['air_a', 'air_b', 'tank']) })
  .map(({ base, airs }) => ({
    ...base,
    class: 'equalizer',
    flows: [
      flow('in', 'atmosphere', 0, { connections: ['air_a', 'air_b'] }),
      flow('out', 'atmosphere', 0, { connections: airs }),
    ],
  }))

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

/** Every agent that there can be; some are not there. */
const agents = fc
  .record({
    air_a: being,
    air_b: being,
    tank: being,
    machine_a: maybe(being),
    machine_b: maybe(being),
    machine_c: maybe(being),
    rice_bed: maybe(plant),
    wheat_bed: maybe(plant),
    orchard: maybe(plant),
    lamp_a: maybe(lamp),
    lamp_b: maybe(lamp),
    sun: maybe(sun),
    concrete: maybe(concrete),
    equalizer: maybe(equalizer),
  })
  .map((all): Agent[] => {
    const there = Object.entries(all).filter(
      (entry): entry is [string, Omit<Agent, 'id' | 'label'>] => entry[1] !== undefined,
    )
    const ids = new Set(there.map(([id]) => id))
    const connected = (id: string, list: readonly string[]) =>
      [...new Set(list.map((name) => (name === 'self' ? id : name)))].filter((name) => ids.has(name))
    return there.map(([id, agent]) => ({
      ...agent,
      id,
      label: id,
      flows: agent.flows.map((one) => ({ ...one, connections: connected(id, one.connections) })),
    }))
  })

/** A model of the `simoc` rule. */
export const models: fc.Arbitrary<Model> = fc.record({
  rule: fc.constant('simoc' as const),
  label: fc.constant('random'),
  start: fc
    .constantFrom('1991-01-01T00:00Z', '1991-01-31T13:30Z', '1969-12-30T23:00Z', '2030-06-01T05:00Z')
    .map((text) => Date.parse(text)),
  dt: fc.constantFrom(1, 1, 0.5, 1 / 3, 3, 5, 24, 100),
  steps: fc.integer({ min: 1, max: 50 }),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  priorities: fc.shuffledSubarray([...groups]),
  currencies: fc.constant(currencies),
  agents,
})
