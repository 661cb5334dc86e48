/** What people are told of the parameters: mean, spread and band now, and as they were supposed at first. */
import type { Parameter } from '@habtwin/contract'
import type { Row } from '../models/piece.ts'
import { type Matrix, mean, spread } from './matrix.ts'

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
    if (row.tell === undefined) return []
    const values = naturalOf(row).sort()
    const at = (share: number) => values[Math.round(share * (values.length - 1))] as number
    const { mean: first, sd } = priors.of(row.id)
    const middle = mean(values)
    return [
      {
        id: row.id,
        ...row.tell,
        mean: middle,
        sd: spread(values, middle),
        p05: at(0.05),
        p95: at(0.95),
        prior: { mean: first, sd },
      },
    ]
  })
}

function naturalOf({ values, log }: Row): Float64Array {
  return log === true ? values.map(Math.exp) : values.slice()
}
