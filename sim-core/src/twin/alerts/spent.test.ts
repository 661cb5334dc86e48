import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert, Parameter } from '@habtwin/contract'
import { breathOf } from './balance.ts'
import { TwinAlerts } from './index.ts'
import { made } from './support.ts'

const MINUTE = 60_000
const DAY = 1_440
const NOW = Date.UTC(2026, 10, 21, 7)

/** m³, m³/h, and share: what the scrubber takes is some 3.6 people's worth. */
const VOLUME = 272
const FLOW = 120
const EFFICIENCY = 0.7
/** m³·ppm a minute of a person at 879 hPa. */
const BREATH = breathOf(879)

/** Two days of four people whose scrubber keeps CO2 level, then so many people more and °C, by minutes since. */
function lived(seed: number, more: (i: number) => number, warmer: (i: number) => number): Alert[] {
  const { normal } = made(seed)
  const zones = { crew: { label: 'Crew quarters', limits: {}, volume: VOLUME, scrubber: { on: 1_200, flow: FLOW } } }
  const alerts = new TwinAlerts({ zones, timezone: 'America/Phoenix', pressure: 879 })
  const said: Alert[] = []
  const parameter = (id: string, kind: Parameter['kind'], mean: number, sd: number): Parameter => ({
    id, kind, zone: 'crew', label: id, unit: '1', mean, sd, p05: mean - 1.6 * sd, p95: mean + 1.6 * sd, prior: { mean, sd },
  }) // biome-ignore format: a list
  let co2 = 1_150
  for (let i = -2 * DAY; i < 90; i++) {
    const t = NOW + i * MINUTE
    const temperature = 22 + 0.003 * normal() + (i < 0 ? 0 : warmer(i))
    // what more comes is not taken out
    if (i >= 0) co2 += (more(i) * BREATH) / VOLUME
    const { changes } = alerts.minute(t, {
      estimates: [{ zone: 'crew', quantity: 'co2', mean: co2 }],
      guard: [],
      parameters: [
        parameter('crew-present', 'crew-load', 4 + 0.4 * normal() + (i < 0 ? 0 : more(i)), 0.5),
        parameter('scrubber/crew', 'scrubber', EFFICIENCY, 0.05),
      ],
      machines: [{ zone: 'crew', device: 'scrubber', kind: 'scrubber', running: 1, expected: true }],
      observed: [
        { device: 'air', zone: 'crew', point: 'temperature', value: temperature },
        { device: 'air', zone: 'crew', point: 'co2', value: co2 + normal() },
      ],
    })
    said.push(...changes)
  }
  return said
}

/** People's worth that it takes at 1,150 ppm. */
const TAKES = (FLOW * EFFICIENCY * 1_150) / 60 / BREATH

test('a scrubber that runs and takes less out is told within half an hour: CO2 as of people, without their warmth', () => {
  const [alert, other] = lived(
    1,
    () => TAKES,
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
    /^The CO₂ scrubber of the crew quarters takes less out since (Fri 23:5|00:0)\d: it runs, and there is more CO₂, as of \d\.\d people but without their warmth$/,
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
    (i) => (i < 30 ? 5.9 : 0),
    () => 0,
  )
  assert.deepEqual(
    [...come, ...exercise].filter(({ id }) => id === 'crew-scrubber-spent'),
    [],
  )
})
