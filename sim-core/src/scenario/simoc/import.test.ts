import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type HabtwinError, isHabtwinError } from '@habtwin/contract/errors'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import { compile, Run } from '../../engine/index.ts'
import { importSimoc } from './import.ts'
import { type Json, type Library, libraryOf, readLibrary } from './library.ts'

const library = (over: Json = {}): Library =>
  libraryOf(
    {
      crew: {
        agent_class: 'inhabitants',
        flows: {
          in: { o2: { value: 0.03, connections: ['habitat', 'greenhouse'], deprive: { value: 1, unit: 'day' } } },
          out: { co2: { value: 0.04, connections: ['habitat'], requires: ['o2'] } },
        },
      },
      room: { capacity: { o2: 100, co2: 100, h2: 1 }, properties: { volume: { value: 50, unit: 'm3' } } },
      crew_habitat: { prototypes: ['room'], agent_class: 'structures' },
      greenhouse_big: { prototypes: ['room'] },
      lamp: { capacity: { par: 10 }, flows: { out: { par: { value: 1, connections: ['lamp'] } } } },
      ...over,
    },
    { atmosphere: { o2: {}, co2: { label: 'Carbon dioxide' }, h2: {} }, energy: { kwh: { unit: 'kWh' }, par: {} } },
  )

const config = (agents: Json, over: Json = {}): Json => ({
  agents,
  termination: [{ condition: 'time', value: 2, unit: 'day' }],
  ...over,
})

/** The faults of a configuration: path → what is said. */
function faultsOf(input: Json, from = library()): Record<string, string> {
  try {
    importSimoc(input, from)
  } catch (error) {
    assert.ok(isHabtwinError(error, 'scenario/invalid'), String(error))
    return Object.fromEntries(error.message.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]))
  }
  return {}
}

