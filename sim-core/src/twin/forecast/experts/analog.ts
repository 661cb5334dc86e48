/**
 * What came after moments like this one (analogues: Lorenz, J. Atmos. Sci. 26, 1969): the median change that followed
 * the nearest of the past, by level, slopes over minutes to an hour, hour of the day and neighbours. Finds what no
 * line can say: a scrubber that switches at its limits, people who come at eight.
 */
import type { Archive } from '../archive.ts'
import type { Expert, Scene } from './expert.ts'

/** Minutes between moments that are remembered. */
const EVERY = 5
/** Days that are searched. */
const DAYS = 28
const NEAREST = 24
/** Minutes of the slopes. */
const SLOPES = [5, 15, 60]

export class Analog implements Expert {
  readonly names = ['analog', 'analog-hour']
  readonly #scene: Scene
  readonly #size: number
  /** Features of remembered moments, and their steps. */
  readonly #moments: Float32Array
  readonly #steps: Int32Array
  readonly #capacity: number
  #count = 0
  readonly #scales: Float64Array
  readonly #query: Float64Array
  readonly #distances: Float64Array[]
  readonly #changes = new Float64Array(NEAREST)
  readonly #best = new Float64Array(NEAREST)
  readonly #which = new Int32Array(NEAREST)
  readonly #weights: Float64Array
  #found = 0
  #slow = Number.NaN

  constructor(scene: Scene) {
    this.#scene = scene
    this.#size = 2 + SLOPES.length + 2 * scene.neighbours.length
    this.#capacity = Math.ceil((DAYS * 1_440) / Math.max(EVERY, scene.stepMinutes))
    this.#moments = new Float32Array(this.#capacity * this.#size)
    this.#steps = new Int32Array(this.#capacity)
    this.#scales = new Float64Array(this.#size)
    this.#query = new Float64Array(this.#size)
    this.#weights = new Float64Array(this.#size)
    this.#distances = this.names.map(() => new Float64Array(this.#capacity))
  }

  step(): void {
    const { own, neighbours, stepMinutes } = this.#scene
    const { now, k } = own
    this.#slow = Number.isNaN(this.#slow)
      ? now
      : this.#slow + (now - this.#slow) * (1 - Math.exp((-(own.gap + 1) * stepMinutes) / 720))
    const query = this.#query
    let i = 0
    query[i++] = now
    query[i++] = now - this.#slow
    const back = (minutes: number) => Math.max(1, Math.round(minutes / stepMinutes))
    for (const minutes of SLOPES) query[i++] = now - own.at(k - back(minutes))
    for (const other of neighbours) {
      const known = !Number.isNaN(other.now)
      query[i++] = known ? other.now : 0
      query[i++] = known ? other.now - other.at(other.k - back(15)) : 0
    }
    // scales: mean absolute distance from the mean, taken as mean absolute change over the memory of a day
    for (let f = 0; f < this.#size; f++) {
      const past =
        this.#count > 0
          ? (this.#moments[((this.#count * 7919) % Math.min(this.#count, this.#capacity)) * this.#size + f] as number)
          : 0
      const apart = Math.abs((query[f] as number) - past)
      this.#scales[f] = (this.#scales[f] as number) + (apart - (this.#scales[f] as number)) / Math.min(k + 1, 2_000)
    }
    if (k % Math.max(1, Math.round(EVERY / stepMinutes)) !== 0 || own.silent > 0 || k < 60 / stepMinutes) return
    const slot = this.#count++ % this.#capacity
    this.#moments.set(query, slot * this.#size)
    this.#steps[slot] = k
  }

  keep(archive: Archive): void {
    archive.numbers(this.#moments, this.#steps, this.#scales)
    this.#count = archive.number(this.#count)
    this.#slow = archive.number(this.#slow)
  }

  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads } = this.#scene
    this.#measure()
    for (let d = 0; d < 2; d++) {
      const distances = this.#distances[d] as Float64Array
      this.#found = 0
      // moments are in order of time, and the shorter the lead, the more of them have seen what came after it
      let m = 0
      for (let l = leads.length - 1; l >= 0; l--) {
        const lead = leads[l] as number
        m = this.#take(distances, m, own.k - lead)
        out[l * stride + offset + d] = own.now + this.#usual(lead)
      }
    }
  }

  /** How far all moments, the oldest first, are from now; and how far with the hour of the day. */
  #measure(): void {
    const { day, k } = this.#scene.own
    const length = this.#length
    const size = this.#size
    const query = this.#query
    const moments = this.#moments
    const [plain, hourly] = this.#distances as [Float64Array, Float64Array]
    const weights = this.#weights
    for (let f = 0; f < size; f++) weights[f] = (f < 2 + SLOPES.length ? 1 : 0.4) / ((this.#scales[f] as number) + 1e-9)
    weights[1] = (weights[1] as number) * 0.5
    for (let m = 0; m < length; m++) {
      const slot = this.#slot(m)
      let sum = 0
      for (let f = 0, at = slot * size; f < size; f++, at++) {
        sum += Math.abs((query[f] as number) - (moments[at] as number)) * (weights[f] as number)
      }
      plain[m] = sum
      const apart = ((k - (this.#steps[slot] as number)) % day) / day
      hourly[m] = sum + 12 * Math.min(apart, 1 - apart)
    }
  }

  get #length(): number {
    return Math.min(this.#count, this.#capacity)
  }

  /** Where the moment lies that is the m-th in time. */
  #slot(m: number): number {
    return this.#count <= this.#capacity ? m : (this.#count + m) % this.#capacity
  }

  /** Takes in moments from the m-th on up to a step, if they are among the nearest; returns the next one. */
  #take(distances: Float64Array, from: number, latest: number): number {
    const best = this.#best
    const which = this.#which
    const length = this.#length
    let n = this.#found
    let worst = n === NEAREST ? (best[NEAREST - 1] as number) : Number.POSITIVE_INFINITY
    let m = from
    for (; m < length; m++) {
      const step = this.#steps[this.#slot(m)] as number
      if (step > latest) break
      const distance = distances[m] as number
      if (distance >= worst) continue
      let j = n < NEAREST ? n++ : NEAREST - 1
      while (j > 0 && (best[j - 1] as number) > distance) {
        best[j] = best[j - 1] as number
        which[j] = which[j - 1] as number
        j--
      }
      best[j] = distance
      which[j] = step
      if (n === NEAREST) worst = best[NEAREST - 1] as number
    }
    this.#found = n
    return m
  }

  /** The median change within a lead after the nearest moments. */
  #usual(lead: number): number {
    const { own } = this.#scene
    const changes = this.#changes
    let n = 0
    for (let j = 0; j < this.#found; j++) {
      const step = this.#which[j] as number
      if (own.isLive(step + lead)) changes[n++] = own.at(step + lead) - own.at(step)
    }
    if (n === 0) return 0
    const sorted = changes.subarray(0, n).sort()
    const median = ((sorted[(n - 1) >> 1] as number) + (sorted[n >> 1] as number)) / 2
    return median * (n / (n + 4))
  }
}
