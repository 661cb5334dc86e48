/**
 * What moves goes on for a while and comes to rest: `x(h) = x + s τ (1 − e^{−h/τ})`, the answer of a well-mixed room
 * (first-order balance) whose source has changed, with its slope s taken over some minutes and its time constant τ.
 * A bank of a few, which need nothing to be learned.
 */
import type { Expert, Scene } from './expert.ts'

/** Minutes over which the slope is taken, and of the time constant. */
const BANK: readonly (readonly [window: number, tau: number])[] = [
  [6, 15],
  [15, 20],
  [15, 60],
  [40, 60],
  [40, 240],
]

export class Relax implements Expert {
  readonly names = BANK.map(([window, tau]) => `relax${window}/${tau}`)
  readonly #scene: Scene
  constructor(scene: Scene) {
    this.#scene = scene
  }
  step(): void {}
  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads, stepMinutes } = this.#scene
    for (let i = 0; i < BANK.length; i++) {
      const [window, tau] = BANK[i] as (typeof BANK)[number]
      const n = Math.max(2, Math.round(window / stepMinutes)) + 1
      // least squares slope over the window
      let sum = 0
      let squares = 0
      if (own.k >= n) {
        const middle = (n - 1) / 2
        for (let j = 0; j < n; j++) {
          sum += (middle - j) * own.at(own.k - j)
          squares += (middle - j) ** 2
        }
      }
      const slope = squares > 0 && own.silent < 3 ? sum / squares : 0
      const steps = tau / stepMinutes
      for (let l = 0; l < leads.length; l++) {
        out[l * stride + offset + i] = own.now + slope * steps * (1 - Math.exp(-(leads[l] as number) / steps))
      }
    }
  }
}
