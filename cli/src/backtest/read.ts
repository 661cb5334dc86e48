/** A recording from its file: the columns that were named, in the units of the vocabulary, and what was not taken. */
import { convert, HabtwinError, pointInfo } from '@habtwin/contract'
import { type Row, readNumber, readRows } from '@habtwin/runtime/csv/rows'
import { dateOrder, timeReader } from '@habtwin/runtime/csv/times'
import type { Recording } from '@habtwin/sim-core/twin/backtest/grid'
import type { BacktestConfig, ColumnOf } from './config.ts'

export interface Read {
  readonly recording: Recording
  /** Rows of the file, the header not counted. */
  readonly rows: number
  /** What was left out, and why, in sentences. */
  readonly remarks: readonly string[]
}

/** Share of values beyond the range of a point from which on the range is doubted, not the values. */
const MANY = 0.02

/**
 * @throws HabtwinError replay/unreadable, replay/column, replay/values
 */
export async function readRecording(file: string, config: BacktestConfig): Promise<Read> {
  const remarks: string[] = []
  const { header, rows } = await gather(file, config.time.columns[0] as string)
  const find = columnFinder(file, header)
  const when = config.time.columns.map(find)
  const where = config.columns.map(({ column }) => find(column))
  if (rows.length === 0) {
    throw new HabtwinError('replay/unreadable', `${file} has a header and no rows`, { where: file })
  }
  const times = readTimes(rows, when, config)
  const badTimes = rows.filter((_, i) => times[i] === undefined)
  if (badTimes.length === rows.length) {
    const example = textAt(rows[0] as Row, when)
    throw new HabtwinError(
      'replay/values',
      `${file}:${rows[0]?.line}: "${example}" is not a time, nor is any other of column ${config.time.columns.join(', ')}`,
      { where: file },
    )
  }
  remark(remarks, badTimes, (row) => `"${textAt(row, when)}" is not a time`, 'rows')
  const kept = rows.filter((_, i) => times[i] !== undefined)
  const values = config.columns.map((column, c) => readColumn(file, kept, where[c] as number, column, remarks))
  return {
    recording: {
      times: times.filter((t) => t !== undefined),
      values: Object.fromEntries(config.columns.map(({ point }, c) => [point, values[c] as number[]])),
    },
    rows: rows.length,
    remarks,
  }
}

async function gather(file: string, name: string): Promise<{ header: readonly string[]; rows: Row[] }> {
  let header: readonly string[] | undefined
  const rows: Row[] = []
  for await (const row of readRows(file, name)) {
    if (header === undefined) header = row.fields
    else rows.push(row)
  }
  return { header: header ?? [], rows }
}

function columnFinder(file: string, header: readonly string[]): (name: string) => number {
  return (name) => {
    const exact = header.indexOf(name)
    const alike = header.flatMap((one, i) => (one.toLowerCase() === name.toLowerCase() ? [i] : []))
    if (exact >= 0) return exact
    if (alike.length === 1) return alike[0] as number
    throw new HabtwinError('replay/column', `${file} has no column "${name}"; there are ${header.join(', ')}`, {
      where: file,
    })
  }
}

function textAt({ fields }: Row, columns: readonly number[]): string {
  return columns
    .map((column) => fields[column] ?? '')
    .join(' ')
    .trim()
}

function readTimes(rows: readonly Row[], when: readonly number[], config: BacktestConfig): (number | undefined)[] {
  const texts = rows.map((row) => textAt(row, when))
  const order = config.dates ?? dateOrder(texts)
  const read = timeReader({ timezone: config.timezone, order, unit: config.time.unit })
  let previous = Number.NEGATIVE_INFINITY
  return texts.map((text) => {
    const t = read(text, previous)
    if (t !== undefined) previous = t
    return t
  })
}

/** The values of a column; NaN where there is none that can be used. */
function readColumn(file: string, rows: readonly Row[], at: number, column: ColumnOf, remarks: string[]): number[] {
  const { point, unit } = column
  const bad: Row[] = []
  let missing = 0
  const info = pointInfo(point)
  const values = rows.map((row) => {
    const value = readNumber(row.fields[at])
    if (value === undefined) bad.push(row)
    if (value === null) missing++
    if (value === undefined || value === null) return Number.NaN
    return unit === undefined ? value : convert(value, unit, info.unit)
  })
  if (missing + bad.length === rows.length) {
    const example = bad[0] ? `, as "${bad[0].fields[at] ?? ''}" in line ${bad[0].line}` : ''
    throw new HabtwinError('replay/values', `${file}: column "${column.column}" has no numbers${example}`, {
      where: file,
    })
  }
  remark(remarks, bad, ({ fields }) => `"${fields[at] ?? ''}" is not a number`, `values of ${point}`)
  if (missing > 0) remarks.push(`${missing} values of ${point} are missing`)
  screen(point, values, info.range, remarks)
  return values
}

/** Leaves out what is no measurement; unless so much is, that it must be meant. */
function screen(point: string, values: number[], [low, high]: readonly [number, number], remarks: string[]): void {
  const beyond = values.filter((value) => value < low || value > high)
  if (beyond.length === 0) return
  const counts = new Map<number, number>()
  for (const value of beyond) counts.set(value, (counts.get(value) ?? 0) + 1)
  // -200 or 9999, for "missing"
  const stands = [...counts].filter(([, count]) => count > 0.9 * beyond.length).map(([value]) => value)
  const all = `${point} can only be ${low} to ${high}`
  if (stands.length === 0 && beyond.length > MANY * values.length) {
    remarks.push(`${beyond.length} values of ${point} were taken though ${all}: is the unit right?`)
    return
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value < low || value > high) values[i] = Number.NaN
  }
  remarks.push(`${beyond.length} values of ${point} left out, as ${beyond[0]}: ${all}`)
}

function remark(remarks: string[], rows: readonly Row[], why: (row: Row) => string, what: string): void {
  const [first] = rows
  if (first) remarks.push(`${rows.length} ${what} left out, first in line ${first.line}: ${why(first)}`)
}
