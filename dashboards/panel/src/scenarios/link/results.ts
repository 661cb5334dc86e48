/** A job's figures, fetched as far as they are drawn, again as they grow. */
import type { EnsembleRecord, RunRecord } from '@habtwin/contract/scenario'
import { Problem } from '../../link/rest.ts'
import { type Figures, type Series, type Table, tableOf, tableOfPoint } from '../model/table.ts'
import { fetchResults } from './jobs.ts'

/** What is wanted of a job now. */
export interface Want {
  /** Rows of one run that there are. */
  readonly rows: number
  readonly columns: readonly string[]
  readonly point: number
}

export interface Found {
  readonly table: Table
  readonly points: EnsembleRecord['points'] | undefined
}

/** ms between two answers while it grows. */
const PAUSE = 400
/** ms until it is tried again after the server did not answer. */
const AGAIN = 2_000

function isEnsemble(record: RunRecord | EnsembleRecord): record is EnsembleRecord {
  return 'points' in record
}

/** Names of all columns: those of the last row alone. @param row from 0 */
export async function fetchNames(id: string, row: number): Promise<string[]> {
  const record = await fetchResults(id, { columns: [], from: row })
  const table = isEnsemble(record) ? tableOfPoint(record, 0) : tableOf(record)
  return [...table.columns.keys()]
}

/** A table with rows of another after its own. Both have the same columns. */
export function extended(table: Table, more: Table): Table {
  const last = table.steps.at(-1) ?? Number.NEGATIVE_INFINITY
  const from = more.steps.findIndex((step) => step > last)
  if (from === -1) return table
  const columns = new Map<string, Series>()
  const after = (figures: Figures, next: Figures = []): Figures => [...figures, ...next.slice(from)]
  for (const [name, { mid, low, high }] of table.columns) {
    const next = more.columns.get(name)
    const edges = low && high ? { low: after(low, next?.low), high: after(high, next?.high) } : {}
    columns.set(name, { mid: after(mid, next?.mid), ...edges })
  }
  return { steps: [...table.steps, ...more.steps.slice(from)], columns }
}

async function fetchFound(id: string, want: Want, before: Found | undefined): Promise<Found> {
  const { columns, point } = want
  // what grows is continued: its seeds go side by side, so that a row stays as it is; the points of a grid do not
  const grows = before !== undefined && (before.points === undefined || before.points.length === 1)
  const record = await fetchResults(id, { columns, from: grows ? before.table.steps.length : 0 })
  const points = isEnsemble(record) ? record.points : undefined
  const table = isEnsemble(record) ? tableOfPoint(record, point) : tableOf(record)
  if (!grows) return { table, points }
  return { table: extended(before.table, table), points: before.points }
}

/** Keeps the figures of one job as they are wanted. Of what is wanted meanwhile only the last counts. */
export class Results {
  readonly #id: string
  readonly #tell: (found: Found | string) => void
  #want: Want | undefined
  #had: Want | undefined
  #found: Found | undefined
  #busy = false
  #stopped = false

  /** @param tell is told what was found, or in words why nothing was */
  constructor(id: string, tell: (found: Found | string) => void) {
    this.#id = id
    this.#tell = tell
  }

  want(want: Want): void {
    this.#want = want
    if (!this.#busy) void this.#work()
  }

  stop(): void {
    this.#stopped = true
  }

  async #work(): Promise<void> {
    this.#busy = true
    while (!this.#stopped && this.#want !== undefined) {
      const want: Want = this.#want
      this.#want = undefined
      const had = this.#had
      const same = had !== undefined && had.point === want.point && had.columns.join() === want.columns.join()
      if (same && had.rows === want.rows) continue
      let pause = PAUSE
      try {
        const began = performance.now()
        this.#found = await fetchFound(this.#id, want, same ? this.#found : undefined)
        // what is slow to answer is asked less often
        pause = Math.max(PAUSE, performance.now() - began)
        this.#had = want
        if (!this.#stopped) this.#tell(this.#found)
      } catch (error) {
        if (this.#stopped) return
        const isAway = error instanceof Problem && (error.status === 0 || error.status >= 500)
        if (isAway) this.#want ??= want
        else this.#tell(error instanceof Error ? error.message : String(error))
        pause = AGAIN
      }
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
    this.#busy = false
  }
}
