/** The habitat as it stands: a whole scenario, whose air is what the twin says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { books } from '../../engine/closed/books.ts'
import { columnName, compile, Run, summarize } from '../../engine/index.ts'
import type { HabitatPlan } from '../../twin/ensemble/plan.ts'
import type { Figures } from '../../twin/figures.ts'
import { entryOf } from '../library/index.ts'
import { saturation } from '../own/air.ts'
import { scenarioForm } from '../own/form.ts'
import { ownToModel } from '../own.ts'
import { liveScenario } from './live.ts'
import { figures, known, plan } from './support.ts'

const R = 8.314462618
const molar: Readonly<Record<string, number>> = { o2: 31.998, co2: 44.009, n2: 28.014, h2o: 18.015 }

/** Runs it. @returns the program, the run, and the air of a room as its instruments would read it in a kept row */
function ran(of: HabitatPlan, told: Figures, steps?: number) {
  const { form, assumptions } = liveScenario(of, told)
  const program = compile(ownToModel(form, { steps }))
  const run = new Run(program)
  run.advance(run.steps)
  const chunk = run.take()
  assert.ok(chunk)
  const at = new Map(program.columns.map((column, i) => [columnName(column), i]))
  const air = (room: string, row: number) => {
    const moles = Object.entries(molar).map(([gas, g]) => {
      const kg = chunk.values[(at.get(`${room}.storage.${gas}`) as number) * chunk.rows + row] as number
      return [gas, (1000 * kg) / g] as const
    })
    const of = Object.fromEntries(moles)
    const all = moles.reduce((sum, [, mol]) => sum + mol, 0)
    const { volume, temperature } = program.model.agents.find(({ id }) => id === room)?.properties ?? {}
    const pascals = (mol: number) => (mol * R * (Number(temperature) + 273.15)) / Number(volume)
    return {
      co2: (1e6 * (of.co2 ?? 0)) / all,
      o2: (100 * (of.o2 ?? 0)) / (all - (of.h2o ?? 0)),
      humidity: (100 * pascals(of.h2o ?? 0)) / saturation(Number(temperature)),
      temperature: Number(temperature),
      pressure: pascals(all) / 100,
    }
  }
  return { form, assumptions, program, run, air }
}

const near = (value: number, wanted: number, share: number, what: string) =>
  assert.ok(Math.abs(value - wanted) <= share * wanted, `${what}: ${value} instead of ${wanted}`)

test('its first row has the air that the twin says, within 1 %', () => {
  const { air } = ran(plan, figures, 1)
  for (const [zone, room] of [
    ['greenhouse', 'greenhouse'],
    ['crew', 'crew_room'],
  ] as const) {
    const is = air(room, 0)
    for (const [quantity, wanted] of Object.entries(figures.zones[zone] ?? {})) {
      near(is[quantity as keyof typeof is], wanted, 0.01, `${quantity} of ${zone}`)
    }
  }
})

test('it runs by the closed rule for its week: all live, nothing runs out, every book closes', () => {
  const { program, run, air } = ran(plan, figures)
  assert.equal(program.model.rule, 'closed')
  const { lived, ranOut, energy } = summarize(program, run.state())
  for (const [who, { active, amount }] of Object.entries(lived)) assert.equal(active, amount, who)
  assert.deepEqual(ranOut, [])
  near(energy.used, energy.made, 0.05, 'energy')
  const [before, after] = [books(program), books(program, run.state())]
  near(after.mass, before.mass, 1e-12, 'mass')
  near(after.energy, before.energy, 1e-9, 'energy')
  for (const [element, kg] of Object.entries(before.elements))
    near(after.elements[element] as number, kg, 1e-9, element)
  for (const room of ['greenhouse', 'crew_room']) {
    const last = air(room, run.steps - 1)
    assert.ok(last.co2 > 400 && last.co2 < 1_500, `CO2 of ${room} ${last.co2}`)
    assert.ok(last.o2 > 20 && last.o2 < 21.5, `O2 of ${room} ${last.o2}`)
    near(last.pressure, 880, 0.02, `pressure of ${room}`)
  }
})

