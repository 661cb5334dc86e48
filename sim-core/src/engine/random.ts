/**
 * The Mersenne Twister MT19937, seeded and drawn from as NumPy's legacy RandomState does, so that a seed gives the
 * same order of turns as in engines that are built on it.
 *
 * M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudorandom number
 * generator", ACM TOMACS 8 (1998) 3–30; initialisation as in the authors' `init_genrand` of 2002.
 */

const N = 624
const M = 397
const UPPER = 0x80000000
const LOWER = 0x7fffffff
const MATRIX = 0x9908b0df

/** The generator's state, to go on from. */
export interface RandomState {
  readonly words: Uint32Array
  readonly index: number
}

export class Random {
  readonly #words = new Uint32Array(N)
  #index = N

  /** @param seed 0 to 2³² − 1 */
  constructor(seed: number) {
    this.seed(seed)
  }

  seed(seed: number): void {
    const words = this.#words
    words[0] = seed
    for (let i = 1; i < N; i++) {
      const last = (words[i - 1] as number) ^ ((words[i - 1] as number) >>> 30)
      words[i] = Math.imul(1812433253, last) + i
    }
    this.#index = N
  }

  get state(): RandomState {
    return { words: this.#words.slice(), index: this.#index }
  }

  set state({ words, index }: RandomState) {
    this.#words.set(words)
    this.#index = index
  }

  /** The next 32 bits, as a signed integer. */
  next(): number {
    if (this.#index === N) this.#twist()
    let y = this.#words[this.#index++] as number
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return y ^ (y >>> 18)
  }

  /**
   * Permutes a list in place as `RandomState.permutation` does: from the last place on, each swapped with one at or
   * before it, which is drawn by rejection under the smallest mask of ones.
   */
  shuffle(list: Int32Array): void {
    for (let i = list.length - 1; i > 0; i--) {
      const mask = -1 >>> Math.clz32(i)
      let j = this.next() & mask
      while (j > i) j = this.next() & mask
      const swapped = list[i] as number
      list[i] = list[j] as number
      list[j] = swapped
    }
  }

  #twist(): void {
    const words = this.#words
    for (let i = 0; i < N; i++) {
      const y = ((words[i] as number) & UPPER) | ((words[i + 1 === N ? 0 : i + 1] as number) & LOWER)
      const far = words[i < N - M ? i + M : i + M - N] as number
      words[i] = far ^ (y >>> 1) ^ (y & 1 ? MATRIX : 0)
    }
    this.#index = 0
  }
}
