import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarioEntry } from '@habtwin/contract/scenario'
import { books } from '../../engine/closed/books.ts'
import { columnName, compile, Run, Simulation, summarize } from '../../engine/index.ts'
import { saturation } from '../own/air.ts'
import { type AgentForm, agentForm, scenarioForm } from '../own/form.ts'
import { ownToModel } from '../own.ts'
import { agents } from './agents.ts'
import { alone } from './alone.ts'
import { preset, presets } from './index.ts'

const IDS = presets().map(({ id }) => id)
const YEAR = 8_760

for (const [id, form] of Object.entries(agents)) {
  test(`${id}: its form is right, and every process of it balances by element and energy`, () => {
    assert.equal(agentForm.safeParse(form).error, undefined)
    const model = alone(id)
    const [one] = model.agents
    for (const process of one?.closed?.processes ?? []) {
      if (process.extent === 'mix' || process.extent === 'leak') continue
      const flows = one?.flows.filter((flow) => flow.process === process.id) ?? []
      const sums = new Map<string, { sum: number; gross: number }>()
      for (const flow of flows) {
        const currency = model.currencies.find(({ id, category }) => id === flow.currency || category === flow.currency)
        const parts = [...Object.entries(currency?.elements ?? {}), ['energy', currency?.energy ?? 0] as const]
        for (const [name, part] of parts) {
          const book = sums.get(name) ?? { sum: 0, gross: 0 }
          const amount = flow.value * part
          sums.set(name, {
            sum: book.sum + (flow.direction === 'in' ? -amount : amount),
            gross: book.gross + Math.abs(amount),
          })
        }
      }
      for (const [name, { sum, gross }] of sums)
        assert.ok(Math.abs(sum) <= 1e-12 * gross, `${process.id}: ${name} is off by ${sum}`)
    }
  })
}

test('every figure of the library has a source beside it', () => {
  for (const [id, form] of Object.entries<AgentForm>(agents)) {
    if (form.processes !== undefined)
      assert.ok((form.sources?.length ?? 0) > 0, `${id} says where its figures are from`)
  }
})

test('presets are what the contract says, and their knobs turn agents that are there', () => {
  for (const entry of presets()) {
    assert.equal(scenarioEntry.safeParse(entry).error, undefined)
    for (const { agent, value, min, max } of entry.knobs) {
      const turned = entry.agents.filter(({ id }) => new RegExp(`^${agent.replace('*', '.*')}$`).test(id))
      assert.ok(turned.length > 0, `${entry.id}: ${agent}`)
      for (const { amount } of turned) assert.equal(amount, value, `${entry.id}: ${agent}`)
      assert.ok(min <= value && value <= max)
    }
  }
})

test('a preset is a whole scenario, that one may change without changing the preset', () => {
  for (const id of IDS) {
    const form = preset(id)
    assert.equal(scenarioForm.safeParse(form).error, undefined)
    if (form !== undefined) form.agents = {}
    assert.ok(Object.keys(preset(id)?.agents ?? {}).length > 10)
  }
  assert.equal(preset('nothing'), undefined)
})

/** Runs a preset. @param hours of simulated time; its own where they are left out */
function ran(id: string, hours?: number) {
  const form = preset(id)
  const own = ownToModel(form)
  const program = compile(ownToModel(form, hours === undefined ? {} : { steps: hours / own.dt }))
  const run = new Run(program, { every: hours === undefined ? 1 : 1e9 })
  while (!run.done) run.advance(5_000)
  return { program, run, state: run.state() }
}

for (const id of IDS) {
  test(`${id}: mass, every element and energy close to 1e-9 over a year`, () => {
    const { program, state } = ran(id, YEAR)
    const [before, after] = [books(program), books(program, state)]
    const off = (a: number, b: number) => Math.abs(a - b) / Math.abs(a)
    assert.ok(off(before.mass, after.mass) < 1e-9, `mass ${off(before.mass, after.mass)}`)
    assert.ok(off(before.energy, after.energy) < 1e-9, `energy ${off(before.energy, after.energy)}`)
    for (const [element, kg] of Object.entries(before.elements)) {
      assert.ok(off(kg, after.elements[element] as number) < 1e-9, `${element}`)
    }
  })
}

/** The least and the most of a figure of the air of a room, over all kept steps. */
function range(program: ReturnType<typeof compile>, run: Run) {
  const chunk = run.take()
  assert.ok(chunk)
  const at = new Map(program.columns.map((column, i) => [columnName(column), i]))
  const value = (name: string, row: number) => chunk.values[(at.get(name) as number) * chunk.rows + row] as number
  const molar = (gas: string) => program.model.currencies.find(({ id }) => id === gas)?.molar as number
  return (
    room: string,
    figure: (moles: Record<string, number>, all: number) => number,
  ): [least: number, most: number] => {
    let [least, most] = [Infinity, -Infinity]
    for (let row = 0; row < chunk.rows; row++) {
      const moles = Object.fromEntries(
        ['o2', 'co2', 'n2', 'h2o'].map((gas) => [gas, value(`${room}.storage.${gas}`, row) / molar(gas)]),
      )
      const all = Object.values(moles).reduce((sum, x) => sum + x, 0)
      const x = figure(moles, all)
      least = Math.min(least, x)
      most = Math.max(most, x)
    }
    return [least, most]
  }
}

/** J/(mol K), and °C of the rooms of the presets to K. */
const R = 8.314462618
const KELVIN = 273.15

