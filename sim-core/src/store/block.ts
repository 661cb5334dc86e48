/**
 * A packed block: a few thousand rows of one series, ordered by (t, journal, seq).
 *
 *   version │ length of what │ what: n, times, values │ whence: journals, runs of them, seqs, qualities
 *           │                └── fold()ed ────────────┴── fold()ed ────────────────────────────────
 *
 * A mean over a span needs only the first part; the second is unfolded when a reading's identity is asked for.
 */
import { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, readValues, writeIntegers, writeValues } from './columns.ts'
import { fold, unfold } from './compress.ts'
import { journalName, journalRef, Rows } from './rows.ts'

const VERSION = 1
/** Rows in one block, at most. */
export const BLOCK_ROWS = 8192
/** From the first time to the last in one block, at most: a search by time needs to look no further back. */
export const BLOCK_SPAN = 32 * 86_400_000

/** Reused: fresh ones for each block would scatter the heap. */
const what = new ByteWriter(65_536)
const whence = new ByteWriter(65_536)

/** The block of the rows from `begin` to before `end`, which are sorted. */
export function encodeBlock(rows: Rows, begin: number, end: number): Uint8Array {
  const n = end - begin
  what.reset()
  what.uint(n)
  writeIntegers(what, rows.t.subarray(begin, end), n)
  writeValues(what, rows.value.subarray(begin, end), n)
  whence.reset()
  writeJournals(whence, rows.journal.subarray(begin, end))
  writeIntegers(whence, rows.seq.subarray(begin, end), n)
  writeQualities(whence, qualitiesOf(rows, begin, end))

  const first = fold(what.view())
  const second = fold(whence.view())
  const out = new ByteWriter(first.length + second.length + 8)
  out.byte(VERSION)
  out.uint(first.length)
  out.raw(first)
  out.raw(second)
  return out.view().slice()
}

/** Times and values of a block. Throws where the bytes are damaged. */
export function decodeValues(body: Uint8Array): { t: Float64Array; value: Float64Array } {
  const from = new ByteReader(unfold(parts(body).what))
  const n = rowsOf(from)
  return { t: readIntegers(from, n), value: readValues(from, n) }
}

/** All rows of a block. Throws where the bytes are damaged. */
export function decodeBlock(body: Uint8Array): Rows {
  const { what, whence } = parts(body)
  const first = new ByteReader(unfold(what))
  const n = rowsOf(first)
  const rows = new Rows(0)
  rows.n = n
  rows.t = readIntegers(first, n)
  rows.value = readValues(first, n)
  const second = new ByteReader(unfold(whence))
  rows.journal = readJournals(second, n)
  rows.seq = readIntegers(second, n)
  rows.quality = readQualities(second)
  return rows
}

/** Where sorted rows are cut into blocks: the ends of each, excluded. */
export function cuts(rows: Rows, from = 0): number[] {
  const ends: number[] = []
  let begin = from
  for (let i = from; i < rows.n; i++) {
    if (i - begin < BLOCK_ROWS && (rows.t[i] as number) - (rows.t[begin] as number) <= BLOCK_SPAN) continue
    ends.push(i)
    begin = i
  }
  if (begin < rows.n) ends.push(rows.n)
  return ends
}

function parts(body: Uint8Array): { what: Uint8Array; whence: Uint8Array } {
  const from = new ByteReader(body)
  if (from.byte() !== VERSION) throw new RangeError('a block of an unknown version')
  return { what: from.raw(from.uint()), whence: from.raw(from.left) }
}

function rowsOf(from: ByteReader): number {
  const n = from.uint()
  if (n > BLOCK_ROWS) throw new RangeError('a block has too many rows')
  return n
}

function writeJournals(out: ByteWriter, refs: Uint32Array): void {
  const runs: { ref: number; length: number }[] = []
  for (const ref of refs) {
    const last = runs.at(-1)
    if (last !== undefined && last.ref === ref) last.length++
    else runs.push({ ref, length: 1 })
  }
  const used = [...new Set(runs.map((run) => run.ref))]
  out.uint(used.length)
  for (const ref of used) out.text(journalName(ref))
  out.uint(runs.length)
  const index = new Map(used.map((ref, i) => [ref, i]))
  for (const run of runs) {
    out.uint(index.get(run.ref) ?? 0)
    out.uint(run.length)
  }
}

function readJournals(from: ByteReader, n: number): Uint32Array {
  const used = Array.from({ length: from.count() }, () => journalRef(from.text()))
  const refs = new Uint32Array(n)
  const runs = from.count(2)
  let at = 0
  for (let i = 0; i < runs; i++) {
    const ref = used[from.uint()]
    const end = at + from.uint()
    if (ref === undefined || end > n) throw new RangeError('the journals of a block do not fit its rows')
    refs.fill(ref, at, end)
    at = end
  }
  return refs
}

function qualitiesOf(rows: Rows, begin: number, end: number): [number, string][] {
  if (rows.quality === undefined) return []
  const found: [number, string][] = []
  for (const [i, quality] of rows.quality) if (i >= begin && i < end) found.push([i - begin, quality])
  return found.sort((a, b) => a[0] - b[0])
}

/** A sparse dictionary: which words there are, then where each stands. */
export function writeQualities(out: ByteWriter, found: readonly (readonly [number, string])[]): void {
  const words = [...new Set(found.map(([, word]) => word))]
  out.uint(words.length)
  for (const word of words) out.text(word)
  const index = new Map(words.map((word, i) => [word, i]))
  out.uint(found.length)
  let before = 0
  for (const [at, word] of found) {
    out.uint(at - before)
    out.uint(index.get(word) ?? 0)
    before = at
  }
}

/** Reads what `writeQualities` wrote; undefined where all are good. */
export function readQualities(from: ByteReader): Map<number, string> | undefined {
  const words = Array.from({ length: from.count() }, () => from.text())
  const count = from.count(2)
  if (count === 0) return undefined
  const found = new Map<number, string>()
  let at = 0
  for (let i = 0; i < count; i++) {
    at += from.uint()
    found.set(at, words[from.uint()] ?? '')
  }
  return found
}
