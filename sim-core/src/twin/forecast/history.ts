/** What has been read so far, cleaned, on a grid of whole steps. The last weeks are kept. */
import type { Archive } from './archive.ts'

const OUTLIER = 12
const AGREE = 3
const GRIDS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001]
/** Steps of a hole that are put on a line once its end is known. */
const BRIDGED = 60
/** That are kept. */
const DAYS = 35

interface Episode {
  /** The value before. */
  anchor: number
  jumped: number
  /** Step of the jump, and the readings since. */
  began: number
  readonly values: number[]
}

/** One quantity, step by step. */
export class History {
  /** Steps in a day. */
  readonly day: number
  /** Rings. Cleaned values, a hole filled with the last one; and 1 where there was a reading that was believed. */
  readonly #values: Float64Array
  readonly #live: Uint8Array
  readonly #size: number
  /** Index of the newest. */
  k = -1
  /** Steps since the last reading. */
  silent = Number.POSITIVE_INFINITY
  /** Steps of the silence that ended with the present reading; 0 where there was none. */
  gap = 0
  /** The present reading was taken for an outlier. */
  outlier = false
  /** Usual absolute change within a step. */
  change = 0
  #large = 0
  /** A jump of which it is not known yet what it is. */
  #episode: Episode | undefined
  /** What jumps have turned out to be; a first one is believed. */
  #spikes = 0
  #steps = 0
  #seen = 0
  readonly #onGrid = new Float64Array(GRIDS.length)

  constructor(day: number) {
    this.day = day
    this.#size = Math.max(DAYS * day, 256)
    this.#values = new Float64Array(this.#size)
    this.#live = new Uint8Array(this.#size)
  }

  get now(): number {
    return this.k < 0 ? Number.NaN : (this.#values[this.k % this.#size] as number)
  }

  /** Of a step in the past; before the first that is known, the first. */
  at(k: number): number {
    return this.#values[Math.max(k, 0, this.k - this.#size + 1) % this.#size] as number
  }

  /** Whether there was a reading at a step, and it was believed. */
  isLive(k: number): boolean {
    return k >= 0 && k > this.k - this.#size && k <= this.k && this.#live[k % this.#size] === 1
  }

  step(value: number): void {
    let before = this.now
    this.outlier = false
    this.gap = 0
    if (Number.isNaN(value)) {
      this.silent++
      this.#episode = undefined
      this.#push(before, 0)
      return
    }
    // what lay before the first reading is taken to have been like it
    if (this.#seen === 0) this.#values.fill(value)
    if (Number.isNaN(before)) before = value
    if (this.#episode !== undefined) this.#follow(this.#episode, value)
    if (this.#seen > 0) before = this.now
    const change = Math.abs(value - before)
    const limit = Math.max(OUTLIER * this.change, 3 * this.#large)
    if (this.#episode === undefined && this.silent <= 3 && this.#seen > 60 && change > limit) {
      this.#episode = { anchor: before, jumped: value, began: this.k + 1, values: [] }
    }
    if (this.#episode !== undefined) {
      const { anchor, values } = this.#episode
      values.push(value)
      if (values.length >= AGREE) this.#end(true)
      else if (this.#spikes > this.#steps) {
        this.outlier = true
        this.silent = 0
        this.#push(anchor, 0)
        return
      }
    } else if (this.silent === 0 && !Number.isNaN(before)) {
      const rate = Math.max(1 / 500, 1 / (this.#seen + 1))
      this.change += (Math.min(change, 10 * this.change + (this.#seen < 60 ? change : 0)) - this.change) * rate
      this.#large = Math.max(change, this.#large * (1 - 1 / 3_000))
    }
    this.gap = this.#seen === 0 ? 0 : this.silent
    if (this.gap > 0) this.#bridge(value)
    this.#seen++
    for (let i = 0; i < GRIDS.length; i++) {
      const cells = value / (GRIDS[i] as number)
      if (Math.abs(cells - Math.round(cells)) < 1e-4) this.#onGrid[i] = (this.#onGrid[i] as number) + 1
    }
    this.silent = 0
    this.#push(value, 1)
  }

  /** Lets steps go by in which nobody looked; what is known stays. */
  skip(steps: number): void {
    const { now } = this
    if (Number.isNaN(now)) return
    this.#episode = undefined
    this.silent += steps
    for (let i = 0; i < steps; i++) this.#push(now, 0)
  }

  /** The grid that the instrument's values lie on, or 0. */
  get resolution(): number {
    for (let i = 0; i < GRIDS.length; i++) {
      if ((this.#onGrid[i] as number) > 0.97 * this.#seen) return GRIDS[i] as number
    }
    return 0
  }

  keep(archive: Archive): void {
    archive.numbers(this.#values, this.#live, this.#onGrid)
    this.k = archive.number(this.k)
    this.silent = archive.number(this.silent)
    this.gap = archive.number(this.gap)
    this.outlier = archive.number(Number(this.outlier)) === 1
    this.change = archive.number(this.change)
    this.#large = archive.number(this.#large)
    this.#spikes = archive.number(this.#spikes)
    this.#steps = archive.number(this.#steps)
    this.#seen = archive.number(this.#seen)
    const length = archive.number(this.#episode?.values.length ?? 0)
    if (length === 0) {
      this.#episode = undefined
      return
    }
    this.#episode ??= { anchor: 0, jumped: 0, began: 0, values: Array<number>(length).fill(0) }
    const { values } = this.#episode
    this.#episode.anchor = archive.number(this.#episode.anchor)
    this.#episode.jumped = archive.number(this.#episode.jumped)
    this.#episode.began = archive.number(this.#episode.began)
    for (let i = 0; i < length; i++) values[i] = archive.number(values[i] as number)
  }

  /** Is a jump that was seen taken back? */
  #follow({ anchor, jumped }: Episode, value: number): void {
    if (Math.abs(value - anchor) < Math.abs(jumped - anchor) / 2) this.#end(false)
  }

  /** A jump has turned out to be a step, or a spike; what stands in the past is put right. */
  #end(step: boolean): void {
    const { anchor, jumped, began, values } = this.#episode as Episode
    this.#episode = undefined
    if (step) {
      this.#steps++
      this.#large = Math.max(this.#large, Math.abs(jumped - anchor))
    } else this.#spikes++
    for (let i = 0; i < values.length && began + i <= this.k; i++) {
      this.#values[(began + i) % this.#size] = step ? (values[i] as number) : anchor
      this.#live[(began + i) % this.#size] = step ? 1 : 0
    }
  }

  /**
   * A hole was filled with its beginning; now that its end is known, what lies between is taken to be on a line. What
   * a long one ends with is all that is known of the time before.
   */
  #bridge(end: number): void {
    const begin = this.now
    const { gap, day, k } = this
    for (let i = Math.max(1, gap - day); i <= gap; i++) {
      const at = k - gap + i
      if (at >= 0) this.#values[at % this.#size] = gap > BRIDGED ? end : begin + ((end - begin) * i) / (gap + 1)
    }
  }

  #push(value: number, live: 0 | 1): void {
    this.k++
    this.#values[this.k % this.#size] = value
    this.#live[this.k % this.#size] = live
  }
}
