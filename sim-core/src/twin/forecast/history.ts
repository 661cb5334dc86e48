/** What has been read so far, cleaned, on a grid of whole steps; and means over growing spans of it. */

const OUTLIER = 12
const AGREE = 3
const GRIDS = [10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.001]

interface Episode {
  /** The value before. */
  readonly anchor: number
  readonly jumped: number
  /** Step of the jump, and the readings since. */
  readonly began: number
  readonly values: number[]
}

/** One quantity, step by step. */
export class History {
  /** Steps in a day. */
  readonly day: number
  /** Cleaned values; a hole is filled with the last one. */
  values = new Float64Array(4096)
  /** 1 where there was a reading that was believed. */
  live = new Uint8Array(4096)
  /** Index of the newest. */
  k = -1
  /** Steps since the last reading. */
  silent = Number.POSITIVE_INFINITY
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
  #onGrid = new Float64Array(GRIDS.length)

  constructor(day: number) {
    this.day = day
  }

  get now(): number {
    return this.k < 0 ? Number.NaN : (this.values[this.k] as number)
  }

  /** Of a step in the past; before the first, the first. */
  at(k: number): number {
    return this.values[Math.max(k, 0)] as number
  }

  step(value: number): void {
    let before = this.now
    this.outlier = false
    if (Number.isNaN(value)) {
      this.silent++
      this.#episode = undefined
      this.#push(before, 0)
      return
    }
    // what lay before the first reading is taken to have been like it
    if (this.#seen === 0) this.values.fill(value, 0, this.k + 1)
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
      this.values[began + i] = step ? (values[i] as number) : anchor
      this.live[began + i] = step ? 1 : 0
    }
  }

  #push(value: number, live: 0 | 1): void {
    if (++this.k === this.values.length) {
      const grown = new Float64Array(this.values.length * 2)
      grown.set(this.values)
      this.values = grown
      const flags = new Uint8Array(grown.length)
      flags.set(this.live)
      this.live = flags
    }
    this.values[this.k] = value
    this.live[this.k] = live
  }
}
