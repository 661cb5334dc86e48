import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job, RunSummary } from '@habtwin/contract/scenario'
import { type Compared, compare, type Part, residualRows } from './compare.ts'
import { freeSlot, hourText, lengthText, namesOf, type Run, stateText } from './run.ts'
import { tableOf } from './table.ts'

const summary = (change: Partial<RunSummary> = {}): RunSummary => ({
  steps: 240,
  hours: 240,
  lived: { human: { active: 4, amount: 4, cause: null } },
  ranOut: [],
  harvest: { wheat: 12 },
  energy: { made: 1000, used: 900 },
  ...change,
})
const job = (change: Partial<Job> = {}): Job => ({
  id: 'a',
  state: 'done',
  progress: 1,
  step: 240,
  steps: 240,
  runs: 1,
  created: 0,
  started: 1_000,
  completed: 2_000,
  by: 'local',
  scenario: 'garden',
  seed: 1000,
  version: '0.1.0',
  rows: 240,
  summary: summary(),
  ...change,
})
const run = (change: Partial<Job> = {}, slot = 1): Run => {
  const made = job(change)
  return { key: made.id, slot, origin: 'job', job: made, point: 0 }
}
const compared = (one: Run): Compared => ({ run: one, entry: undefined, hours: 240 })
const cells = (parts: Part[], id: string) =>
  parts
    .flatMap(({ rows }) => rows)
    .find((row) => row.id === id)
    ?.cells.map(({ text, differs, bad }) => `${text}${differs ? ' ≠' : ''}${bad ? ' !' : ''}`)

test('differences to the first run are marked, and so is what is bad', () => {
  const died = summary({
    lived: { human: { active: 0, amount: 6, cause: 'without potable' } },
    ranOut: [{ what: 'water_storage.potable', hour: 77 }],
    harvest: {},
  })
  const parts = compare([compared(run()), compared(run({ id: 'b', summary: died }))], [])
  assert.deepEqual(cells(parts, 'life.human'), ['all 4', 'none of 6: without potable ≠ !'])
  assert.deepEqual(cells(parts, 'out.water_storage.potable'), ['never', 'day 3.2 ≠ !'])
  assert.deepEqual(cells(parts, 'harvest.wheat'), ['12.00 kg', 'none ≠'])
  assert.deepEqual(cells(parts, 'made'), ['1,000 kWh', '1,000 kWh'])
})

test('a run that goes on says so where there is no figure yet', () => {
  const { summary: _, ...rest } = job({ id: 'b', state: 'running' })
  const parts = compare([compared(run()), compared({ ...run(), job: rest })], [])
  assert.deepEqual(cells(parts, 'life.human'), ['all 4', '…'])
})

test('of a file it is told who lived from what was recorded', () => {
  const record = {
    step_num: [1, 2],
    agents: {
      human: { active: [4, 3], storage: {}, attributes: {}, flows: { in: {}, out: {} }, cause_of_death: null },
      crew_habitat: { active: [1, 1], storage: {}, attributes: {}, flows: { in: {}, out: {} }, cause_of_death: null },
    },
  }
  const file: Run = { key: 'file-1', slot: 1, origin: 'file', file: 'x.json', point: 0, table: tableOf(record) }
  const parts = compare([{ run: file, entry: undefined, hours: 2 }], [])
  assert.deepEqual(cells(parts, 'life.human'), ['3 of 4 !'])
  assert.equal(cells(parts, 'life.crew_habitat'), undefined)
})

test('a quantity is told by its range and its end', () => {
  const extremes = [
    {
      id: 'co2',
      label: 'CO₂',
      unit: 'ppm',
      digits: 0,
      series: [{ mid: [400, 5000, 900] }, { mid: [500], low: [450], high: [600] }],
    },
  ]
  const parts = compare([compared(run()), compared(run({ id: 'b' }))], extremes)
  assert.deepEqual(cells(parts, 'range.co2'), ['400 to 5,000', '450 to 600 ≠'])
  assert.deepEqual(cells(parts, 'end.co2'), ['900', '500 (450 to 600) ≠'])
})

test('residuals are told with the unit of what was recorded', () => {
  const rows = residualRows([{ rms: 12.34, bias: -3, n: 9 }, undefined], 'ppm', 1)
  assert.deepEqual(
    rows.map(({ cells }) => cells.map(({ text }) => text)),
    [
      ['12.3 ppm', '–'],
      ['−3.0 ppm', '–'],
      ['9', '–'],
    ],
  )
})

test('runs of several presets are named with their preset, and equal names are told apart', () => {
  const label = (preset: string) => ({ garden: 'Garden', sam: 'SAM' })[preset] ?? preset
  const a = run({ label: 'As it is' })
  const b = run({ id: 'b', label: 'As it is' })
  const c = run({ id: 'c', label: 'Crew 2 instead of 1', scenario: 'sam' })
  assert.deepEqual([...namesOf([a, b], label).values()], ['As it is', 'As it is (2)'])
  assert.deepEqual([...namesOf([a, c], label).values()], ['Garden: as it is', 'SAM: crew 2 instead of 1'])
})

test('a new run takes the lowest colour that is free', () => {
  assert.equal(freeSlot([run({}, 1), run({}, 3)]), 2)
})

test('how a job stands is said in words', () => {
  assert.equal(stateText(job({ state: 'queued' }), 3), 'Waiting, 3 before it')
  assert.equal(stateText(job({ state: 'queued' }), 0), 'Waiting for its turn')
  assert.equal(
    stateText(job({ state: 'running', progress: 0.5, step: 120 }), 0, 10),
    '50 %, 10 steps/s, about 12 s left',
  )
  assert.equal(stateText(job(), 0), 'Done in 1.0 s, 240 steps/s')
  assert.equal(stateText(job({ state: 'cancelled', step: 0 }), 0), 'Cancelled before its first step')
})

test('lengths and moments are told in days once there are two', () => {
  assert.deepEqual([lengthText(240), lengthText(36), lengthText(60)], ['10 d', '36 h', '2.5 d'])
  assert.deepEqual([hourText(5), hourText(72)], ['hour 5', 'day 3.0'])
})

test('a limit that killed is told in words', () => {
  const died = summary({ lived: { human: { active: 0, amount: 4, cause: 'in_co2_ratio > 0.04' } } })
  assert.deepEqual(cells(compare([compared(run({ summary: died }))], []), 'life.human'), [
    'none of 4: CO₂ above 0.04 !',
  ])
})

test('where nothing ran out, that is said', () => {
  assert.deepEqual(cells(compare([compared(run())], []), 'out'), ['nothing'])
})