/** What the most of CO2 may be, ppm. */
const MOST_CO2: Record<string, number> = {
  one_person_10_days: 1_500,
  sam_14_days: 1_500,
  garden_100_days: 1_500,
  closed_year: 3_000,
}

for (const id of IDS) {
  test(`${id}: all live, the air is good to breathe, and nothing runs out`, () => {
    const { program, run, state } = ran(id)
    const { lived, ranOut, energy } = summarize(program, state)
    for (const [who, { active, amount }] of Object.entries(lived)) assert.equal(active, amount, who)
    assert.deepEqual(ranOut, [])
    assert.ok(
      energy.made > 0 && Math.abs(energy.made - energy.used) < 0.2 * energy.made,
      `made ${energy.made}, used ${energy.used} kWh`,
    )
    const of = range(program, run)
    for (const room of program.model.agents.filter(
      ({ properties, id }) => properties.volume !== undefined && id !== 'outdoors',
    )) {
      const [leastCo2, mostCo2] = of(room.id, ({ co2 = 0 }, all) => (co2 / all) * 1e6)
      assert.ok(
        leastCo2 > 300 && mostCo2 < (MOST_CO2[id] as number),
        `${room.id}: CO2 from ${leastCo2} to ${mostCo2} ppm`,
      )
      const [leastO2, mostO2] = of(room.id, ({ o2 = 0, h2o = 0 }, all) => (o2 / (all - h2o)) * 100)
      assert.ok(leastO2 > 20.5 && mostO2 < 21.6, `${room.id}: O2 from ${leastO2} to ${mostO2} % of dry air`)
      const volume = Number(room.properties.volume)
      const temperature = Number(room.properties.temperature)
      const [leastRh, mostRh] = of(
        room.id,
        ({ h2o = 0 }) => (h2o * 1000 * R * (temperature + KELVIN)) / volume / saturation(temperature),
      )
      assert.ok(leastRh > 0.3 && mostRh < 0.7, `${room.id}: humidity from ${leastRh} to ${mostRh}`)
      const [leastP, mostP] = of(room.id, (_, all) => (all * 1000 * R * (temperature + KELVIN)) / volume / 100)
      assert.ok(mostP - leastP < 15, `${room.id}: pressure from ${leastP} to ${mostP} hPa`)
    }
  })
}

test('without food people live on their reserves for three weeks, and what was theirs is still in the books', () => {
  const form = preset('one_person_10_days')
  assert.ok(form)
  const program = compile(
    ownToModel({ ...form, agents: { ...form.agents, food_store: { use: 'food_store' } }, duration: '30 d' }),
  )
  const run = new Run(program)
  const hour = (at: number) => {
    run.advance(at * 4 - run.step)
    return run.state().figures[program.layout.names[program.layout.active('crew')] as string]
  }
  assert.equal(hour(20 * 24), 1)
  assert.equal(hour(22 * 24), 0)
  assert.equal(run.causes().crew, 'without nourishment')
  const [before, after] = [books(program), books(program, run.state())]
  assert.ok(Math.abs(before.mass - after.mass) < 1e-9 * before.mass)
})

test('with its scrubber off the cabin of one person kills by CO2, after days', () => {
  const form = preset('one_person_10_days')
  assert.ok(form)
  const program = compile(
    ownToModel({ ...form, agents: { ...form.agents, co2_scrubber: { use: 'co2_scrubber', amount: 0 } } }),
  )
  const run = new Run(program)
  while (!run.done) run.advance(5_000)
  const { lived } = summarize(program, run.state())
  assert.equal(lived.crew?.cause, 'co2 above 4 %')
  // 43 g an hour in 60 m³: 4 % are reached in 4 to 5 days
  const hour = lived.crew?.died?.first ?? 0
  assert.ok(hour > 90 && hour < 125, `${hour} h`)
})

test('in the closed year nothing is vented but heat, and the stores end about where they began', () => {
  const { program, state } = ran('closed_year', YEAR)
  const held = (agent: string, currency: string) =>
    state.figures[program.layout.names[program.layout.store(agent, currency) as number] as string] as number
  const outside = program.model.agents.find(({ id }) => id === 'outside')
  for (const currency of Object.keys(outside?.capacity ?? {})) {
    if (currency !== 'heat') assert.equal(held('outside', currency), 0, currency)
  }
  const before = program.model.agents.find(({ id }) => id === 'water_tank')?.storage.potable as number
  assert.ok(Math.abs(held('water_tank', 'potable') - before) < 0.05 * before)
})

test('two more crew, a scrubber less and dimmer lamps in the middle of a run: the books still close', () => {
  const model = ownToModel(preset('garden_100_days'))
  const simulation = new Simulation(model, {
    every: 1e9,
    changes: [
      { agent: 'crew', amount: '+2', at: 200 },
      { agent: 'co2_scrubber', amount: '-1', at: 300 },
      { agent: 'lamps', rate: '-20%', at: 400 },
      { agent: 'white_potato_*', amount: '-50%', at: 500 },
    ],
  })
  while (!simulation.done) simulation.advance(5_000)
  const before = books(compile(model))
  const after = books(simulation.program, simulation.state())
  assert.ok(Math.abs(before.mass - after.mass) < 1e-9 * before.mass, `${before.mass} → ${after.mass} kg`)
  assert.ok(Math.abs(before.energy - after.energy) < 1e-9 * before.energy, `${before.energy} → ${after.energy} kWh`)
  const { active, amount } = summarize(simulation.program, simulation.state()).lived.crew ?? {}
  assert.equal(amount, 6)
  assert.equal(active, 6)
})
