import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convertPoint, pointConvertible } from './gas.ts'
import { convert, convertDifference, convertible, parseQuantity, ucum, unitCode } from './units.ts'

/** NIST SP 811 (2008), appendix B.8: what one unit is, in SI. */
const nist: readonly [written: string, si: string, factor: number][] = [
  ['psi', 'Pa', 6.894757e3],
  ['inHg', 'Pa', 3.386389e3],
  ['mmHg', 'Pa', 1.333224e2],
  ['torr', 'Pa', 1.333224e2],
  ['cmH2O', 'Pa', 9.80665e1],
  ['inH2O', 'Pa', 2.490889e2],
  ['atm', 'Pa', 1.01325e5],
  ['bar', 'Pa', 1e5],
  ['gal', 'm3', 3.785412e-3],
  ['gal/min', 'm3/s', 6.30902e-5],
  ['ft3/min', 'm3/s', 4.719474e-4],
  ['ft3', 'm3', 2.831685e-2],
  ['ft2', 'm2', 9.290304e-2],
  ['ft', 'm', 3.048e-1],
  ['in', 'm', 2.54e-2],
  ['lb', 'kg', 4.535924e-1],
  ['kWh', 'J', 3.6e6],
]

for (const [written, si, factor] of nist) {
  test(`a ${written} is as many ${si} as NIST SP 811 says`, () => {
    assert.ok(Math.abs(convert(1, written, si) / factor - 1) < 3e-7, String(convert(1, written, si)))
  })
}

test('decimal prefixes and spellings of one unit agree', () => {
  for (const [value, from, to, expected] of [
    [4, 'mA', 'A', 0.004],
    [20_000, 'uA', 'mA', 20],
    [12, 'kΩ', 'ohm', 12_000],
    [1, 'mg/L', 'mg/m3', 1_000],
    [1, 'g/m³', 'mg/l', 1],
    [250, 'ug/m3', 'mg/m3', 0.25],
    [1.8, 'mS/cm', 'µS/cm', 1_800],
    [36, 'm3/h', 'L/s', 10],
    [68, '°F', '°C', 20],
    [300, 'K', 'Cel', 26.85],
    [1_013.25, 'mbar', 'kPa', 101.325],
  ] as const) {
    assert.ok(Math.abs(convert(value, from, to) - expected) < 1e-9, `${value} ${from} in ${to}`)
  }
})

test('a difference of temperatures knows no zero of the scale', () => {
  assert.ok(Math.abs(convertDifference(2, 'K', 'Cel') - 2) < 1e-12)
  assert.ok(Math.abs(convertDifference(9, '°F', '°C') - 5) < 1e-12)
  assert.equal(convertDifference(12, 'ppm', 'ppm'), 12)
})

test('what does not measure the same does not convert', () => {
  assert.equal(convertible('mg/m3', 'ppm'), false)
  assert.equal(convertible('W', 'VA'), false)
  assert.throws(() => convert(1, 'psi', 'm'), RangeError)
  assert.deepEqual(parseQuantity('29.92 inHg'), { value: 29.92, unit: "[in_i'Hg]" })
  assert.equal(ucum(unitCode('psi') ?? ''), 'psi')
})

test('a gas in mg/m3 is as many ppm as NIOSH says, at 25 °C and 1013.25 hPa', () => {
  // NIOSH Pocket Guide: 1 ppm of CO is 1.15 mg/m3, 1 ppm of CO2 is 1.80 mg/m3
  assert.equal(convertPoint('co', 1, 'ppm', 'mg/m3').toFixed(3), '1.145')
  assert.equal(convertPoint('co2', 1, 'ppm', 'mg/m3').toFixed(2), '1.80')
  assert.equal(convertPoint('o2', 20.95, '%', 'g/m3').toFixed(0), '274')
  assert.equal(convertPoint('h2', 100, 'ppm', 'mg/m3').toFixed(2), '8.24')
  const there = convertPoint('co', 35, '[ppm]', 'ug/m3')
  assert.ok(Math.abs(convertPoint('co', there, 'ug/m3', '[ppm]') - 35) < 1e-9)
})

test('nobody knows how many ppm a mass of something else is', () => {
  assert.equal(pointConvertible('tvoc', 'mg/m3', 'ppb'), false)
  assert.equal(pointConvertible('co2', 'mg/m3', '%'), true)
  assert.equal(pointConvertible('temperature', 'K', 'Cel'), true)
  assert.throws(() => convertPoint('tvoc', 1, 'mg/m3', 'ppb'), RangeError)
})
