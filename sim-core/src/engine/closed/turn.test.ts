import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScenarioForm } from '../../scenario/own/form.ts'
import { ownToModel } from '../../scenario/own.ts'
import { columnName, compile, Run } from '../index.ts'
import { books } from './books.ts'

type Agents = ScenarioForm['agents']

const outside = { use: 'outside' }
const tank = (currency: string, capacity: string, storage: string) => ({
  capacity: { [currency]: capacity },
  storage: { [currency]: storage },
})

/** Runs a scenario and gives its columns by name, and what its books have lost. */
function run(agents: Agents, steps: number, rest: Partial<ScenarioForm> = {}) {
  const program = compile(ownToModel({ duration: `${steps} h`, agents, ...rest }))
  const run = new Run(program)
  run.advance(steps)
  const chunk = run.take()
  assert.ok(chunk)
  const series = (name: string): number[] => {
    const at = program.columns.findIndex((column) => columnName(column) === name)
    assert.ok(at >= 0, `there is a column ${name}`)
    return [...chunk.values.subarray(at * chunk.rows, (at + 1) * chunk.rows)]
  }
  const [before, after] = [books(program), books(program, run.state())]
  return {
    series,
    last: (name: string) => series(name).at(-1) as number,
    causes: run.causes(),
    lost: { mass: before.mass - after.mass, energy: before.energy - after.energy },
  }
}

