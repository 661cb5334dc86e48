import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHabtwinError } from '@habtwin/contract/errors'
import type { AgentForm, ProcessForm } from './own/form.ts'
import { ownToModel, readScenario } from './own.ts'

/** A scenario that is right, but for what is put over it. */
const good = (agents: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  duration: '10 d',
  agents: {
    room: { air: { volume: '50 m3' } },
    tank: { capacity: { co2: '10 kg', potable: '10 kg', kwh: '10 kWh' } },
    outside: { use: 'outside' },
    ...agents,
  },
  ...rest,
})

const machine = (process: ProcessForm, agent: AgentForm = {}) =>
  good({ machine: { ...agent, processes: { run: process } } })

/** The faults of an input: path and message. */
function faultsOf(input: unknown): string[] {
  try {
    ownToModel(input)
  } catch (error) {
    assert.ok(isHabtwinError(error, 'scenario/invalid'), String(error))
    return error.message.split('\n')
  }
  return []
}

const move: ProcessForm = { in: { co2: '1 kg/h from room' }, out: { co2: 'balance to tank' } }
const P = 'agents.machine.processes.run'

const wrong: [what: string, input: unknown, fault: RegExp][] = [
  ['no object', 'scenario', /^: /],
  ['nothing at all', {}, /duration: .*\nagents: /],
  ['a key that nobody knows', good({}, { durration: '3 d' }), /^durration: there is no such key/],
  ['a key that nobody knows, deep down', machine({ ...move, whem: [] } as ProcessForm), new RegExp(`^${P}.whem: there is no such key`)],
  ['an agent to use that is not there', good({ a: { use: 'persn' } }), /^agents.a.use: there is no agent "persn"; there are .*person/],
  [
    'agents that use each other',
    good({ a: { use: 'x' } }, { templates: { x: { use: 'y' }, y: { use: 'x' } } }),
    /^agents.a.use: goes round in a circle: x → y → x/,
  ],
  ['a currency that is not there', machine({ in: { co3: '1 kg/h from room' } }), new RegExp(`^${P}.in.co3: there is no currency "co3"; there are .*co2`)],
  ['a connection that is not there', machine({ in: { co2: '1 kg/h from air' } }), new RegExp(`^${P}.in.co2: is not connected: say under .connect. which agent "air" is`)],
  ['a connection to nobody', machine({ in: { co2: '1 kg/h from air' } }, { connect: { air: 'rooom' } }), /"air" is connected to "rooom", but there is no such agent/],
  ['a store that cannot hold it', machine({ ...move, out: { co2: 'balance to machine' } }), new RegExp(`^${P}.out.co2: machine cannot hold co2`)],
  ['a figure without a unit', machine({ ...move, in: { co2: '1 from room' } }), new RegExp(`^${P}.in.co2: "1" is no figure with a unit`)],
  ['a unit of another kind', machine({ ...move, in: { co2: '1 kWh/h from room' } }), /"1 kWh\/h" is not in kg/],
  ['an amount without a time', machine({ ...move, in: { co2: '1 kg from room' } }), /says how much, but not in which time/],
  ['a number in the place of text', machine({ ...move, in: { co2: 1 } } as unknown as ProcessForm), new RegExp(`^${P}.in.co2: `)],
  ['text in the place of a number', good({ tank: { amount: 'many' } }), /^agents.tank.amount: /],
  ['a flow in no known words', machine({ ...move, in: { co2: 'some of room' } }), /"some of room" is no flow; write for example `0.8 kg\/d from air`/],
  ['a flow out of where it should go', machine({ ...move, out: { co2: 'balance from tank' } }), /is no flow; write for example `0.8 kg\/d to air`/],
  ['an end that is no vent', machine({ ...move, out: { co2: 'balance to tank else room' } }), /"room" stands after `else`, but room is no vent/],
  ['a process that does not balance', machine({ ...move, out: { co2: '2 kg/h to tank' } }), new RegExp(`^${P}: the process "run" of machine: the element . does not balance: more comes out than goes in, by .* kg/h`)],
  [
    'energy from nowhere',
    machine({ in: { potable: '1 kg/h from tank' }, out: { h2o: 'balance to room' } }),
    /energy does not balance: more comes out than goes in, by 0.6784 kWh\/h/,
  ],
  ['a balance that nothing fixes', machine({ in: { co2: 'balance from room' }, out: { potable: 'balance to tank' } }), /balance/],
  ['a balance that goes the other way', machine({ in: { co2: '1 kg/h from room', kwh: '1 kW from tank' }, out: { co2: '2 kg/h to tank', potable: 'balance to tank', kwh: 'balance to tank' } }), /goes the other way|cannot be found|does not balance/],
  ['a published figure that is far off', machine({ ...move, out: { co2: { flow: 'balance to tank', near: '1.2 kg/h', within: '5 %' } } }), /balances 16.7 % below 1.2 kg\/h: more than 5 %/],
  ['two limits at once', machine({ ...move, when: [{ of: 'co2', in: 'room', above: '1 %', below: '2 %' }] }), /must have one of `above` and `below`/],
  ['a switch that goes off before it goes on', machine({ ...move, when: [{ of: 'co2', in: 'room', above: '1 %', until: '2 %' }] }), new RegExp(`^${P}.when\\[0\\].until: must be below`)],
  ['humidity of a tank', machine({ ...move, when: [{ of: 'humidity', in: 'tank', above: '50 %' }] }), /tank is no room/],
  ['a stage without a life', machine({ ...move, stage: 'grown' }), /the agent needs a `lifetime`/],
  ['a store that is over-full', good({ tank: { capacity: { co2: '1 kg' }, storage: { co2: '2 kg' } } }), /^agents.tank.storage.co2: "2 kg" is not between nothing and its capacity, 1 kg/],
  ['a share of more than all', good({ tank: { capacity: { co2: '1 kg' }, storage: { co2: '120 %' } } }), /is not between/],
  ['a room without size', good({ room: { air: { volume: '0 m3' } } }), /^agents.room.air.volume: "0 m3" must be above zero/],
  ['a mortal that leaves its stores to nobody', machine({ ...move, vital: '1 h' }, { capacity: { nourishment: '1 kg' } }), /`remains` must say who takes it/],
  ['no time at all', good({}, { duration: '0 d' }), /^duration: "0 d" must be above zero/],
  ['a billion steps', good({}, { duration: '1000000000 h' }), /^duration: is 1000000000 steps; at most/],
  ['a start that is no moment', good({}, { start: 'tomorrow' }), /^start: "tomorrow" is no moment/],
  ['a currency that is known already', good({}, { currencies: { co2: { category: 'x', unit: 'kg' } } }), /^currencies.co2: is a currency of the library already/],
  ['a formula of other elements', good({}, { currencies: { salt: { category: 'x', unit: 'kg', formula: 'NaCl' } } }), /^currencies.salt.formula: "NaCl" is no formula/],
  ['parts that are not a whole', good({}, { currencies: { mix: { category: 'x', unit: 'kg', formula: { C: '50 %', H2O: '40 %' } } } }), /the parts are 90.00 % together/],
  ['an id with capitals', good({ Machine: {} }), /^agents.Machine: must be lower-case letters/],
  ['a knob of nobody', good({}, { knobs: [{ label: 'x', agent: 'nobody', what: 'amount', value: 1, min: 0, max: 1, step: 1, unit: '' }] }), /^knobs\[0\].agent: there is no agent/],
  ['two rooms in one', good({ room: { amount: 2, air: { volume: '50 m3' } } }), /^agents.room.amount: a room is one/],
  ['air that is more than itself', good({ room: { air: { volume: '50 m3', o2: '90 %', co2: '20 %' } } }), /^agents.room.air: CO2 and O2 are more than all of it/],
  ['air as cold as none', good({ room: { air: { volume: '50 m3', temperature: '-300 °C' } } }), /^agents.room.air.temperature: .* must be from -60 to 90/],
  ['a figure beyond all reckoning', good({ tank: { capacity: { co2: '1e999 kg' } } }), /^agents.tank.capacity.co2: "1e999 kg" is too much/],
  ['a capacity below nothing', good({ tank: { capacity: { co2: '-1 kg' } } }), /^agents.tank.capacity.co2: "-1 kg" must not be below zero/],
  ['remains that go into a store', machine({ ...move, vital: '1 h' }, { capacity: { potable: '1 kg' }, remains: 'tank' }), /^agents.machine.remains: tank is no vent/],
  ['more agents than anybody has', good(Object.fromEntries(Array.from({ length: 2_001 }, (_, i) => [`a${i}`, {}]))), /^agents: are 2004; at most 2000/],
] // biome-ignore format: a table

