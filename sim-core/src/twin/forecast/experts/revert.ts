/**
 * What has gone away comes back: `m + (x − m) e^{−h/τ}` to means over a quarter of an hour to a day. The first serve
 * instruments that are noisy, the last rooms that are left to themselves.
 */
import type { Archive } from '../archive.ts'
import type { Expert, Scene } from './expert.ts'

/** Minutes of the mean and of the return. */
const BANK: readonly (readonly [mean: number, tau: number])[] = [
  [4, 1],
  [20, 5],
  [180, 180],
  [1_440, 360],
  [1_440, 1_440],
]

export class Revert implements Expert {
  readonly names = BANK.map(([mean, tau]) => `revert${mean}/${tau}`)
  readonly #scene: Scene
  readonly #means = new Float64Array(BANK.length)
  #steps = 0
  constructor(scene: Scene) {
    this.#scene = scene
  }
  step(): void {
    const { own, stepMinutes } = this.#scene
    if (own.silent > 0) return
    this.#steps++
    const minutes = (own.gap + 1) * stepMinutes
    for (let i = 0; i < BANK.length; i++) {
      const share = Math.max(1 / this.#steps, 1 - Math.exp(-minutes / (BANK[i] as (typeof BANK)[number])[0]))
      this.#means[i] = (this.#means[i] as number) + share * (own.now - (this.#means[i] as number))
    }
  }
  keep(archive: Archive): void {
    archive.numbers(this.#means)
    this.#steps = archive.number(this.#steps)
  }
  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads, stepMinutes } = this.#scene
    for (let i = 0; i < BANK.length; i++) {
      const mean = this.#steps === 0 ? own.now : (this.#means[i] as number)
      const tau = (BANK[i] as (typeof BANK)[number])[1] / stepMinutes
      for (let l = 0; l < leads.length; l++) {
        out[l * stride + offset + i] = mean + (own.now - mean) * Math.exp(-(leads[l] as number) / tau)
      }
    }
  }
}