test('people, exchange, leak and scrubber are as estimated; people are no fewer than the configuration says', () => {
  const { agents } = liveScenario(plan, figures).form
  assert.equal(agents.crew?.amount, 4)
  assert.deepEqual(agents.crew?.connect, { air: 'crew_room' })
  assert.equal(agents.fan?.processes?.blow?.mix?.flow, '143 m3/h')
  const leaks = [agents.leak, agents.leak_2].map((leak) => Number.parseFloat(leak?.processes?.blow?.mix?.flow ?? ''))
  near(
    leaks.reduce((sum, flow) => sum + flow, 0),
    0.8,
    1e-6,
    'leak',
  )
  near((leaks[0] as number) / (leaks[1] as number), 480 / 272, 1e-6, 'by volume')
  const [scrub] = ownToModel(liveScenario(plan, figures).form)
    .agents.filter(({ id }) => id === 'co2_scrubber')
    .flatMap(({ flows }) => flows.filter(({ currency, direction }) => currency === 'co2' && direction === 'in'))
  // kg/h at 1,000 ppm: 0.6 × 144 m³/h of air at 880.2 hPa and 22.1 °C
  near(scrub?.value ?? 0, 0.6 * 144 * 1e-3 * (88_020 / (R * 295.25)) * 0.044009, 1e-6, 'scrubber')
  assert.deepEqual(agents.co2_scrubber?.processes?.scrub?.when, [
    { of: 'co2', in: 'air', above: '1200 ppm', until: '900 ppm' },
  ])
  const few = { ...figures, parameters: [known('crew-load', 1.2)] }
  assert.equal(liveScenario(plan, few).form.agents.crew?.amount, 3)
})

test('crops that the library has are planted under the lamps that are told; of others it says so', () => {
  const { form, assumptions } = liveScenario(plan, figures)
  const { agents } = form
  const area = (crop: string) => [1, 2].reduce((sum, bed) => sum + (agents[`${crop}_${bed}`]?.amount ?? 0), 0)
  assert.deepEqual([area('lettuce'), area('sweet_potato')], [10, 12])
  assert.ok(assumptions.some((text) => text.includes('basil') && text.includes('3 m²')))
  const daily = agents.lamps_greenhouse?.processes?.shine?.daily as number[]
  assert.deepEqual(
    daily.flatMap((share, hour) => (share > 0 ? [hour] : [])),
    [0, 1, 2, 3, 20, 21, 22, 23],
  )
  for (const text of assumptions) assert.ok(form.description?.includes(text), text)
})

test('it says from when it is, in mission time, and its calendar is local time', () => {
  const mission = { epoch: Date.UTC(2026, 10, 9, 14), day: 86_400_000 }
  const { when, form } = liveScenario(plan, figures, mission)
  assert.equal(when, 'Sol 13, 15:24')
  assert.equal(form.label, 'The habitat as it stood, Sol 13, 15:24')
  assert.equal(ownToModel(form).start, Date.UTC(2026, 10, 21, 15, 24))
  assert.equal(liveScenario(plan, figures).when, '2026-11-21, 15:24')
  assert.equal(liveScenario(plan, figures, { ...mission, epoch: Date.UTC(2026, 10, 23, 14) }).when, 'T−2 d, 15:24')
})

test('it is listed like a preset: its knobs turn agents that are there', () => {
  const entry = entryOf(liveScenario(plan, figures).form)
  for (const { agent, value } of entry.knobs) {
    assert.deepEqual(
      entry.agents.filter(({ id }) => id === agent).map(({ amount }) => amount),
      [value],
      agent,
    )
  }
})

/** Habitats that are told in few words, or in odd ones. */
const odd: Record<string, [HabitatPlan['zones'], Figures['zones'], Figures['parameters']]> = {
  'one room of which only the crew is told': [[{ id: 'room', label: 'Room', crew: 0, beside: [] }], {}, []],
  'an office with outside air': [
    [{ id: 'office', label: 'Office', volume: 60, beside: [] }],
    { office: { co2: 743, temperature: 22, humidity: 25 } },
    [known('ventilation/office', 48), known('crew-load', 1.6)],
  ],
  'names that agents bear, and that begin with a figure': [
    ['outside', '2-deck', 'air', 'leak', 'water-tank'].map((id) => ({ id, label: id, volume: 50, beside: [] })),
    {},
    [known('leak', 1e-9), known('exchange/outside/2-deck', 20), known('crew-load', 31)],
  ],
  'estimates beyond what can be': [
    [
      {
        id: 'room',
        label: 'Room',
        volume: 1e5,
        crew: 60,
        plants: { wheat: 900 },
        scrubber: { flow: 5, on: 500, off: 700 },
        beside: [],
      },
    ],
    { room: { co2: -5, o2: 120, humidity: 104, temperature: 31 } },
    [known('scrubber/room', 0), known('crew-load', Number.NaN)],
  ],
}

for (const [name, [zones, estimates, parameters]] of Object.entries(odd)) {
  test(`${name}: it can be run, and the books close`, () => {
    const { form, program, run } = ran({ ...plan, zones }, { ...figures, zones: estimates, parameters }, 600)
    assert.equal(scenarioForm.safeParse(form).error, undefined)
    const [before, after] = [books(program), books(program, run.state())]
    near(after.mass, before.mass, 1e-12, 'mass')
    assert.equal(Object.values(form.agents).filter(({ use }) => use === 'person').length, 1)
  })
}
