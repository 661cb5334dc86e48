import assert from 'node:assert/strict'
import { test } from 'node:test'
import { columnLabel, formulas, partsOf } from './column.ts'

test('a column is told in words', () => {
  const label = (agent: string) => (agent === 'hab' ? 'Crew quarters' : undefined)
  assert.equal(columnLabel('hab.storage.co2', label), 'Crew quarters: CO₂')
  assert.equal(columnLabel('co2_scrubber.in.kwh.battery'), 'Co2 scrubber: electricity in, from battery')
  assert.equal(columnLabel('human.active'), 'Human: active')
  assert.equal(columnLabel('human.attribute.age_in_steps'), 'Human: age in steps (attribute)')
})

test('what is no column is left as it is', () => {
  assert.equal(partsOf('human'), undefined)
  assert.equal(partsOf('human.mood.good'), undefined)
  assert.equal(columnLabel('human'), 'human')
})

test('formulas are written with small digits, and other words are left alone', () => {
  assert.equal(formulas('CO2 valve, H2O, O2 and CH4'), 'CO₂ valve, H₂O, O₂ and CH₄')
  assert.equal(formulas('Bed 2, N95, H24'), 'Bed 2, N95, H24')
})
