/** Reads values of unknown shape, and collects what is wrong with them instead of stopping at the first. */
import type { Fault } from '../../engine/fault.ts'
import { isObject, type Json } from './library.ts'

/** Figures beyond these are slips of the pen: and what is made of many of them must stay finite. */
const LEAST = 1e-30
const MOST = 1e18
/** Longer lists, and objects with more keys, no scenario needs. */
const MOST_ENTRIES = 2_000

export class Reader {
  readonly #faults: Fault[]

  constructor(faults: Fault[]) {
    this.#faults = faults
  }

  fault(path: string, what: string): void {
    this.#faults.push({ path, what })
  }

  object(value: unknown, path: string): Json {
    if (!isObject(value)) this.fault(path, `must be an object, not ${told(value)}`)
    else if (Object.keys(value).length > MOST_ENTRIES) this.fault(path, `has more than ${MOST_ENTRIES} entries`)
    else return value
    return {}
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (!Array.isArray(value)) this.fault(path, `must be a list, not ${told(value)}`)
    else if (value.length > MOST_ENTRIES) this.fault(path, `has more than ${MOST_ENTRIES} entries`)
    else return value
    return []
  }

  strings(value: unknown, path: string): string[] {
    return this.list(value, path).map((entry, i) => this.text(entry, `${path}[${i}]`))
  }

  text(value: unknown, path: string): string {
    if (typeof value === 'string') return value
    this.fault(path, `must be a text, not ${told(value)}`)
    return ''
  }

  number(value: unknown, path: string): number {
    if (typeof value !== 'number' || Number.isNaN(value)) this.fault(path, `must be a number, not ${told(value)}`)
    else if (Math.abs(value) > MOST) this.fault(path, `must not be beyond ${MOST}, and is ${value}`)
    else if (value !== 0 && Math.abs(value) < LEAST) this.fault(path, `must be 0 or at least ${LEAST}, and is ${value}`)
    else return value
    return 0
  }

  atLeast(value: unknown, path: string, least: number): number {
    const figure = this.number(value, path)
    if (figure < least) this.fault(path, `must be at least ${least}, not ${figure}`)
    return figure
  }

  positive(value: unknown, path: string): number {
    const figure = this.number(value, path)
    if (value === figure && figure <= 0) this.fault(path, `must be above 0, not ${figure}`)
    return figure > 0 ? figure : 1
  }

  /** What a table has under a word. */
  oneOf<Entry>(value: unknown, path: string, table: Readonly<Record<string, Entry>>): Entry | undefined {
    if (typeof value === 'string' && Object.hasOwn(table, value)) return table[value]
    this.fault(path, `must be one of ${Object.keys(table).join(', ')}, not ${told(value)}`)
    return undefined
  }

  /** Something that a scenario gives a name to. */
  id(id: string, path: string): void {
    if (!isName(id)) this.fault(path, `${told(id)} is no name: use letters, digits, "_" and "-"`)
  }

  whole(value: unknown, path: string, least: number, most: number): number {
    const figure = this.number(value, path)
    if (!Number.isInteger(figure) || figure < least || figure > most) {
      this.fault(path, `must be a whole number from ${least} to ${most}, not ${told(value)}`)
    }
    return figure
  }
}

/** True for what may be an id: it stands in columns and paths, and nothing of the language bears it. */
export const isName = (id: string): boolean => /^[\p{L}\p{N}][\p{L}\p{N}_ -]{0,99}$/u.test(id) && !(id in {})

/** True for what is nested as deep as no description is. */
export function isTooDeep(value: unknown, most = 20): boolean {
  if (typeof value !== 'object' || value === null) return false
  return most === 0 || Object.values(value).some((entry) => isTooDeep(entry, most - 1))
}

/** A value, for a message. */
export function told(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
