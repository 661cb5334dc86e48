/** What a run records: columns, and the pieces of them that come out as it goes. */
import type { Direction } from './model.ts'

/** One recorded quantity of one agent. */
export type Column =
  | { readonly kind: 'active'; readonly agent: string }
  | { readonly kind: 'storage' | 'attribute'; readonly agent: string; readonly name: string }
  | {
      readonly kind: 'flow'
      readonly agent: string
      readonly direction: Direction
      /** The currency or category. */
      readonly name: string
      readonly connection: string
    }

/** Some kept steps, column by column. */
export interface Chunk {
  readonly rows: number
  /** `step_num` of each row. */
  readonly steps: Float64Array
  /** Column after column: the value of column c in row r is `values[c * rows + r]`. */
  readonly values: Float64Array
}

/** A column's name in CSV, NDJSON and ensembles: `human.active`, `tank.storage.potable`, `human.in.o2.crew_habitat`. */
export function columnName(column: Column): string {
  if (column.kind === 'active') return `${column.agent}.active`
  if (column.kind === 'flow') return `${column.agent}.${column.direction}.${column.name}.${column.connection}`
  return `${column.agent}.${column.kind}.${column.name}`
}

/** Pieces that follow each other, as one. @param columns how many each has */
export function join(chunks: readonly Chunk[], columns: number): Chunk | undefined {
  if (chunks.length <= 1) return chunks[0]
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0)
  const steps = new Float64Array(rows)
  const values = new Float64Array(rows * columns)
  let from = 0
  for (const chunk of chunks) {
    steps.set(chunk.steps, from)
    for (let c = 0; c < columns; c++) {
      values.set(chunk.values.subarray(c * chunk.rows, (c + 1) * chunk.rows), c * rows + from)
    }
    from += chunk.rows
  }
  return { rows, steps, values }
}
