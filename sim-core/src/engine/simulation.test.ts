import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Change } from '@habtwin/contract'
import { isHabtwinError } from '@habtwin/contract/errors'
import { adjusted, applyChanges } from './changes.ts'
import { type Chunk, columnName, join } from './columns.ts'
import { Simulation, type SimulationOptions } from './simulation.ts'
import { summarize } from './summary.ts'
import { agent, habitat, model } from './testing/habitat.ts'

const END = Number.POSITIVE_INFINITY

function recorded(simulation: Simulation, piece = END): (name: string) => number[] {
  const chunks: Chunk[] = []
  while (!simulation.done) {
    simulation.advance(piece)
    const chunk = simulation.take()
    if (chunk !== undefined) chunks.push(chunk)
  }
  const all = join(chunks, simulation.columns.length)
  assert.ok(all)
  return (name) => {
    const c = simulation.columns.findIndex((column) => columnName(column) === name)
    assert.ok(c >= 0, `${name} is not recorded`)
    return [...all.values.subarray(c * all.rows, (c + 1) * all.rows)]
  }
}

const simulate = (changes: readonly Change[], options: SimulationOptions = {}) =>
  recorded(new Simulation(habitat(), { changes, ...options }))

function faultsOf(changes: readonly Change[], options: SimulationOptions = {}): string[] {
  try {
    new Simulation(habitat(), { changes, ...options })
  } catch (error) {
    assert.ok(isHabtwinError(error, 'scenario/invalid'), String(error))
    return error.message.split('\n').map((line) => line.split(': ')[0] as string)
  }
  return []
}