for (const [what, input, fault] of wrong) {
  test(`refused, with the place: ${what}`, () => assert.match(faultsOf(input).join('\n'), fault))
}

test('what is right is not refused', () => assert.deepEqual(faultsOf(machine(move)), []))

test('all faults are told at once', () => {
  const faults = faultsOf(
    good({
      a: { use: 'nobody' },
      b: { processes: { x: { in: { co3: '1 kg/h from room' } } } },
      tank: { storage: { co2: '1 kg' } },
    }),
  )
  assert.deepEqual(faults.map((line) => line.split(':')[0]).sort(), [
    'agents.a.use',
    'agents.b.processes.x.in.co3',
    'agents.tank.storage.co2',
  ])
})

test('faults of shape and of meaning are told together, and none that follow from others', () => {
  const faults = faultsOf(
    good({
      room: { air: { volume: 90 } },
      crew: { use: 'persn' },
      machine: { processes: { run: { ...move, whn: [] } } },
      other: {
        processes: {
          run: { in: { co2: '1 kg/h from room', kwhh: '1 kW from tank' }, out: { co2: 'balance to crew' } },
        },
      },
    }),
  )
  assert.deepEqual(faults.map((line) => line.replace(/; there are .*/, '')).sort(), [
    'agents.crew.use: there is no agent "persn"',
    'agents.machine.processes.run.whn: there is no such key',
    'agents.other.processes.run.in.kwhh: there is no currency "kwhh"',
    'agents.room.air.volume: 90 has no unit; write it with one',
  ])
})

