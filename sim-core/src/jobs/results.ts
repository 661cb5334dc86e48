/** Results as text, in pieces: never the whole in memory, and others have their turn between them. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Adjustment } from '@habtwin/contract'
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
  const line = format === 'csv' ? csvLine : jsonLine(wanted)
  if (format === 'csv') yield csvHead(wanted, ensemble)
  for (const [part, { at }] of points.entries()) {
    for (let next = from, ended = false; !ended; ended = more === undefined || !(await more())) {
      for (const place of reader.places(part, next)) {
        const { steps, figures } = reader.rows(part, place, wanted)
        let text = ''
        for (let r = Math.max(0, next - place.row); r < place.rows; r++) {
          text += line(at, steps[r] as number, figures, r)
          if (text.length < PIECE) continue
          yield text
          text = ''
        }
        yield text
        next = place.row + place.rows
      }
      // what there is goes out before more is waited for
      if (more !== undefined) yield ''
    }
  }
}

type At = Readonly<Record<string, Adjustment>>
type Figures = readonly (readonly Float64Array[])[]

function csvHead(wanted: readonly Wanted[], ensemble: EnsembleInput | undefined): string {
  const names = ensemble
    ? wanted.flatMap(({ name }) => QUANTILES.map((share) => `${name}.p${String(share * 100).padStart(2, '0')}`))
    : wanted.map(({ name }) => name)
  const swept = Object.keys(ensemble?.points[0]?.at ?? {})
  return `${[...swept, 'step_num', ...names].map(csvText).join(',')}\n`
}

function csvLine(at: At, step: number, figures: Figures, row: number): string {
  let text = ''
  for (const value of Object.values(at)) text += `${csvText(String(value))},`
  text += step
  for (const column of figures) {
    for (const one of column) {
      const value = one[row] as number
      text += Number.isFinite(value) ? `,${value}` : ','
    }
  }
  return `${text}\n`
}

/** RFC 4180, 2.6 and 2.7. */
function csvText(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function jsonLine(wanted: readonly Wanted[]) {
  const keys = wanted.map(({ name }) => `,${JSON.stringify(name)}:`)
  return (at: At, step: number, figures: Figures, row: number): string => {
    const swept = Object.keys(at).length > 0 ? `"at":${JSON.stringify(at)},` : ''
    let text = `{${swept}"step_num":${step}`
    for (let c = 0; c < figures.length; c++) {
      const column = figures[c] as readonly Float64Array[]
      const values = column.map((one) => json(one[row] as number))
      text += keys[c] as string
      text += values.length === 1 ? values[0] : `[${values.join(',')}]`
    }
    return `${text}}\n`
  }
}

const json = (value: number): string => (Number.isFinite(value) ? String(value) : 'null')

// ── column by column ────────────────────────────────────────────────────────────────────────────────────────────────

function* array(figures: Float64Array): Generator<string> {
  let text = '['
  for (let i = 0; i < figures.length; i++) {
    text += i === 0 ? json(figures[i] as number) : `,${json(figures[i] as number)}`
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  yield `${text}]`
}

/** Names → names → … → columns. */
type Tree = Map<string, Tree | Wanted>

function under(tree: Tree, name: string): Tree {
  const known = tree.get(name)
  if (known instanceof Map) return known
  const made: Tree = new Map()
  tree.set(name, made)
  return made
}

/** Where each column stands in the records of its agent. */
function treeOf(wanted: readonly Wanted[]): Map<string, Tree> {
  const agents = new Map<string, Tree>()
  for (const one of wanted) {
    const { column } = one
    const own = agents.get(column.agent) ?? new Map<string, Tree | Wanted>()
    agents.set(column.agent, own)
    if (column.kind === 'active') own.set('active', one)
    else if (column.kind === 'flow') {
      under(under(under(own, 'flows'), column.direction), column.name).set(column.connection, one)
    } else under(own, column.kind === 'storage' ? 'storage' : 'attributes').set(column.name, one)
  }
  for (const own of agents.values()) {
    for (const name of ['storage', 'attributes', 'flows']) under(own, name)
    for (const direction of ['in', 'out']) under(under(own, 'flows'), direction)
  }
  return agents
}

/** A `RunRecord`. */
function* runJson({ id, stored, wanted, from, rows, causes }: ResultsOf): Generator<string> {
  const reader = new JobReader(stored, id, false)
  const to = Math.max(from, rows)
  yield '{"step_num":'
  yield* array(reader.steps(0, from, to))
  yield ',"agents":{'
  let lead = ''
  for (const [agent, tree] of treeOf(wanted)) {
    yield `${lead}${JSON.stringify(agent)}:`
    lead = ','
    yield* treeJson(tree, ({ at }) => reader.column(0, at, from, to), true)
    yield `,"cause_of_death":${JSON.stringify(causes[agent] ?? null)}}`
  }
  yield '}}\n'
}

/** @param open leaves the object to be closed by the caller */
function* treeJson(tree: Tree, read: (wanted: Wanted) => Float64Array, open = false): Generator<string> {
  yield '{'
  let lead = ''
  for (const [name, inner] of tree) {
    yield `${lead}${JSON.stringify(name)}:`
    lead = ','
    if (inner instanceof Map) yield* treeJson(inner, read)
    else yield* array(read(inner))
  }
  if (!open) yield '}'
}

/** An `EnsembleRecord`. */
function* ensembleJson({ id, stored, wanted, from }: ResultsOf, ensemble: EnsembleInput): Generator<string> {
  const reader = new JobReader(stored, id, true)
  const rowsOf = (part: number) => {
    const last = reader.places(part, from).at(-1)
    return last === undefined ? from : last.row + last.rows
  }
  yield '{"step_num":'
  yield* array(reader.steps(0, from, rowsOf(0)))
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
        yield* array(reader.column(part, column, from, to, q))
      }
      yield ']'
    }
    yield '}}'
  }
  yield ']}\n'
}
