import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Dashboard } from '@grafana/schema'
import { generate, overviewFile } from '../../../scripts/gen-grafana.ts'
import committed from '../generated/overview.json' with { type: 'json' }

test('the committed dashboard is the one that its source makes (node scripts/gen-grafana.ts)', () => {
  assert.equal(readFileSync(overviewFile, 'utf8'), generate())
})

/** What a type is once it has been through JSON: enums are plain strings and numbers, methods are gone. */
type Plain<T> = unknown extends T
  ? unknown
  : T extends string
    ? string
    : T extends number
      ? number
      : T extends object
        ? { [K in keyof T]: Plain<T[K]> | (undefined extends T[K] ? undefined : never) }
        : T

test('the committed dashboard has the shape that Grafana publishes', () => {
  // Held by the type checker; the assertion only keeps the value from being unused.
  const dashboard: Plain<Dashboard> = committed
  assert.equal(dashboard.uid, 'habtwin-overview')
})