describe('importing a SIMOC configuration', () => {
  it('lays agents over their library entry and prototypes, and resolves words to the last id that contains them', () => {
    const { agents, steps, dt } = importSimoc(
      config({
        crew: { amount: 4 },
        crew_habitat: { storage: { o2: 20 } },
        crew_habitat_annexe: { prototypes: ['crew_habitat'], capacity: { o2: 5 } },
        greenhouse_big: {},
      }),
      library(),
    )
    const [crew, habitat, annexe] = agents
    assert.deepEqual([steps, dt], [48, 1])
    assert.deepEqual(crew?.flows[0]?.connections, ['crew_habitat_annexe', 'greenhouse_big'])
    assert.deepEqual([crew?.amount, crew?.group, crew?.flows[0]?.deprive], [4, 'inhabitants', 24])
    assert.deepEqual(habitat?.storage, { o2: 20 })
    assert.deepEqual(annexe?.capacity, { o2: 5, co2: 100 }, 'h2 is named by no flow and no store')
    assert.deepEqual([annexe?.group, annexe?.properties.volume], ['structures', 50])
  })

  it('drops connections to agents that are not there', () => {
    const { agents } = importSimoc(config({ crew: {}, crew_habitat: {} }), library())
    assert.deepEqual(agents[0]?.flows[0]?.connections, ['crew_habitat'])
  })

  it('knows classes by group and by words in ids', () => {
    const ids = ['wheat_lamp', 'b2_sun', 'atmosphere_equalizer', 'concrete_floor', 'rice_lamp_shade', 'tank']
    const agents = Object.fromEntries(ids.map((id) => [id, { prototypes: ['room'] }]))
    const sunflower = { prototypes: ['room'], agent_class: 'plants', properties: { lifetime: { value: '24' } } }
    const model = importSimoc(config({ ...agents, sunflower }), library())
    const classes = model.agents.map(({ class: kind }) => kind)
    assert.deepEqual(classes, ['lamp', 'sun', 'equalizer', 'concrete', 'lamp', 'plain', 'plant'])
    assert.equal(model.agents.at(-1)?.properties.lifetime, 24)
  })

  it('ends at the first step at which the time has gone by, in any unit and step', () => {
    const steps = (value: number, unit: string, over: Json = {}) =>
      importSimoc(config({ crew: {} }, { termination: [{ condition: 'time', value, unit }], ...over }), library()).steps
    assert.equal(steps(10, 'day'), 240)
    assert.equal(steps(90, 'min'), 2)
    assert.equal(steps(1, 'weeks'), 168)
    assert.equal(steps(10, 'hours', { dT: 3 }), 4)
    assert.equal(steps(1, 'hour', { minutes_per_step: 20 }), 3)
    assert.equal(steps(1, 'year', { dT: 24 }), 365)
    assert.equal(steps(1e-6, 'hour'), 1)
  })

  it('takes the clock of the habitat from its date, whatever the zone', () => {
    const start = (time: unknown) => importSimoc(config({ crew: {} }, { start_time: time }), library()).start
    assert.equal(start(undefined), Date.UTC(1991, 0, 1))
    for (const text of ['2022-08-09T13:30:00', '2022-08-09 13:30', '2022-08-09T13:30:00Z', '2022-08-09T13:30:00-07:00'])
      assert.equal(start(text), Date.UTC(2022, 7, 9, 13, 30))
    assert.equal(start('2022-08-09'), Date.UTC(2022, 7, 9))
  })

  it('tells every fault at once, each with its path', () => {
    const agents = {
      martian: { amount: 2 },
      crew: { amount: 'four', flows: { in: { o2: { value: 'much' }, gold: { value: 1, connections: ['crew'] } } } },
      tank: { prototypes: ['tonk'], capacity: { o2: 1 } },
      valve: {
        flows: {
          in: { o2: { value: 1 } },
          out: { co2: { value: -1, connections: ['crew_habitta'], criteria: { in_o2: { limit: '~', value: null } } } },
          off: {},
        },
      },
      crew_habitat: { storage: { o2: -5, silver: 1 }, capacity: { o2: null } },
      list: [],
      nothing: null,
      fern: { agent_class: 'plants', flows: {} },
    }
    const faults = faultsOf({
      agents,
      dT: '1',
      seed: -1,
      priorities: 'plants',
      start_time: 'yesterday',
      termination: [
        { condition: 'food', value: 1 },
        { condition: 'time', value: 0, unit: 'fortnight' },
      ],
    })
    assert.deepEqual(Object.keys(faults).sort(), [
      'agents.crew.amount',
      'agents.crew.flows.in.gold',
      'agents.crew.flows.in.o2.value',
      'agents.crew_habitat.capacity.o2',
      'agents.crew_habitat.storage.o2',
      'agents.crew_habitat.storage.silver',
      'agents.fern.properties.lifetime',
      'agents.list',
      'agents.martian',
      'agents.nothing',
      'agents.tank.prototypes',
      'agents.valve.flows.in.o2.connections',
      'agents.valve.flows.off',
      'agents.valve.flows.out.co2.connections',
      'agents.valve.flows.out.co2.criteria.in_o2.limit',
      'agents.valve.flows.out.co2.criteria.in_o2.value',
      'agents.valve.flows.out.co2.value',
      'dT',
      'priorities',
      'seed',
      'start_time',
      'termination[0].condition',
      'termination[1].unit',
      'termination[1].value',
    ])
    assert.match(faults['agents.tank.prototypes'] ?? '', /"tonk" is not in the library/)
    assert.match(faults['agents.crew.amount'] ?? '', /must be a number, not "four"/)
  })

  it('tells of a run that never ends, but takes a number of steps in its place', () => {
    const endless = { agents: { crew: {} } }
    assert.deepEqual(Object.keys(faultsOf(endless)), ['termination'])
    assert.equal(importSimoc(endless, library(), { steps: 5 }).steps, 5)
  })

  it('tells of prototypes that form a loop, and is not lost in many of them', () => {
    const loop = library({ a: { prototypes: ['b'] }, b: { prototypes: ['c'] }, c: { prototypes: ['a'] } })
    assert.match(faultsOf(config({ a: {}, x: { prototypes: ['b'] } }), loop)['agents.a.prototypes'] ?? '', /loop/)
    const ladder = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `p${i}`,
        i < 59 ? { prototypes: [`p${i + 1}`, `p${i + 1}`] } : { capacity: { o2: 3 } },
      ]),
    )
    const { agents } = importSimoc(config({ x: { prototypes: ['p0'], storage: { o2: 1 } } }), library(ladder))
    assert.deepEqual(agents[0]?.capacity, { o2: 3 })
  })

  it('bounds what it takes: agents, flows, depth, figures, names', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`a${i}`, {}]))
    assert.deepEqual(Object.keys(faultsOf(config(many))), ['agents'])
    const flow = { value: 1, connections: ['crew'] }
    const flows = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`c${i}`, flow]))
    assert.ok('agents.x.flows.in' in faultsOf(config({ x: { flows: { in: flows } } })))
    const deep = JSON.parse(`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`)
    assert.match(faultsOf(config({ crew: {} }, { deep }))[''] ?? '', /deeper/)
    const figures = { amount: 1e300, capacity: { o2: 1e300 }, storage: { o2: 1e-300 } }
    assert.equal(Object.keys(faultsOf(config({ crew_habitat: figures }))).length, 3)
    const names = JSON.parse('{"__proto__": {}, "constructor": {}, "a.b": {}, "": {}, "x\\u001fy": {}}')
    assert.equal(Object.keys(faultsOf(config(names))).length, 5)
    for (const dT of [0, -1, 1e-9, 1e9]) assert.ok('dT' in faultsOf(config({ crew: {} }, { dT })))
  })

  it('of the largest size that there may be is compiled or refused, and soon', () => {
    const gases = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`gas${i}`, 1]))
    const currencies = { gas: Object.fromEntries(Object.keys(gases).map((id) => [id, {}])) }
    const criteria = { in_gas0_ratio: { limit: '<', value: 1 }, in_gas1_ratio: { limit: '<', value: 1 } }
    const taking = { value: 1, connections: ['room'], criteria }
    const flows = { in: Object.fromEntries(Object.keys(gases).map((id) => [id, taking])) }
    const machines = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`m${i}`, { flows }]))
    const input = config({ room: { capacity: gases, storage: gases }, ...machines })
    assert.throws(() => compile(importSimoc(input, libraryOf({}, currencies))), { code: 'scenario/invalid' })
    const crews = Object.fromEntries(Array.from({ length: 1_999 }, (_, i) => [`c${i}`, { prototypes: ['crew'] }]))
    const model = importSimoc(config({ crew_habitat: {}, ...crews }), library())
    assert.equal(new Run(compile(model)).advance(3), 3)
  })

  it('gives what can be compiled and run', () => {
    const model = importSimoc(config({ crew: { amount: 4 }, crew_habitat: { storage: { o2: 20 } } }), library())
    const run = new Run(compile(model))
    assert.equal(run.advance(Number.POSITIVE_INFINITY), 48)
  })
})

