/**
 * The values of one commit as bytes: an entry of the ingest log.
 *
 *   version │ groups, each: series numbers │ journal │ flags │ n │ seqs │ times │ a column a point │ qualities
 *   └──────────────────────────────── fold()ed as a whole ────────────────────────────────────────────────────
 *
 * Rows of one device with the same points are a group, so that times and numbers are written once and
 * neighbours in a column are alike. Cost: a microsecond or two a reading.
 */
import { readQualities, writeQualities } from './block.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { readIntegers, readValues, writeIntegers, writeValues } from './columns.ts'
import { fold, unfold } from './compress.ts'
import { keyText, type SeriesTable } from './series.ts'
import type { DeviceReading, TwinValue } from './types.ts'

const VERSION = 1
const UNSYNCED = 1
/** Rows in a group, at most: garbage must not make us allocate. */
const MAX_ROWS = 2 ** 24

/** Rows of one device with the same points, in columns. */
export interface IngestGroup {
  readonly series: number[]
  /** Empty for what the twin said. */
  readonly journal: string
  /** The clock of these was not set: their times are not to be trusted. */
  readonly unsynced: boolean
  readonly seq: ArrayLike<number>
  readonly t: ArrayLike<number>
  /** One column a series; NaN stands for null. */
  readonly values: readonly ArrayLike<number>[]
  /** By row × number of series + index of the series; undefined where all are good. */
  readonly quality: Map<number, string> | undefined
}

/** Reused: a fresh one for each commit would scatter the heap. */
const out = new ByteWriter(65_536)

interface Building {
  readonly points: readonly string[]
  readonly series: number[]
  readonly journal: string
  readonly unsynced: boolean
  readonly seq: number[]
  readonly t: number[]
  readonly values: number[][]
  readonly quality: [number, string][]
}

/** Groups readings and the twin's numbers. @returns the groups, and how many values they hold */
export function gather(
  readings: readonly DeviceReading[],
  twin: readonly TwinValue[],
  table: SeriesTable,
): { groups: IngestGroup[]; values: number } {
  const byDevice = new Map<string, Building[]>()
  const all: Building[] = []
  let count = 0
  for (const { device, reading } of readings) {
    let candidates = byDevice.get(device)
    if (candidates === undefined) {
      candidates = []
      byDevice.set(device, candidates)
    }
    const unsynced = reading.clock !== undefined
    let group = candidates.find(
      (one) => one.journal === reading.journal && one.unsynced === unsynced && samePoints(one.points, reading.values),
    )
    if (group === undefined) {
      const points = Object.keys(reading.values)
      const series = points.map((point) => table.pointId(device, point))
      group = building(points, series, reading.journal, unsynced)
      candidates.push(group)
      all.push(group)
    }
    const row = group.t.push(reading.t) - 1
    group.seq.push(reading.seq)
    const width = group.points.length
    for (let i = 0; i < width; i++) {
      const value = reading.values[group.points[i] as string]
      ;(group.values[i] as number[]).push(typeof value === 'number' ? value : Number.NaN)
      const quality = reading.quality?.[group.points[i] as string]
      if (quality !== undefined) group.quality.push([row * width + i, quality])
    }
    count += width
  }
  const byKey = new Map<string, Building>()
  for (const { key, t, value } of twin) {
    const text = keyText(key)
    let group = byKey.get(text)
    if (group === undefined) {
      group = building([text], [table.id(key)], '', false)
      byKey.set(text, group)
      all.push(group)
    }
    group.t.push(t)
    group.seq.push(0)
    ;(group.values[0] as number[]).push(value)
    count++
  }
  return { groups: all.map((one) => ({ ...one, quality: new Map(one.quality) })), values: count }
}

/** The bytes of an entry. */
export function encodeIngest(groups: readonly IngestGroup[]): Uint8Array {
  out.reset()
  out.byte(VERSION)
  out.uint(groups.length)
  for (const group of groups) {
    const n = group.t.length
    out.uint(group.series.length)
    for (const id of group.series) out.uint(id)
    out.text(group.journal)
    out.byte(group.unsynced ? UNSYNCED : 0)
    out.uint(n)
    writeIntegers(out, group.seq, n)
    writeIntegers(out, group.t, n)
    for (const column of group.values) writeValues(out, column, n)
    writeQualities(out, [...(group.quality ?? [])])
  }
  return fold(out.view())
}

/** The groups of an entry. Throws where the bytes are damaged. */
export function decodeIngest(body: Uint8Array): IngestGroup[] {
  const from = new ByteReader(unfold(body))
  if (from.byte() !== VERSION) throw new RangeError('an entry of an unknown version')
  return Array.from({ length: from.count(5) }, () => {
    const series = Array.from({ length: from.count() }, () => from.uint())
    const journal = from.text()
    const unsynced = (from.byte() & UNSYNCED) !== 0
    const n = from.uint()
    if (n > MAX_ROWS) throw new RangeError('a group has too many rows')
    const seq = readIntegers(from, n)
    const t = readIntegers(from, n)
    const values = series.map(() => readValues(from, n))
    return { series, journal, unsynced, seq, t, values, quality: readQualities(from) }
  })
}

function building(points: readonly string[], series: number[], journal: string, unsynced: boolean): Building {
  return { points, series, journal, unsynced, seq: [], t: [], values: series.map(() => []), quality: [] }
}

function samePoints(points: readonly string[], values: Readonly<Record<string, unknown>>): boolean {
  let i = 0
  for (const point in values) if (points[i++] !== point) return false
  return i === points.length
}
