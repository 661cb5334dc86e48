/**
 * A linear model of its own for every lead ("direct" forecasting: Marcellino, Stock and Watson, J. Econometrics 135,
 * 2006): the change until then on changes behind, distances from slow means, the days before, the hour, neighbours.
 * Learned online from what has come, with weights that make it a median rather than a mean (iteratively reweighted
 * least squares for least absolute deviations: Schlossmacher, JASA 68, 1973), forgetting, and a ridge that is the
 * stronger the fewer independent forecasts have been verified, so that it begins at "it stays as it is".
 */
import type { Archive } from '../archive.ts'
import { Normal } from '../linear.ts'
import type { Expert, Scene } from './expert.ts'
import { type Features, NARROW } from './features.ts'

/** Residuals below this share of the usual one count as if they were so large. */
const FLAT = 0.25

export interface DirectOptions {
  readonly name: string
  /** Whether days, hours and neighbours are looked at. */
  readonly wide: boolean
  /** Days until what was learned counts for 1/e. */
  readonly memory: number
  /** Verified independent forecasts that the prior is worth. */
  readonly ridges: readonly number[]
}

interface Model {
  readonly normal: Normal
  /** A set for each ridge. */
  readonly coefficients: Float64Array[]
  readonly ridge: Float64Array
  /** Usual absolute residual. */
  usual: number
}

export class Direct implements Expert {
  readonly names: readonly string[]
  readonly #scene: Scene
  readonly #features: Features
  readonly #options: DirectOptions
  readonly #size: number
  readonly #models: Model[]
  readonly #every: number

  constructor(scene: Scene, features: Features, options: DirectOptions) {
    this.names = options.ridges.map((ridge) => `${options.name}-${ridge}`)
    this.#scene = scene
    this.#features = features
    this.#options = options
    this.#size = options.wide ? features.size : NARROW
    this.#every = Math.max(1, Math.round(10 / scene.stepMinutes))
    this.#models = scene.leads.map(() => ({
      normal: new Normal(this.#size),
      coefficients: options.ridges.map(() => new Float64Array(this.#size)),
      ridge: new Float64Array(this.#size),
      usual: 0,
    }))
  }

  step(): void {
    const { leads } = this.#scene
    for (let l = 0; l < leads.length; l++) this.#learn(l, leads[l] as number)
  }

  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads } = this.#scene
    for (let l = 0; l < leads.length; l++) {
      const { coefficients } = this.#models[l] as Model
      const row = this.#features.row(l, 0)
      for (let r = 0; r < coefficients.length; r++) {
        let change = 0
        const c = coefficients[r] as Float64Array
        for (let i = 0; i < this.#size; i++) change += (c[i] as number) * (row[i] as number)
        out[l * stride + offset + r] = own.now + change
      }
    }
  }

  keep(archive: Archive): void {
    for (const model of this.#models) {
      model.normal.keep(archive)
      archive.numbers(...model.coefficients)
      model.usual = archive.number(model.usual)
    }
  }

  #learn(l: number, lead: number): void {
    const { own, stepMinutes } = this.#scene
    const model = this.#models[l] as Model
    const { normal, coefficients } = model
    const { k } = own
    if (own.silent === 0 && this.#features.isUsable(lead)) {
      const row = this.#features.row(l, lead)
      const target = own.now - own.at(k - lead)
      let residual = target
      const c = coefficients[0] as Float64Array
      for (let i = 0; i < this.#size; i++) residual -= (c[i] as number) * (row[i] as number)
      residual = Math.abs(residual)
      const usual = model.usual > 0 ? model.usual : residual
      model.usual = usual + (residual - usual) / Math.min(1_000, normal.weight + 1)
      normal.add(row, 0, target, usual > 0 ? Math.min(1 / FLAT, usual / residual) : 1)
    }
    const every = Math.max(this.#every, Math.floor(lead / 6))
    if ((k + l * 3) % every !== 0 || normal.weight < 10) return
    normal.forget(Math.exp((-every * stepMinutes) / 1_440 / this.#options.memory))
    for (const [r, ridge] of this.#options.ridges.entries()) {
      for (let i = 0, g = 0; i < this.#size; g += ++i + 1) {
        // what days and neighbours teach comes once a day at most
        const worth = i < NARROW ? lead + 3 : Math.max(lead + 3, own.day)
        model.ridge[i] = ((ridge * worth) / normal.weight) * (normal.gram[g] as number) + 1e-9
      }
      normal.solve(model.ridge, coefficients[r] as Float64Array)
    }
  }
}
