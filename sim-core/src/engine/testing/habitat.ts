/** A small habitat for tests: a crew in a room with a tank, a lamp and a bed of wheat. */
import type { Agent, Flow, Model } from '../model.ts'

export const agent = (id: string, over: Partial<Agent> = {}): Agent => ({
  ...{ id, label: id, class: 'plain', group: 'other', amount: 1, delay: 0, properties: {}, capacity: {} },
  ...{ storage: {}, attributes: {}, flows: [], thresholds: [] },
  ...over,
})

export const flow = (
  direction: Flow['direction'],
  currency: string,
  value: number,
  over: Partial<Flow> = {},
): Flow => ({
  ...{ direction, currency, value, connections: [], requires: [], criteria: [], growth: [], weighted: [] },
  deprive: undefined,
  ...over,
})

/** A model of these agents, an hour a step. */
export const model = (agents: readonly Agent[], over: Partial<Model> = {}): Model => ({
  rule: 'simoc',
  label: 'test',
  start: Date.UTC(1991, 0, 1),
  dt: 1,
  steps: 100,
  seed: 0,
  priorities: [],
  currencies: Object.entries({
    atmosphere: ['o2', 'co2'],
    food: ['wheat', 'rice'],
    nutrients: ['biomass', 'inedible_biomass'],
    water: ['potable', 'urine'],
    energy: ['kwh', 'par'],
  }).flatMap(([category, ids]) => ids.map((id) => ({ id, category, unit: 'kg', label: id }))),
  agents,
  ...over,
})

export const habitat = (over: Partial<Model> = {}): Model =>
  model(
    [
      agent('crew', {
        group: 'inhabitants',
        amount: 4,
        flows: [
          flow('in', 'o2', 0.03, { connections: ['room'], deprive: 0 }),
          flow('in', 'potable', 0.1, { connections: ['tank'], deprive: 72 }),
          flow('out', 'co2', 0.04, { connections: ['room'], requires: ['o2'] }),
          flow('out', 'urine', 0.06, { connections: ['tank'], requires: ['potable'] }),
        ],
      }),
      agent('room', { capacity: { o2: 100, co2: 100 }, storage: { o2: 60, co2: 1 } }),
      agent('tank', {
        capacity: { potable: 100, urine: 100, kwh: 1000, wheat: 100 },
        storage: { potable: 90, kwh: 900 },
      }),
      agent('scrubber', {
        flows: [
          flow('in', 'co2', 0.2, {
            connections: ['room'],
            criteria: [{ path: 'in_co2_ratio', limit: '>', value: 0.001, buffer: 2, all: false }],
          }),
          flow('in', 'kwh', 1, { connections: ['tank'] }),
        ],
      }),
      agent('wheat_lamp', {
        class: 'lamp',
        capacity: { par: 100 },
        flows: [
          flow('in', 'kwh', 0.2, { connections: ['tank'], weighted: ['daily_growth_factor'] }),
          flow('out', 'par', 1, { connections: ['wheat_lamp'], requires: ['kwh'], weighted: ['daily_growth_factor'] }),
        ],
      }),
      agent('wheat', {
        class: 'plant',
        group: 'plants',
        amount: 10,
        delay: 5,
        properties: { lifetime: 30, photoperiod: 12, par_baseline: 1, carbon_fixation: 'c3', reproduce: true },
        capacity: { biomass: 1 },
        flows: [
          flow('in', 'co2', 0.001, { connections: ['room'], weighted: ['par_factor', 'cu_factor'], deprive: 72 }),
          flow('in', 'par', 0, { connections: ['wheat_lamp'] }),
          flow('out', 'biomass', 0.01, { connections: ['wheat'], weighted: ['par_factor'] }),
          flow('out', 'wheat', 0.5, {
            connections: ['tank'],
            weighted: ['biomass'],
            criteria: [{ path: 'grown', limit: '=', value: 1, buffer: 0, all: false }],
          }),
        ],
      }),
    ],
    { priorities: ['inhabitants', 'plants'], ...over },
  )
