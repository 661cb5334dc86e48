/** Chance of the ensemble: reproducible, and its state is one number. */

/** Uniform from 0 to 1 (mulberry32, a 32-bit counter and a mixing function). */
export class Chance {
  state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }
}

const SIZE = 1 << 14
let table: Float64Array | undefined

/** A table of standard normals, the same in every process: drawing one costs a load. */
function normals(): Float64Array {
  if (table !== undefined) return table
  const chance = new Chance(20_260_711)
  table = Float64Array.from({ length: SIZE }, () => chance.normal())
  return table
}

/** A column of standard normals whose mean is exactly zero, so that chance does not move the ensemble's mean. */
export function column(chance: Chance, out: Float64Array): Float64Array {
  const from = normals()
  const n = out.length
  // a random place and a random odd stride: columns that share no run of numbers
  let at = (chance.uniform() * SIZE) | 0
  const stride = 2 * ((chance.uniform() * 64) | 0) + 1
  let sum = 0
  for (let m = 0; m < n; m++) {
    const value = from[at] as number
    out[m] = value
    sum += value
    at = (at + stride) & (SIZE - 1)
  }
  const mean = sum / n
  for (let m = 0; m < n; m++) out[m] = (out[m] as number) - mean
  return out
}

/** A shuffled, stratified sample of the standard normal: a small ensemble that begins with the right mean and spread. */
export function stratified(chance: Chance, members: number): Float64Array {
  const out = new Float64Array(members)
  for (let i = 0; i < members; i++) out[i] = probit((i + 0.5) / members)
  for (let i = members - 1; i > 0; i--) {
    const j = Math.floor(chance.uniform() * (i + 1))
    const kept = out[i] as number
    out[i] = out[j] as number
    out[j] = kept
  }
  return out
}

/**
 * The quantile of the standard normal, by bisection on its distribution function (Abramowitz and Stegun 26.2.17,
 * error below 7.5e-8).
 */
function probit(p: number): number {
  let [low, high] = [-6, 6]
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2
    if (distribution(middle) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

function distribution(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly
  return x >= 0 ? 1 - tail : tail
}
