/**
 * The rows that are in the log but not in blocks yet, a bounded head for each series. Built from the entries of
 * the log as they come; an entry is decoded once.
 */
import type { DatabaseSync } from 'node:sqlite'
import { DamagedBytes } from './faults.ts'
import { decodeIngest } from './ingest.ts'
import { journalRef, Rows } from './rows.ts'
import { type Progress, packedUpTo } from './schema.ts'

interface Head {
  rows: Rows
  /** The entry that each row came in; never falls. */
  entry: number[]
}

export class Heads {
  readonly #heads = new Map<number, Head>()
  #last = 0

  /** Drops what was packed since, and takes in the entries that are new. Within a read transaction. */
  refresh(db: DatabaseSync, progress: Progress): void {
    this.#trim(progress)
    const after = Math.max(this.#last, progress.packed)
    const statement = db.prepare('SELECT id, body FROM ingest WHERE id > ? ORDER BY id')
    for (const row of statement.iterate(after)) {
      const id = row.id as number
      if (row.body !== null) this.#take(id, row.body as Uint8Array)
      this.#last = id
    }
  }

  /** The rows of a series in entries after `after`, up to `upTo`. In the order of the log. */
  rows(series: number, after: number, upTo = Number.POSITIVE_INFINITY): Rows {
    const head = this.#heads.get(series)
    if (head === undefined) return new Rows(0)
    const begin = firstAbove(head.entry, after)
    const end = firstAbove(head.entry, upTo)
    const out = new Rows(end - begin)
    out.addRows(head.rows, begin, end)
    return out
  }

  /** Series with rows, in order of their numbers. */
  series(): number[] {
    const found = [...this.#heads].filter(([, head]) => head.entry.length > 0)
    return found.map(([series]) => series).sort((a, b) => a - b)
  }

  #take(id: number, body: Uint8Array): void {
    let groups: ReturnType<typeof decodeIngest>
    try {
      groups = decodeIngest(body)
    } catch (error) {
      throw new DamagedBytes(`entry ${id} of the log cannot be read`, { cause: error })
    }
    for (const group of groups) {
      const journal = journalRef(group.journal)
      const width = group.series.length
      group.series.forEach((series, column) => {
        const head = this.#head(series)
        const values = group.values[column] as ArrayLike<number>
        for (let row = 0; row < group.t.length; row++) {
          const quality = group.quality?.get(row * width + column)
          head.rows.add(group.t[row] as number, values[row] as number, journal, group.seq[row] as number, quality)
          head.entry.push(id)
        }
      })
    }
  }

  #head(series: number): Head {
    let head = this.#heads.get(series)
    if (head === undefined) {
      head = { rows: new Rows(), entry: [] }
      this.#heads.set(series, head)
    }
    return head
  }

  #trim(progress: Progress): void {
    for (const [series, head] of this.#heads) {
      const packed = packedUpTo(progress, series)
      if ((head.entry[0] ?? Number.POSITIVE_INFINITY) > packed) continue
      const gone = firstAbove(head.entry, packed)
      // the room stays for what comes next: giving it back each time would scatter the heap
      head.rows.drop(gone)
      head.entry.splice(0, gone)
    }
  }
}

/** Index of the first entry above `id`. */
function firstAbove(entries: readonly number[], id: number): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as number) <= id) low = middle + 1
    else high = middle
  }
  return low
}
