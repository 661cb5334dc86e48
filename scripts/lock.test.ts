import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

interface Package {
  resolved?: string
  optionalDependencies?: Record<string, string>
}

const text = readFileSync(join(import.meta.dirname, '../package-lock.json'), 'utf8')
const packages: Record<string, Package> = JSON.parse(text).packages

test('the lock file names no host', () => {
  for (const [path, { resolved }] of Object.entries(packages)) {
    assert.doesNotMatch(resolved ?? '', /^https?:/, path)
  }
})

// npm leaves out what its registry does not show at that moment, and `npm ci` then refuses the file everywhere.
test('the lock file has the packages of every platform, so that npm ci takes it', () => {
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const there = `node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages
      assert.ok(there, `${path} wants ${name}`)
    }
  }
})
