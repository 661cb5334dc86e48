/** For tests: made series, the same for the same seed. */

export interface Made {
  /** From 0 to 1. */
  uniform(): number
  /** Standard normal. */
  normal(): number
}

/** Mulberry32, and Box and Muller's normal. */
export function made(seed: number): Made {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 15), x | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 4_294_967_296
  }
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()) }
}

/** A series that resembles itself from minute to minute, with standard deviation 1. */
export function coloured({ normal }: Made, phi: number): () => number {
  let x = normal()
  const fresh = Math.sqrt(1 - phi * phi)
  return () => {
    x = phi * x + fresh * normal()
    return x
  }
}
