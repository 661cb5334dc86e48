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

/** @param values by `u16`, `f32 CDAB` … */
export function guess(values: ReadonlyMap<string, number>): Guess | undefined {
  const floats = [...values].flatMap(([key, value]) => {
    const [type, order] = key.split(' ')
    return type === 'f32' && order !== undefined && isSane(value) ? [{ order, value }] : []
  })
  const word = values.get('u16') ?? 0
  for (const [point, unit, low, high] of FLOATS) {
    const one = floats.find(({ value }) => value >= low && value <= high)
    if (one !== undefined) return { type: 'f32', ...one, point, unit }
  }
  for (const [point, unit, scale, low, high] of WHOLES) {
    if (word < low || word > high) continue
    const value = Number((word * scale).toPrecision(6))
    return { type: 'u16', ...(scale === 1 ? {} : { scale }), value, point, unit }
  }
  // one order alone makes sense: it is a float, of something
  const [only, ...others] = floats
  return only !== undefined && others.length === 0 ? { type: 'f32', ...only } : undefined
}
