import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInfo } from '@habtwin/contract/device'
import type { Reading } from '@habtwin/contract/reading'
import { calibrations, doubts } from './instrument.ts'

const info = (points: DeviceInfo['points']): DeviceInfo => ({
  ...{ device: 'air', zone: 'crew', node: 'pi', driver: 'scd30', label: 'Air', simulated: false, every: 10_000 },
  points,
})
const point = { unit: '1' }
const reading = (values: Reading['values'], quality?: Record<string, string>): Reading => ({
  ...{ journal: 'a'.repeat(32), seq: 1, n: 1, t: 0, values },
  ...(quality === undefined ? {} : { quality }),
})

test('values with one fault are named together, those that are missing first', () => {
  const device = info({ co2: point, humidity: point, temperature: point, o2: { unit: '%', label: 'Cell 2' } })
  const quality = { co2: 'uncertain:warmup', humidity: 'uncertain:warmup', o2: 'bad:no-outlet-power' }
  const said = reading({ co2: 800, humidity: 40, temperature: 21, o2: null }, quality)
  assert.deepEqual(doubts(device, said), [
    { kind: 'bad', what: 'Cell 2', text: 'no outlet power' },
    { kind: 'uncertain', what: 'CO₂, Humidity', text: 'warming up' },
  ])
  const cold = { co2: 'uncertain:warmup', humidity: 'uncertain:warmup' }
  assert.equal(doubts(device, reading({ co2: 800, humidity: 40 }, cold))[0]?.what, 'All values')
  assert.equal(doubts(device, reading({ co2: 800 }, cold))[0]?.what, 'CO₂')
  assert.deepEqual(doubts(device, reading({ co2: 800 })), [])
  assert.deepEqual(doubts(device, undefined), [])
})

test('a calibration says when and by whom, and when it should have been done again', () => {
  const calibration = { offset: 12, date: '2026-11-01', by: 'ada', due: '2027-04-30' }
  const device = info({ co2: { ...point, calibration }, humidity: { ...point, calibration }, temperature: point })
  const once = [{ kind: 'calibrated', what: 'CO₂, Humidity', text: '2026-11-01 by ada' }]
  assert.deepEqual(calibrations(device, Date.UTC(2026, 10, 21)), once)
  assert.deepEqual(calibrations(device, Date.UTC(2027, 4, 1)), [
    ...once,
    { kind: 'overdue', what: 'CO₂, Humidity', text: 'calibration was due 2027-04-30' },
  ])
})
