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
  readonly words: Int32Array
  readonly index: number
}

export class Random {
  readonly #words = new Int32Array(N)
  /** The words as they are given out: made all at once, which is quicker than one by one. */
  readonly #drawn = new Int32Array(N)
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
    this.#temper()
  }

  /** Copies the words of the state. @returns its index */
  copy(words: Int32Array): number {
    words.set(this.#words)
    return this.#index
  }

  /** The next 32 bits, as a signed integer. */
  next(): number {
    if (this.#index === N) this.#twist()
    return this.#drawn[this.#index++] as number
  }

  /**
   * Permutes a list in place as `RandomState.permutation` does: from the last place on, each swapped with one at or
   * before it, which is drawn by rejection under the smallest mask of ones.
   */
  shuffle(list: Int32Array): void {
    const drawn = this.#drawn
    let index = this.#index
    // what is rejected swaps a place with itself: no branch to mispredict, which would cost more than the swap
    for (let i = list.length - 1; i > 0; ) {
      if (index === N) {
        this.#twist()
        index = 0
      }
      const j = (drawn[index++] as number) & (-1 >>> Math.clz32(i))
      const over = (i - j) >> 31
      const at = j + ((i - j) & over)
      const swapped = list[i] as number
      list[i] = list[at] as number
      list[at] = swapped
      i -= 1 + over
    }
    this.#index = index
  }

  #twist(): void {
    const words = this.#words
    let high = words[0] as number
    for (let i = 0; i < N - M; i++) {
      const low = words[i + 1] as number
      words[i] = (words[i + M] as number) ^ mixed(high, low)
      high = low
    }
    for (let i = N - M; i < N - 1; i++) {
      const low = words[i + 1] as number
      words[i] = (words[i + M - N] as number) ^ mixed(high, low)
      high = low
    }
    words[N - 1] = (words[M - 1] as number) ^ mixed(high, words[0] as number)
    this.#index = 0
    this.#temper()
  }

  #temper(): void {
    const [words, drawn] = [this.#words, this.#drawn]
    for (let i = 0; i < N; i++) {
      let y = words[i] as number
      y ^= y >>> 11
      y ^= (y << 7) & 0x9d2c5680
      y ^= (y << 15) & 0xefc60000
      drawn[i] = y ^ (y >>> 18)
    }
  }
}

/** The upper bit of one word and the lower bits of the next, through the recurrence's matrix. */
function mixed(high: number, low: number): number {
  const y = (high & UPPER) | (low & LOWER)
  return (y >>> 1) ^ (-(y & 1) & MATRIX)
}
