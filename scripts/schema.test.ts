import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generate, schemaFile } from './gen-schema.ts'

test('the published JSON Schema is that of the code (node scripts/node24.js scripts/gen-schema.ts writes it)', async () => {
  assert.equal(readFileSync(schemaFile, 'utf8'), await generate())
})
