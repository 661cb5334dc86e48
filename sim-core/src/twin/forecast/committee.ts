/** All experts of one quantity together. */
import type { Archive } from './archive.ts'
import { Analog } from './experts/analog.ts'
import { Days, Profile } from './experts/days.ts'
import { Direct } from './experts/direct.ts'
import type { Expert, Scene } from './experts/expert.ts'
import { Features } from './experts/features.ts'
import { Iterated } from './experts/iterated.ts'
import { Relax } from './experts/relax.ts'
import { Revert } from './experts/revert.ts'
import type { History } from './history.ts'

export class Committee {
  readonly names: readonly string[]
  readonly #experts: Expert[]
  readonly #profile: Profile
  readonly #features: Features
  readonly #own: History

  /** @param more experts from elsewhere: the ensemble's forecast, known plans */
  constructor(scene: Scene, more: readonly Expert[] = []) {
    const profile = new Profile(scene)
    const features = new Features(scene, profile)
    this.#profile = profile
    this.#features = features
    this.#own = scene.own
    this.#experts = [
      new Iterated(scene),
      new Relax(scene),
      new Revert(scene),
      new Days(scene, profile),
      new Direct(scene, features, { name: 'direct', wide: false, memory: 3, ridges: [0.3, 4] }),
      new Direct(scene, features, { name: 'direct-wide', wide: true, memory: 7, ridges: [1, 8] }),
      new Analog(scene),
      ...more,
    ]
    this.names = this.#experts.flatMap((expert) => expert.names)
  }

  step(): void {
    this.#profile.step()
    this.#features.step()
    for (const expert of this.#experts) expert.step()
  }

  interrupt(): void {
    this.#features.interrupt()
    for (const expert of this.#experts) expert.interrupt?.()
  }

  keep(archive: Archive): void {
    this.#profile.keep(archive)
    this.#features.keep(archive)
    for (const expert of this.#experts) expert.keep?.(archive)
  }

  /** `out[l * names.length + i]` is what expert i says at lead l. */
  forecast(out: Float64Array): void {
    const { now } = this.#own
    let offset = 0
    for (const expert of this.#experts) {
      expert.forecast(out, this.names.length, offset)
      offset += expert.names.length
    }
    for (let i = 0; i < out.length; i++) if (!Number.isFinite(out[i])) out[i] = now
  }
}
