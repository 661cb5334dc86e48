/**
 * What a linear model looks at: changes behind, distances from slow means, hours, neighbours, the days before. Computed
 * once a step for all models, and remembered until the longest lead has come.
 */
import type { Archive } from '../archive.ts'
import type { Profile } from './days.ts'
import type { Scene } from './expert.ts'

const LAGS = [1, 2, 3, 5, 8, 13, 21, 34]
const OLDEST = 34
const MEANS = [30, 120, 360, 1_440]
/** Features of the quantity itself, and one that is always 1: a prefix of every row. */
export const NARROW = LAGS.length + MEANS.length + 1
/** Features that differ from lead to lead. */
const OF_LEAD = 6

export class Features {
  /** Of a whole row. */
  readonly size: number
  readonly #scene: Scene
  readonly #profile: Profile
  /** Slow means of own and neighbours. */
  readonly #slow: Float64Array
  /** Rings: features that are the same for all leads, those that are not, and whether the step may be learned from. */
  readonly #shared: Float32Array
  readonly #width: number
  readonly #ofLead: Float32Array[]
  readonly #usable: Uint8Array
  readonly #span: number
  readonly #row: Float32Array

  constructor(scene: Scene, profile: Profile) {
    this.#scene = scene
    this.#profile = profile
    this.#width = NARROW + 4 + 3 * scene.neighbours.length
    this.size = this.#width + OF_LEAD
    this.#slow = new Float64Array(MEANS.length + 2 * scene.neighbours.length).fill(Number.NaN)
    this.#span = (scene.leads.at(-1) as number) + 1
    this.#shared = new Float32Array(this.#span * this.#width)
    this.#usable = new Uint8Array(this.#span)
    this.#ofLead = scene.leads.map((lead) => new Float32Array((lead + 1) * OF_LEAD))
    this.#row = new Float32Array(this.size)
  }

  step(): void {
    const { own, leads } = this.#scene
    this.#means()
    const slot = own.k % this.#span
    this.#usable[slot] = own.silent === 0 && own.k > OLDEST ? 1 : 0
    this.#write(slot * this.#width)
    for (let l = 0; l < leads.length; l++) this.#writeOfLead(l, leads[l] as number)
  }

  /** Whether the step a lead ago may be learned from. */
  isUsable(steps: number): boolean {
    const { k } = this.#scene.own
    return k >= steps && this.#usable[(k - steps) % this.#span] === 1
  }

  /** The row for lead l as it was so many steps ago (at most that lead); it is overwritten by the next call. */
  row(l: number, steps: number): Float32Array {
    const k = this.#scene.own.k - steps
    const from = (k % this.#span) * this.#width
    const row = this.#row
    for (let i = 0; i < this.#width; i++) row[i] = this.#shared[from + i] as number
    const ring = this.#ofLead[l] as Float32Array
    const at = (k % (ring.length / OF_LEAD)) * OF_LEAD
    for (let i = 0; i < OF_LEAD; i++) row[this.#width + i] = ring[at + i] as number
    return row
  }

  interrupt(): void {
    this.#usable.fill(0)
  }

  keep(archive: Archive): void {
    archive.numbers(this.#slow, this.#shared, this.#usable, ...this.#ofLead)
  }

  #means(): void {
    const { own, neighbours, stepMinutes } = this.#scene
    const slow = this.#slow
    const follow = (i: number, minutes: number, { now: value, gap }: Scene['own']) => {
      const steps = gap + 1
      const before = slow[i] as number
      if (Number.isNaN(before)) slow[i] = value
      else if (!Number.isNaN(value))
        slow[i] = before + (value - before) * (1 - Math.exp((-steps * stepMinutes) / minutes))
    }
    for (let i = 0; i < MEANS.length; i++) follow(i, MEANS[i] as number, own)
    for (let c = 0; c < neighbours.length; c++) {
      const other = neighbours[c] as (typeof neighbours)[number]
      follow(MEANS.length + 2 * c, 120, other)
      follow(MEANS.length + 2 * c + 1, 1_440, other)
    }
  }

  #write(at: number): void {
    const { own, neighbours, stepMinutes } = this.#scene
    const row = this.#shared
    const { now, k, day } = own
    let i = at
    for (const lag of LAGS) row[i++] = now - own.at(k - lag)
    for (let m = 0; m < MEANS.length; m++) row[i++] = now - (this.#slow[m] as number)
    row[i++] = 1
    const angle = (2 * Math.PI * (k % day)) / day
    row[i++] = Math.sin(angle)
    row[i++] = Math.cos(angle)
    row[i++] = Math.sin(2 * angle)
    row[i++] = Math.cos(2 * angle)
    const quarter = Math.max(1, Math.round(15 / stepMinutes))
    for (let c = 0; c < neighbours.length; c++) {
      const other = neighbours[c] as (typeof neighbours)[number]
      const known = !Number.isNaN(other.now)
      row[i++] = known ? other.now - other.at(other.k - quarter) : 0
      row[i++] = known ? other.now - (this.#slow[MEANS.length + 2 * c] as number) : 0
      row[i++] = known ? other.now - (this.#slow[MEANS.length + 2 * c + 1] as number) : 0
    }
  }

  /** Of the days before, at the time meant. */
  #writeOfLead(l: number, lead: number): void {
    const { own } = this.#scene
    const { now, k, day } = own
    const ring = this.#ofLead[l] as Float32Array
    let i = (k % (lead + 1)) * OF_LEAD
    for (const span of [day, 7 * day]) {
      const back = span * Math.ceil(lead / span)
      const known = own.isLive(k - back) && own.isLive(k + lead - back)
      ring[i++] = known ? own.at(k + lead - back) - own.at(k - back) : 0
      ring[i++] = known ? own.at(k - back) - now : 0
    }
    const here = this.#profile.ahead(0)
    const there = this.#profile.ahead(lead)
    const known = k >= day && !Number.isNaN(there - here)
    ring[i++] = known ? there - here : 0
    ring[i++] = known ? here - now : 0
  }
}
