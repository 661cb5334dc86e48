import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, BridgeState, DeviceInfo, Reading } from '@habtwin/contract'
import { habitatRow } from '@habtwin/contract/habitats'
import { type RowParts, rowOf } from './row.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const MIN = 60_000

function info(device: string, change: Partial<DeviceInfo> = {}): DeviceInfo {
  const points = { co2: { unit: '[ppm]' } }
  return { device, zone: 'crew', node: 'pi', driver: 'scd30', label: device, simulated: false, every: 10_000, points, ...change } // biome-ignore format: a table
}

function reading(t: number, co2: number | null): Reading {
  return { journal: 'a'.repeat(32), seq: 1, n: 1, t, values: { co2 } }
}

const bridge = (change: object) => ({ delay: 0, ...change }) as BridgeState

function parts(change: Partial<RowParts> = {}): RowParts {
  return {
    habitat: 'mars-160',
    now: NOW,
    about: undefined,
    node: 'pi',
    bridge: undefined,
    heard: NOW,
    infos: [info('a'), info('b', { zone: 'greenhouse' })],
    health: new Map(),
    last: new Map([
      ['a', reading(NOW - 5_000, 800)],
      ['b', reading(NOW - 5_000, 1_200)],
    ]),
    alerts: [],
    completeness: [],
    gaps: 0,
    newest: undefined,
    refused: undefined,
    ...change,
  }
}

test('a row has the highest CO2, the worst alert and the newest reading, and fits its schema', () => {
  const alert = { id: 'x', level: 'caution', zone: 'crew', quantity: 'co2', since: 1, t: 1, text: 'high' } as Alert
  const alerts = [alert, { ...alert, id: 'y', level: 'warning', text: 'worse' } as Alert]
  const completeness = [
    { taken: 10, stored: 9, gaps: [{}] },
    { taken: 5, stored: 5, gaps: [] },
  ]
  const row = habitatRow.parse(rowOf(parts({ alerts, completeness, gaps: 1 })))
  assert.deepEqual(row.co2, { value: 1_200, unit: '[ppm]', zone: 'greenhouse', t: NOW - 5_000 })
  assert.deepEqual(row.alerts, { worst: 'warning', count: 2, text: 'worse' })
  assert.deepEqual(row.completeness, { taken: 15, stored: 14, gaps: 2 })
  assert.equal(row.label, 'Mars 160')
  assert.equal(row.t, NOW - 5_000)
})

test('a light time away nothing is stale that could not be newer', () => {
  const far = bridge({ delay: 20 * MIN })
  const last = new Map([
    ['a', reading(NOW - 20 * MIN - 5_000, 800)],
    ['b', reading(NOW - 25 * MIN, 900)],
  ])
  const health = new Map([['b', { state: 'ok' as const, t: 0 }]])
  assert.deepEqual(rowOf(parts({ bridge: far, last, health })).devices, { ok: 1, stale: 1, down: 0 })
})

test('loss of signal makes no sensor stale, and what is down stays down', () => {
  const heard = NOW - 60 * MIN
  const last = new Map([
    ['a', reading(heard - 5_000, 800)],
    ['b', reading(heard - 5_000, null)],
  ])
  const health = new Map([['b', { state: 'down' as const, t: 0 }]])
  const row = rowOf(parts({ heard, last, health }))
  assert.equal(row.link.state, 'lost')
  assert.deepEqual(row.devices, { ok: 1, stale: 0, down: 1 })
  assert.equal(row.co2?.value, 800)
})

test('a habitat of which nothing is known but its name has a row as well', () => {
  const row = habitatRow.parse(rowOf(parts({ heard: undefined, infos: [], last: new Map(), node: undefined })))
  assert.equal(row.link.state, 'never')
  assert.equal(row.t, null)
  assert.equal(row.co2, null)
})

test('windows come again by their plan, also those that nobody has told yet', () => {
  // an hour of contact each twelve hours, from noon on; last heard in the contact of noon, 24 hours ago
  const contacts = { epoch: NOW - 1_440 * MIN, period: 720 * MIN, windows: [[0, 60 * MIN]] as [number, number][] }
  const plan = bridge({ plan: { delay: 10 * MIN, contacts } })
  const heard = NOW - 1_440 * MIN + 70 * MIN - 5_000
  const at = (minutes: number) => rowOf(parts({ now: NOW + minutes * MIN, heard, bridge: plan })).link
  assert.equal(at(-1_440 + 100).state, 'closed')
  assert.deepEqual(at(-1_440 + 100).next, { from: NOW - 720 * MIN, to: NOW - 660 * MIN })
  assert.equal(at(-720 + 5).state, 'closed') // its first words are under way
  assert.equal(at(-720 + 15).state, 'lost')
})
