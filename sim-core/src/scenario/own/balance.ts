/**
 * The books of a process: what goes in comes out, element by element, and so does the energy. Flows that are written as
 * `balance` are what makes it so: as many as there are books to close.
 */
import type { Matter } from './matter.ts'

/** One flow of a process, as the books see it. */
export interface Entry {
  readonly name: string
  /** +1 out, −1 in. */
  readonly sign: 1 | -1
  readonly matter: Matter
  /** Per individual and hour; undefined where the books say it. */
  readonly value: number | undefined
}

/** Of the larger side: what rounding leaves. */
const TOLERANCE = 1e-12

/** What each book counts of an entry: kg of an element, or kWh. */
function books(entries: readonly Entry[]): { name: string; of: (entry: Entry) => number }[] {
  const elements = new Set(entries.flatMap(({ matter }) => Object.keys(matter.elements)))
  return [
    ...[...elements].map((name) => ({ name, of: ({ matter }: Entry) => matter.elements[name] ?? 0 })),
    { name: 'energy', of: ({ matter }: Entry) => matter.energy },
  ]
}

/** What does not close, if anything: told with its figures. */
export function residual(entries: readonly Entry[]): string | undefined {
  for (const { name, of } of books(entries)) {
    let sum = 0
    let gross = 0
    for (const entry of entries) {
      const part = (entry.value ?? 0) * of(entry)
      sum += entry.sign * part
      gross += Math.abs(part)
    }
    if (Math.abs(sum) > TOLERANCE * gross) {
      const unit = name === 'energy' ? 'kWh' : 'kg'
      const what = name === 'energy' ? name : `the element ${name}`
      return `${what} does not balance: ${sum > 0 ? 'more comes out than goes in, by' : 'more goes in than comes out, by'} ${Math.abs(sum).toPrecision(4)} ${unit}/h of ${(gross / 2).toPrecision(4)}`
    }
  }
  return undefined
}

/**
 * Finds the flows that are written as `balance`.
 * @returns the value of every entry, or what makes that impossible
 */
export function balanced(entries: readonly Entry[]): number[] | string {
  const unknown = entries.filter(({ value }) => value === undefined)
  const values = solve(entries, unknown)
  if (typeof values === 'string') return values
  const whole = entries.map((entry) => ({ ...entry, value: entry.value ?? (values[unknown.indexOf(entry)] as number) }))
  if (unknown.length > 0 && whole.every(({ value }) => value === 0))
    return 'nothing but balance: one figure must be given'
  const negative = whole.find(({ value }) => value < 0)
  if (negative !== undefined) {
    return `${negative.name} would balance at ${negative.value.toPrecision(4)} per hour: it goes the other way, or a figure is wrong`
  }
  return residual(whole) ?? whole.map(({ value }) => value)
}

/** Gauss and Jordan over the books, with the largest pivot; books that are left over are checked by the residual. */
function solve(entries: readonly Entry[], unknown: readonly Entry[]): number[] | string {
  if (unknown.length === 0) return []
  const rows = books(entries).map(({ of }) => {
    const known = entries.reduce((sum, entry) => sum - entry.sign * (entry.value ?? 0) * of(entry), 0)
    return [...unknown.map((entry) => entry.sign * of(entry)), known]
  })
  const at = (row: number, column: number) => (rows[row] as number[])[column] as number
  for (let column = 0; column < unknown.length; column++) {
    let best = -1
    for (let row = column; row < rows.length; row++) {
      if (best < 0 || Math.abs(at(row, column)) > Math.abs(at(best, column))) best = row
    }
    if (best < 0 || Math.abs(at(best, column)) < 1e-9) {
      return `${(unknown[column] as Entry).name} cannot be found by balance: nothing else in the process fixes it`
    }
    ;[rows[column], rows[best]] = [rows[best] as number[], rows[column] as number[]]
    for (let row = 0; row < rows.length; row++) {
      if (row === column) continue
      const factor = at(row, column) / at(column, column)
      if (factor === 0) continue
      for (let k = column; k <= unknown.length; k++) (rows[row] as number[])[k] = at(row, k) - factor * at(column, k)
    }
  }
  return unknown.map((_, column) => at(column, unknown.length) / at(column, column))
}
