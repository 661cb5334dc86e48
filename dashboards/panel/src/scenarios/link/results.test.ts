import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extended } from './results.ts'

const table = (steps: number[]) => ({
  steps,
  columns: new Map([['a.active', { mid: steps.map((step) => step * 10) }]]),
})

test('rows that came since are put after those that are there, each once', () => {
  const both = extended(table([1, 2, 3]), table([3, 4, 5]))
  assert.deepEqual(both.steps, [1, 2, 3, 4, 5])
  assert.deepEqual(both.columns.get('a.active')?.mid, [10, 20, 30, 40, 50])
})

test('bands are continued as their lines are', () => {
  const band = (steps: number[]) => ({
    steps,
    columns: new Map([
      ['a.active', { mid: steps, low: steps.map((step) => step - 1), high: steps.map((step) => step + 1) }],
    ]),
  })
  assert.deepEqual(extended(band([1, 2]), band([3])).columns.get('a.active'), {
    mid: [1, 2, 3],
    low: [0, 1, 2],
    high: [2, 3, 4],
  })
})

test('an answer without anything new changes nothing', () => {
  const before = table([1, 2])
  assert.equal(extended(before, table([2])), before)
})
