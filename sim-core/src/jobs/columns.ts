/** The columns of a job's results that somebody wants, and their figures, read piece by piece. */
import { HabtwinError } from '@habtwin/contract/errors'
import { type Column, columnName } from '../engine/columns.ts'
import { GROUP, unpackBlock } from './pack.ts'
import { QUANTILES } from './runner.ts'
import type { JobTable, Place } from './table.ts'

/** Figures of whole columns that are held at once: 8 MB. */
const HELD = 1_000_000

/** A column and its place among all. */
export interface Wanted {
  readonly column: Column
  readonly name: string
  readonly at: number
}

/**
 * The columns that patterns stand for, in their order: all where there are none.
 * @param patterns beginnings of names, `*` for any letters: `human`, `*.storage.co2`
 * @throws HabtwinError request/invalid for a pattern that fits no column
 */
export function wantedColumns(columns: readonly Column[], patterns: readonly string[]): Wanted[] {
  const all = columns.map((column, at): Wanted => ({ column, name: columnName(column), at }))
  if (patterns.length === 0) return all
  const tests = patterns.map((pattern) => {
    const text = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
    const test = new RegExp(`^${text.join('[^]*?')}(?:$|\\.)`)
    if (all.some(({ name }) => test.test(name))) return test
    throw new HabtwinError('request/invalid', `columns: none begins with "${pattern}"`)
  })
  return all.filter(({ name }) => tests.some((test) => test.test(name)))
}

/** The results of a job, as far as a reader has to know them. */
export type Stored = Pick<JobTable, 'places' | 'block'>

/** Some rows with the columns that are wanted, each an array. */
export interface WantedRows {
  readonly steps: Float64Array
  /** By wanted column, each with one array a quantile; one array where there is one run. */
  readonly figures: readonly (readonly Float64Array[])[]
}

/** Reads the figures of one job. */
export class JobReader {
  readonly #stored: Stored
  readonly #id: string
  /** Figures of each column and row: 1, or one a quantile. */
  readonly #width: number
  #held: { part: number; from: number; to: number; rows: number; figures: Float64Array } | undefined

  constructor(stored: Stored, id: string, ensemble: boolean) {
    this.#stored = stored
    this.#id = id
    this.#width = ensemble ? QUANTILES.length : 1
  }

  places(part: number, from = 0): Place[] {
    return this.#stored.places(this.#id, part, from)
  }

  /** The rows of a place, of the wanted columns alone. */
  rows(part: number, { row, rows }: Place, wanted: readonly Wanted[]): WantedRows {
    const blocks = new Map<number, Float64Array>()
    const figures = wanted.map(({ at }) =>
      Array.from({ length: this.#width }, (_, q) => {
        const packed = at * this.#width + q
        const number = 1 + Math.floor(packed / GROUP)
        const block = blocks.get(number) ?? this.#block(part, number, row)
        blocks.set(number, block)
        const from = (packed % GROUP) * rows
        return block.subarray(from, from + rows)
      }),
    )
    return { steps: this.#block(part, 0, row), figures }
  }

  /** The steps of rows from one up to another. */
  steps(part: number, from: number, to: number): Float64Array {
    const steps = new Float64Array(Math.max(0, to - from))
    for (const place of this.#between(part, from, to)) {
      put(this.#block(part, 0, place.row), place, from, to, steps, 0)
    }
    return steps
  }

  /** One column over rows from one up to another; with several figures a row, the one of a quantile. */
  column(part: number, at: number, from: number, to: number, quantile = 0): Float64Array {
    const packed = at * this.#width + quantile
    const held = this.#held
    const rows = to - from
    const known = held !== undefined && held.part === part && held.from <= packed && packed < held.to
    if (!known || held.rows !== rows) this.#hold(part, packed, from, to)
    const { from: first, figures } = this.#held as NonNullable<typeof held>
    return figures.subarray((packed - first) * rows, (packed - first + 1) * rows)
  }

  /** Gathers as many columns of a block as may be held, from one on: each is decoded once where they are asked for in order. */
  #hold(part: number, packed: number, from: number, to: number): void {
    const rows = to - from
    const number = Math.floor(packed / GROUP)
    const end = Math.min((number + 1) * GROUP, packed + Math.max(1, Math.floor(HELD / Math.max(1, rows))))
    const figures = new Float64Array((end - packed) * rows)
    for (const place of this.#between(part, from, to)) {
      const block = this.#block(part, number + 1, place.row)
      for (let c = packed; c < end; c++) {
        const begin = (c % GROUP) * place.rows
        if (begin >= block.length) break
        put(block.subarray(begin, begin + place.rows), place, from, to, figures, (c - packed) * rows)
      }
    }
    this.#held = { part, from: packed, to: end, rows, figures }
  }

  #between(part: number, from: number, to: number): Place[] {
    return this.places(part, from).filter(({ row }) => row < to)
  }

  #block(part: number, block: number, row: number): Float64Array {
    const bytes = this.#stored.block(this.#id, part, block, row)
    try {
      return unpackBlock(bytes)
    } catch (cause) {
      const what = `Results of job ${this.#id} cannot be read, from row ${row} on: the store is damaged there`
      throw new HabtwinError('data/unusable', what, { where: this.#id, cause })
    }
  }
}

/** Copies what lies between two rows to its place. */
function put(
  figures: Float64Array,
  { row, rows }: Place,
  from: number,
  to: number,
  target: Float64Array,
  offset: number,
): void {
  const begin = Math.max(from, row)
  const end = Math.min(to, row + rows)
  if (begin < end) target.set(figures.subarray(begin - row, end - row), offset + begin - from)
}
