import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { runs } from '../../../test/support/runs.ts'
import { type Chunk, columnName, join } from './columns.ts'
import type { Model } from './model.ts'
import { compile } from './program.ts'
import { Run, type RunOptions } from './run.ts'
import { summarize } from './summary.ts'
import { agent, flow, habitat, model } from './testing/habitat.ts'
import { models } from './testing/models.ts'

const END = Number.POSITIVE_INFINITY

/** The records of a whole run, in pieces of so many steps. */
function whole(program: ReturnType<typeof compile>, options: RunOptions = {}, piece = END): Chunk {
  const run = new Run(program, options)
  const chunks: Chunk[] = []
  while (!run.done) {
    run.advance(piece)
    const chunk = run.take()
    if (chunk !== undefined) chunks.push(chunk)
  }
  return join(chunks, run.columns.length) ?? assert.fail('nothing was recorded')
}

/** What one column recorded. */
function column(of: Model, name: string, options: RunOptions = {}): number[] {
  const program = compile(of)
  const { values, rows } = whole(program, options)
  const c = program.columns.findIndex((column) => columnName(column) === name)
  assert.ok(c >= 0, `${name} is not recorded`)
  return [...values.subarray(c * rows, (c + 1) * rows)]
}

describe('a run', () => {
  it('keeps each so many steps, and the last', () => {
    const program = compile(habitat())
    assert.deepEqual([...whole(program, { every: 30 }).steps], [30, 60, 90, 100])
    assert.deepEqual([...whole(program, { every: 50 }).steps], [50, 100])
    assert.deepEqual([...whole(program, { every: 1000 }).steps], [100])
  })

  it('records the same in whatever pieces it is run and taken', () => {
    const program = compile(habitat({ steps: 1_700 }))
    for (const every of [1, 7]) {
      const expected = whole(program, { every })
      for (const piece of [1, 5, 512, 513, 1_000]) assert.deepEqual(whole(program, { every }, piece), expected)
    }
  })

  it('hands out what it has when it is taken late, after several advances', () => {
    const run = new Run(compile(habitat({ steps: 1_300 })))
    for (const steps of [3, 600, 1, 0, 696]) assert.equal(run.advance(steps), steps)
    assert.deepEqual(run.take(), whole(compile(habitat({ steps: 1_300 }))))
    assert.equal(run.take(), undefined)
    assert.equal(run.advance(10), 0)
  })

  it('goes on from a state anywhere as if it had never stopped, bit for bit, whatever the model', () => {
    fc.assert(
      fc.property(models, fc.nat(50), (random, at) => {
        const program = compile(random)
        const run = new Run(program)
        run.advance(at)
        const state = structuredClone(run.state())
        run.advance(random.steps)
        const on = new Run(program, { seed: 99, from: state })
        on.advance(random.steps)
        assert.deepEqual(on.state(), run.state())
      }),
      { numRuns: runs(60) },
    )
  })

  it('begins anew as a fresh one does, whatever the model', () => {
    fc.assert(
      fc.property(models, fc.nat(0xffff_ffff), (random, seed) => {
        const program = compile(random)
        const run = new Run(program)
        run.advance(random.steps)
        run.restart(seed)
        run.advance(random.steps)
        assert.deepEqual(run.take(), whole(program, { seed }))
      }),
      { numRuns: runs(60) },
    )
  })

  it('differs by its seed, and by nothing else', () => {
    const program = compile(habitat())
    assert.deepEqual(whole(program, { seed: 1 }), whole(program, { seed: 1 }))
    assert.notDeepEqual(whole(program, { seed: 1 }), whole(program, { seed: 2 }))
  })

  it('hands over what it holds as it lies, where that is one piece', () => {
    const program = compile(habitat({ steps: 1_200 }))
    const { rows, values } = whole(program)
    const run = new Run(program)
    const seen: number[] = []
    const look = (records: Float64Array, stride: number, count: number, steps: Float64Array) => {
      for (let r = 0; r < count; r++) {
        const row = (steps[r] as number) - 1
        seen.push(row + 1)
        for (const c of run.columns.keys()) assert.equal(records[c * stride + r], values[c * rows + row])
      }
    }
    for (const steps of [1, 400, 511]) {
      run.advance(steps)
      assert.equal(run.spill(look), true)
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 912 }, (_, i) => i + 1),
    )
    run.advance(3)
    run.advance(END)
    assert.equal(run.spill(look), false)
    assert.equal(run.take()?.rows, 288)
    assert.equal(run.spill(look), false)
  })

  it('can be parked while another runs in its place', () => {
    const program = compile(habitat())
    const run = new Run(program)
    const seeds = [3, 4]
    const parked = seeds.map((seed) => {
      run.restart(seed)
      run.advance(37)
      return run.park(new Float64Array(program.layout.size), new Int32Array(624))
    })
    for (const [i, seed] of seeds.entries()) {
      const alone = new Run(program, { seed })
      alone.advance(END)
      run.unpark(parked[i] as (typeof parked)[number])
      assert.equal(run.step, 37)
      run.advance(END)
      assert.deepEqual(run.state(), alone.state())
    }
  })

  it('says that it never ends where nobody says when', () => {
    assert.throws(() => new Run(compile(habitat({ steps: END }))), { code: 'scenario/invalid' })
  })
})

