/** What is supposed of a quantity of which next to nothing was seen: how finely it is measured, how far it may go. */
import { pointInfo } from '@habtwin/contract/points'

/** Of a normal distribution, at the levels of a forecast: 5, 10 … 95 %. */
const normal: readonly number[] = [
  -1.645, -1.282, -1.036, -0.842, -0.674, -0.524, -0.385, -0.253, -0.126, 0,
  0.126, 0.253, 0.385, 0.524, 0.674, 0.842, 1.036, 1.282, 1.645,
] // biome-ignore format: a table
/** Scatter of a minute's mean, and unrest of the drift (unit/h), in steps of what is resolved. */
export const SCATTER = 3
export const UNREST = 30
/** How long the drift remembers, h: what people do lasts about so long. */
export const MEMORY = 1.5
/** Minutes of readings after which the forecaster knows better. */
const YOUNG = 60

/** What instruments of a quantity resolve, in its unit. */
export function resolutionOf(quantity: string): number {
  // hygrometers are read more finely than people want to see
  return quantity === 'humidity' ? 0.2 : 10 ** -pointInfo(quantity).digits
}

/** Standard deviation of a level that drifts by chance, `hours` on (see level.ts). */
function wander(resolution: number, hours: number): number {
  const fade = Math.exp(-hours / MEMORY)
  const wandered = (UNREST * resolution * MEMORY) ** 2 * ((2 * hours) / MEMORY - 3 + 4 * fade - fade * fade)
  return Math.sqrt((SCATTER * resolution) ** 2 + Math.max(0, wandered))
}

/**
 * Quantiles of a forecast as they may be told: within what is physically possible, in order, and as long as there
 * were few readings no narrower than what is supposed beforehand.
 * @param age minutes with a reading so far
 * @param quantiles by lead and level; changed in place
 */
export function sober(quantity: string, age: number, leads: readonly number[], quantiles: Float64Array): void {
  const count = normal.length
  const [low, high] = pointInfo(quantity).range
  const youth = Math.max(0, 1 - age / YOUNG)
  const resolution = resolutionOf(quantity)
  for (let l = 0; l < leads.length; l++) {
    const from = l * count
    const median = quantiles[from + (count >> 1)] as number
    const half = youth === 0 ? 0 : youth * wander(resolution, (leads[l] as number) / 60)
    for (let i = 0; i < count; i++) {
      const apart = half * (normal[i] as number)
      const said = quantiles[from + i] as number
      const wide = apart < 0 ? Math.min(said, median + apart) : Math.max(said, median + apart)
      quantiles[from + i] = Math.min(high, Math.max(low, youth === 0 ? said : wide))
    }
  }
}

/** What can be said of a quantity just met: it stays, as far as is supposed. */
export function firstSaid(quantity: string, measured: number, leads: readonly number[]): Float64Array {
  const quantiles = new Float64Array(leads.length * normal.length).fill(measured)
  sober(quantity, 0, leads, quantiles)
  return quantiles
}
