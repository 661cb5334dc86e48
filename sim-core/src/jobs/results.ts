/** Results as text, in pieces: never the whole in memory, and others have their turn between them. */
import { setImmediate as turn } from 'node:timers/promises'
import { array, csvLines, ndjsonLines, runRecord } from '../results/index.ts'
import { JobReader, type Stored, type Wanted } from './columns.ts'
import { type EnsembleInput, QUANTILES } from './runner.ts'

export const formats = ['json', 'ndjson', 'csv'] as const
export type Format = (typeof formats)[number]

/** Characters of a piece. */
const PIECE = 65_536

/** What is to be written. */
export interface ResultsOf {
  readonly id: string
  readonly stored: Stored
  readonly wanted: readonly Wanted[]
  readonly ensemble: EnsembleInput | undefined
  /** The first row, from 0. */
  readonly from: number
  /** Rows of a run that there are at present. */
  readonly rows: number
  /** What agents died of, by id. */
  readonly causes: Readonly<Record<string, string | null>>
}

/** Waits until there are more rows, or no more come. @returns false in the second case */
export type More = () => Promise<boolean>

export function write(results: ResultsOf, format: Format, more?: More): AsyncGenerator<string> {
  if (format !== 'json') return gathered(lines(results, format, more))
  return gathered(results.ensemble ? ensembleJson(results, results.ensemble) : runJson(results))
}

/** Text in pieces of some size, with turns for others between them. */
async function* gathered(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
  let piece = ''
  for await (const text of texts) {
    // empty: what follows is waited for
    if (text !== '') piece += text
    if (piece.length < PIECE && (text !== '' || piece === '')) continue
    yield piece
    piece = ''
    await turn()
  }
  if (piece !== '') yield piece
}

// ── row by row ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function* lines(results: ResultsOf, format: 'csv' | 'ndjson', more?: More): AsyncGenerator<string> {
  const { id, stored, wanted, ensemble, from } = results
  const reader = new JobReader(stored, id, ensemble !== undefined)
  const points = ensemble?.points ?? [{ at: {} }]
  const names = wanted.map(({ name }) => name)
  const swept = Object.keys(points[0]?.at ?? {})
  const text = format === 'csv' ? csvLines(names, { swept, quantiles: ensemble && QUANTILES }) : ndjsonLines(names)
  yield text.head
  for (const [part, { at }] of points.entries()) {
    for (let next = from, ended = false; !ended; ended = more === undefined || !(await more())) {
      for (const place of reader.places(part, next)) {
        yield* text.of(reader.rows(part, place, wanted), Math.max(0, next - place.row), at)
        next = place.row + place.rows
      }
      // what there is goes out before more is waited for
      if (more !== undefined) yield ''
    }
  }
}

// ── column by column ────────────────────────────────────────────────────────────────────────────────────────────────

/** A `RunRecord`. */
function runJson({ id, stored, wanted, from, rows, causes }: ResultsOf): Generator<string> {
  const reader = new JobReader(stored, id, false)
  const to = Math.max(from, rows)
  return runRecord({
    columns: wanted,
    steps: [reader.steps(0, from, to)],
    read: ({ at }) => [reader.column(0, at, from, to)],
    causes,
  })
}

/** An `EnsembleRecord`. */
function* ensembleJson({ id, stored, wanted, from }: ResultsOf, ensemble: EnsembleInput): Generator<string> {
  const reader = new JobReader(stored, id, true)
  const rowsOf = (part: number) => {
    const last = reader.places(part, from).at(-1)
    return last === undefined ? from : last.row + last.rows
  }
  yield '{"step_num":'
  yield* array([reader.steps(0, from, rowsOf(0))])
  yield `,"quantiles":${JSON.stringify(QUANTILES)},"points":[`
  for (const [part, { at }] of ensemble.points.entries()) {
    const to = rowsOf(part)
    if (to === from) break // not begun yet
    yield `${part === 0 ? '' : ','}{"at":${JSON.stringify(at)},"runs":${ensemble.seeds},"columns":{`
    let lead = ''
    for (const { name, at: column } of wanted) {
      yield `${lead}${JSON.stringify(name)}:[`
      lead = ','
      for (let q = 0; q < QUANTILES.length; q++) {
        if (q > 0) yield ','
        yield* array([reader.column(part, column, from, to, q)])
      }
      yield ']'
    }
    yield '}}'
  }
  yield ']}\n'
}
