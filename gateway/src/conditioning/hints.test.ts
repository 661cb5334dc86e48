import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainConditioning } from '@habtwin/runtime/config/conditioning'
import { overdueCalibrations } from './hints.ts'

test('only a calibration whose day has come is told', () => {
  const calibrate = {
    co2: { offset: 1, due: '2026-11-21' },
    o2: { offset: 1, due: '2026-11-22' },
    humidity: { gain: 2 },
  }
  const devices = {
    air: { conditioning: { ...plainConditioning, calibrate } },
    plain: { conditioning: plainConditioning },
  }
  assert.deepEqual(overdueCalibrations({ devices } as never, Date.UTC(2026, 10, 21, 12)), [
    { path: 'devices.air.calibrate.co2', message: 'it was due on 2026-11-21' },
  ])
})
