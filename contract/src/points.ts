/**
 * The vocabulary of measured quantities. One name, one unit (UCUM), one default range:
 * a driver that speaks of CO2 says `co2` in ppm, whatever its instrument's own registers say.
 */
import { ucum } from './units.ts'

/** What is known about a point of the vocabulary. */
export interface PointInfo {
  /** UCUM unit of every value of this point, on the wire and in the store. */
  readonly unit: string
  /** What a person reads beside the figure. */
  readonly label: string
  /** Values outside are no measurement but a fault of the instrument (inclusive bounds, in `unit`). */
  readonly range: readonly [low: number, high: number]
  /** Digits after the point that carry meaning on a screen. */
  readonly digits: number
}

/** Every point that habtwin knows by name. A device may add points of its own, with a unit. */
export const points = {
  co2: { unit: '[ppm]', label: 'CO₂', range: [0, 100_000], digits: 0 },
  co: { unit: '[ppm]', label: 'CO', range: [0, 10_000], digits: 1 },
  h2: { unit: '[ppm]', label: 'H₂', range: [0, 1_000_000], digits: 0 },
  o2: { unit: '%', label: 'O₂', range: [0, 100], digits: 2 },
  temperature: { unit: 'Cel', label: 'Temperature', range: [-60, 150], digits: 1 },
  humidity: { unit: '%', label: 'Humidity', range: [0, 100], digits: 0 },
  'dew-point': { unit: 'Cel', label: 'Dew point', range: [-100, 150], digits: 1 },
  'absolute-humidity': { unit: 'g/m3', label: 'Absolute humidity', range: [0, 1_000], digits: 1 },
  vpd: { unit: 'kPa', label: 'Vapour pressure deficit', range: [0, 200], digits: 2 },
  'humidity-ratio': { unit: 'kg/kg', label: 'Humidity ratio', range: [0, 1], digits: 5 },
  pressure: { unit: 'hPa', label: 'Pressure', range: [100, 1_500], digits: 1 },
  'pressure-difference': { unit: 'Pa', label: 'Pressure difference', range: [-10_000, 10_000], digits: 1 },
  // partial pressures, in the unit of the limits (NASA-STD-3001 volume 2, [6003] and [6004])
  po2: { unit: 'mmHg', label: 'O₂ partial pressure', range: [0, 1_125], digits: 1 },
  pco2: { unit: 'mmHg', label: 'CO₂ partial pressure', range: [0, 113], digits: 2 },
  altitude: { unit: 'm', label: 'Altitude', range: [-1_000, 20_000], digits: 0 },
  light: { unit: 'lx', label: 'Light', range: [0, 200_000], digits: 0 },
  par: { unit: 'umol/m2/s', label: 'PAR', range: [0, 5_000], digits: 0 },
  tvoc: { unit: '[ppb]', label: 'TVOC', range: [0, 100_000], digits: 0 },
  eco2: { unit: '[ppm]', label: 'CO₂ equivalent', range: [0, 100_000], digits: 0 },
  ethanol: { unit: '[ppm]', label: 'Ethanol', range: [0, 1_000_000], digits: 2 },
  'gas-resistance': { unit: 'Ohm', label: 'Gas resistance', range: [0, 1_000_000_000], digits: 0 },
  pm1: { unit: 'ug/m3', label: 'PM1', range: [0, 5_000], digits: 0 },
  pm25: { unit: 'ug/m3', label: 'PM2.5', range: [0, 5_000], digits: 0 },
  pm10: { unit: 'ug/m3', label: 'PM10', range: [0, 5_000], digits: 0 },
  power: { unit: 'W', label: 'Power', range: [-1_000_000, 1_000_000], digits: 0 },
  energy: { unit: 'kW.h', label: 'Energy', range: [-1_000_000_000, 1_000_000_000], digits: 2 },
  voltage: { unit: 'V', label: 'Voltage', range: [-100_000, 100_000], digits: 1 },
  current: { unit: 'A', label: 'Current', range: [-100_000, 100_000], digits: 2 },
  frequency: { unit: 'Hz', label: 'Frequency', range: [0, 100_000], digits: 2 },
  'power-factor': { unit: '1', label: 'Power factor', range: [-1, 1], digits: 3 },
  'apparent-power': { unit: 'V.A', label: 'Apparent power', range: [-1_000_000, 1_000_000], digits: 0 },
  'reactive-power': { unit: 'var', label: 'Reactive power', range: [-1_000_000, 1_000_000], digits: 0 },
  charge: { unit: '%', label: 'Battery', range: [0, 100], digits: 0 },
  flow: { unit: 'L/min', label: 'Flow', range: [-100_000, 100_000], digits: 2 },
  level: { unit: '%', label: 'Level', range: [0, 100], digits: 1 },
  mass: { unit: 'kg', label: 'Mass', range: [-1_000_000, 1_000_000], digits: 2 },
  smoke: { unit: '1', label: 'Smoke', range: [0, 1], digits: 0 },
  occupancy: { unit: '1', label: 'People', range: [0, 1_000], digits: 0 },
  crew: { unit: '1', label: 'Crew', range: [0, 1_000], digits: 0 },
  state: { unit: '1', label: 'State', range: [-1_000_000, 1_000_000], digits: 0 },
} as const satisfies Record<string, PointInfo>

/** A point of the vocabulary. */
export type Point = keyof typeof points

/** True where the name is in the vocabulary. */
export function isPoint(name: string): name is Point {
  return Object.hasOwn(points, name)
}

/** What is known about a point; a name outside the vocabulary is a bare number. */
export function pointInfo(name: string): PointInfo {
  return isPoint(name)
    ? points[name]
    : { unit: '1', label: name, range: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], digits: 2 }
}

/** A value with its unit as a person reads it: `812 ppm`, `20.87 %`, `22.4 °C`. */
export function display(point: string, value: number | null): string {
  const info = pointInfo(point)
  if (value === null) return '–'
  const unit = ucum(info.unit)
  return unit === '' ? value.toFixed(info.digits) : `${value.toFixed(info.digits)} ${unit}`
}
