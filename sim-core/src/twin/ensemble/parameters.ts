/** What people are told of the parameters: mean, spread and band now, and as they were supposed at first. */
import type { Parameter } from '@habtwin/contract'
import type { Row } from '../models/piece.ts'
import { type Matrix, mean, spread } from './matrix.ts'

/** 90 % of a normal distribution lie within so many standard deviations. */
const NINETY = 1.645

/** How rows began, by their id. */
export class Priors {
  readonly #known = new Map<string, { mean: number; sd: number; raw: number }>()

  /** Notes the rows that are new. */
  add({ rows }: Matrix): void {
    for (const row of rows) {
      if (this.#known.has(row.id)) continue
      const natural = naturalOf(row)
      this.#known.set(row.id, { mean: mean(natural), sd: spread(natural), raw: row.sd })
    }
  }

  of(id: string): { mean: number; sd: number } {
    return this.#known.get(id) ?? { mean: Number.NaN, sd: Number.NaN }
  }

  /** Spread of the stored value at first. */
  raw(id: string): number {
    return this.#known.get(id)?.raw ?? 0
  }
}

export function priorsOf(matrix: Matrix): Priors {
  const priors = new Priors()
  priors.add(matrix)
  return priors
}

export function parametersOf({ rows }: Matrix, priors: Priors): Parameter[] {
  return rows.flatMap((row) => {
    const { id, tell, log, values, low = Number.NEGATIVE_INFINITY } = row
    if (tell === undefined) return []
    const natural = naturalOf(row)
    const middle = mean(natural)
    const stored = mean(values)
    const wide = NINETY * spread(values, stored)
    const of = (value: number) => (log === true ? Math.exp(value) : Math.max(low, value))
    const now = { mean: middle, sd: spread(natural, middle), p05: of(stored - wide), p95: of(stored + wide) }
    return [{ id, ...tell, ...now, prior: priors.of(id) }]
  })
}

function naturalOf({ values, log }: Row): Float64Array {
  return log === true ? values.map(Math.exp) : values
}