describe('the calendar', () => {
  /** A sun whose figures are the hour, and the month since January 1991. */
  const sun = (start: string, dt: number, steps: number) => {
    const tables = {
      hourly: Array.from({ length: 24 }, (_, i) => i),
      monthly: Array.from({ length: 60 }, (_, i) => i),
    }
    const shining = model([agent('sun', { class: 'sun', tables })], { start: Date.parse(start), dt, steps })
    const hours = column(shining, 'sun.attribute.daily_growth_factor')
    return { hours, months: column(shining, 'sun.attribute.monthly_growth_factor') }
  }

  it('counts whole hours, the first step being one step after the start', () => {
    assert.deepEqual(sun('1991-01-01T00:00Z', 1, 25).hours.slice(0, 3), [1, 2, 3])
    assert.deepEqual(sun('1991-01-01T00:00Z', 0.5, 4).hours, [0, 1, 1, 2])
    assert.deepEqual(sun('1991-01-01T22:20Z', 1 / 3, 6).hours, [22, 23, 23, 23, 0, 0])
    assert.deepEqual(sun('1969-12-31T22:00Z', 1, 3).hours, [23, 0, 1])
  })

  it('turns the month also where no step is at midnight', () => {
    assert.deepEqual(sun('1991-01-31T13:00Z', 24, 3).months, [1, 1, 1])
    assert.deepEqual(sun('1991-01-31T13:00Z', 5, 4).months, [0, 0, 1, 1])
    assert.deepEqual(sun('1991-12-31T00:00Z', 100, 9).months, [12, 12, 12, 12, 12, 12, 12, 13, 13])
  })

  it('stays at the first and the last month that the table has', () => {
    assert.deepEqual(sun('1969-12-31T22:00Z', 1, 3).months, [0, 0, 0])
    assert.deepEqual(sun('2030-06-01T00:00Z', 1, 2).months, [59, 59])
    assert.deepEqual(sun('2030-06-01T00:00Z', 8760, 40_000).months.at(-1), 59)
  })

  it('is that of the start again when a run begins anew', () => {
    const tables = { monthly: Array.from({ length: 60 }, (_, i) => i) }
    const run = new Run(compile(model([agent('sun', { class: 'sun', tables })], { steps: 1_000 })))
    run.advance(1_000)
    const first = run.take()
    run.restart(0)
    run.advance(1_000)
    assert.deepEqual(run.take(), first)
  })
})

