import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { errorsFile, generate } from '../../scripts/gen-errors.ts'
import { type ErrorCode, errorTable, HabtwinError, isHabtwinError, isOutsideFault } from './errors.ts'

const codes = Object.keys(errorTable) as ErrorCode[]

test('docs/errors.md is the table of errors (node scripts/gen-errors.ts)', () => {
  assert.equal(readFileSync(errorsFile, 'utf8'), generate())
})

test('every error has a code of two words, a title and a remedy that ends as a sentence', () => {
  for (const code of codes) {
    assert.match(code, /^[a-z]+\/[a-z-]+$/)
    assert.doesNotMatch(errorTable[code].title, /\.$/, code)
    assert.match(errorTable[code].remedy, /\.$/, code)
  }
})

test('errors are told apart by code and kind', () => {
  const error: unknown = new HabtwinError('device/timeout', 'no answer within 1 s', { where: 'meter' })
  assert.ok(isHabtwinError(error, 'device/timeout'))
  assert.ok(!isHabtwinError(error, 'device/garbled'))
  assert.ok(isOutsideFault(error))
  assert.ok(!isOutsideFault(new HabtwinError('bug/unexpected', 'what')))
  assert.ok(!isOutsideFault(new Error('of somebody else')))
})
