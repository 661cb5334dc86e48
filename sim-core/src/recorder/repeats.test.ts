import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Repeats } from './repeats.ts'

test('a moment that another journal brought is a repeat; within one journal it is not', () => {
  const repeats = new Repeats()
  assert.equal(repeats.take('office', 1_000, 'a'), true)
  assert.equal(repeats.take('office', 1_000, 'a'), true, 'a recording may hold two rows of one moment')
  assert.equal(repeats.take('office', 1_000, 'b'), false)
  assert.equal(repeats.take('office', 2_000, 'b'), true)
  assert.equal(repeats.take('kitchen', 1_000, 'b'), true, 'each device has its own')
})

test('what is in the store already is a repeat, whoever brings it', () => {
  const repeats = new Repeats()
  repeats.know('office', [1_000, 2_000])
  assert.equal(repeats.take('office', 2_000, 'a'), false)
  assert.equal(repeats.take('office', 3_000, 'a'), true)
})

test('a long recording does not fill the memory', () => {
  const repeats = new Repeats()
  for (let t = 0; t < 60_000; t++) repeats.take('office', t, 'a')
  assert.equal(repeats.take('office', 59_999, 'b'), false)
  assert.equal(repeats.take('office', 0, 'b'), true, 'the oldest are forgotten')
})
