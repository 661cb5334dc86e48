import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generate, libraryFile } from './gen-library.ts'

test('the page on the library is that of the code (node scripts/node24.js scripts/gen-library.ts writes it)', () => {
  assert.equal(readFileSync(libraryFile, 'utf8'), generate())
})
