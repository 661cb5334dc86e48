import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Chunk, type Column, columnName } from '../engine/columns.ts'
import { csvLines, ndjsonLines, rowsOf, runRecord, unitOf } from './index.ts'

const columns: readonly Column[] = [
  { kind: 'active', agent: 'crew' },
  { kind: 'flow', agent: 'crew', direction: 'in', name: 'food', connection: 'store' },
  { kind: 'flow', agent: 'crew', direction: 'in', name: 'food', connection: 'garden' },
  { kind: 'storage', agent: 'the "old", store', name: 'food' },
  { kind: 'attribute', agent: 'wheat', name: 'age' },
]
const chunk: Chunk = {
  rows: 2,
  steps: Float64Array.of(1, 2),
  values: Float64Array.of(4, 3, 0.1, 1e-7, -0, 0.30000000000000004, Number.NaN, 5e21, Number.POSITIVE_INFINITY, 2),
}
const names = columns.map(columnName)
const text = (pieces: Iterable<string>) => [...pieces].join('')

test('CSV quotes what must be quoted, and leaves a cell empty where there is no figure', () => {
  const { head, of } = csvLines(names)
  assert.equal(
    head,
    'step_num,crew.active,crew.in.food.store,crew.in.food.garden,"the ""old"", store.storage.food",wheat.attribute.age\n',
  )
  assert.equal(text(of(rowsOf(chunk, columns))), '1,4,0.1,0,,\n2,3,1e-7,0.30000000000000004,5e+21,2\n')
})

test('NDJSON has an object a line that reads as the same figures, and null where there is none', () => {
  const { head, of } = ndjsonLines(names, { scenario: 'x' })
  assert.equal(head, '{"scenario":"x"}\n')
  const rows = text(of(rowsOf(chunk, columns)))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(Object.keys(rows[0]), ['step_num', ...names])
  assert.deepEqual(
    rows.map((row) => Object.values(row)),
    [
      [1, 4, 0.1, 0, null, null],
      [2, 3, 1e-7, 0.30000000000000004, 5e21, 2],
    ],
  )
})

test('rows can begin in the middle, and belong to a point of a grid with several figures a cell', () => {
  const rows = { steps: Float64Array.of(1, 2), figures: [[Float64Array.of(1, 2), Float64Array.of(3, 4)]] }
  const csv = csvLines(['a'], { quantiles: [0.05, 0.5], swept: ['crew.amount'] })
  assert.equal(csv.head, 'crew.amount,step_num,a.p05,a.p50\n')
  assert.equal(text(csv.of(rows, 1, { 'crew.amount': '+2' })), '+2,2,2,4\n')
  const ndjson = ndjsonLines(['a'])
  assert.equal(ndjson.head, '')
  assert.equal(text(ndjson.of(rows, 1, { 'crew.amount': 6 })), '{"at":{"crew.amount":6},"step_num":2,"a":[2,4]}\n')
})

test('a record has every part for each agent, also where it is empty, and columns in several parts are one', () => {
  const written = text(
    runRecord({
      columns: columns.map((column, at) => ({ column, at })),
      steps: [chunk.steps, Float64Array.of(3)],
      read: ({ at }) => [chunk.values.subarray(at * 2, at * 2 + 2), Float64Array.of(9)],
      causes: { crew: 'without food' },
    }),
  )
  const none = { storage: {}, attributes: {}, flows: { in: {}, out: {} }, cause_of_death: null }
  assert.deepEqual(JSON.parse(written), {
    step_num: [1, 2, 3],
    agents: {
      crew: {
        ...none,
        active: [4, 3, 9],
        flows: { in: { food: { store: [0.1, 1e-7, 9], garden: [0, 0.30000000000000004, 9] } }, out: {} },
        cause_of_death: 'without food',
      },
      'the "old", store': { ...none, storage: { food: [null, 5e21, 9] } },
      wheat: { ...none, attributes: { age: [null, 2, 9] } },
    },
  })
})

test('text comes in pieces, however long a column or a run is', () => {
  const long = Float64Array.from({ length: 200_000 }, (_, i) => i / 7)
  const [column] = columns
  assert.ok(column)
  const record = { columns: [{ column }], steps: [long], read: () => [long], causes: {} }
  const rows = { steps: long, figures: [[long]] }
  for (const pieces of [runRecord(record), csvLines(['a']).of(rows), ndjsonLines(['a']).of(rows)]) {
    for (const piece of pieces) assert.ok(piece.length < 100_000, `${piece.length} characters`)
  }
})

test('units are those of the currency, or of the first of a category', () => {
  const currencies = [
    { id: 'rice', category: 'food', unit: 'kg', label: 'Rice' },
    { id: 'kwh', category: 'energy', unit: 'kWh', label: 'Energy' },
  ]
  const of = (column: Column) => unitOf(column, { currencies })
  assert.deepEqual(columns.map(of), ['1', 'kg', 'kg', 'kg', 'h'])
  assert.equal(of({ kind: 'storage', agent: 'battery', name: 'kwh' }), 'kWh')
  assert.equal(of({ kind: 'attribute', agent: 'wheat', name: 'par_factor' }), undefined)
})