const near = (actual: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`)

const electrolyser = {
  processes: {
    split: {
      by: 'o2',
      in: { potable: 'balance from water', kwh: '6 kWh/kg from power' },
      out: { o2: '1 kg/h to oxygen', h2: 'balance to hydrogen', heat: 'balance to outside' },
    },
  },
}
const split = {
  machine: electrolyser,
  water: tank('potable', '100 kg', '50 kg'),
  power: tank('kwh', '100 kWh', '60 kWh'),
  oxygen: tank('o2', '100 kg', '0 kg'),
  hydrogen: tank('h2', '10 kg', '0 kg'),
  outside,
}

test('where one input is short, all flows of the process are short alike', () => {
  const { series, lost } = run({ ...split, power: tank('kwh', '100 kWh', '3 kWh') }, 2)
  near(series('machine.out.o2.oxygen')[0] as number, 0.5)
  near(series('machine.in.potable.water')[0] as number, 0.5 * 1.126, 1e-3)
  assert.deepEqual(series('machine.out.o2.oxygen').slice(1), [0])
  near(lost.mass, 0)
  near(lost.energy, 0)
})

test('a process without a vent slows down to the room that there is', () => {
  const { series, last } = run({ ...split, hydrogen: tank('h2', '0.05 kg', '0 kg') }, 5)
  near(last('hydrogen.storage.h2'), 0.05)
  assert.equal(series('machine.out.o2.oxygen').at(-1), 0)
})

test('what has no room goes to the vent that the process names', () => {
  const processes = {
    split: {
      ...electrolyser.processes.split,
      out: { ...electrolyser.processes.split.out, h2: 'balance to hydrogen else outside' },
    },
  }
  const { series, last, lost } = run({ ...split, machine: { processes }, hydrogen: tank('h2', '0.05 kg', '0 kg') }, 5)
  near(last('hydrogen.storage.h2'), 0.05)
  near(last('oxygen.storage.o2'), 5)
  near(
    last('outside.storage.h2'),
    series('machine.out.h2.outside').reduce((sum, x) => sum + x, 0),
  )
  assert.ok(last('outside.storage.h2') > 0.5)
  near(lost.mass, 0)
})

test('a switch goes on at one figure and off at another', () => {
  const { series } = run(
    {
      room: { air: { volume: '100 m3', co2: '1000 ppm' } },
      breath: { processes: { give: { in: { co2: '0.1 kg/h from bottle' }, out: { co2: 'balance to room' } } } },
      bottle: tank('co2', '100 kg', '50 kg'),
      scrubber: {
        processes: {
          take: {
            when: [{ of: 'co2', in: 'room', above: '2500 ppm', until: '1500 ppm' }],
            in: { co2: '0.2 kg/h from room' },
            out: { co2: 'balance to bottle' },
          },
        },
      },
    },
    40,
    { order: ['x'] },
  )
  const taken = series('scrubber.in.co2.room')
  const on = taken.findIndex((kg) => kg > 0)
  const off = taken.findIndex((kg, i) => i > on && kg === 0)
  assert.ok(on > 1 && off > on + 1, `on at ${on}, off at ${off}`)
  assert.ok(
    taken.slice(off).some((kg) => kg > 0),
    'and on again',
  )
})

test('a process that keeps a mole fraction meets it exactly', () => {
  const { series } = run(
    {
      room: { air: { volume: '100 m3', o2: '15 %' } },
      bottle: tank('o2', '100 kg', '50 kg'),
      valve: {
        processes: {
          give: {
            keep: { of: 'o2', in: 'room', at: '20 %' },
            in: { o2: '50 kg/h from bottle' },
            out: { o2: 'balance to room' },
          },
        },
      },
    },
    2,
    { order: ['x'] },
  )
  const at = (gas: string) => series(`room.storage.${gas}`).at(-1) as number
  const moles = at('o2') / 31.998 + at('co2') / 44.009 + at('n2') / 28.014 + at('h2o') / 18.015
  near(at('o2') / 31.998 / moles, 0.2)
})

test('rooms that exchange air become alike, whatever the flow', () => {
  for (const flow of ['10 m3/h', '100000 m3/h']) {
    const { last, lost } = run(
      {
        a: { air: { volume: '100 m3', co2: '5000 ppm' } },
        b: { air: { volume: '300 m3', co2: '400 ppm' } },
        fan: { processes: { blow: { mix: { a: 'a', b: 'b', flow } } } },
      },
      200,
    )
    near(last('a.storage.co2') / 100, last('b.storage.co2') / 300, 1e-3)
    near(lost.mass, 0, 1e-12)
  }
})

test('a leak takes of every gas the same part', () => {
  const { series, last } = run(
    {
      room: { air: { volume: '100 m3' } },
      hull: { processes: { lose: { leak: { from: 'room', to: 'outside', share: '10 %/d' } } } },
      outside,
    },
    24,
  )
  for (const gas of ['o2', 'n2', 'h2o', 'co2']) {
    const first = (series(`room.storage.${gas}`)[0] as number) + (series(`outside.storage.${gas}`)[0] as number)
    near(last(`outside.storage.${gas}`) / first, 1 - Math.exp(-0.1), 1e-3)
  }
})

const field = {
  lifetime: '10 h',
  capacity: { wheat: '100 kg' },
  processes: {
    grow: {
      stage: 'growing' as const,
      ramp: '50 %',
      in: { ration: '1 kg/h from seed' },
      out: { wheat: 'balance to self' },
    },
    harvest: { stage: 'grown' as const, in: { wheat: 'all from self' }, out: { wheat: 'balance to store' } },
  },
}
const farm = { field, seed: tank('ration', '1000 kg', '1000 kg'), store: tank('wheat', '1000 kg', '0 kg') }

test('what is grown at the end of a life is harvested whole, and the next life begins', () => {
  const { series, lost } = run(farm, 20)
  const harvest = series('field.out.wheat.store')
  assert.deepEqual(
    harvest.flatMap((kg, i) => (kg > 0 ? [i + 1] : [])),
    [10, 20],
  )
  // the mean over a life is what the figure says; the last hour is for harvest
  assert.ok(Math.abs((harvest[9] as number) - 10) < 1.5, `${harvest[9]} kg`)
  assert.equal(harvest[9], harvest[19])
  near(series('field.storage.wheat')[9] as number, 0)
  near(lost.mass, 0)
})

test('a harvest that does not fit in its store stays in the field, and nothing is lost', () => {
  const { last, lost } = run({ ...farm, store: tank('wheat', '4 kg', '0 kg') }, 25)
  near(last('store.storage.wheat'), 4)
  near(lost.mass, 0)
})

test('an agent with a delay does nothing until then', () => {
  const { series } = run({ ...split, machine: { ...electrolyser, delay: '3 h' } }, 5)
  assert.deepEqual(
    series('machine.out.o2.oxygen').map((kg) => kg > 0),
    [false, false, false, true, true],
  )
})

const people = {
  crew: {
    amount: 4,
    capacity: { potable: '2 kg' },
    storage: { potable: '8 kg' },
    processes: { live: { in: { o2: '1 kg/h from tank' }, out: { o2: 'balance to outside' }, vital: '6 min' } },
    remains: 'outside',
  },
  tank: tank('o2', '100 kg', '8 kg'),
  outside,
}

test('those whom a vital process does not serve die, and what they held goes to who takes it', () => {
  const { series, last, causes, lost } = run({ ...people, tank: tank('o2', '100 kg', '10 kg') }, 5)
  // 4 + 4 kg; then 2 kg for four: half of them die; nothing is left for the others
  assert.deepEqual(series('crew.active'), [4, 4, 2, 0, 0])
  near(last('outside.storage.potable'), 8)
  assert.equal(causes.crew, 'without o2')
  near(lost.mass, 0)
})

test('air that kills does so after its time', () => {
  const { series, causes } = run(
    {
      ...people,
      tank: tank('o2', '100 kg', '100 kg'),
      room: { air: { volume: '100 m3', co2: '5 %' } },
      crew: { ...people.crew, perils: { co2: { of: 'co2', in: 'room', above: '4 %', for: '2 h' } } },
    },
    4,
  )
  assert.deepEqual(series('crew.active'), [4, 4, 0, 0])
  assert.equal(causes.crew, 'co2 above 4 %')
})

test('a category is taken from by the share of each currency', () => {
  const { last } = run(
    {
      eater: { processes: { eat: { in: { food: '1 kg/h from store' }, out: { nourishment: 'balance to outside' } } } },
      store: { capacity: { wheat: '10 kg', lettuce: '10 kg' }, storage: { wheat: '6 kg', lettuce: '3 kg' } },
      outside,
    },
    3,
  )
  near(last('store.storage.wheat'), 4)
  near(last('store.storage.lettuce'), 2)
})

test('connections are asked in their order', () => {
  const { last } = run(
    {
      pump: {
        processes: { move: { in: { potable: '3 kg/h from a then b' }, out: { potable: 'balance to c then d' } } },
      },
      a: tank('potable', '10 kg', '4 kg'),
      b: tank('potable', '10 kg', '4 kg'),
      c: tank('potable', '5 kg', '0 kg'),
      d: tank('potable', '10 kg', '0 kg'),
    },
    2,
  )
  for (const [id, kg] of Object.entries({ a: 0, b: 2, c: 5, d: 1 })) near(last(`${id}.storage.potable`), kg)
})
