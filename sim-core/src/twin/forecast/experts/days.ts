/**
 * What days have in common: the change that the same hours brought yesterday, and on the mean of past days.
 */
import type { Archive } from '../archive.ts'
import type { Expert, Scene } from './expert.ts'

/** Share that the newest day has in the mean. */
const NEWEST = 0.3

/** Mean course of the past days, step by step. */
export class Profile {
  readonly means: Float64Array
  readonly #scene: Scene
  #days: Float64Array
  constructor(scene: Scene) {
    this.#scene = scene
    this.means = new Float64Array(scene.own.day).fill(Number.NaN)
    this.#days = new Float64Array(scene.own.day)
  }
  step(): void {
    const { own } = this.#scene
    if (own.silent > 0) return
    const at = own.k % own.day
    const before = this.means[at] as number
    const days = (this.#days[at] as number) + 1
    this.#days[at] = days
    this.means[at] = Number.isNaN(before) ? own.now : before + (own.now - before) * Math.max(NEWEST, 1 / days)
  }
  keep(archive: Archive): void {
    archive.numbers(this.means, this.#days)
  }
  /** Mean at so many steps from now; NaN before a day has gone by. */
  ahead(steps: number): number {
    const { own } = this.#scene
    return this.means[(own.k + steps) % own.day] as number
  }
}

export class Days implements Expert {
  readonly names = ['yesterday', 'yesterday-change', 'profile-change', 'profile']
  readonly #scene: Scene
  readonly #profile: Profile
  constructor(scene: Scene, profile: Profile) {
    this.#scene = scene
    this.#profile = profile
  }
  step(): void {}
  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads } = this.#scene
    const { now, day, k } = own
    const here = this.#profile.ahead(0)
    for (let l = 0; l < leads.length; l++) {
      const lead = leads[l] as number
      const at = k + lead - day * Math.ceil(lead / day)
      const yesterday = own.isLive(at) ? own.at(at) : now
      const began = k - day * Math.ceil(lead / day)
      const change = own.isLive(began) && own.isLive(at) ? yesterday - own.at(began) : 0
      const mean = this.#profile.ahead(lead)
      const o = l * stride + offset
      out[o] = yesterday
      out[o + 1] = now + change
      out[o + 2] = Number.isNaN(mean - here) ? now : now + mean - here
      out[o + 3] = Number.isNaN(mean) ? now : mean
    }
  }
}
