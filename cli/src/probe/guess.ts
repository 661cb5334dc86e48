/** Which of the ways to read a register makes a figure such as instruments show. A guess, for a person to judge. */

export interface Guess {
  readonly type: 'u16' | 'i16' | 'f32'
  readonly order?: string
  readonly scale?: number
  readonly value: number
  /** The point that it could be, and its unit; a number without a name where the range fits none. */
  readonly point?: string
  readonly unit?: string
}

/** Where figures of a habitat lie on most days, the narrowest first; a float and a whole number are judged apart. */
const FLOATS: readonly (readonly [point: string, unit: string, low: number, high: number])[] = [
  ['frequency', 'Hz', 49.5, 50.5],
  ['frequency', 'Hz', 59.5, 60.5],
  ['voltage', 'V', 215, 250],
  ['voltage', 'V', 110, 127],
  ['temperature', 'Cel', 10, 40],
  ['humidity', '%', 40, 95],
  ['co2', 'ppm', 380, 849],
  ['pressure', 'hPa', 850, 1_080],
  ['co2', 'ppm', 1_081, 6_000],
]
const WHOLES: readonly (readonly [point: string, unit: string, scale: number, low: number, high: number])[] = [
  ['frequency', 'Hz', 0.01, 4_950, 5_050],
  ['frequency', 'Hz', 0.01, 5_950, 6_050],
  ['voltage', 'V', 0.1, 2_150, 2_500],
  ['pressure', 'hPa', 0.1, 8_500, 10_800],
  ['temperature', 'Cel', 0.1, 150, 350],
  ['co2', 'ppm', 1, 380, 2_000],
]

/** A float that is one: neither next to nothing nor beyond all measure, which is what other bits read as floats are. */
function isSane(value: number): boolean {
  const size = Math.abs(value)
  return size >= 1e-3 && size < 1e6
}

/** A float in this order, where it is one. */
function floatOf(values: ReadonlyMap<string, number>, order: string): Guess | undefined {
  const value = values.get(`f32 ${order}`)
  if (value === undefined || !isSane(value)) return undefined
  const known = FLOATS.find(([, , low, high]) => value >= low && value <= high)
  return { type: 'f32', order, value, ...(known === undefined ? {} : { point: known[0], unit: known[1] }) }
}

/**
 * The order in which the registers make most floats; a device has one order for all.
 * @param rows what each register and the next are, by `u16`, `f32 CDAB` …
 */
export function orderOf(rows: readonly ReadonlyMap<string, number>[], orders: readonly string[]): string | undefined {
  const scores = orders.map((order) => {
    let score = 0
    for (let i = 0; i < rows.length; i++) {
      const found = floatOf(rows[i] as ReadonlyMap<string, number>, order)
      if (found === undefined) continue
      // one that is half made of nothing may be the end of another and the beginning of a third
      const isHollow = rows[i]?.get('u16') === 0 || rows[i + 1]?.get('u16') === 0
      score += isHollow ? 0.5 : found.point === undefined ? 1 : 2
      // a table of floats in another order looks like one too, a register later: the first register begins one
      if (i % 2 === 0) score += 0.25
      i++
    }
    return score
  })
  const best = Math.max(0, ...scores)
  return best === 0 ? undefined : orders[scores.indexOf(best)]
}

/** @param order of its floats, where it has some */
export function guess(values: ReadonlyMap<string, number>, order: string | undefined): Guess | undefined {
  const float = order === undefined ? undefined : floatOf(values, order)
  if (float !== undefined) return float
  const word = values.get('u16') ?? 0
  const known = WHOLES.find(([, , , low, high]) => word >= low && word <= high)
  if (known === undefined) return undefined
  const [point, unit, scale] = known
  return { type: 'u16', ...(scale === 1 ? {} : { scale }), value: Number((word * scale).toPrecision(6)), point, unit }
}
