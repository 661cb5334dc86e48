/** What simulated instruments measure: values that are plausible in a habitat, and move slowly. */
import { isPoint, points } from '@habtwin/contract'
import type { Clock } from '@habtwin/runtime/clock'
import type { Air } from '../drivers/driver.ts'

/** Middle, swing (both in the unit of the vocabulary) and period (minutes) of a point. */
const habits: Readonly<Record<string, readonly [middle: number, swing: number, minutes: number]>> = {
  co2: [840, 160, 35],
  co: [1.2, 0.4, 50],
  h2: [12, 6, 70],
  o2: [20.8, 0.1, 90],
  temperature: [21.8, 1.4, 45],
  humidity: [48, 7, 60],
  pressure: [879, 2, 180],
  'pressure-difference': [12, 4, 20],
  light: [420, 180, 30],
  par: [180, 60, 30],
  tvoc: [140, 70, 40],
  pm1: [5, 2, 25],
  pm25: [8, 3, 25],
  pm10: [11, 4, 25],
  power: [620, 240, 15],
  energy: [148, 0.5, 600],
  voltage: [230, 2, 12],
  current: [2.7, 1, 15],
  charge: [82, 6, 240],
  flow: [24, 5, 18],
  level: [61, 8, 120],
}

/**
 * @param seed instruments with different seeds stand in different corners of the room
 * @returns the value of a point now; one that is not known here lies in the middle of its range
 */
export function simulatedAir(clock: Clock, seed = 0): Air {
  return (point) => {
    const [middle, swing, minutes] = habits[point] ?? [centre(point), 0, 1]
    const turns = clock.now() / 60_000 / minutes + seed * 0.382
    return (
      middle + swing * 0.8 * Math.sin(2 * Math.PI * turns) + swing * 0.2 * Math.sin(2 * Math.PI * turns * 3.7 + seed)
    )
  }
}

function centre(point: string): number {
  if (!isPoint(point)) return 0
  const [low, high] = points[point].range
  return Math.max(low, Math.min(high, 0))
}
