import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScenarioEntry } from '@habtwin/contract/scenario'
import { changeables, draftOf, emptyDraft, faultsOf, placed, pointsOf, requestOf, wordsOf } from './draft.ts'

const entry: ScenarioEntry = {
  id: 'garden',
  label: 'Garden',
  description: 'Four people and a garden.',
  rule: 'closed',
  steps: 240,
  dt: 1,
  agents: [
    { id: 'crew', label: 'Crew', group: 'inhabitants', amount: 4, unit: 'person' },
    { id: 'scrubber', label: 'CO₂ scrubber', group: 'eclss', amount: 1 },
    { id: 'tank', label: 'Tank', group: 'storage', amount: 1 },
  ],
  knobs: [
    { label: 'Crew', agent: 'crew', what: 'amount', value: 4, min: 1, max: 12, step: 1, unit: 'persons' },
    { label: 'CO₂ scrubber at', agent: 'scrubber', what: 'rate', value: 1, min: 0, max: 2, step: 0.1, unit: '×' },
    { label: 'Water', agent: 'tank', what: 'storage.potable', value: 900, min: 0, max: 2000, step: 10, unit: 'kg' },
  ],
}
const draft = emptyDraft(entry)

test('an unchanged preset is asked for as it is', () => {
  assert.deepEqual(requestOf(entry, draft), { scenario: 'garden', label: 'As it is' })
})

test('the habitat as it stands is asked for as it is then; of a long run not every minute is kept', () => {
  const now = { ...entry, id: 'live', steps: 10_080, dt: 1 / 60 }
  assert.deepEqual(requestOf(now, emptyDraft(now)), { from: { live: true }, label: 'As it is' })
  const long = requestOf(now, { ...emptyDraft(now), days: '100' })
  assert.deepEqual([long.steps, long.every], [144_000, 15])
})

test('a run is named by what differs from its preset', () => {
  const other = { ...draft, values: { 'crew amount': '6', 'tank storage.potable': '1200' }, days: '30', seed: '7' }
  assert.equal(wordsOf(entry, other), 'Crew 6 instead of 4, water 1200 instead of 900 kg, 30 instead of 10 d, seed 7')
})

test('changes of one agent are one change, from the hour on at which they begin', () => {
  const values = { 'crew amount': '6', 'scrubber rate': '0,8', 'scrubber amount': '2' }
  assert.deepEqual(requestOf(entry, { ...draft, values, fromDay: '2', days: '20', seeds: '50' }), {
    scenario: 'garden',
    label:
      'Crew 6 instead of 4, CO₂ scrubber at 0.8 instead of 1 ×, CO₂ scrubber 2 instead of 1, from day 2 on, 20 instead of 10 d, 50 seeds',
    changes: [
      { agent: 'crew', at: 48, amount: 6 },
      { agent: 'scrubber', at: 48, rate: 0.8, amount: 2 },
    ],
    steps: 480,
    ensemble: { seeds: 50, sweep: [] },
  })
})

test('a value that was put back is no change', () => {
  assert.deepEqual(requestOf(entry, { ...draft, values: { 'crew amount': '4.0' } }), {
    scenario: 'garden',
    label: 'As it is',
  })
})

test('an agent whose amount has a knob is not offered twice', () => {
  assert.deepEqual(
    changeables(entry).more.map(({ agent }) => agent),
    ['scrubber', 'tank'],
  )
})

test('what cannot be sent is said at its field', () => {
  const wrong = {
    ...draft,
    values: { 'crew amount': 'six', 'scrubber rate': '-1' },
    seed: '1.5',
    seeds: '0',
    days: '',
    fromDay: 'x',
  }
  assert.deepEqual(Object.keys(faultsOf(entry, wrong)).sort(), [
    'crew amount',
    'days',
    'fromDay',
    'scrubber rate',
    'seed',
    'seeds',
  ])
  assert.deepEqual(faultsOf(entry, draft), {})
  assert.deepEqual(Object.keys(faultsOf(entry, { ...draft, fromDay: '10' })), ['fromDay'])
})

test('what the server found wrong is put to the fields that it names', () => {
  const request = requestOf(entry, { ...draft, values: { 'crew amount': '6', 'tank storage.potable': '9000' } })
  assert.deepEqual(placed('changes[0].amount: too many\nchanges[1].storage.potable: more than it holds', request), {
    'crew amount': 'Too many',
    'tank storage.potable': 'More than it holds',
  })
  assert.deepEqual(placed('changes/0/amount: no; steps: 100 would be run, and 10 may be', request), {
    'crew amount': 'No',
    days: '100 would be run, and 10 may be',
  })
  assert.deepEqual(placed('Too many jobs wait already', request), { '': 'Too many jobs wait already' })
})

test('a knob may stand for several agents, which are then not offered one by one', () => {
  const [crew] = entry.knobs
  assert.ok(crew)
  const wide = { ...entry, knobs: [{ ...crew, agent: '*er' }] }
  assert.deepEqual(
    changeables(wide).more.map(({ agent }) => agent),
    ['crew', 'tank'],
  )
})

test('an earlier request becomes the form that it came from', () => {
  const other = { ...draft, values: { 'crew amount': '6', 'tank storage.potable': '1200' }, days: '30', fromDay: '2' }
  assert.deepEqual(draftOf(entry, requestOf(entry, other)), other)
  assert.deepEqual(draftOf(entry, { scenario: 'garden' }), draft)
})

test('a grid has a point for each combination of its values', () => {
  const sweep = [
    { agent: 'crew', what: 'amount', values: [1, 2, 3] },
    { agent: 'scrubber', what: 'rate', values: ['+10%', '-10%'] },
  ]
  assert.equal(pointsOf({ scenario: 'garden', ensemble: { seeds: 9, sweep } }), 6)
  assert.equal(pointsOf({ scenario: 'garden' }), 1)
})
