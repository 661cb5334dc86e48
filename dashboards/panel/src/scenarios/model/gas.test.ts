import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moleFraction } from './gas.ts'

// dry air by mole: 78.084 % N2, 20.946 % O2, 400 ppm CO2 (U.S. Standard Atmosphere 1976, table 3, without argon)
const moles = { n2: 0.78084, o2: 0.20946, co2: 0.0004 }
const dry = { n2: moles.n2 * 28.014, o2: moles.o2 * 31.998, co2: moles.co2 * 44.009 }
const all = moles.n2 + moles.o2 + moles.co2

test('masses of air become the shares that an instrument reads', () => {
  assert.ok(Math.abs((moleFraction('co2', dry) ?? 0) - moles.co2 / all) < 1e-15)
  assert.ok(Math.abs((moleFraction('o2', dry) ?? 0) - moles.o2 / all) < 1e-15)
})

test('a mass fraction of 0.001 of carbon dioxide is about 650 ppm by volume', () => {
  const air = { co2: 0.001, o2: 0.2312, n2: 0.7678 }
  const ppm = (moleFraction('co2', air) ?? 0) * 1e6
  assert.ok(ppm > 640 && ppm < 665, `${ppm}`)
})

test('vapour takes its share of the volume', () => {
  const humid = { ...dry, h2o: 0.02 * 18.015 }
  assert.ok((moleFraction('o2', humid) ?? 1) < (moleFraction('o2', dry) ?? 0))
})

test('where there is no air, or a mass is missing, there is no figure', () => {
  assert.equal(moleFraction('co2', { co2: 0, o2: 0 }), null)
  assert.equal(moleFraction('co2', { co2: 1, o2: null }), null)
  assert.equal(moleFraction('co2', { o2: 1 }), null)
})
