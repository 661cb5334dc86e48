/** Reads values of unknown shape, and collects what is wrong with them instead of stopping at the first. */
import type { Fault } from '../../engine/fault.ts'
import { isObject, type Json } from './library.ts'

export class Reader {
  readonly #faults: Fault[]

  constructor(faults: Fault[]) {
    this.#faults = faults
  }

  fault(path: string, what: string): void {
    this.#faults.push({ path, what })
  }

  object(value: unknown, path: string): Json {
    if (isObject(value)) return value
    this.fault(path, `must be an object, not ${told(value)}`)
    return {}
  }

  list(value: unknown, path: string): readonly unknown[] {
    if (Array.isArray(value)) return value
    this.fault(path, `must be a list, not ${told(value)}`)
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
    if (typeof value === 'number' && Number.isFinite(value)) return value
    this.fault(path, `must be a number, not ${told(value)}`)
    return 0
  }

  atLeast(value: unknown, path: string, least: number): number {
    const figure = this.number(value, path)
    if (figure < least) this.fault(path, `must be at least ${least}, not ${figure}`)
    return figure
  }

  positive(value: unknown, path: string): number {
    const figure = this.number(value, path)
    if (typeof value === 'number' && figure <= 0) this.fault(path, `must be above 0, not ${figure}`)
    return figure > 0 ? figure : 1
  }

  whole(value: unknown, path: string, least: number, most: number): number {
    const figure = this.number(value, path)
    if (!Number.isInteger(figure) || figure < least || figure > most) {
      this.fault(path, `must be a whole number from ${least} to ${most}, not ${told(value)}`)
    }
    return figure
  }
}

function told(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