describe('changes', () => {
  it('set, add and scale', () => {
    assert.deepEqual(
      [adjusted(4, 7), adjusted(4, '+2'), adjusted(4, '-1.5'), adjusted(4, '-20%'), adjusted(4, '+50 %')],
      [7, 6, 2.5, 3.2, 6],
    )
  })

  it('from the beginning make another model', () => {
    const amounts = ({ agents }: ReturnType<typeof habitat>) =>
      Object.fromEntries(agents.map(({ id, amount }) => [id, amount]))
    const changed = applyChanges(habitat(), [
      { agent: 'crew', amount: '+2' },
      { agent: 'scrubber', amount: 0 },
    ])
    assert.deepEqual([amounts(changed).crew, amounts(changed).scrubber], [6, 0])
    assert.equal(amounts(applyChanges(habitat(), [{ agent: 'crew', amount: '-20%' }])).crew, 3)
    assert.equal(simulate([{ agent: 'crew', amount: '+2' }])('crew.active')[0], 6)
  })

  it('apply in their order, and to all that a pattern stands for', () => {
    const changed = applyChanges(habitat(), [
      { agent: 'crew', amount: 10 },
      { agent: 'c*w', amount: '-50%' },
    ])
    assert.equal(changed.agents[0]?.amount, 5)
    const patterns = {
      '*': ['crew', 'scrubber', 'wheat_lamp', 'wheat'],
      '*_lamp': ['wheat_lamp'],
      'w*t': ['wheat'],
      '*a*t*': ['wheat_lamp', 'wheat'],
      '*h*a*mp': ['wheat_lamp'],
      'crew*': ['crew'],
    }
    for (const [pattern, ids] of Object.entries(patterns)) {
      const { agents } = applyChanges(habitat(), [{ agent: pattern, rate: 2 }])
      const quicker = agents.filter(({ flows }, a) =>
        flows.some(({ value }, f) => value !== habitat().agents[a]?.flows[f]?.value),
      )
      assert.deepEqual(
        quicker.map(({ id }) => id),
        ids,
        pattern,
      )
    }
    for (const agent of ['crew*crew', 'w*x*t', 'Crew', ''])
      assert.deepEqual(faultsOf([{ agent, rate: 2 }]), ['changes[0].agent'])
  })

  it('of rates dim lamps and switch machines off, and leave the harvest as it has grown', () => {
    const [plain, dimmed] = [simulate([]), simulate([{ agent: '*_lamp', rate: '-20%' }])]
    const noon = 35
    const ratio = (name: string) => (dimmed(name)[noon] as number) / (plain(name)[noon] as number)
    assert.ok(Math.abs(ratio('wheat_lamp.in.kwh.tank') - 0.8) < 1e-9)
    assert.ok(Math.abs(ratio('wheat.attribute.par_factor') - 0.8) < 1e-9)
    const off = simulate([{ agent: 'scrubber', rate: 0 }])
    assert.ok(off('scrubber.in.co2.room').every((kg) => kg === 0))
    const harvest = applyChanges(habitat(), [{ agent: 'wheat', rate: '+100%' }]).agents.at(-1)
    assert.equal(harvest?.flows.find(({ currency }) => currency === 'wheat')?.value, 0.5)
  })

  it('at a later hour take effect with the first step after it', () => {
    const active = simulate([{ agent: 'crew', amount: '+2', at: 48 }])('crew.active')
    assert.deepEqual([active[46], active[47], active[48], active.length], [4, 4, 6, 100])
    const half = new Simulation(habitat({ dt: 3, steps: 30 }), { changes: [{ agent: 'crew', amount: 1, at: 7 }] })
    assert.deepEqual(recorded(half)('crew.active').slice(0, 5), [4, 4, 4, 1, 1])
  })

  it('of stores set what is there, or move it by so much as there is room and stock', () => {
    const tank = (storage: Change['storage'], at = 50) =>
      simulate([{ agent: 'tank', ...(storage && { storage }), at }], {})('tank.storage.potable')
    const before = tank({ urine: 0 })[49] as number
    assert.ok(Math.abs((tank({ potable: 20 })[49] as number) - before) < 1e-9)
    const after = (storage: Change['storage']) => tank(storage)[50] as number
    assert.ok(after({ potable: 20 }) <= 20 && after({ potable: 20 }) >= 19)
    assert.ok(Math.abs(after({ potable: '-10' }) - (after({ potable: '+0' }) - 10)) < 1e-9)
    assert.equal(after({ potable: '-1000' }), 0)
    assert.ok(after({ potable: '+1000' }) <= 100)
  })

  it('bring newcomers where all had died: with reserves of their own', () => {
    const dry = habitat({ steps: 1_000 })
    const changes: Change[] = [
      { agent: 'tank', storage: { potable: 100 }, at: 400 },
      { agent: 'crew', amount: '+3', at: 400 },
    ]
    const simulation = new Simulation(dry, { changes })
    const active = recorded(simulation)('crew.active')
    assert.deepEqual([active[399], active[400]], [0, 3])
    simulation.restart(0)
    simulation.advance(400)
    assert.equal(simulation.causes().crew, null)
  })

  it('of crops that have not begun yet wait with them', () => {
    const active = simulate([{ agent: 'wheat', amount: '+5', at: 2 }])('wheat.active')
    assert.deepEqual(active.slice(0, 6), [0, 0, 0, 0, 15, 15])
  })

  it('that do not fit are told with their paths, all of a moment at once', () => {
    assert.deepEqual(faultsOf([{ agent: 'martian', amount: 2 }, { agent: 'crew' }]), ['changes[0].agent', 'changes[1]'])
    assert.deepEqual(
      faultsOf([
        { agent: 'crew', amount: '-5' },
        { agent: 'wheat_lamp', amount: 2 },
        { agent: 'scrubber', rate: '-120%' },
        { agent: 'scrubber', rate: 1e300 },
        { agent: 'tank', storage: { gold: 1, constructor: 1, potable: 101, kwh: '-901' } },
        { agent: 'crew', amount: 1e10 },
      ]),
      [
        'changes[0].amount',
        'changes[1].amount',
        'changes[2].rate',
        'changes[3].rate',
        'changes[4].storage.gold',
        'changes[4].storage.constructor',
        'changes[4].storage.potable',
        'changes[4].storage.kwh',
        'changes[5].amount',
      ],
    )
  })

  it('at a later hour are told with the place that they have in the list', () => {
    const changes: Change[] = [
      { agent: 'crew', amount: 3, at: 20 },
      { agent: 'crew', amount: 5 },
      { agent: 'tank', storage: { potable: 1e6 }, at: 30 },
    ]
    assert.deepEqual(faultsOf(changes), ['changes[2].storage.potable'])
  })

  it('may find more room where there are more tanks', () => {
    const changes: Change[] = [{ agent: 'tank', amount: 2, storage: { potable: 180 } }]
    assert.ok((simulate(changes)('tank.storage.potable')[0] as number) > 179)
  })
})

