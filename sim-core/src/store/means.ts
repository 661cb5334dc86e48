/** Sums values up to one mean a span of time, with least, greatest and count. */
import { HabtwinError } from '@habtwin/contract/errors'

/** Spans in one answer: more than any screen has pixels, few enough to hold. */
const MAX_SPANS = 1_000_000

export class Means {
  readonly #from: number
  readonly #to: number
  readonly #every: number
  readonly #begin: number
  readonly #sum: Float64Array
  readonly #min: Float64Array
  readonly #max: Float64Array
  readonly #n: Float64Array

  /**
   * @param from first ms, included
   * @param to last ms, included
   * @param every length of a span, ms; spans begin at multiples of it since the epoch
   * @throws HabtwinError request/too-large
   */
  constructor(from: number, to: number, every: number) {
    const begin = Math.floor(from / every)
    const spans = Math.max(0, Math.floor(to / every) - begin + 1)
    if (!(every > 0) || !(spans <= MAX_SPANS)) {
      throw new HabtwinError('request/too-large', `The request asks for ${spans} spans of ${every} ms`)
    }
    this.#from = from
    this.#to = to
    this.#every = every
    this.#begin = begin
    this.#sum = new Float64Array(spans)
    this.#min = new Float64Array(spans).fill(Number.POSITIVE_INFINITY)
    this.#max = new Float64Array(spans).fill(Number.NEGATIVE_INFINITY)
    this.#n = new Float64Array(spans)
  }

  add(t: number, value: number): void {
    this.addAll([t], [value], 1)
  }

  /** NaN, which stands for null, and what lies outside are passed over. */
  addAll(t: ArrayLike<number>, value: ArrayLike<number>, count: number): void {
    const [from, to, every] = [this.#from, this.#to, this.#every]
    // neighbours mostly share a span: it is summed up here and put down when it is left
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let [sum, min, max, n] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
    for (let i = 0; i < count; i++) {
      const when = t[i] as number
      const what = value[i] as number
      if (Number.isNaN(what) || when < from || when > to) continue
      if (when < low || when >= high) {
        this.#put(low, sum, min, max, n)
        const span = Math.floor(when / every)
        low = span * every
        high = (span + 1) * every
        sum = 0
        n = 0
        min = Number.POSITIVE_INFINITY
        max = Number.NEGATIVE_INFINITY
      }
      sum += what
      n++
      if (what < min) min = what
      if (what > max) max = what
    }
    this.#put(low, sum, min, max, n)
  }

  #put(low: number, sum: number, min: number, max: number, n: number): void {
    if (n === 0) return
    const at = Math.round(low / this.#every) - this.#begin
    this.#sum[at] = (this.#sum[at] as number) + sum
    this.#n[at] = (this.#n[at] as number) + n
    if (min < (this.#min[at] as number)) this.#min[at] = min
    if (max > (this.#max[at] as number)) this.#max[at] = max
  }

  /** The spans that have a value, the first `limit` of them. */
  result(limit: number) {
    let count = 0
    for (const n of this.#n) if (n > 0) count++
    const kept = Math.min(count, limit)
    const make = () => new Float64Array(kept)
    const out = { t: make(), value: make(), min: make(), max: make(), n: make(), more: kept < count }
    for (let at = 0, i = 0; i < kept; at++) {
      const n = this.#n[at] as number
      if (n === 0) continue
      out.t[i] = (this.#begin + at) * this.#every
      out.value[i] = (this.#sum[at] as number) / n
      out.min[i] = this.#min[at] as number
      out.max[i] = this.#max[at] as number
      out.n[i] = n
      i++
    }
    return out
  }
}
