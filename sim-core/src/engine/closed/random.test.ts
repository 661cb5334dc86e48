import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../../test/support/runs.ts'
import type { AgentForm, ProcessForm, ScenarioForm } from '../../scenario/own/form.ts'
import { ownToModel } from '../../scenario/own.ts'
import { compile, type Program, Run, type RunState } from '../index.ts'
import { books } from './books.ts'

const MODELS = 2_000
const STEPS = 30

/** What processes may be: each balances whatever its figures are. */
const kinds = [
  'eat', 'split', 'condense', 'scrub', 'burn', 'breathe', 'grow', 'shine', 'fade', 'heat', 'move', 'all', 'mix', 'leak',
] as const // biome-ignore format: a list

const figure = fc.double({ min: 0.001, max: 50, noNaN: true })
const chance = fc.integer({ min: 0, max: 99 })
const store = fc.constantFrom('s0', 's1', 's2')
const room = fc.constantFrom('r0', 'r1')

interface Drawn {
  readonly kind: (typeof kinds)[number]
  readonly x: number
  readonly y: number
  readonly from: string
  readonly to: string
  readonly room: string
  readonly vented: boolean
  readonly extras: number
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom(...kinds),
  x: figure,
  y: figure,
  from: store,
  to: store,
  room,
  vented: fc.boolean(),
  extras: chance,
})

/** A process of its kind. */
function processOf({ kind, x, y, from, to, room, vented, extras }: Drawn): ProcessForm {
  const vent = vented ? ' else outside' : ''
  const out = (place: string) => `balance to ${place}${vent}`
  const plain: Record<(typeof kinds)[number], ProcessForm> = {
    eat: { in: { food: `${x} kg/h from ${from}` }, out: { nourishment: out(to) } },
    split: {
      by: 'o2',
      in: { potable: `balance from ${from}`, kwh: `${5 + y} kWh/kg from ${to}` },
      out: { o2: `${x} kg/h to ${room}`, h2: out(from), heat: out(room) },
    },
    condense: { in: { h2o: `${x} kg/h from ${room}` }, out: { grey: out(to), heat: out(room) } },
    scrub: {
      in: { co2: `${x} kg/h from ${room}`, kwh: `${y} kWh/h from ${from}` },
      out: { co2: out(to), heat: out(room) },
    },
    burn: {
      in: { inedible: `${x} kg/h from ${from}`, o2: `balance from ${room} else nature` },
      out: { co2: out(room), h2o: out(room), nitrate: out(to), heat: out(room) },
    },
    breathe: {
      in: { nourishment: `${x} kg/h from ${from}`, o2: `balance from ${room}` },
      out: { co2: out(room), h2o: out(room), nitrate: out(to), heat: out(room) },
    },
    grow: {
      in: {
        co2: `balance from ${room}`,
        potable: `${20 * x} kg/h from ${from}`,
        nitrate: `balance from ${to}`,
        par: `${x * 300} mol/h from ${from}`,
        heat: `balance from ${room} else nature`,
      },
      out: { wheat: `${x} kg/h to ${to}`, o2: out(room), h2o: out(room) },
    },
    shine: {
      in: { kwh: `${x + y} kWh/h from ${from} else nature` },
      out: { par: `${x} mol/h to ${to}`, heat: out(room) },
    },
    fade: { in: { par: `all from ${from}` }, out: { heat: out(room) } },
    heat: { in: { kwh: `${x} kW from ${from}` }, out: { heat: out(room) } },
    move: { in: { grey: `${x} kg/h from ${from}` }, out: { potable: out(to) } },
    all: { in: { wheat: `all from ${from}` }, out: { wheat: out(to) } },
    mix: { mix: { a: 'r0', b: 'r1', flow: `${x * 40} m3/h` } },
    leak: { leak: { from: room, to: 'outside', share: `${Math.min(x, 40)} %/h` } },
  }
  return {
    ...plain[kind],
    ...(extras < 25 ? { when: [{ of: 'co2', in: room, above: '0.3 %', until: '0.1 %' }] } : {}),
    ...(extras > 80 ? { daily: extras > 90 ? 'sun' : '9 h' } : {}),
    ...(extras % 7 === 0
      ? { follows: [{ of: 'co2', in: room, full: '1000 ppm', ...(extras % 2 ? { half: '300 ppm' } : {}) }] }
      : {}),
    ...(kind === 'condense' && extras % 2 ? { keep: { of: 'humidity', in: room, at: '50 %' } } : {}),
    ...(kind === 'scrub' && extras % 3 === 0 ? { keep: { of: 'co2', in: room, at: '900 ppm' } } : {}),
    ...(extras % 5 === 0 ? { vital: `${extras / 10} h` } : {}),
    ...(extras % 11 === 0 && kind !== 'mix' && kind !== 'leak'
      ? { stage: extras % 2 ? ('grown' as const) : ('growing' as const), ramp: '40 %' }
      : {}),
  }
}

const CURRENCIES = [
  'wheat',
  'lettuce',
  'nourishment',
  'potable',
  'grey',
  'co2',
  'o2',
  'h2',
  'nitrate',
  'inedible',
  'kwh',
  'par',
  'heat',
]

