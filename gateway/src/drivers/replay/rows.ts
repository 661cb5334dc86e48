/** Rows of a recording: a CSV as spreadsheets, R and loggers write it. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { parse } from 'csv-parse'

export interface Row {
  /** In the file, from 1. */
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * The rows of a file, the header first. Fields that R put before the first column (its row names have no name in the
 * header) are left out. Throws replay/unreadable.
 */
export async function* readRows(file: string): AsyncIterable<Row> {
  let width = 0
  for await (const { info, record } of records(file)) {
    if (width === 0) width = record.length
    const fields = record.length === width + 1 ? record.slice(1) : record
    yield { line: info.lines, fields }
  }
  if (width === 0) throw new HabtwinError('replay/unreadable', 'the recording is empty', { where: file })
}

interface Parsed {
  readonly info: { readonly lines: number }
  readonly record: string[]
}

async function* records(file: string): AsyncIterable<Parsed> {
  try {
    const delimiter = await delimiterOf(file)
    // a quote that is never closed must not swallow the whole file
    const lenient = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: 65_536 }
    const parser = parse({ ...lenient, delimiter, bom: true, trim: true, info: true })
    // the iterator below tells of every error of the pipe
    pipeline(createReadStream(file), parser, () => {})
    yield* parser as AsyncIterable<Parsed>
  } catch (cause) {
    throw new HabtwinError('replay/unreadable', `cannot read ${file}: ${messageOf(cause)}`, { where: file, cause })
  }
}

/** What the header is divided by: of comma, semicolon and tab the one that is in it most often. */
async function delimiterOf(file: string): Promise<string> {
  let head = ''
  for await (const chunk of createReadStream(file, { encoding: 'utf8', end: 65_535 })) {
    head += chunk
    if (head.includes('\n')) break
  }
  const header = (head.split('\n', 1)[0] ?? '').replaceAll(/"[^"]*"/g, '')
  const count = (delimiter: string) => header.split(delimiter).length
  return [',', ';', '\t'].reduce((best, other) => (count(other) > count(best) ? other : best))
}

const missing = new Set(['', 'na', 'n/a', 'nan', 'null', '-', '--', '?'])

/** A number as people write it, with a decimal point or comma; null where there is none; undefined where it is something else. */
export function readNumber(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (missing.has(text.toLowerCase())) return null
  const written = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(text) ? text.replace(',', '.') : text
  const number = Number(written)
  return Number.isFinite(number) ? number : undefined
}
