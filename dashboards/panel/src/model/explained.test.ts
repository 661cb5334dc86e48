import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expected, explained } from './explained.ts'
import { lapse, lapses, odds, rough } from './format.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const anomaly = { parameter: 'leak', from: 0.2, to: 1.9, unit: 'm3/h', since: 5, evidence: 3.4 }

test('a forecast is said with its range and its chance, counted down', () => {
  const forecast = { p10: 110 * MINUTE, p50: 160 * MINUTE, p90: 250 * MINUTE, odds: 0.8 }
  assert.equal(expected(forecast, 0, 0), 'expected in 2 h 40 min (1 h 50 – 4 h 10), 80 % likely')
  assert.equal(expected(forecast, 0, 2 * HOUR), 'expected in 40 min (0 min – 2 h 10), 80 % likely')
  assert.match(expected(forecast, 0, 3 * HOUR), /^expected any moment now/)
})

test('an anomaly says what moved, how sure that is, and where to look', () => {
  const said = explained(anomaly, '', undefined)
  assert.equal(said.change, 'Leak: was 0.20, is 1.9 m³/h')
  assert.equal(said.evidence, 'clear evidence, 3.4 × the threshold')
  assert.match(said.meaning ?? '', /seals/)
})

test('a share is said as per cent, and a parameter by the name that the model gives it', () => {
  const scrubber = { ...anomaly, parameter: 'scrubber/crew', from: 0.8, to: 0.1, unit: '1' }
  const said = explained(scrubber, '', undefined)
  assert.equal(said.change, 'CO₂ scrubber efficiency: was 80, is 10 %')
  assert.match(said.meaning ?? '', /sorbent/)
  const label = 'Scrubber of the crew quarters'
  const parameter = { id: 'scrubber/crew', kind: 'scrubber', label, unit: '1', mean: 0, sd: 0, p05: 0, p95: 0 } as const
  const model = { t: 0, parameters: [{ ...parameter, prior: { mean: 0, sd: 1 } }], assumptions: [], ignored: [] }
  assert.match(explained(scrubber, '', model).change ?? '', /^Scrubber of the crew quarters: /)
})

test('what the alert itself says is not said twice', () => {
  const change = (text: string) => explained({ ...anomaly, from: 3.1, to: 32 }, text, undefined).change
  assert.equal(change('Leak up from 3.1 to 32 m³/h since 09:12'), undefined)
  assert.equal(change('Leak up from 3 to 32.0 m³/h'), undefined, 'however it is rounded')
  assert.equal(change('More air is lost since 13:32 than a leak of 3.1 m³/h explains'), 'Leak: was 3.1, is 32 m³/h')
})

test('a finding that is no figure of the model says where to look, and no figures of its own', () => {
  const frozen = { ...anomaly, parameter: 'frozen/crew-air/co2', from: 812, to: 812, unit: 'h', evidence: 1 }
  const said = explained(frozen, '', undefined)
  assert.deepEqual([said.change, said.evidence], [undefined, undefined])
  assert.match(said.meaning ?? '', /stands still/)
  const drift = { ...anomaly, parameter: 'bias/crew-air/co2', from: 0, to: 4.8, unit: '% a day' }
  assert.equal(explained(drift, '', undefined).change, undefined)
  assert.match(explained(drift, '', undefined).meaning ?? '', /calibrate/)
})

test('people are counted, not shared', () => {
  const load = { ...anomaly, parameter: 'crew-load/crew', from: 3.93, to: 5.9, unit: '1' }
  assert.equal(explained(load, '', undefined).change, 'What people give off: was 3.9, is 5.9 people')
})

test('what the panel does not know by name is shown as it came', () => {
  const said = explained({ ...anomaly, parameter: 'magic' }, '', undefined)
  assert.deepEqual([said.change, said.meaning], ['magic: was 0.20, is 1.9 m³/h', undefined])
})

test('lengths of time are as fine as one can plan by', () => {
  assert.deepEqual(
    [0, 8, 60, 160, 599, 605, 31 * 60].map((minutes) => lapse(minutes * MINUTE)),
    ['under a minute', '8 min', '1 h', '2 h 40 min', '9 h 59 min', '10 h', '31 h'],
  )
  assert.equal(lapses(8 * MINUTE, 25 * MINUTE), '8 – 25 min')
  assert.equal(lapses(40 * MINUTE, 65 * MINUTE), '40 min – 1 h 05')
  assert.equal(lapses(83 * MINUTE, 191 * MINUTE), '1 h 25 – 3 h 10', 'an edge is not known to the minute')
  assert.equal(lapses(20 * HOUR, 41 * HOUR), '20 – 41 h')
})

test('no chance is said to be certain', () => {
  assert.deepEqual([1, 0.995, 0.8, 0.004].map(odds), ['> 99 %', '> 99 %', '80 %', '< 1 %'])
})

test('a figure of any size has the digits that count', () => {
  assert.deepEqual([120.4, 3.81, 0.22, 0.041, -3.5, 0].map(rough), ['120', '3.8', '0.22', '0.041', '−3.5', '0'])
})
