/** Autoregression of 30 steps, iterated: the strongest of the baselines takes part, so that it is hard to lose to. */
import type { Archive } from '../archive.ts'
import { Autoregression } from '../baselines.ts'
import type { Expert, Scene } from './expert.ts'

const ORDER = 30
/** Share of the values looked at that must have been read, for a row to be learned from. */
const ENOUGH = 0.6
/** Minutes that it is iterated: by then it has forgotten where it began, and beyond it would cost more than all others. */
const REACH = 360

export class Iterated implements Expert {
  readonly names = ['ar30']
  readonly #scene: Scene
  readonly #model: Autoregression
  readonly #out: Float64Array
  readonly #leads: readonly number[]
  constructor(scene: Scene) {
    const { leads, stepMinutes } = scene
    this.#scene = scene
    const every = Math.max(1, Math.round(360 / stepMinutes))
    const reach = Math.max(1, Math.round(REACH / stepMinutes))
    this.#leads = leads.map((lead) => Math.min(lead, reach))
    this.#model = new Autoregression(ORDER, every, this.#leads.at(-1) as number)
    this.#out = new Float64Array(leads.length)
  }
  step(): void {
    const { own } = this.#scene
    const { k } = own
    if (own.silent > 0) {
      this.#model.step(Number.NaN)
      return
    }
    let live = 0
    for (let i = 1; i <= ORDER; i++) if (own.isLive(k - i)) live++
    if (live < ORDER) this.#model.mend((steps) => own.at(k - steps), live >= ENOUGH * ORDER)
    this.#model.step(own.now)
  }
  keep(archive: Archive): void {
    this.#model.keep(archive)
  }
  forecast(out: Float64Array, stride: number, offset: number): void {
    this.#model.forecast(this.#leads, this.#out)
    for (let l = 0; l < this.#out.length; l++) out[l * stride + offset] = this.#out[l] as number
  }
}