test('a name that means something to JavaScript is a name like any other', () => {
  for (const id of ['__proto__', 'constructor', 'tostring']) {
    const agents = JSON.parse(`{"a": {"use": "${id}"}}`)
    assert.match(faultsOf(good(agents)).join('\n'), /agents\.a\.use/)
  }
})

test('YAML and JSON say the same', () => {
  const yaml = `
duration: 2 d
seed: 7
agents:
  room: {air: {volume: 50 m3, co2: 3000 ppm}}
  bottle: {capacity: {co2: 1 kg}}
  scrubber:
    processes:
      take:
        when: [{of: co2, in: room, above: 1200 ppm, until: 900 ppm}]
        in: {co2: 0.05 kg/h from room}
        out: {co2: balance to bottle}
`
  const fromYaml = ownToModel(readScenario(yaml))
  assert.deepEqual(ownToModel(readScenario(JSON.stringify(readScenario(yaml)))), fromYaml)
  assert.equal(fromYaml.steps, 48)
  assert.equal(fromYaml.seed, 7)
})

test('a file that is no YAML is refused with line and column', () => {
  assert.throws(
    () => readScenario('agents: [1,\n  x: }'),
    (error) => isHabtwinError(error, 'scenario/invalid') && /line 2, column/.test(error.message),
  )
})

test('figures are read in any unit that converts', () => {
  const figures = ['24 kg/d', '1 kg/h', '1000 g/h', '16.666666666666668 g/min']
  for (const figure of figures) {
    const { agents } = ownToModel(machine({ in: { co2: `${figure} from room` }, out: { co2: 'balance to tank' } }))
    const value = agents.find(({ id }) => id === 'machine')?.flows[0]?.value as number
    assert.ok(Math.abs(value - 1) < 1e-12, `${figure} is ${value}`)
  }
})

test('of an agent by the square metre figures may be given by the square metre, of others not', () => {
  const flow = { in: { co2: '24 g/m2/d from room' }, out: { co2: 'balance to tank' } }
  assert.deepEqual(faultsOf(machine(flow, { unit: 'm2' })), [])
  assert.match(faultsOf(machine(flow)).join(), /nothing here is reckoned by "m2"/)
})

test('the options of a caller go over what the scenario says', () => {
  const model = ownToModel(good(), { seed: 5, steps: 3 })
  assert.deepEqual([model.seed, model.steps], [5, 3])
})

test('a currency of one’s own without a formula can be passed on, but not turned into another', () => {
  const currencies = { seeds: { category: 'seeds', unit: 'kg' } }
  const of = (out: Record<string, string>) => ({
    ...good({ m: { capacity: { seeds: '1 kg' }, processes: { run: { in: { seeds: '1 kg/h from self' }, out } } } }),
    currencies,
  })
  assert.deepEqual(faultsOf(of({ seeds: 'balance to outside' })), [])
  assert.match(faultsOf(of({ potable: 'balance to tank' })).join(), /balance/)
})

test('templates that use each other many times over are merged once each', () => {
  const layer = (i: number) => [`t${i}`, { use: Array.from({ length: 10 }, () => `t${i + 1}`) }] as const
  const templates = { ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => layer(i))), t40: { amount: 3 } }
  const model = ownToModel(good({ a: { use: 't0' } }, { templates }))
  assert.equal(model.agents.find(({ id }) => id === 'a')?.amount, 3)
})