describe('a library', () => {
  it('is read from its two files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'habtwin-library-'))
    try {
      writeFileSync(join(folder, 'agent_desc.json'), '{"crew": {}, "no object": 3}')
      assert.throws(() => readLibrary(folder), { code: 'scenario/library', message: /currency_desc/ })
      writeFileSync(join(folder, 'currency_desc.json'), '{"energy": {"kwh": {"unit": "kWh"}}}')
      const { agents, currencies } = readLibrary(folder)
      assert.deepEqual(Object.keys(agents), ['crew'])
      assert.deepEqual(currencies, [{ id: 'kwh', category: 'energy', unit: 'kWh', label: 'kwh' }])
      writeFileSync(join(folder, 'agent_desc.json'), '[]')
      assert.throws(() => readLibrary(folder), { code: 'scenario/library', message: /no JSON object/ })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has currencies that can be told apart', () => {
    const refused = { code: 'scenario/library' }
    assert.throws(() => libraryOf({}, { a: { o2: {} }, b: { o2: {} } }), refused)
    assert.throws(() => libraryOf({}, { a: { constructor: {} } }), refused)
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`c${i}`, {}]))
    assert.throws(() => libraryOf({}, { a: many }), refused)
    assert.throws(() => libraryOf(JSON.parse(`${'[{"a":'.repeat(999)}1${'}]'.repeat(999)}`), {}), refused)
  })
})

