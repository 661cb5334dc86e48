import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relativeHumidity, saturation, vapour } from './vapour.ts'

test('vapour and relative humidity convert into each other, and air at 20 °C saturates at 2338 Pa', () => {
  assert.ok(Math.abs(saturation(20) - 2338.3) < 1)
  assert.ok(Math.abs(relativeHumidity(vapour(45, 24), 24) - 45) < 1e-9)
  assert.equal(relativeHumidity(5000, 20), 100)
})