describe('a flow', () => {
  const drop = (over: Parameters<typeof flow>[3], dt = 1, steps = 12) =>
    column(
      model(
        [
          agent('spring', { group: 'first', flows: [flow('out', 'potable', 1, { connections: ['tank'] })] }),
          agent('tank', { group: 'first', capacity: { potable: 100 } }),
          agent('pump', { flows: [flow('in', 'potable', 2, { connections: ['tank'], ...over })] }),
        ],
        { dt, steps, priorities: ['first'] },
      ),
      'pump.in.potable.tank',
    )

  it('waits until its criterion has held for the hours of the buffer, and keeps partial counts', () => {
    const when = (buffer: number) => ({
      criteria: [{ path: 'in_potable', limit: '>=' as const, value: 3, buffer, all: false }],
    })
    assert.deepEqual(drop(when(0)), [0, 0, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0])
    // 2 h of delay once; then it holds at every step, and the count is used up
    assert.deepEqual(drop(when(2)), [0, 0, 0, 0, 2, 2, 2, 0, 0, 0, 2, 2])
  })

  it('whose buffer is passed over by a longer step is not delayed again', () => {
    const criteria = [{ path: 'in_potable', limit: '>=' as const, value: 6, buffer: 4, all: false }]
    // 3 h a step: 4 − 3 − 3 is −2, and only 0 is filled again
    assert.deepEqual(drop({ criteria }, 3, 8), [0, 0, 0, 6, 6, 6, 0, 6])
  })

  it('is judged by an attribute first, then a store, then a share by mass', () => {
    const pump = (path: string, value: number) =>
      agent('pump', {
        flows: [
          flow('in', 'co2', 1, {
            connections: ['room'],
            criteria: [{ path, limit: '=', value, buffer: 0, all: false }],
          }),
        ],
      })
    const room = (attributes: Record<string, number> = {}) =>
      agent('room', { capacity: { o2: 9, co2: 9 }, storage: { o2: 5, co2: 2 }, attributes })
    const runs = (...agents: Parameters<typeof model>[0]) =>
      column(model(agents, { steps: 1 }), 'pump.in.co2.room')[0] === 1
    assert.ok(runs(pump('in_co2', 2), room()))
    assert.ok(runs(pump('in_co2', 7), room({ co2: 7 })))
    // rounded to six decimals on both sides
    assert.ok(runs(pump('in_co2_ratio', 0.2857139), room()))
    assert.ok(runs(pump('in_co2_ratio', 3), room({ co2_ratio: 3 })))
    assert.ok(!runs(pump('in_nothing', 0), room()))
  })

  it('multiplies by the ratio of a required one, twice where it is asked for twice', () => {
    const crew = agent('crew', {
      flows: [
        flow('in', 'o2', 2, { connections: ['room'] }),
        flow('out', 'co2', 1, { connections: ['room'], requires: ['o2'] }),
        flow('out', 'urine', 1, { connections: ['room'], requires: ['o2', 'o2'] }),
        flow('out', 'potable', 1, { connections: ['room'], requires: ['co2'] }),
      ],
    })
    const room = agent('room', { capacity: { o2: 10, co2: 10, urine: 10, potable: 10 }, storage: { o2: 0.5 } })
    const given = (name: string) => column(model([crew, room], { steps: 1 }), `crew.out.${name}.room`)[0]
    assert.deepEqual([given('co2'), given('urine'), given('potable')], [0.25, 0.0625, 0])
  })

  it('takes from a category by share, and passes on what is missing to the next connection', () => {
    const eater = agent('eater', { flows: [flow('in', 'food', 5, { connections: ['a', 'b'] })] })
    const a = agent('a', { capacity: { rice: 9, wheat: 9 }, storage: { rice: 3, wheat: 1 } })
    const b = agent('b', { capacity: { wheat: 9 }, storage: { wheat: 8 } })
    const all = model([eater, a, b], { steps: 1, priorities: [] })
    assert.deepEqual(column(all, 'eater.in.food.a'), [4])
    assert.deepEqual(column(all, 'eater.in.food.b'), [1])
  })

  it('into a store that holds more than it can sheds the rest of it', () => {
    const spring = agent('spring', { flows: [flow('out', 'potable', 3, { connections: ['tank'] })] })
    const tank = agent('tank', { group: 'last', capacity: { potable: 10 }, storage: { potable: 12 } })
    assert.deepEqual(
      column(model([spring, tank], { steps: 2, priorities: ['other', 'last'] }), 'tank.storage.potable'),
      [10, 10],
    )
  })

  it('that is lived on kills by the hours that it lacks, out-flows too', () => {
    const crew = (deprive: number, direction: 'in' | 'out') =>
      agent('crew', { amount: 8, flows: [flow(direction, 'potable', 1, { connections: ['tank'], deprive })] })
    const tank = agent('tank', { capacity: { potable: 6 }, storage: { potable: 6 } })
    const left = (deprive: number, direction: 'in' | 'out') =>
      column(model([crew(deprive, direction), tank], { steps: 4 }), 'crew.active')
    // 6 of 8 are served: a quarter of an hour is missing, which two of eight die of; then nothing is left
    assert.deepEqual(left(0, 'in'), [6, 0, 0, 0])
    assert.deepEqual(left(1, 'in'), [8, 6, 0, 0])
    assert.deepEqual(left(2, 'out'), [8, 8, 0, 0])
    const run = new Run(compile(model([crew(0, 'in'), tank], { steps: 4 })))
    run.advance(4)
    assert.deepEqual(run.causes(), { crew: 'without potable', tank: null })
  })
})

describe('a summary', () => {
  it('says who lived, what ran out and when, the harvest and the energy', () => {
    const program = compile(habitat({ steps: 1_000 }))
    const run = new Run(program)
    run.advance(1_000)
    const { steps, hours, lived, ranOut, harvest, energy } = summarize(program, run.state())
    assert.deepEqual([steps, hours], [1_000, 1_000])
    assert.deepEqual(Object.keys(lived), ['crew', 'wheat'])
    const { active, amount, cause } = lived.crew ?? {}
    assert.deepEqual([active, amount, cause], [0, 4, 'without potable'])
    assert.ok(ranOut.some(({ what, hour }) => what === 'tank.potable' && hour > 200 && hour < 260))
    assert.ok((harvest.wheat ?? 0) > 0)
    assert.ok(energy.used >= 899 && energy.made === 0)
  })
})
