/** Autoregression of 30 steps, iterated: the strongest of the baselines takes part, so that it is hard to lose to. */
import type { Archive } from '../archive.ts'
import { Autoregression } from '../baselines.ts'
import type { Expert, Scene } from './expert.ts'

export class Iterated implements Expert {
  readonly names = ['ar30']
  readonly #scene: Scene
  readonly #model: Autoregression
  readonly #out: Float64Array
  constructor(scene: Scene) {
    const { leads, stepMinutes } = scene
    this.#scene = scene
    this.#model = new Autoregression(30, Math.max(1, Math.round(60 / stepMinutes)), leads[leads.length - 1] as number)
    this.#out = new Float64Array(leads.length)
  }
  step(): void {
    const { own } = this.#scene
    this.#model.step(own.silent === 0 ? own.now : Number.NaN)
  }
  interrupt(): void {
    this.#model.step(Number.NaN)
  }
  keep(archive: Archive): void {
    this.#model.keep(archive)
  }
  forecast(out: Float64Array, stride: number, offset: number): void {
    this.#model.forecast(this.#scene.leads, this.#out)
    for (let l = 0; l < this.#out.length; l++) out[l * stride + offset] = this.#out[l] as number
  }
}
