/** What people are told of the parameters: mean, spread and band now, and as they were supposed at first. */
import type { Parameter } from '@habtwin/contract'
import type { Row, RowSpec } from '../models/piece.ts'
import { type Matrix, mean, spread } from './matrix.ts'

/** 90 % of a normal distribution lie within so many standard deviations. */
const NINETY = 1.645

export function parametersOf({ rows }: Matrix): Parameter[] {
  return rows.flatMap((row) => {
    const { id, tell, log, values, low = Number.NEGATIVE_INFINITY } = row
    if (tell === undefined) return []
    const natural = naturalOf(row)
    const middle = mean(natural)
    const stored = mean(values)
    const wide = NINETY * spread(values, stored)
    const of = (value: number) => (log === true ? Math.exp(value) : Math.max(low, value))
    const now = { mean: middle, sd: spread(natural, middle), p05: of(stored - wide), p95: of(stored + wide) }
    return [{ id, ...tell, ...now, prior: priorOf(row) }]
  })
}

function naturalOf({ values, log }: Row): Float64Array {
  return log === true ? values.map(Math.exp) : values
}

/** Of a lognormal distribution where the logarithm is stored. */
function priorOf({ mean, sd, log }: RowSpec): Parameter['prior'] {
  if (log !== true) return { mean, sd }
  const middle = Math.exp(mean + (sd * sd) / 2)
  return { mean: middle, sd: middle * Math.sqrt(Math.exp(sd * sd) - 1) }
}
