import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, Parameter } from '@habtwin/contract'
import { TwinAlerts } from './index.ts'
import { made } from './support.ts'

const MINUTE = 60_000
const DAY = 1_440
const NOW = Date.UTC(2026, 10, 21, 7)

/** Two days of a habitat whose scrubber runs, then so many people more and °C, by minutes since. */
function lived(seed: number, more: (i: number) => number, warmer: (i: number) => number): Alert[] {
  const { normal } = made(seed)
  const zones = { crew: { label: 'Crew quarters', limits: {}, scrubberOn: 1_200 } }
  const alerts = new TwinAlerts({ zones, timezone: 'America/Phoenix' })
  const said: Alert[] = []
  const parameter = (id: string, kind: Parameter['kind'], mean: number, sd: number): Parameter => ({
    id, kind, zone: 'crew', label: id, unit: '1', mean, sd, p05: mean - 1.6 * sd, p95: mean + 1.6 * sd, prior: { mean, sd },
  }) // biome-ignore format: a list
  for (let i = -2 * DAY; i < 90; i++) {
    const t = NOW + i * MINUTE
    const temperature = 22 + 0.003 * normal() + (i < 0 ? 0 : warmer(i))
    const { changes } = alerts.minute(t, {
      estimates: [{ zone: 'crew', quantity: 'co2', mean: 1_150 }],
      guard: [],
      parameters: [
        parameter('crew-present', 'crew-load', 4 + 0.4 * normal() + (i < 0 ? 0 : more(i)), 0.5),
        parameter('scrubber/crew', 'scrubber', 0.7, 0.05),
      ],
      machines: [{ zone: 'crew', device: 'scrubber', kind: 'scrubber', running: 1, expected: true }],
      observed: [{ device: 'air', zone: 'crew', point: 'temperature', value: temperature }],
    })
    said.push(...changes)
  }
  return said
}

test('a scrubber that runs and takes less out is told within half an hour: CO2 as of people, without their warmth', () => {
  const [alert, other] = lived(
    1,
    () => 3,
    () => 0,
  )
  assert.equal(other, undefined)
  assert.deepEqual(
    [alert?.id, alert?.level, alert?.anomaly?.parameter],
    ['crew-scrubber-spent', 'caution', 'scrubber/crew'],
  )
  assert.ok((alert?.t ?? 0) <= NOW + 30 * MINUTE)
  assert.match(
    alert?.text ?? '',
    /^The CO₂ scrubber of the crew quarters takes less out since 00:0\d: it runs, and there is more CO₂, as of \d\.\d people but without their warmth$/,
  )
})

test('people who come, and people who exercise, are no scrubber that takes less out', () => {
  const come = lived(
    2,
    () => 2,
    (i) => 0.07 * Math.min(1, i / 10),
  )
  const exercise = lived(
    3,
    (i) => (i < 30 ? 0.4 * i : 0),
    () => 0,
  )
  assert.deepEqual(
    [...come, ...exercise].filter(({ id }) => id === 'crew-scrubber-spent'),
    [],
  )
})
