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

test('two clocks that differ by minutes make nothing stale, and nothing new: that is told as what it is', () => {
  const skews = [7, -7].map((minutes) => minutes * MIN)
  for (const skew of skews) {
    // by the clock there: one has just been read, the other stopped four minutes ago, and it is twelve light minutes away
    const there = NOW + skew - 12 * MIN
    const last = new Map([
      ['a', reading(there - 5_000, 800)],
      ['b', reading(there - 4 * MIN, 900)],
    ])
    const health = new Map([['b', { state: 'ok' as const, t: 0 }]])
    const row = habitatRow.parse(rowOf(parts({ bridge: bridge({ delay: 12 * MIN }), skew, last, health })))
    assert.deepEqual(row.devices, { ok: 1, stale: 1, down: 0 })
    assert.deepEqual([row.link.state, row.link.since, row.link.skew], ['up', NOW, skew])
    const unheeded = rowOf(parts({ bridge: bridge({ delay: 12 * MIN }), last, health })).devices
    assert.notDeepEqual(unheeded, row.devices, 'by the clock here alone it would be another figure')
  }
  assert.equal(rowOf(parts({ skew: 4_000 })).link.skew, undefined)
})

test('contacts go by the clock there, and are told in times of here', () => {
  const skew = 10 * MIN
  const contacts = { epoch: NOW + skew, period: 720 * MIN, windows: [[0, 60 * MIN]] as [number, number][] }
  const at = (minutes: number) => {
    const now = NOW + minutes * MIN
    return rowOf(parts({ now, heard: NOW + 60 * MIN - 5_000, skew, bridge: bridge({ plan: { contacts } }) })).link
  }
  assert.deepEqual([at(59.95).state, at(61).state, at(719).state], ['up', 'closed', 'closed'])
  assert.deepEqual(at(61).next, { from: NOW + 720 * MIN, to: NOW + 780 * MIN })
  assert.equal(at(730).state, 'lost')
})

test('a row has the pressure there, once its gateway has said it', () => {
  const about = { habitat: { id: 'sam', label: 'SAM', timezone: 'America/Phoenix', pressure: 879 }, zones: {} }
  assert.equal(habitatRow.parse(rowOf(parts({ about }))).pressure, 879)
  assert.equal(rowOf(parts()).pressure, undefined)
})
