/**
 * A linear model of its own for every lead ("direct" forecasting: Marcellino, Stock and Watson, J. Econometrics 135,
 * 2006): the change until then on changes behind, distances from slow means, the days before, the hour, neighbours.
 * Learned online from what has come, with weights that make it a median rather than a mean (iteratively reweighted
 * least squares for least absolute deviations: Schlossmacher, JASA 68, 1973), forgetting, and a ridge that is the
 * stronger the fewer independent forecasts have been verified, so that it begins at "it stays as it is".
 */
import { Normal } from '../linear.ts'
import type { Profile } from './days.ts'
import type { Expert, Scene } from './expert.ts'

const LAGS = [1, 2, 3, 5, 8, 13, 21, 34]
const MEANS = [30, 120, 360, 1_440]
/** Features of the quantity itself, and one that is always 1. */
const NARROW = LAGS.length + MEANS.length + 1
/** Features that differ from lead to lead. */
const OF_LEAD = 6
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
  /** Median (true) or mean (false). */
  readonly robust: boolean
}

interface Model {
  readonly normal: Normal
  /** A set for each ridge. */
  readonly coefficients: Float64Array[]
  readonly ridge: Float64Array
  /** Features by step modulo lead. */
  readonly rows: Float64Array
  readonly usable: Uint8Array
  /** Usual absolute residual. */
  usual: number
  fitted: boolean
}

export class Direct implements Expert {
  readonly names: readonly string[]
  readonly #scene: Scene
  readonly #options: DirectOptions
  readonly #profile: Profile
  readonly #size: number
  /** Slow means of own and neighbours. */
  readonly #slow: Float64Array
  readonly #models: Model[]
  readonly #row: Float64Array
  readonly #every: number

  constructor(scene: Scene, profile: Profile, options: DirectOptions) {
    this.names = options.ridges.map((ridge) => `${options.name}-${ridge}`)
    this.#scene = scene
    this.#profile = profile
    this.#options = options
    const { wide } = options
    this.#size = 1 + LAGS.length + MEANS.length + (wide ? OF_LEAD + 4 + 3 * scene.neighbours.length : 0)
    this.#slow = new Float64Array(MEANS.length + 2 * scene.neighbours.length).fill(Number.NaN)
    this.#row = new Float64Array(this.#size)
    this.#every = Math.max(1, Math.round(10 / scene.stepMinutes))
    this.#models = scene.leads.map((lead) => ({
      normal: new Normal(this.#size),
      coefficients: options.ridges.map(() => new Float64Array(this.#size)),
      ridge: new Float64Array(this.#size),
      rows: new Float64Array(this.#size * lead),
      usable: new Uint8Array(lead),
      usual: 0,
      fitted: false,
    }))
  }

  step(): void {
    const { own, leads } = this.#scene
    this.#means()
    const { k } = own
    for (let l = 0; l < leads.length; l++) this.#learn(l, leads[l] as number)
    this.#shared()
    for (let l = 0; l < leads.length; l++) {
      const lead = leads[l] as number
      const model = this.#models[l] as Model
      this.#ofLead(lead)
      model.rows.set(this.#row, (k % lead) * this.#size)
      model.usable[k % lead] = own.silent === 0 && k > 34 ? 1 : 0
    }
  }

  forecast(out: Float64Array, stride: number, offset: number): void {
    const { own, leads } = this.#scene
    for (let l = 0; l < leads.length; l++) {
      const lead = leads[l] as number
      const { rows, coefficients, fitted } = this.#models[l] as Model
      const at = (own.k % lead) * this.#size
      for (let r = 0; r < coefficients.length; r++) {
        let change = 0
        const c = coefficients[r] as Float64Array
        if (fitted) for (let i = 0; i < this.#size; i++) change += (c[i] as number) * (rows[at + i] as number)
        out[l * stride + offset + r] = own.now + change
      }
    }
  }

  interrupt(): void {
    for (const model of this.#models) model.usable.fill(0)
  }

  #learn(l: number, lead: number): void {
    const { own, stepMinutes } = this.#scene
    const model = this.#models[l] as Model
    const { normal, rows, coefficients } = model
    const { k } = own
    if (k >= lead && own.silent === 0 && model.usable[k % lead] === 1) {
      const at = (k % lead) * this.#size
      const target = own.now - own.at(k - lead)
      let residual = target
      const c = coefficients[0] as Float64Array
      for (let i = 0; i < this.#size; i++) residual -= (c[i] as number) * (rows[at + i] as number)
      residual = Math.abs(residual)
      const usual = model.usual > 0 ? model.usual : residual
      model.usual = usual + (residual - usual) / Math.min(1_000, normal.weight + 1)
      const weight = this.#options.robust && usual > 0 ? Math.min(1 / FLAT, usual / residual) : 1
      normal.add(rows, at, target, weight)
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
      if (normal.solve(model.ridge, coefficients[r] as Float64Array)) model.fitted = true
    }
  }

  #means(): void {
    const { own, neighbours, stepMinutes } = this.#scene
    const slow = this.#slow
    const follow = (i: number, minutes: number, value: number) => {
      const before = slow[i] as number
      if (Number.isNaN(before)) slow[i] = value
      else if (!Number.isNaN(value)) slow[i] = before + (value - before) * (1 - Math.exp(-stepMinutes / minutes))
    }
    for (let i = 0; i < MEANS.length; i++) follow(i, MEANS[i] as number, own.now)
    for (let c = 0; c < neighbours.length; c++) {
      const { now } = neighbours[c] as (typeof neighbours)[number]
      follow(MEANS.length + 2 * c, 120, now)
      follow(MEANS.length + 2 * c + 1, 1_440, now)
    }
  }

  /** Features that are the same for all leads. */
  #shared(): void {
    const { own, neighbours, stepMinutes } = this.#scene
    const row = this.#row
    const { now, k, day } = own
    let i = 0
    for (const lag of LAGS) row[i++] = now - own.at(k - lag)
    for (let m = 0; m < MEANS.length; m++) row[i++] = now - (this.#slow[m] as number)
    row[i++] = 1
    if (!this.#options.wide) return
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

  /** Features of the days before, at the time meant. */
  #ofLead(lead: number): void {
    if (!this.#options.wide) return
    const { own } = this.#scene
    const { now, k, day } = own
    const row = this.#row
    let i = this.#size - OF_LEAD
    for (const span of [day, 7 * day]) {
      const back = span * Math.ceil(lead / span)
      const known = k >= back && own.live[k - back] === 1 && own.live[k + lead - back] === 1
      row[i++] = known ? own.at(k + lead - back) - own.at(k - back) : 0
      row[i++] = known ? own.at(k - back) - now : 0
    }
    const here = this.#profile.ahead(0)
    const there = this.#profile.ahead(lead)
    const known = k >= day && !Number.isNaN(there - here)
    row[i++] = known ? there - here : 0
    row[i++] = known ? here - now : 0
  }
}
