import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnQuantity, evaluate, isFirst, quantitiesOf } from './quantities.ts'
import { type Table, tableOf, tableOfPoint } from './table.ts'

const columns = [
  'human.active',
  'crew_habitat_small.active',
  'crew_habitat_small.storage.o2',
  'crew_habitat_small.storage.co2',
  'crew_habitat_small.storage.n2',
  'greenhouse_small.storage.o2',
  'greenhouse_small.storage.co2',
  'greenhouse_small.storage.n2',
  'co2_storage.storage.co2',
  'wheat.storage.biomass',
  'rice.storage.biomass',
  'food_storage.storage.wheat',
  'ration_storage.storage.ration',
  'water_storage.storage.potable',
  'power_storage.storage.kwh',
  'solar_pv_array.out.kwh.power_storage',
]
const plain = { agents: [], dt: 1 }
const table = (figures: Record<string, number[]>): Table => ({
  steps: [1, 2],
  columns: new Map(Object.entries(figures).map(([name, mid]) => [name, { mid }])),
})

test('what people ask first is found in the columns of any run', () => {
  assert.deepEqual(
    quantitiesOf(columns, plain).map(({ id }) => id),
    [
      'air.co2.crew',
      'air.co2.greenhouse',
      'air.o2.crew',
      'air.o2.greenhouse',
      'crew',
      'water',
      'food',
      'energy',
      'crops',
      'made',
    ],
  )
  assert.equal(quantitiesOf(columns, plain).filter(isFirst).length, 9)
})

test('a tank of carbon dioxide is no zone, and neither is the planet', () => {
  const outside = ['mars.storage.o2', 'mars.storage.co2', 'mars.storage.n2']
  const agents = [{ id: 'mars', label: 'Mars', group: 'outside' }]
  assert.deepEqual(quantitiesOf([...outside, 'tank.storage.co2'], { agents, dt: 1 }), [])
})

test('two greenhouses are told apart by their own names', () => {
  const two = ['a_greenhouse', 'b_greenhouse'].flatMap((zone) =>
    ['o2', 'co2', 'n2'].map((gas) => `${zone}.storage.${gas}`),
  )
  assert.deepEqual(
    quantitiesOf(two, plain).map(({ id }) => id),
    ['air.co2.a_greenhouse', 'air.co2.b_greenhouse', 'air.o2.a_greenhouse', 'air.o2.b_greenhouse'],
  )
})

test('carbon dioxide is drawn as ppm of all molecules of its zone', () => {
  const [co2] = quantitiesOf(columns, plain)
  assert.ok(co2)
  const air = table({
    'crew_habitat_small.storage.o2': [31.998, 31.998],
    'crew_habitat_small.storage.co2': [0.44009, 0],
    'crew_habitat_small.storage.n2': [2.99 * 28.014, 0],
  })
  const [first = 0, last] = evaluate(co2, air)?.mid ?? []
  assert.ok(Math.abs((first ?? 0) - (0.01 / 4) * 1e6) < 1e-9)
  assert.equal(last, 0)
})

test('a quantity whose columns are not all there is not drawn, rather than drawn too small', () => {
  const crops = quantitiesOf(columns, plain).find(({ id }) => id === 'crops')
  assert.ok(crops)
  assert.equal(evaluate(crops, table({ 'wheat.storage.biomass': [1, 2] })), undefined)
  assert.deepEqual(
    evaluate(crops, table({ 'wheat.storage.biomass': [1, 2], 'rice.storage.biomass': [3, 4] }))?.mid,
    [4, 6],
  )
})

test('a flow is shown by the hour, whatever a step is', () => {
  const flow = columnQuantity('human.in.o2.crew_habitat', { agents: [], dt: 0.5 })
  assert.equal(flow.unit, 'kg/h')
  assert.deepEqual(evaluate(flow, table({ 'human.in.o2.crew_habitat': [1, 2] }))?.mid, [2, 4])
})

test('with several seeds a quantity has a band, that of the gas itself', () => {
  const record = {
    step_num: [1],
    quantiles: [0.05, 0.25, 0.5, 0.75, 0.95],
    points: [
      {
        at: {},
        runs: 9,
        columns: {
          'hab.storage.co2': [[1], [2], [3], [4], [5]],
          'hab.storage.o2': [[10], [10], [10], [10], [10]],
          'hab.storage.n2': [[20], [20], [20], [20], [20]],
        },
      },
    ],
  }
  const ensemble = tableOfPoint(record, 0)
  const [co2] = quantitiesOf([...ensemble.columns.keys()], plain)
  assert.ok(co2)
  const { low = [], mid, high = [] } = evaluate(co2, ensemble) ?? { mid: [] }
  assert.ok((low[0] ?? 0) < (mid[0] ?? 0) && (mid[0] ?? 0) < (high[0] ?? 0))
})

test('a record becomes a table under the names of its columns', () => {
  const agent = {
    active: [4],
    storage: { potable: [7] },
    attributes: { age: [1] },
    flows: { in: { o2: { hab: [0.1] } }, out: {} },
    cause_of_death: null,
  }
  assert.deepEqual(
    [...tableOf({ step_num: [1], agents: { human: agent } }).columns.keys()],
    ['human.active', 'human.storage.potable', 'human.attribute.age', 'human.in.o2.hab'],
  )
})

test('crops, stores and power of our own presets are found, and what lies outside is left out', () => {
  const own = [
    'crew.storage.potable',
    'water_tank.storage.potable',
    'outside.storage.potable',
    'tomato_1.storage.tomato',
    'tomato_1.storage.inedible',
    'waste_store.storage.inedible',
    'grid.storage.kwh',
    'battery.storage.kwh',
    'mains.in.kwh.grid',
    'lamps.in.kwh.battery',
  ]
  const found = new Map(quantitiesOf(own, plain).map(({ id, columns }) => [id, columns]))
  assert.deepEqual(Object.fromEntries(found), {
    water: ['water_tank.storage.potable'],
    energy: ['battery.storage.kwh'],
    crops: ['tomato_1.storage.tomato', 'tomato_1.storage.inedible'],
    used: ['lamps.in.kwh.battery'],
  })
})
