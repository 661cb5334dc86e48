/**
 * What every class of agents must keep to, whatever it does. A class's test brings stands: habitats in which an agent of
 * the class lives, written as models.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { columnName } from '../columns.ts'
import type { Agent, Model } from '../model.ts'
import { compile, type Program } from '../program.ts'
import { Run, type RunOptions } from '../run.ts'
import type { AgentClass, Places } from './agent-class.ts'

/** A habitat: agents around one of the class. Amounts and the step are the suite's. */
export type Stand = () => { readonly agent: Agent; readonly others: readonly Agent[] }

const STEPS = 3_000
const STEPS_HOURS = [0.5, 1, 3]
const AMOUNTS = [0, 1, 7, 1_000_000]
/** Below zero by so much only, of the largest figure of its column: rounding. */
const ROUNDING = 1e-12

/** Runs the suite over one class. */
export function conforms(kind: AgentClass, stand: Stand): void {
  const { agent } = stand()
  const model = (over: Partial<Agent> = {}, dt = 1): Model => {
    const { agent, others } = stand()
    return modelOf([{ ...agent, ...over }, ...others], dt)
  }

  describe(`${kind.name} conforms`, () => {
    it('records what it says that it records, finite and not below zero, at any amount and step', () => {
      for (const amount of AMOUNTS) {
        for (const dt of STEPS_HOURS) {
          const program = compile(model({ amount, storage: {} }, dt))
          const names = program.columns.map(columnName)
          for (const name of Object.keys(kind.attributes?.(agent) ?? {})) {
            assert.ok(names.includes(`${agent.id}.attribute.${name}`), `${name} is not recorded`)
          }
          sane(program, run(program))
        }
      }
    })

    it('stays sane where all die at once, and where it begins late', () => {
      const peril = { name: 'peril', path: 'age', limit: '>' as const, value: 5, buffer: 0, all: false }
      for (const over of [{ thresholds: [peril] }, { delay: 10 }, { delay: 2.5, amount: 3 }]) {
        const program = compile(model(over))
        sane(program, run(program))
      }
    })

    it('goes on from a state in the middle as if it had never stopped, bit for bit', () => {
      const program = compile(model({ amount: 3 }))
      const [whole, first] = [run(program), new Run(program, { steps: STEPS })]
      first.advance(STEPS / 3)
      const second = new Run(program, { steps: STEPS, from: structuredClone(first.state()) })
      second.advance(STEPS)
      const rest = second.take()?.values
      for (const [c, column] of program.columns.entries()) {
        const [all, tail] = [columnOf(whole, c, STEPS), columnOf(rest, c, (2 * STEPS) / 3)]
        assert.deepEqual(tail, all.subarray(STEPS / 3), columnName(column))
      }
    })

    it('begins anew as if it had never run', () => {
      const program = compile(model({ amount: 3 }))
      const again = new Run(program, { steps: STEPS, seed: 8 })
      again.advance(STEPS / 2 + 7)
      again.restart(1)
      again.advance(STEPS)
      assert.deepEqual(again.take()?.values, run(program))
    })

    it('shares a habitat with another of its class', () => {
      const { agent, others } = stand()
      const program = compile(modelOf([agent, ...others, { ...agent, id: `${agent.id}_b` }], 1, [agent.group]))
      sane(program, run(program, { seed: 2 }))
    })

    it('leaves nothing out and adds nothing where individuals die', () => {
      const { turn } = kind
      if (turn === undefined) return
      const program = compile(model({ amount: 10 }))
      const state = Float64Array.from(program.initial, (x, i) => x + ((i * 7) % 5))
      const before = total(state, program)
      const { dying = [] } = turn(places(program))
      const die = new Function('S', 'share', dying.join('\n'))
      die(state, 0.25)
      die(state, 1)
      assert.ok(Math.abs(total(state, program) - before) <= ROUNDING * before)
    })
  })

  /** Mass in all stores. */
  function total(state: Float64Array, { layout, model }: Program): number {
    const slots = model.agents.flatMap(({ id, capacity }) =>
      Object.keys(capacity).map((name) => layout.store(id, name) as number),
    )
    return slots.reduce((sum, slot) => sum + (state[slot] as number), 0)
  }

  function places({ layout, model }: Program): Places {
    const agent = model.agents[0] as Agent
    const cell = (slot: number) => `S[${slot}]`
    return {
      agent,
      model,
      attribute: (name) => cell(layout.attribute(agent.id, name) as number),
      store(id, currency) {
        const slot = layout.store(id, currency)
        return slot === undefined ? undefined : cell(slot)
      },
      active: (id) => cell(layout.active(id)),
      category: (id, category) => layout.category(id, category).map(cell),
      shared: (name, initial) => cell(layout.extra(`shared ${name}`, initial)),
      list: () => 'list',
      call: () => 'call',
      once: () => 'once()',
      other: (id) => layout.agents.get(id) as Agent,
      fault: (path, what) => assert.fail(`${path}: ${what}`),
    }
  }
}

function run(program: Program, options: RunOptions = {}): Float64Array {
  const run = new Run(program, { steps: STEPS, ...options })
  run.advance(STEPS)
  return run.take()?.values ?? assert.fail('nothing was recorded')
}

function columnOf(values: Float64Array | undefined, c: number, rows: number): Float64Array {
  return values?.subarray(c * rows, (c + 1) * rows) ?? assert.fail('nothing was recorded')
}

/** Every figure is finite, and none is below zero but by rounding. */
function sane({ columns }: Program, values: Float64Array): void {
  for (const [c, column] of columns.entries()) {
    const list = columnOf(values, c, STEPS)
    const most = list.reduce((most, x) => Math.max(most, x), 0)
    const bad = list.findIndex((x) => !(Number.isFinite(x) && x >= -ROUNDING * most))
    assert.equal(bad, -1, `${columnName(column)} is ${list[bad]} in step ${bad + 1}`)
  }
}

function modelOf(agents: readonly Agent[], dt: number, priorities: readonly string[] = []): Model {
  const categories = { atmosphere: ['o2', 'co2', 'h2o'], nutrients: ['biomass', 'inedible_biomass'], food: ['wheat'] }
  const others = { water: ['potable'], energy: ['kwh', 'par'], structural: ['caoh2', 'caco3'] }
  return {
    rule: 'simoc',
    label: 'stand',
    start: Date.UTC(1991, 0, 1),
    dt,
    steps: STEPS,
    seed: 1,
    priorities,
    currencies: Object.entries({ ...categories, ...others }).flatMap(([category, ids]) =>
      ids.map((id) => ({ id, category, unit: 'kg', label: id })),
    ),
    agents,
  }
}
