/**
 * Reads series from a connection that only reads: blocks, then what is still in the log, then what its caller
 * holds uncommitted. Also makes the blocks of a packing, since it has decoded the log already. Synchronous:
 * it lives in a worker thread (`reader.worker.ts`), or in a process of its own (`habtwin export`).
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Correction } from '@habtwin/contract'
import { HabtwinError } from '@habtwin/contract/errors'
import { BLOCK_SPAN, cuts, decodeBlock, decodeValues, encodeBlock } from './block.ts'
import { concerns, correct, movedTo, spansOf } from './corrected.ts'
import { countRows } from './count.ts'
import { Heads } from './heads.ts'
import { readCorrections } from './held.ts'
import { Means } from './means.ts'
import { journalName, journalRef, Rows } from './rows.ts'
import { openReader, type Progress, packedUpTo, readProgress } from './schema.ts'
import { SeriesTable } from './series.ts'
import type { HistoryQuery, JournalCount, SeriesKey } from './types.ts'

/** Values of decoded blocks that are kept, 16 bytes each. */
const CACHED_VALUES = 512 * 1024
const DEFAULT_LIMIT = 1_000_000
/** Rows that are gathered for one answer, at most: some 100 MB. */
const MAX_ROWS = 4_000_000

/** An answer in columns, cheap to hand from thread to thread. NaN stands for null. */
export interface Answer {
  t: Float64Array
  value: Float64Array
  quality?: [index: number, quality: string][]
  min?: Float64Array
  max?: Float64Array
  n?: Float64Array
  more: boolean
  /** Blocks left out because their bytes are damaged. */
  damaged: number
}

/** A block that a packing made. */
export interface NewBlock {
  readonly series: number
  readonly t0: number
  readonly t1: number
  readonly n: number
  readonly body: Uint8Array
}

interface Values {
  readonly t: Float64Array
  readonly value: Float64Array
}

export class SeriesReader implements Disposable {
  readonly #db: DatabaseSync
  readonly #table = new SeriesTable()
  readonly #heads = new Heads()
  readonly #cache = new Map<number, Values>()
  #cached = 0
  #damaged = 0
  #corrections: readonly Correction[] = []

  constructor(path: string) {
    this.#db = openReader(path)
  }

