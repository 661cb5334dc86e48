import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from '@habtwin/contract/alert'
import type { DeviceInfo } from '@habtwin/contract/device'
import type { Reading } from '@habtwin/contract/reading'
import fc from 'fast-check'
import { apply, emptyHabitat, fromSnapshot, type Habitat } from './habitat.ts'

const journal = 'a'.repeat(32)
const other = 'b'.repeat(32)
const reading = (seq: number, t: number, co2: number | null = 800, of = journal): Reading => ({
  journal: of,
  seq,
  n: seq,
  t,
  values: { co2 },
})
const info = (device: string): DeviceInfo => ({
  device,
  zone: 'crew',
  node: 'pi',
  driver: 'scd30',
  label: device,
  simulated: false,
  every: 10_000,
  points: { co2: { unit: '[ppm]' } },
})
const alert: Alert = {
  id: 'high',
  level: 'warning',
  zone: 'crew',
  quantity: 'co2',
  value: 9_000,
  limit: 8_000,
  since: 1,
  t: 1,
  text: 'CO₂ is high',
  source: 'guard',
  active: true,
}
const say = (state: Habitat, topic: string, body: unknown) => apply(state, { topic, body, at: 0 })

test('a reading that was already seen does not come back after a newer one', () => {
  const newer = say(emptyHabitat, 'device/air/reading', reading(2, 20))
  assert.equal(say(newer, 'device/air/reading', reading(1, 10)), newer)
})

test('a recording that begins again in the past is believed, as its journal is another', () => {
  const before = say(emptyHabitat, 'device/air/reading', reading(9, 1_000))
  const after = say(before, 'device/air/reading', reading(1, 10, 500, other))
  assert.equal(after.readings.get('air')?.reading.values.co2, 500)
})

test('an empty payload takes a device, its reading or an alert away', () => {
  let state = say(emptyHabitat, 'alert/high', alert)
  state = say(state, 'device/air/reading', reading(1, 10))
  state = say(state, 'device/air/info', info('air'))
  for (const topic of ['alert/high', 'device/air/reading', 'device/air/info']) state = say(state, topic, undefined)
  assert.deepEqual(state, emptyHabitat)
})

test('the last message of an alert says that it is over, even where it is not empty', () => {
  const raised = say(emptyHabitat, 'alert/high', alert)
  assert.equal(say(raised, 'alert/high', { ...alert, active: false }).alerts.size, 0)
})

test('a snapshot forgets what the server no longer lists, and keeps the newer reading', () => {
  let state = say(emptyHabitat, 'device/air/info', info('air'))
  state = say(state, 'device/gone/info', info('gone'))
  state = say(state, 'device/air/reading', reading(5, 50))
  state = say(state, 'alert/high', alert)
  const devices = [{ ...info('air'), last: reading(4, 40) }]
  const next = fromSnapshot(
    state,
    {
      devices,
      alerts: { active: [], history: [] },
      estimates: {},
      forecasts: { crew: { co2: { made: 1, t: [], p05: [], p50: [], p95: [] } } },
      outlook: undefined,
    },
    99,
  )
  assert.deepEqual([...next.infos.keys()], ['air'])
  assert.equal(next.readings.get('air')?.reading.seq, 5)
  assert.equal(next.alerts.size, 0)
  assert.equal(next.forecasts.get('crew/co2')?.made, 1)
})

test('no message, however wrong, breaks the page', () => {
  const topics = fc.constantFrom(
    'device/a/info',
    'device/a/reading',
    'device/a/health',
    'alert/a',
    'twin/forecast/z/co2',
    'twin/outlook',
    'twin/score',
    'twin/model',
    'status/n',
    'x',
  )
  fc.assert(fc.property(topics, fc.jsonValue(), (topic, body) => say(emptyHabitat, topic, body) !== undefined))
})