describe('a simulation', () => {
  const changes: Change[] = [
    { agent: 'crew', amount: '+2', at: 30 },
    { agent: 'scrubber', rate: 0, at: 55 },
    { agent: 'tank', storage: { potable: '+5' }, at: 55 },
    { agent: 'wheat_lamp', rate: '-20%' },
  ]

  it('records the same in whatever pieces it is run', () => {
    const all = (piece: number) => {
      const simulation = new Simulation(habitat(), { changes, every: 3 })
      const values = recorded(simulation, piece)
      return simulation.columns.map((column) => values(columnName(column)))
    }
    const expected = all(END)
    for (const piece of [1, 7, 30, 55]) assert.deepEqual(all(piece), expected)
  })

  it('goes on from a state anywhere, also where a change has just been made, as if it had never stopped', () => {
    for (const at of [1, 29, 30, 31, 54, 55, 56, 99, 100]) {
      const whole = new Simulation(habitat(), { changes })
      whole.advance(at)
      const state = structuredClone(whole.state())
      whole.advance(END)
      const on = new Simulation(habitat(), { changes, from: state })
      assert.equal(on.step, at)
      on.advance(END)
      assert.deepEqual(on.state(), whole.state(), `from step ${at}`)
      assert.deepEqual(summarize(on.program, on.state()), summarize(whole.program, whole.state()))
    }
  })

  it('built on the state of an earlier one counts the hours of its changes from there', () => {
    const first = new Simulation(habitat())
    first.advance(40)
    const from = structuredClone(first.state())
    const options = { from, origin: 40, steps: 100 }
    const active = recorded(new Simulation(habitat(), { ...options, changes: [{ agent: 'crew', amount: '+2' }] }))(
      'crew.active',
    )
    assert.deepEqual([active.length, active[0]], [60, 6])
    const later = new Simulation(habitat(), { ...options, changes: [{ agent: 'crew', amount: '+2', at: 10 }] })
    assert.deepEqual(recorded(later)('crew.active').slice(8, 12), [4, 4, 6, 6])
    const unchanged = new Simulation(habitat(), options)
    unchanged.advance(END)
    first.advance(END)
    assert.deepEqual(unchanged.state(), first.state())
  })

  it('begins anew, also from another state, with the changes that are to come', () => {
    const simulation = new Simulation(habitat(), { changes })
    const expected = recorded(new Simulation(habitat(), { changes, seed: 5 }))('room.storage.co2')
    simulation.advance(END)
    simulation.restart(5)
    assert.deepEqual(recorded(simulation)('room.storage.co2'), expected)
  })

  it('can be parked while another runs in its place, on either side of a change', () => {
    const simulation = new Simulation(habitat(), { changes })
    for (const at of [10, 30, 60]) {
      simulation.restart(3)
      simulation.advance(at)
      const { size } = simulation.program.layout
      const parked = simulation.park(new Float64Array(size), new Int32Array(624))
      simulation.advance(END)
      const { figures } = simulation.state()
      simulation.restart(4)
      simulation.advance(70)
      simulation.unpark(parked)
      simulation.advance(END)
      assert.deepEqual(simulation.state().figures, figures)
    }
  })

  it('hands over its buffer, but for rows of before a change', () => {
    const simulation = new Simulation(habitat(), { changes })
    const rows: number[] = []
    const put = (_: unknown, __: unknown, count: number) => rows.push(count)
    simulation.advance(20)
    assert.equal(simulation.spill(put), true)
    simulation.advance(20)
    assert.equal(simulation.spill(put), false)
    assert.deepEqual([simulation.take()?.rows, rows], [20, [20]])
  })

  it('keeps sums and what first ran out over a change that stops the flow they are of', () => {
    const thirsty = new Simulation(habitat({ steps: 500 }), { changes: [{ agent: 'crew', rate: 0, at: 400 }] })
    thirsty.advance(END)
    const { ranOut, energy } = summarize(thirsty.program, thirsty.state())
    assert.ok(ranOut.some(({ what, hour }) => what === 'tank.potable' && hour < 400))
    assert.ok(energy.used > 0)
  })

  it('changes what has no effect without an error', () => {
    const simulation = new Simulation(model([agent('rock')]), { changes: [{ agent: 'rock', amount: 3, at: 1e9 }] })
    assert.equal(simulation.advance(END), 100)
  })
})
