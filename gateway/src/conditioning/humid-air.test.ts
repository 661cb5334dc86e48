import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { absoluteHumidity, dewPoint, saturation, vapourPressureDeficit } from './humid-air.ts'
import { partialPressure, pressureCorrected } from './pressure.ts'

const close = (found: number, expected: number, share: number, what: string) =>
  assert.ok(Math.abs(found / expected - 1) <= share, `${what}: ${found}, where the table has ${expected}`)

test('saturation is that of the tables', () => {
  // FAO Irrigation and Drainage Paper 56, annex 2, table 2.3: e°(T), kPa
  for (const [t, kPa] of [
    [1, 0.657],
    [5, 0.872],
    [10, 1.228],
    [15, 1.705],
    [20, 2.338],
    [25, 3.168],
    [30, 4.243],
    [35, 5.624],
    [40, 7.376],
  ] as const) {
    close(saturation(t) / 10, kPa, 0.004, `at ${t} °C`)
  }
  // IAPWS-95, as steam tables have it, hPa
  for (const [t, hPa] of [
    [20, 23.393],
    [25, 31.699],
    [30, 42.47],
    [50, 123.52],
  ] as const) {
    close(saturation(t), hPa, 0.005, `at ${t} °C`)
  }
})

test('the dew point is the temperature at which the air would be saturated', () => {
  // the usual table of dew points by temperature and relative humidity, which is given to 0.1 °C
  for (const [t, humidity, expected] of [
    [30, 50, 18.4],
    [25, 60, 16.7],
    [25, 40, 10.5],
    [20, 50, 9.3],
    [20, 80, 16.4],
    [10, 70, 4.8],
  ] as const) {
    assert.ok(Math.abs(dewPoint(t, humidity) - expected) < 0.1, `${t} °C, ${humidity} %: ${dewPoint(t, humidity)}`)
  }
  const air = [fc.double({ min: -40, max: 60, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true })] as const
  fc.assert(
    fc.property(...air, (t, humidity) => {
      const vapour = (saturation(t) * humidity) / 100
      assert.ok(Math.abs(saturation(dewPoint(t, humidity)) / vapour - 1) < 1e-9)
      assert.ok(dewPoint(t, humidity) <= t + 1e-9)
    }),
  )
})

test('saturated air holds as much water as the tables say', () => {
  for (const [t, grams] of [
    [0, 4.85],
    [10, 9.4],
    [20, 17.3],
    [25, 23.0],
    [30, 30.4],
  ] as const) {
    close(absoluteHumidity(t, 100), grams, 0.006, `at ${t} °C`)
  }
})

test('the deficit is what FAO 56 reckons from mean temperature and humidity', () => {
  close(vapourPressureDeficit(25, 60), 3.168 * 0.4, 0.004, '25 °C, 60 %')
  assert.equal(vapourPressureDeficit(25, 100), 0)
})

test('a gas has its share of the pressure', () => {
  // 20.95 % of 1013.25 hPa is 212.3 hPa, 159.2 mmHg
  close(partialPressure(209_500, 1_013.25), 159.2, 0.001, 'O2 at sea level')
  // 6 mmHg is what the guard takes for 9,100 ppm at 879 hPa
  close(partialPressure(9_100.5, 879), 6, 0.001, 'CO2 at 879 hPa')
})

test('a sensor of CO2 that knows no pressure reads low on a mountain, and is put right', () => {
  assert.equal(pressureCorrected(1_000, 1_013.25), 1_000)
  close(pressureCorrected(1_000, 879), 1_152.7, 0.001, '879 hPa')
})
