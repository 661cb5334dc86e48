import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { generate, registryFile } from '../../../../scripts/gen-agents.ts'
import type { Agent, Flow } from '../model.ts'
import { conforms, type Stand } from './conformance.ts'
import { registry } from './registry.generated.ts'

const agent = (id: string, over: Partial<Agent>): Agent => ({
  ...{ id, label: id, class: 'plain', group: 'structures', amount: 1, delay: 0, properties: {}, capacity: {} },
  ...{ storage: {}, attributes: {}, flows: [], thresholds: [] },
  ...over,
})

const flow = (
  direction: Flow['direction'],
  currency: string,
  value: number,
  to: string,
  over: Partial<Flow> = {},
): Flow => ({
  ...{ direction, currency, value, connections: [to], requires: [], criteria: [], growth: [], weighted: [] },
  deprive: undefined,
  ...over,
})

const air = (id: string, volume: number) =>
  agent(id, {
    properties: { volume },
    capacity: { o2: 200, co2: 200, h2o: 200 },
    storage: { o2: volume * 0.2, co2: volume * 0.001, h2o: volume * 0.01 },
  })
const tank = agent('tank', {
  capacity: { potable: 2000, kwh: 1e6, wheat: 50, inedible_biomass: 50 },
  storage: { potable: 1500, kwh: 1e6 },
})
const light = ['daily_growth_factor', 'par_factor']
const bed = (source: string) =>
  agent('bed', {
    class: 'plant',
    group: 'plants',
    properties: { lifetime: 200, photoperiod: 16, par_baseline: 2, carbon_fixation: 'c3', reproduce: true },
    capacity: { biomass: 5 },
    flows: [
      flow('in', 'co2', 0.002, 'air', { weighted: [...light, 'cu_factor'], deprive: 72 }),
      flow('in', 'potable', 0.1, 'tank', { weighted: [...light, 'te_factor'], deprive: 72 }),
      flow('in', 'par', 0, source),
      flow('out', 'o2', 0.001, 'air', { requires: ['co2'], weighted: light }),
      flow('out', 'biomass', 0.01, 'bed', { weighted: light, growth: [{ by: 'lifetime', type: 'norm' }] }),
      ...(['wheat', 'inedible_biomass'] as const).map((currency) =>
        flow('out', currency, 0.5, 'tank', {
          weighted: ['biomass'],
          criteria: [{ path: 'grown', limit: '=', value: 1, buffer: 0, all: false }],
        }),
      ),
    ],
  })
const lamp = agent('lamp', {
  class: 'lamp',
  capacity: { par: 100 },
  flows: [
    flow('in', 'kwh', 0.2, 'tank', { weighted: ['daily_growth_factor'] }),
    flow('out', 'par', 1, 'lamp', { requires: ['kwh'], weighted: ['daily_growth_factor'] }),
  ],
})
const sun = agent('sun', {
  class: 'sun',
  capacity: { par: 5 },
  flows: [flow('out', 'par', 1, 'sun', { weighted: ['daily_growth_factor', 'monthly_growth_factor'] })],
})

/** By class: where one lives. */
const stands: Record<string, Stand> = {
  plain: () => ({
    agent: agent('crew', {
      group: 'inhabitants',
      flows: [
        flow('in', 'o2', 0.03, 'air', { deprive: 0 }),
        flow('in', 'potable', 0.1, 'tank', { deprive: 72, growth: [{ by: 'daily', type: 'clipped' }] }),
        flow('out', 'co2', 0.04, 'air', { requires: ['o2'] }),
      ],
    }),
    others: [air('air', 300), tank],
  }),
  plant: () => ({ agent: bed('lamp'), others: [lamp, air('air', 300), tank] }),
  lamp: () => ({ agent: lamp, others: [bed('lamp'), air('air', 300), tank] }),
  sun: () => ({ agent: sun, others: [bed('sun'), air('air', 300), tank] }),
  concrete: () => ({
    agent: agent('concrete', {
      class: 'concrete',
      capacity: { caoh2: 1e9, caco3: 1e9 },
      flows: [
        flow('in', 'co2', 44.01, 'air', { weighted: ['carbonation_rate'] }),
        flow('in', 'caoh2', 74.1, 'concrete', { weighted: ['carbonation_rate'], requires: ['co2'] }),
        flow('out', 'caco3', 100.09, 'concrete', { weighted: ['carbonation_rate'], requires: ['co2', 'caoh2'] }),
      ],
    }),
    others: [air('air', 300)],
  }),
  equalizer: () => ({
    agent: agent('equalizer', {
      class: 'equalizer',
      flows: [flow('in', 'atmosphere', 0, 'air', { connections: ['air', 'annexe'] })],
    }),
    others: [air('air', 300), air('annexe', 50), agent('leak', { flows: [flow('in', 'o2', 0.1, 'annexe')] })],
  }),
}

describe('classes of agents', () => {
  it('are registered as they lie in the folder', () => {
    assert.equal(readFileSync(registryFile, 'utf8'), generate())
  })

  it('have names of their own, and each is put through the conformance suite', () => {
    assert.deepEqual(registry.map(({ name }) => name).sort(), Object.keys(stands).sort())
  })
})

for (const kind of registry) {
  const stand = stands[kind.name]
  if (stand !== undefined) conforms(kind, stand)
}
