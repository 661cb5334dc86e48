/** Rows of a recording: a CSV as spreadsheets, R and loggers write it. */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { HabtwinError, messageOf } from '@habtwin/contract'
import { parse } from 'csv-parse'

export interface Row {
  /** In the file, from 1. */
  readonly line: number
  readonly fields: readonly string[]
}

/** Bytes in which the header is looked for. */
const HEAD = 65_536
const DELIMITERS = [',', ';', '\t', '|']

/**
 * The rows of a file, the header first. Fields that R put before the first column (its row names have no name in the
 * header) and empty ones behind the last are left out.
 * @param name a column that the header has: lines before it (titles, `sep=;`, remarks of a logger) are left out
 * @throws HabtwinError replay/unreadable
 */
export async function* readRows(file: string, name?: string): AsyncIterable<Row> {
  let width = 0
  let surplus: 'first' | 'last' | undefined
  for await (const { info, record } of records(file, name)) {
    if (width === 0) {
      if (record.at(-1) === '' && record.length > 1) record.pop()
      width = record.length
    } else if (record.length === width + 1) {
      // a delimiter behind the last field; but the first row of R may end with an empty field, and begins with its name
      surplus ??= record.at(-1) === '' && record[0] !== '1' ? 'last' : 'first'
      if (surplus === 'last') record.pop()
      else record.shift()
    }
    yield { line: info.lines, fields: record }
  }
  if (width === 0) throw new HabtwinError('replay/unreadable', `${file} is empty`, { where: file })
}

interface Parsed {
  readonly info: { readonly lines: number }
  readonly record: string[]
}

async function* records(file: string, name: string | undefined): AsyncIterable<Parsed> {
  try {
    const { encoding, delimiter, line } = await look(file, name)
    // a quote that is never closed must not swallow the whole file
    const lenient = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: HEAD }
    const parser = parse({ ...lenient, delimiter, from_line: line, bom: true, trim: true, info: true })
    // the iterator below tells of every error of the pipe
    pipeline(createReadStream(file, { encoding }), parser, () => {})
    yield* parser as AsyncIterable<Parsed>
  } catch (cause) {
    throw new HabtwinError('replay/unreadable', `cannot read ${file}: ${messageOf(cause)}`, { where: file, cause })
  }
}

interface Look {
  readonly encoding: BufferEncoding
  readonly delimiter: string
  /** Of the header, from 1. */
  readonly line: number
}

/** How a file is written, by its beginning: the delimiter is the one that divides the header into most parts. */
async function look(file: string, name: string | undefined): Promise<Look> {
  await using handle = await open(file)
  const buffer = Buffer.alloc(HEAD)
  const { bytesRead } = await handle.read(buffer, 0, HEAD, 0)
  const encoding = encodingOf(buffer.subarray(0, bytesRead))
  const lines = buffer
    .toString(encoding, 0, bytesRead)
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
  const split = (line: string, delimiter: string) =>
    line
      .replaceAll(/"([^"]*)"/g, (_, quoted: string) => quoted.replaceAll(delimiter, ' '))
      .split(delimiter)
      .map((field) => field.trim())
  const has = (line: string, delimiter: string) =>
    name === undefined || split(line, delimiter).includes(name.replaceAll(delimiter, ' '))
  // without any it is the first line, so that whoever looks for columns can say which there are
  const at = Math.max(
    lines.findIndex((line) => DELIMITERS.some((delimiter) => has(line, delimiter))),
    0,
  )
  const header = lines[at] ?? ''
  const right = DELIMITERS.filter((delimiter) => has(header, delimiter))
  const count = (delimiter: string) => split(header, delimiter).length
  const delimiter = (right.length > 0 ? right : DELIMITERS).reduce((a, b) => (count(b) > count(a) ? b : a))
  return { encoding, delimiter, line: at + 1 }
}

/** UTF-16 as Excel writes "Unicode text", UTF-8, or what is neither and taken for Latin-1. */
function encodingOf(head: Buffer): BufferEncoding {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf16le'
  try {
    // the last character may be cut in two
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
    return 'utf8'
  } catch {
    return 'latin1'
  }
}

const missing = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '-', '--', '?', '#n/a'])

/** A number as people write it, with a decimal point or comma; null where there is none; undefined where it is something else. */
export function readNumber(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  if (missing.has(text.toLowerCase())) return null
  const number = Number(plain(text))
  return Number.isFinite(number) ? number : undefined
}

/** `23,18`, `1.234,5`, `1,234.5` and `1 234,5` as the machine writes them. */
function plain(text: string): string {
  if (!/[,\s]/.test(text)) return text
  const joined = text.replaceAll(/(?<=\d)\s(?=\d{3}(\D|$))/g, '')
  if (/^[+-]?\d*,\d+(e[+-]?\d+)?$/i.test(joined)) return joined.replace(',', '.')
  if (/^[+-]?\d{1,3}(\.\d{3})+,\d+$/.test(joined)) return joined.replaceAll('.', '').replace(',', '.')
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(joined)) return joined.replaceAll(',', '')
  return joined
}
