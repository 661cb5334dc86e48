/** Records row by row, a line a kept step: CSV and NDJSON. */
import type { Adjustment } from '@habtwin/contract'
import type { Chunk, Column } from '../engine/columns.ts'
import { json, PIECE } from './text.ts'

/** Some kept steps. */
export interface Rows {
  readonly steps: Float64Array
  /** By column one array with a figure a row; several where a cell has several figures, as quantiles. */
  readonly figures: readonly (readonly Float64Array[])[]
}

/** The point of a grid that rows belong to: what is set there. */
export type At = Readonly<Record<string, Adjustment>>

export interface Lines {
  /** What comes before all rows, with its line end; empty where there is none. */
  readonly head: string
  /** The lines of rows, in pieces. @param from the first row, from 0 */
  of(rows: Rows, from?: number, at?: At): Generator<string>
}

/** A piece of a run as rows. */
export function rowsOf({ rows, steps, values }: Chunk, columns: readonly Column[]): Rows {
  return { steps, figures: columns.map((_, c) => [values.subarray(c * rows, (c + 1) * rows)]) }
}

/**
 * CSV (RFC 4180): `step_num` and the columns; before them what is swept.
 * @param quantiles of each cell, where it has several figures
 */
export function csvLines(
  names: readonly string[],
  { quantiles, swept = [] }: { quantiles?: readonly number[] | undefined; swept?: readonly string[] } = {},
): Lines {
  const cells = quantiles
    ? names.flatMap((name) => quantiles.map((share) => `${name}.p${String(share * 100).padStart(2, '0')}`))
    : names
  return lines(`${[...swept, 'step_num', ...cells].map(csvText).join(',')}\n`, csvLine)
}

/** NDJSON: an object a line, by column name. @param about what the first line says; without it there is none */
export function ndjsonLines(names: readonly string[], about?: object): Lines {
  const keys = names.map((name) => `,${JSON.stringify(name)}:`)
  return lines(about ? `${JSON.stringify(about)}\n` : '', (rows, r, at) => jsonLine(keys, rows, r, at))
}

function lines(head: string, line: (rows: Rows, row: number, at: At) => string): Lines {
  return {
    head,
    *of(rows, from = 0, at = {}) {
      let text = ''
      for (let r = from; r < rows.steps.length; r++) {
        text += line(rows, r, at)
        if (text.length < PIECE) continue
        yield text
        text = ''
      }
      if (text !== '') yield text
    },
  }
}

function csvLine({ steps, figures }: Rows, row: number, at: At): string {
  let text = ''
  for (const value of Object.values(at)) text += `${csvText(String(value))},`
  text += steps[row]
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

function jsonLine(keys: readonly string[], { steps, figures }: Rows, row: number, at: At): string {
  const point = Object.keys(at).length > 0 ? `"at":${JSON.stringify(at)},` : ''
  let text = `{${point}"step_num":${steps[row]}`
  for (let c = 0; c < figures.length; c++) {
    const cell = figures[c] as readonly Float64Array[]
    text += keys[c]
    text += cell.length === 1 ? json(cell[0]?.[row] as number) : `[${cell.map((one) => json(one[row] as number))}]`
  }
  return `${text}}\n`
}