const stored = fc.record({
  level: fc.array(chance, { minLength: CURRENCIES.length, maxLength: CURRENCIES.length }),
  size: figure,
})

function storeOf({ level, size }: { level: number[]; size: number }): AgentForm {
  const unit = (id: string) => (id === 'par' ? 'mol' : id === 'kwh' || id === 'heat' ? 'kWh' : 'kg')
  return {
    capacity: Object.fromEntries(CURRENCIES.map((id) => [id, `${size * 5} ${unit(id)}`])),
    // a fifth of all stores is empty at the beginning
    storage: Object.fromEntries(CURRENCIES.map((id, i) => [id, `${(level[i] as number) < 20 ? 0 : level[i]} %`])),
  }
}

const scenario: fc.Arbitrary<ScenarioForm> = fc
  .record({
    stores: fc.array(stored, { minLength: 3, maxLength: 3 }),
    machines: fc.array(
      fc.record({
        amount: fc.integer({ min: 0, max: 5 }),
        processes: fc.array(drawn, { minLength: 1, maxLength: 3 }),
        delay: chance,
      }),
      { minLength: 1, maxLength: 6 },
    ),
    volumes: fc.tuple(figure, figure),
    seed: fc.integer({ min: 0, max: 0xffff_ffff }),
    step: fc.constantFrom('10 min', '1 h', '3 h'),
  })
  .map(({ stores, machines, volumes, seed, step }) => ({
    duration: '30 d',
    step,
    seed,
    order: ['first', 'second'],
    agents: {
      outside: { boundless: 'vent' as const },
      nature: { boundless: 'source' as const },
      ...Object.fromEntries(stores.map((one, i) => [`s${i}`, storeOf(one)])),
      ...Object.fromEntries(
        volumes.map((m3, i) => [
          `r${i}`,
          { capacity: { heat: `${m3} kWh` }, air: { volume: `${1 + m3 * 10} m3`, co2: '0.2 %' } },
        ]),
      ),
      ...Object.fromEntries(
        machines.map(({ amount, processes, delay }, i) => [
          `m${i}`,
          {
            amount,
            group: i % 3 === 0 ? 'first' : 'second',
            delay: delay < 20 ? '5 h' : '0 h',
            lifetime: '7 h',
            capacity: { lettuce: '2 kg' },
            storage: { lettuce: '50 %' },
            remains: 'outside',
            processes: Object.fromEntries(processes.map((one, k) => [`p${k}`, processOf(one)])),
          },
        ]),
      ),
    },
  }))

function runOn(program: Program, steps: number, from?: RunState): RunState {
  const run = new Run(program, { every: 1e6, steps: STEPS, ...(from === undefined ? {} : { from }) })
  run.advance(steps)
  return run.state()
}

test('whatever the model: nothing is lost or made, no store is below nothing, and a seed gives the same bits again', () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 1, max: STEPS - 1 }), (form, half) => {
      const program = compile(ownToModel(form))
      const end = runOn(program, STEPS)
      conserves(program, end)
      for (const agent of program.model.agents) {
        for (const id of Object.keys(agent.capacity)) {
          const slot = program.layout.store(agent.id, id) as number
          const held = end.figures[program.layout.names[slot] as string] as number
          assert.ok(held >= 0, `${agent.id} holds ${held} of ${id}`)
        }
      }
      assert.deepEqual(runOn(program, STEPS), end, 'a second run is the same')
      const resumed = runOn(program, STEPS, structuredClone(runOn(program, half)))
      assert.deepEqual(resumed, end, 'a run that was interrupted is the same')
    }),
    { numRuns: runs(MODELS) },
  )
})

function conserves(program: Program, state: RunState): void {
  const [before, after] = [books(program), books(program, state)]
  // what went through vents and sources counts as well: it is what rounding is relative to
  const scale = (name: 'mass' | 'energy') => Math.abs(before[name]) + turnover(program, state, name)
  for (const name of ['mass', 'energy'] as const) {
    const lost = Math.abs(after[name] - before[name]) / scale(name)
    assert.ok(lost < 1e-9 || scale(name) === 0, `${name}: ${before[name]} → ${after[name]}`)
  }
  for (const [element, kg] of Object.entries(before.elements)) {
    const lost = Math.abs((after.elements[element] as number) - kg)
    assert.ok(lost <= 1e-9 * scale('mass'), `${element}: ${kg} → ${after.elements[element]}`)
  }
}

/** What vents have taken and sources have given. */
function turnover({ model, layout }: Program, { figures }: RunState, name: 'mass' | 'energy'): number {
  let sum = 0
  for (const agent of model.agents) {
    if (agent.closed?.boundless === undefined) continue
    for (const currency of model.currencies) {
      const slot = layout.store(agent.id, currency.id)
      const held = slot === undefined ? 0 : (figures[layout.names[slot] as string] ?? 0)
      sum += held * (name === 'energy' ? Math.abs(currency.energy ?? 0) : currency.unit === 'kg' ? 1 : 0)
    }
  }
  return sum
}
