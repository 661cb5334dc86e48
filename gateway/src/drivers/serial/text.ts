/** Readings as people let an Arduino print them. A line that is not wholly as expected gives nothing. */
import { createContext, Script } from 'node:vm'

/** Key → figure; null where the line says that there is none. Undefined where it is no such line. */
export type ReadLine = (line: string) => Record<string, number | null> | undefined

export interface TextFormat {
  readonly format: 'pairs' | 'csv' | 'json' | 'regex'
  /** Names of the columns (csv), in their order. */
  readonly columns?: readonly string[] | undefined
  /** Between columns (csv). */
  readonly separator: string
  /** With a named group a key (regex). */
  readonly pattern?: string | undefined
  readonly decimal: '.' | ','
  readonly checksum: 'none' | 'nmea'
  /** The keys that count; others may say what they like. */
  readonly keys: readonly string[]
}

/** Reader of lines of a format. */
export function lineReader(format: TextFormat): ReadLine {
  const split = splitter(format)
  return (line) => {
    const payload = format.checksum === 'nmea' ? checked(line) : line
    const fields = payload === undefined ? undefined : split(payload)
    return fields && figures(fields, format)
  }
}

type Fields = Record<string, unknown>

function splitter(format: TextFormat): (text: string) => Fields | undefined {
  switch (format.format) {
    case 'pairs':
      return (text) => pairs(text, format.decimal)
    case 'csv':
      return (text) => csv(text, format.separator, format.columns ?? [])
    case 'json':
      return json
    case 'regex':
      return matcher(new RegExp(format.pattern ?? ''))
  }
}

/** `co2=812 t=22.1`, `co2: 812, t: 22.1`; every word has to be a pair, and no key comes twice. */
function pairs(text: string, decimal: '.' | ','): Fields | undefined {
  const words = text.replaceAll(/\s*[=:]\s*/g, '=').split(decimal === ',' ? /[\s;]+/ : /[\s,;]+/)
  const fields: Fields = Object.create(null)
  for (const word of words.filter((word) => word !== '')) {
    const [, key, value] = /^([A-Za-z_][\w./-]*)=([^=]+)$/.exec(word) ?? []
    if (key === undefined || key in fields) return undefined
    fields[key] = value
  }
  return fields
}

/** Exactly as many columns as are named: two lines that ran into each other have more. */
function csv(text: string, separator: string, columns: readonly string[]): Fields | undefined {
  const cells = text.split(separator)
  if (cells.length !== columns.length) return undefined
  return Object.fromEntries(columns.map((name, i) => [name, cells[i]?.trim()]))
}

function json(text: string): Fields | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? flat(parsed, '') : undefined
}

/** `{air: {co2: 812}}` → `{'air.co2': 812}` */
function flat(object: object, prefix: string): Fields {
  const fields: Fields = Object.create(null)
  for (const [key, value] of Object.entries(object)) {
    if (typeof value === 'object' && value !== null) Object.assign(fields, flat(value, `${prefix}${key}.`))
    else fields[prefix + key] = value
  }
  return fields
}

/** ms that a pattern may take for one line: one that backtracks without end must not hold up the gateway. */
const PATIENCE = 250

/** A repeated group may try its ways in ever new combinations, and many repetitions in a row as well. */
function mayBacktrack({ source }: RegExp): boolean {
  return /\)[*+{]/.test(source) || source.split(/[*+}]/).length > 7
}

function matcher(pattern: RegExp): (text: string) => Fields | undefined {
  // watching over a pattern takes half a millisecond a line
  if (!mayBacktrack(pattern)) return (text) => pattern.exec(text)?.groups
  const context = createContext({ pattern, text: '' })
  const script = new Script('pattern.exec(text)?.groups')
  return (text) => {
    context.text = text
    try {
      return script.runInContext(context, { timeout: PATIENCE }) as Fields | undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return undefined
      throw error
    }
  }
}

/** `$…*hh`: hh is the exclusive or of all bytes between (NMEA 0183). */
function checked(line: string): string | undefined {
  const [, payload, hex] = /^\$?([^$*]*)\*([0-9a-f]{2})$/i.exec(line) ?? []
  if (payload === undefined || hex === undefined) return undefined
  return nmeaChecksum(payload) === hex.toUpperCase() ? payload : undefined
}

export function nmeaChecksum(payload: string): string {
  let all = 0
  for (const byte of Buffer.from(payload)) all ^= byte
  return all.toString(16).toUpperCase().padStart(2, '0')
}

/** The figures of the keys that count; nothing where one of them is neither a figure nor says that there is none. */
function figures(fields: Fields, { keys, decimal }: TextFormat): Record<string, number | null> | undefined {
  const found: Record<string, number | null> = {}
  for (const key of keys) {
    const field = fields[key]
    if (field === undefined) continue
    const figure = figureOf(field, decimal)
    if (figure === undefined) return undefined
    found[key] = figure
  }
  return Object.keys(found).length === 0 ? undefined : found
}

const FIGURE = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i
const NO_FIGURE = /^([+-]?(nan|inf|infinity)|null|none|na|n\/a|-+|ovf|err|error|fail|failed)$/i

function figureOf(field: unknown, decimal: '.' | ','): number | null | undefined {
  if (field === null) return null
  if (typeof field === 'number') return Number.isFinite(field) ? field : null
  if (typeof field !== 'string') return undefined
  const text = field.trim()
  const plain = decimal === ',' ? text.replace(',', '.') : text
  if (FIGURE.test(plain)) {
    const value = Number(plain)
    return Number.isFinite(value) ? value : null
  }
  return NO_FIGURE.test(text) ? null : undefined
}
