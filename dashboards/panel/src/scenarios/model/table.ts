/** A run's figures as the page holds them: one line a column, and with several seeds a band around it. */
import type { EnsembleRecord, RunRecord } from '@habtwin/contract/scenario'

/** JSON has no NaN and no infinity: such a figure arrives as null. */
export type Figures = readonly (number | null)[]

export interface Series {
  /** The figure, or the median over the runs. */
  readonly mid: Figures
  /** P05 and P95 over the runs. */
  readonly low?: Figures
  readonly high?: Figures
}

export interface Table {
  /** `step_num` of each row. */
  readonly steps: readonly number[]
  readonly columns: ReadonlyMap<string, Series>
}

/** A record of one run by columns. */
export function tableOf({ step_num, agents }: RunRecord): Table {
  const columns = new Map<string, Series>()
  const add = (name: string, mid: Figures) => columns.set(name, { mid })
  for (const [agent, { active, storage, attributes, flows }] of Object.entries(agents)) {
    if (active !== undefined && active.length > 0) add(`${agent}.active`, active)
    for (const [name, figures] of Object.entries(storage ?? {})) add(`${agent}.storage.${name}`, figures)
    for (const [name, figures] of Object.entries(attributes ?? {})) add(`${agent}.attribute.${name}`, figures)
    for (const direction of ['in', 'out'] as const) {
      for (const [name, connections] of Object.entries(flows?.[direction] ?? {})) {
        for (const [connection, figures] of Object.entries(connections)) {
          add(`${agent}.${direction}.${name}.${connection}`, figures)
        }
      }
    }
  }
  return { steps: step_num, columns }
}

/** One point of an ensemble by columns; empty where it has no such point. */
export function tableOfPoint({ step_num, quantiles, points }: EnsembleRecord, point: number): Table {
  const at = (q: number) => quantiles.findIndex((one) => Math.abs(one - q) < 1e-9)
  const [low, mid, high] = [at(0.05), at(0.5), at(0.95)]
  const columns = new Map<string, Series>()
  for (const [name, rows] of Object.entries(points[point]?.columns ?? {})) {
    const middle = rows[mid]
    if (middle === undefined) continue
    const [p05, p95] = [rows[low], rows[high]]
    columns.set(name, p05 === undefined || p95 === undefined ? { mid: middle } : { low: p05, mid: middle, high: p95 })
  }
  return { steps: step_num, columns }
}