/** Anything that JSON can say, with words that mean something here and words that mean something to the language. */
const words = fc.oneof(
  fc.constantFrom('agents', 'crew', 'flows', 'in', 'out', 'o2', 'value', 'connections', 'criteria', 'limit', 'unit'),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'prototypes', 'capacity', 'storage', 'amount', 'termination'),
  fc.string({ maxLength: 4 }),
)
const { anything } = fc.letrec<{ anything: unknown }>((tie) => ({
  anything: fc.oneof(
    { maxDepth: 4 },
    words,
    fc.constantFrom(null, true, 0, -1, 1e308, 5e-324, 1.5, 'hour', '<', '==', '1'),
    fc.array(tie('anything'), { maxLength: 3 }),
    // as JSON.parse makes objects: "__proto__" is a key like others
    fc.array(fc.tuple(words, tie('anything')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}))

/** A sound configuration in which one value, anywhere, is something else. */
const sound: Json = config(
  {
    crew: { amount: 2, delay_start: 1, thresholds: { o2: { path: 'in_o2_ratio', limit: '<', value: 0.1 } } },
    crew_habitat: { storage: { o2: 20 }, attributes: { age: 2 } },
    valve: {
      prototypes: ['room'],
      flows: {
        in: {
          o2: {
            value: 1,
            connections: ['habitat'],
            criteria: { in_o2: { limit: '>', value: 1, buffer: 2 } },
            growth: { daily: { type: 'norm' } },
            weighted: ['age'],
            flow_rate: { unit: 'kg', time: 'hour' },
          },
        },
      },
    },
    fern: { agent_class: 'plants', properties: { lifetime: { value: 5 } }, flows: {} },
    b2_sun: {
      capacity: { par: 5 },
      hourly: Array(24).fill(1),
      flows: { out: { par: { value: 1, connections: ['b2_sun'] } } },
    },
  },
  { seed: 3, dT: 1, priorities: ['plants'], start_time: '1991-01-01' },
)
const paths = (value: unknown, path: string[] = []): string[][] =>
  typeof value !== 'object' || value === null
    ? [path]
    : [path, ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key]))]
const replaced = (value: unknown, [key, ...rest]: string[], by: unknown): unknown => {
  if (key === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Json) }) as Record<string, unknown>
  copy[key] = replaced(copy[key], rest, by)
  return copy
}
const damaged = fc
  .tuple(fc.constantFrom(...paths(sound).slice(1)), anything)
  .map(([path, by]) => replaced(sound, path, by) as Json)

it('whatever comes is imported and runs, or is refused with faults: nothing else is thrown, nothing polluted', () => {
  const before = Object.getOwnPropertyNames(Object.prototype).length
  const isObject = (value: unknown): value is Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  fc.assert(
    fc.property(fc.oneof(damaged, damaged, anything.filter(isObject)), anything, (input, agent) => {
      try {
        const model = importSimoc(input, library({ odd: agent }), { steps: 20 })
        const run = new Run(compile(model))
        run.advance(20)
        assert.ok(run.take()?.values.every(Number.isFinite) ?? true)
      } catch (error) {
        if (!isHabtwinError(error, 'scenario/invalid')) throw error
        assert.ok((error as HabtwinError).message.split('\n').every((line) => line.includes(': ')))
      }
      assert.equal(Object.getOwnPropertyNames(Object.prototype).length, before)
      assert.equal(({} as Json).agents, undefined)
    }),
    { numRuns: runs(3_000) },
  )
})
