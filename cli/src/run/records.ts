/** The records of a run as the text of a file. Row by row they are written as they come; JSON wants whole columns. */
import { type Chunk, columnName, type Model } from '@habtwin/sim-core/engine/index'
import { csvLines, ndjsonLines, rowsOf, runRecord, unitOf } from '@habtwin/sim-core/results/index'
import { version } from '../version.ts'
import type { Format } from './arguments.ts'
import type { Drive } from './drive.ts'

export interface RecordsOptions {
  readonly format: Format
  readonly model: Model
  readonly seed: number
  readonly every: number
}

/** The text of a file, in pieces. @param chunks those of the drive */
export function textOf(drive: Drive, chunks: AsyncIterable<Chunk>, options: RecordsOptions): AsyncGenerator<string> {
  return options.format === 'json' ? wholeColumns(drive, chunks) : rowByRow(drive, chunks, options)
}

async function* rowByRow(
  drive: Drive,
  chunks: AsyncIterable<Chunk>,
  { format, model, seed, every }: RecordsOptions,
): AsyncGenerator<string> {
  const { columns } = drive.simulation
  const names = columns.map(columnName)
  const units = columns.map((column, c) => ({ name: names[c], unit: unitOf(column, model) }))
  const { label, rule, dt } = model
  const about = { scenario: label, rule, seed, version, hours_per_step: dt, every, columns: units }
  const lines = format === 'csv' ? csvLines(names) : ndjsonLines(names, about)
  yield lines.head
  for await (const chunk of chunks) yield* lines.of(rowsOf(chunk, columns))
}

async function* wholeColumns(drive: Drive, chunks: AsyncIterable<Chunk>): AsyncGenerator<string> {
  const all = await Array.fromAsync(chunks)
  const { simulation } = drive
  yield* runRecord({
    columns: simulation.columns.map((column, at) => ({ column, at })),
    steps: all.map(({ steps }) => steps),
    read: ({ at }) => all.map(({ rows, values }) => values.subarray(at * rows, (at + 1) * rows)),
    causes: simulation.causes(),
  })
}
