/** What has come in and is not durable yet: the next commit, in the making; and what history needs of it meanwhile. */
import type { Correction, DeviceInfo, Reading } from '@habtwin/contract'
import { keyText } from '../store/series.ts'
import type {
  Batch,
  Completeness,
  DeviceReading,
  Gap,
  InfoFrom,
  PendingRow,
  SeriesKey,
  StoredRecord,
  TwinValue,
} from '../store/types.ts'

/** The earliest moment that a Date can hold, ms: "always". */
export const BEGINNING = -8.64e15

export class Pending {
  readonly readings: DeviceReading[] = []
  /** Their time is not known yet. */
  readonly held: DeviceReading[] = []
  readonly gaps: Gap[] = []
  readonly #records: StoredRecord[] = []
  readonly #twin: TwinValue[] = []
  readonly #infos: InfoFrom[] = []
  readonly #latest = new Map<string, unknown>()
  readonly #forget: string[] = []
  readonly #placed = new Set<number>()
  readonly #corrections = new Map<string, readonly Correction[]>()
  /** Estimated size in the store, bytes. */
  bytes = 0
  /** When the first of it came, monotonic ms; undefined where there is nothing. */
  since: number | undefined
  readonly #mono: () => number

  /** @param mono monotonic ms */
  constructor(mono: () => number) {
    this.#mono = mono
  }

  reading(device: string, reading: Reading): void {
    this.readings.push({ device, reading })
    this.#grew(24 + 12 * Object.keys(reading.values).length)
  }

  hold(device: string, reading: Reading): void {
    this.held.push({ device, reading })
    this.#grew(64 + 20 * Object.keys(reading.values).length)
  }

  /** All readings of a row that the store holds are in this one. */
  placed(row: number): void {
    this.#placed.add(row)
    this.#grew(0)
  }

  isPlaced(row: number): boolean {
    return this.#placed.has(row)
  }

  correct(boot: string, corrections: readonly Correction[]): void {
    this.#corrections.set(boot, corrections)
    this.#grew(0)
  }

  record(record: StoredRecord): void {
    this.#records.push(record)
    this.#grew(300)
  }

  twin(values: readonly TwinValue[], latest: ReadonlyMap<string, unknown>): void {
    for (const value of values) this.#twin.push(value)
    for (const [topic, body] of latest) this.#latest.set(topic, body)
    this.#grew(values.length * 8)
  }

  info(from: number, info: DeviceInfo): void {
    this.#infos.push({ from, info })
    this.#grew(0)
  }

  gap(gap: Gap): void {
    this.gaps.push(gap)
    this.#grew(0)
  }

  forget(journal: string): void {
    this.#forget.push(journal)
    this.#grew(0)
  }

  /** There is something to commit, if only a mark that has moved. */
  touch(): void {
    this.#grew(0)
  }

  batch(marks: NonNullable<Batch['marks']>): Batch {
    return {
      readings: this.readings,
      hold: this.held,
      placed: [...this.#placed],
      corrections: this.#corrections,
      twin: this.#twin,
      records: this.#records,
      infos: this.#infos,
      gaps: this.gaps,
      latest: this.#latest,
      forget: this.#forget,
      marks,
    }
  }

  /** Rows of a series. */
  rows(series: SeriesKey, from: number, to: number): PendingRow[] {
    return series.kind === 'reading'
      ? this.#readingRows(series.device, series.point, from, to)
      : this.#twinRows(keyText(series), from, to)
  }

  /** The store's counts, with what is not in it yet. */
  completeness(stored: readonly Completeness[]): Completeness[] {
    const all = new Map(stored.map((one) => [one.device, { ...one, gaps: [...one.gaps] }]))
    for (const { device } of this.readings) {
      const one = all.get(device) ?? { device, taken: 0, stored: 0, gaps: [] }
      // its number may be one that the store knows to be missing, or a new one
      const count = one.stored + 1
      all.set(device, { ...one, stored: count, taken: Math.max(one.taken, count) })
    }
    for (const { device } of this.held) {
      const one = all.get(device) ?? { device, taken: 0, stored: 0, gaps: [] }
      all.set(device, { ...one, taken: one.taken + 1 })
    }
    for (const gap of this.gaps) if (gap.device !== undefined) all.get(gap.device)?.gaps.push(gap)
    return [...all.values()]
  }

  /** The store's latest state of the topics that begin so, with what is not in it yet. */
  latest(stored: ReadonlyMap<string, unknown>, prefix: string): ReadonlyMap<string, unknown> {
    const all = new Map(stored)
    for (const [topic, body] of this.#latest) if (topic.startsWith(prefix)) all.set(topic, body)
    return all
  }

  #grew(bytes: number): void {
    this.bytes += bytes
    this.since ??= this.#mono()
  }

  #twinRows(series: string, from: number, to: number): PendingRow[] {
    const rows: PendingRow[] = []
    for (const [seq, { key, t, value }] of this.#twin.entries()) {
      if (t >= from && t <= to && keyText(key) === series) rows.push({ t, journal: '', seq, value })
    }
    return rows
  }

  #readingRows(device: string, point: string, from: number, to: number): PendingRow[] {
    const rows: PendingRow[] = []
    for (const { device: of, reading } of this.readings) {
      const { t, journal, seq } = reading
      const value = reading.values[point]
      if (of !== device || value === undefined || t < from || t > to) continue
      const quality = reading.quality?.[point]
      rows.push({ t, journal, seq, value, ...(quality === undefined ? {} : { quality }) })
    }
    return rows
  }
}
