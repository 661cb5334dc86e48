import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedEvent } from '@habtwin/contract'
import { holding } from './holding.ts'

const events: LoggedEvent[] = [
  { id: 'a', kind: 'hatch', t: 1, by: 'Ada', zone: 'crew', value: 1 },
  { id: 'b', kind: 'hatch', t: 2, by: 'Ada', zone: 'crew', to: 'greenhouse', value: 1 },
  { id: 'c', kind: 'eva', t: 3, by: 'Ada', zone: 'greenhouse', value: 2 },
  { id: 'd', kind: 'hatch', t: 9, by: 'Ada', zone: 'crew', value: 0 },
]

test('what was said last of a place holds, each hatch for itself, and nothing of what is yet to come', () => {
  const of = (to?: string, now = 5) =>
    holding(events, { kind: 'hatch', zone: 'crew', ...(to === undefined ? {} : { to }) }, now)?.id
  assert.equal(of(), 'a')
  assert.equal(of('greenhouse'), 'b')
  assert.equal(of(undefined, 10), 'd')
  assert.equal(holding(events, { kind: 'crew', zone: 'crew' }, 10), undefined)
})

test('people are outside wherever they went out', () => {
  assert.equal(holding(events, { kind: 'eva', zone: 'crew' }, 10)?.id, 'c')
})