  /** One series over a span of time. */
  history(query: HistoryQuery): Answer {
    return this.#consistent((progress) => {
      const series = this.#table.find(query.series)
      return query.every === undefined ? this.#rows(series, query, progress) : this.#means(series, query, progress)
    })
  }

  /** All rows of a span, ordered by (t, journal, seq), each (journal, seq) once. */
  rows(key: SeriesKey, from: number, to: number): Rows {
    return this.#consistent((progress) => {
      const series = this.#table.find(key)
      return series === undefined ? new Rows(0) : this.#gather(series, from, to, [], progress)
    })
  }

  /** The first time at or after `from` that may have a row, or undefined where there is none. */
  next(key: SeriesKey, from: number): number | undefined {
    return this.#consistent((progress) => {
      const series = this.#table.find(key)
      if (series === undefined) return undefined
      const sql = 'SELECT min(max(t0, ?)) AS t FROM block WHERE series = ? AND t1 >= ?'
      let first = (this.#db.prepare(sql).get(from, series, from)?.t as number | null) ?? undefined
      const head = this.#heads.rows(series, packedUpTo(progress, series))
      for (const t of head.t.subarray(0, head.n)) if (t >= from && (first === undefined || t < first)) first = t
      const moved = movedTo(this.#corrections, from)
      return moved !== undefined && (first === undefined || moved < first) ? moved : first
    })
  }

  /** What is really in the file, row by row; see count.ts. */
  count(): JournalCount[] {
    return this.#consistent((progress) => countRows(this.#db, progress, this.#table))
  }

  /** Keys of all series. */
  keys(): SeriesKey[] {
    return this.#consistent(() => this.#table.ids().map((id) => this.#table.key(id)))
  }

  /**
   * The next blocks of a packing up to entry `target`: of series above `done`, until `budget` values are packed.
   * @returns the blocks, the last series they are of, and whether that was all
   */
  pack(target: number, done: number, budget: number): { blocks: NewBlock[]; last: number; end: boolean } {
    return this.#consistent((progress) => {
      const blocks: NewBlock[] = []
      let values = 0
      let last = done
      for (const series of this.#heads.series()) {
        if (series <= done) continue
        if (values >= budget) return { blocks, last, end: false }
        const rows = this.#heads.rows(series, progress.packed, target).sorted()
        let begin = 0
        for (const end of cuts(rows)) {
          const body = encodeBlock(rows, begin, end)
          blocks.push({ series, t0: rows.t[begin] as number, t1: rows.t[end - 1] as number, n: end - begin, body })
          begin = end
        }
        values += rows.n
        last = series
      }
      return { blocks, last, end: true }
    })
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  /** Runs `work` on one state of the file, with the heads brought up to it. */
  #consistent<T>(work: (progress: Progress) => T): T {
    this.#damaged = 0
    this.#db.exec('BEGIN')
    try {
      const progress = readProgress(this.#db)
      this.#table.load(this.#db)
      this.#heads.refresh(this.#db, progress)
      this.#corrections = [...readCorrections(this.#db).values()].flat()
      return work(progress)
    } finally {
      if (this.#db.isTransaction) this.#db.exec('COMMIT')
    }
  }

  #rows(series: number | undefined, query: HistoryQuery, progress: Progress): Answer {
    if (series !== undefined) this.#refuseTooMany(series, query)
    const rows = this.#gather(series, query.from, query.to, query.pending ?? [], progress)
    const n = Math.min(rows.n, query.limit ?? DEFAULT_LIMIT)
    const answer: Answer = {
      t: rows.t.slice(0, n),
      value: rows.value.slice(0, n),
      more: n < rows.n,
      damaged: this.#damaged,
    }
    if (rows.quality !== undefined) answer.quality = [...rows.quality].filter(([i]) => i < n)
    return answer
  }

  #means(series: number | undefined, query: HistoryQuery, progress: Progress): Answer {
    const means = new Means(query.from, query.to, query.every ?? 1)
    const pending = query.pending ?? []
    if (series !== undefined && concerns(this.#corrections, query.from, query.to)) {
      const rows = this.#gather(series, query.from, query.to, pending, progress)
      means.addAll(rows.t, rows.value, rows.n)
      return { ...means.result(query.limit ?? DEFAULT_LIMIT), damaged: this.#damaged }
    }
    for (const row of pending) if (row.value !== null) means.add(row.t, row.value)
    if (series !== undefined) {
      for (const block of this.#blocks(series, query.from, query.to)) {
        const values = this.#values(block.id, block.read)
        if (values !== undefined) means.addAll(values.t, values.value, values.t.length)
      }
      const twice = new Set(pending.map((row) => `${row.journal}/${row.seq}`))
      const head = this.#heads.rows(series, packedUpTo(progress, series))
      if (twice.size === 0) means.addAll(head.t, head.value, head.n)
      else {
        for (let i = 0; i < head.n; i++) {
          if (twice.has(`${journalName(head.journal[i] as number)}/${head.seq[i]}`)) continue
          means.add(head.t[i] as number, head.value[i] as number)
        }
      }
    }
    return { ...means.result(query.limit ?? DEFAULT_LIMIT), damaged: this.#damaged }
  }

  #gather(
    series: number | undefined,
    from: number,
    to: number,
    pending: NonNullable<HistoryQuery['pending']>,
    progress: Progress,
  ): Rows {
    const rows = new Rows(1024)
    const take = (some: Rows) => {
      for (let i = 0; i < some.n; ) {
        while (i < some.n && !within(some.t[i] as number, from, to)) i++
        const begin = i
        while (i < some.n && within(some.t[i] as number, from, to)) i++
        rows.addRows(some, begin, i)
      }
    }
    if (series !== undefined) {
      const blocks = new Map<number, () => Uint8Array>()
      for (const span of spansOf(this.#corrections, from, to))
        for (const { id, read } of this.#blocks(series, ...span)) blocks.set(id, read)
      for (const read of blocks.values()) {
        const decoded = this.#tolerant(() => decodeBlock(read()))
        if (decoded !== undefined) take(correct(decoded, this.#corrections))
      }
      take(correct(this.#heads.rows(series, packedUpTo(progress, series)), this.#corrections))
    }
    const uncommitted = new Rows(pending.length)
    for (const row of pending)
      uncommitted.add(row.t, row.value ?? Number.NaN, journalRef(row.journal), row.seq, row.quality)
    take(correct(uncommitted, this.#corrections))
    return rows.sorted().distinct()
  }

  #refuseTooMany(series: number, { from, to }: HistoryQuery): void {
    const sql = 'SELECT sum(n) AS n FROM block WHERE series = ? AND t1 >= ? AND t1 <= ? AND t0 <= ?'
    const n = this.#db.prepare(sql).get(series, from, to + BLOCK_SPAN, to)?.n as number | null
    if ((n ?? 0) <= MAX_ROWS) return
    throw new HabtwinError('request/too-large', `The span holds ${n} rows; ${MAX_ROWS} can be given at once`)
  }

  /** The blocks of a series that may have rows of the span, in order of their ends. */
  #blocks(series: number, from: number, to: number): { id: number; read: () => Uint8Array }[] {
    const found = this.#db
      .prepare('SELECT id FROM block WHERE series = ? AND t1 >= ? AND t1 <= ? AND t0 <= ? ORDER BY t1')
      .all(series, from, to + BLOCK_SPAN, to)
    const body = this.#db.prepare('SELECT body FROM block WHERE id = ?')
    return found.map((row) => ({ id: row.id as number, read: () => body.get(row.id as number)?.body as Uint8Array }))
  }

  /** Times and values of a block, from the cache where it was read lately. A block never changes. */
  #values(id: number, read: () => Uint8Array): Values | undefined {
    let values = this.#cache.get(id)
    if (values !== undefined) this.#cache.delete(id)
    else {
      values = this.#tolerant(() => decodeValues(read()))
      if (values === undefined) return undefined
      this.#cached += values.t.length
    }
    this.#cache.set(id, values)
    for (const [oldest, old] of this.#cache) {
      if (this.#cached <= CACHED_VALUES) break
      this.#cache.delete(oldest)
      this.#cached -= old.t.length
    }
    return values
  }

  /** One damaged block must not hide all the others; it is counted, and said by who reads the answer. */
  #tolerant<T>(decode: () => T): T | undefined {
    try {
      return decode()
    } catch (error) {
      if (!(error instanceof RangeError) && !isZstdError(error)) throw error
      this.#damaged++
      return undefined
    }
  }
}

function within(t: number, from: number, to: number): boolean {
  return t >= from && t <= to
}

function isZstdError(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code
  return (
    typeof code === 'string' && (code.startsWith('ZSTD_') || code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE')
  )
}
