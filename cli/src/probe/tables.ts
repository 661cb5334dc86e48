/** What a probe found, as tables that fit the terminal. */
import { table } from '../table.ts'
import type { Guess } from './guess.ts'
import { ORDERS, type RegisterRow } from './modbus-registers.ts'
import type { FoundUnit } from './modbus-units.ts'

export function unitTable(found: readonly FoundUnit[]): string {
  return table([
    ['unit', 'says'],
    ...found.map(({ unit, identity, exception, garbled }) => {
      if (garbled !== undefined) {
        return [`${unit}`, `${garbled} bytes that are no answer: another baud rate or parity, or two with one number`]
      }
      const it = Object.values(identity ?? {}).join(', ')
      const refuses = exception === undefined ? 'answers' : `answers, and has no register 0 (exception ${exception})`
      return [`${unit}`, it === '' ? `${refuses}; does not say what it is` : it]
    }),
  ])
}

/** Columns that belong together: a terminal that is too narrow for all shows one set under the other. */
const SETS = [
  ['u16', 'i16', ...ORDERS.map((order) => `f32 ${order}`)],
  [...ORDERS.map((order) => `u32 ${order}`), ...ORDERS.map((order) => `i32 ${order}`)],
]
const FIGURE = 11

/** @param columns of the terminal */
export function registerTable(rows: readonly RegisterRow[], columns: number): string {
  const all = SETS.flat()
  const fits = (keys: readonly string[]) => 14 + keys.length * (FIGURE + 2) <= columns
  const sets = fits(all) ? [all] : SETS.flatMap((set) => (fits(set) ? [set] : halves(set)))
  return sets.map((keys) => oneTable(rows, keys)).join('\n\n')
}

function halves(keys: readonly string[]): string[][] {
  const middle = Math.ceil(keys.length / 2)
  return [keys.slice(0, middle), keys.slice(middle)]
}

function oneTable(rows: readonly RegisterRow[], keys: readonly string[]): string {
  const right = new Set(Array.from({ length: keys.length + 2 }, (_, i) => i))
  const lines = rows.map(({ address, word, lacks, values, guess }) => {
    const hex = word === undefined ? (lacks ?? '') : word.toString(16).padStart(4, '0')
    return [`${address}`, hex, ...keys.map((key) => `${shown(values.get(key))}${key === keyOf(guess) ? '*' : ' '}`)]
  })
  const text = table([['register', 'hex', ...keys.map((key) => `${key} `)], ...lines], right)
  return text.replaceAll(/ +$/gm, '')
}

function keyOf(guess: Guess | undefined): string | undefined {
  return guess === undefined ? undefined : guess.order === undefined ? guess.type : `${guess.type} ${guess.order}`
}

function shown(value: number | undefined): string {
  if (value === undefined) return ''
  if (Number.isInteger(value) && Math.abs(value) < 1e11) return `${value}`
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e7 ? `${Number(value.toPrecision(6))}` : value.toExponential(2)
}
