/** Scores of forecasts whose time has come. */
import { levels } from './intervals.ts'

export interface Scores {
  readonly n: number
  readonly mae: number
  readonly crps: number
  /** Share of readings within the 90 % interval, ends included. */
  readonly coverage90: number
  /** Mean width of it. */
  readonly width: number
  /** Mean absolute errors of the baselines. */
  readonly baselines: Readonly<Record<string, number>>
  /** 1 − mae / baseline. */
  readonly skill: Readonly<Record<string, number>>
}

/** Of one quantity and lead. A reading is scored only where all that is compared had something to say. */
export class Score {
  readonly #names: readonly string[]
  readonly #errors: Float64Array
  #n = 0
  #mae = 0
  #crps = 0
  #covered = 0
  #width = 0

  constructor(baselines: readonly string[]) {
    this.#names = baselines
    this.#errors = new Float64Array(baselines.length)
  }

  /**
   * @param quantiles at `levels`, from `at` on
   * @param others what the baselines said, from `from` on
   */
  add(
    came: number,
    median: number,
    quantiles: ArrayLike<number>,
    at: number,
    others: ArrayLike<number>,
    from: number,
  ): void {
    this.#n++
    this.#mae += Math.abs(came - median)
    // CRPS is twice the mean quantile loss over all levels (Gneiting and Ranjan, J. Bus. Econ. Stat. 29, 2011)
    let loss = 0
    for (let i = 0; i < levels.length; i++) {
      const apart = came - (quantiles[at + i] as number)
      const level = levels[i] as number
      loss += apart >= 0 ? level * apart : (level - 1) * apart
    }
    this.#crps += (2 * loss) / levels.length
    const low = quantiles[at] as number
    const high = quantiles[at + levels.length - 1] as number
    if (came >= low && came <= high) this.#covered++
    this.#width += high - low
    for (let b = 0; b < this.#names.length; b++) {
      this.#errors[b] = (this.#errors[b] as number) + Math.abs(came - (others[from + b] as number))
    }
  }

  get scores(): Scores {
    const mean = (sum: number) => sum / this.#n
    const mae = mean(this.#mae)
    const baselines = Object.fromEntries(this.#names.map((name, b) => [name, mean(this.#errors[b] as number)]))
    const skill = Object.fromEntries(Object.entries(baselines).map(([name, other]) => [name, 1 - mae / other]))
    return {
      n: this.#n,
      mae,
      crps: mean(this.#crps),
      coverage90: mean(this.#covered),
      width: mean(this.#width),
      baselines,
      skill,
    }
  }
}
