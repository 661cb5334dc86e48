/** The last while of one series, in a fixed number of buckets, so that an hour costs no more than a minute. */

const MINUTE = 60_000

export class Window {
  readonly #width: number
  readonly #sums: Float64Array
  readonly #times: Float64Array
  readonly #counts: Uint32Array
  /** Bucket numbers on the time axis; the origin keeps sums of times small. */
  #first = 0
  #newest = Number.NEGATIVE_INFINITY
  #origin = 0

  /**
   * @param span ms
   * @param buckets how finely it is kept
   */
  constructor(span: number, buckets: number) {
    this.#width = span / buckets
    this.#sums = new Float64Array(buckets)
    this.#times = new Float64Array(buckets)
    this.#counts = new Uint32Array(buckets)
  }

  /** Takes a value. Times do not go back (`clear` where they must). */
  add(t: number, value: number): void {
    const bucket = Math.floor(t / this.#width)
    const n = this.#sums.length
    if (this.#newest === Number.NEGATIVE_INFINITY) {
      this.#first = bucket
      this.#origin = t
    } else {
      for (let old = Math.max(this.#newest + 1, bucket - n + 1); old <= bucket; old++) this.#empty(old)
    }
    this.#newest = bucket
    this.#first = Math.max(this.#first, bucket - n + 1)
    const at = this.#index(bucket)
    this.#sums[at] = (this.#sums[at] ?? 0) + value
    this.#times[at] = (this.#times[at] ?? 0) + (t - this.#origin)
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
  }

  clear(): void {
    this.#newest = Number.NEGATIVE_INFINITY
    this.#sums.fill(0)
    this.#times.fill(0)
    this.#counts.fill(0)
  }

  /** The mean, each bucket counted alike; undefined until half the span has been seen. */
  mean(): number | undefined {
    if (!this.#filled()) return undefined
    let sum = 0
    let n = 0
    for (let i = 0; i < this.#sums.length; i++) {
      const count = this.#counts[i] as number
      if (count === 0) continue
      sum += (this.#sums[i] as number) / count
      n++
    }
    return sum / n
  }

  /** The slope of a straight line through it (least squares), per minute; undefined until half the span was seen. */
  slope(): number | undefined {
    if (!this.#filled()) return undefined
    let [n, st, sx, stt, stx] = [0, 0, 0, 0, 0]
    for (let i = 0; i < this.#sums.length; i++) {
      const count = this.#counts[i] as number
      if (count === 0) continue
      const t = (this.#times[i] as number) / count / MINUTE
      const x = (this.#sums[i] as number) / count
      n++
      st += t
      sx += x
      stt += t * t
      stx += t * x
    }
    const spread = n * stt - st * st
    return n < 3 || spread <= 0 ? undefined : (n * stx - st * sx) / spread
  }

  #filled(): boolean {
    return this.#newest - this.#first >= this.#sums.length / 2
  }

  #empty(bucket: number): void {
    const at = this.#index(bucket)
    this.#sums[at] = 0
    this.#times[at] = 0
    this.#counts[at] = 0
  }

  #index(bucket: number): number {
    const n = this.#sums.length
    return ((bucket % n) + n) % n
  }
}
