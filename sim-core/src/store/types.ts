/** What goes into the store and what comes out of it. Times are ms since the epoch, UTC. */
import type { Correction, DeviceInfo, FixedLead, Range, Reading } from '@habtwin/contract'
import type { Readers } from './readers.ts'

/** What one column of numbers over time is keyed by. */
export type SeriesKey =
  | { readonly kind: 'reading'; readonly device: string; readonly point: string }
  | { readonly kind: 'estimate'; readonly zone: string; readonly quantity: string; readonly field: 'mean' | 'sd' }
  /** `t` of a forecast's value is the time that it speaks of, not when it was made. */
  | {
      readonly kind: 'forecast'
      readonly zone: string
      readonly quantity: string
      readonly lead: FixedLead
      readonly field: 'p05' | 'p50' | 'p95'
    }

/** A reading with the device that gave it. */
export interface DeviceReading {
  readonly device: string
  readonly reading: Reading
}

/** A number of the twin's that is kept. */
export interface TwinValue {
  readonly key: SeriesKey
  readonly t: number
  readonly value: number
}

/** An alert, event or result, kept whole. `topic` is relative to `hab/{habitat}/`. */
export interface StoredRecord {
  readonly topic: string
  readonly body: unknown
  readonly journal?: string
  readonly seq?: number
  readonly t: number
}

/** A device's description, valid from `from` until the next one. */
export interface InfoFrom {
  readonly from: number
  readonly info: DeviceInfo
}

/** What is durable of a journal: every number up to `seq`, and the ranges `have` beyond it. */
export interface JournalMark {
  readonly journal: string
  readonly seq: number
  readonly have: readonly Range[]
}

/** Readings that were taken and will never be stored. */
export interface Gap {
  readonly journal: string
  /** Absent where it is not known whose readings they were. */
  readonly device?: string
  readonly from: number
  readonly to: number
  readonly count?: number
  readonly reason: string
}

/** How many readings a device took (its own count) within a journal, and how many of them are stored. */
export interface Taken {
  readonly device: string
  readonly journal: string
  readonly n: number
  readonly stored: number
}

/** What is really there of a journal, counted row by row. */
export interface JournalCount {
  readonly journal: string
  /** Numbers that are said to be durable. */
  readonly said: number
  /** Those that are there. */
  readonly stored: number
  /** Said to be durable, and not there. */
  readonly lost: number
  /** There more than once. */
  readonly twice: number
}

/** Readings of one boot that wait for its clock: in one commit, or what was left of one. */
export interface HeldRow {
  readonly id: number
  readonly boot: string
  /** Of the earliest, ms since the boot. */
  readonly mono: number
  readonly n: number
  /** What it takes. */
  readonly bytes: number
}

/** One commit: one transaction, one number of the ingest log. Everything in it is stored once or not at all. */
export interface Batch {
  /** The caller never hands in a (journal, seq) twice: that is what the marks are for. */
  readonly readings?: readonly DeviceReading[]
  readonly twin?: readonly TwinValue[]
  readonly records?: readonly StoredRecord[]
  readonly infos?: readonly InfoFrom[]
  /** Absolute: they replace the journal's mark. */
  readonly marks?: readonly JournalMark[]
  /** Journals whose marks are needed no more. */
  readonly forget?: readonly string[]
  /** Raises the count of a device where it is known to have taken more than what was handed in. `stored` the store counts. */
  readonly taken?: readonly Pick<Taken, 'device' | 'journal' | 'n'>[]
  readonly gaps?: readonly Gap[]
  /** Readings whose time is not known yet: counted as taken, kept apart until they come among `readings`. */
  readonly hold?: readonly DeviceReading[]
  /** Rows of what was held whose readings are all in this batch, placed or held again. */
  readonly placed?: readonly number[]
  /** By boot, in place of those before: what times of readings that are stored are put right by. */
  readonly corrections?: ReadonlyMap<string, readonly Correction[]>
  /** State by topic: the latest wins. */
  readonly latest?: ReadonlyMap<string, unknown>
}

/** A row that is not committed yet, handed in by who holds it so that history ends at the present. */
export interface PendingRow {
  readonly t: number
  readonly journal: string
  readonly seq: number
  readonly value: number | null
  readonly quality?: string
}

export interface HistoryQuery {
  readonly series: SeriesKey
  /** Both ends included. */
  readonly from: number
  readonly to: number
  /** Sums up to one mean a span of this many ms, aligned to the epoch. */
  readonly every?: number
  /** At most so many rows, the first ones; `more` says that there were others. */
  readonly limit?: number
  readonly pending?: readonly PendingRow[]
}

/** Ordered by (t, journal, seq). With `every`: `t` is a span's begin, `value` its mean; spans without a value are left out. */
export interface History {
  /** UCUM unit of a device's point; left out where the device was never described. */
  unit?: string
  t: number[]
  value: (number | null)[]
  /** Left out where all are good. */
  quality?: (string | null)[]
  min?: number[]
  max?: number[]
  n?: number[]
  /** True where `limit` cut the answer short. */
  more?: boolean
}

export interface Completeness {
  readonly device: string
  readonly taken: number
  readonly stored: number
  readonly gaps: Gap[]
}

/** What the ingest log says to a mirror: one commit. */
export interface LogEntry {
  readonly id: number
  /** When it was committed. */
  readonly t: number
  readonly groups: LogGroup[]
  readonly records: StoredRecord[]
}

/** Rows of one device (or of one value of the twin's) with the same points. */
export interface LogGroup {
  readonly keys: readonly SeriesKey[]
  readonly journal: string
  readonly unsynced: boolean
  readonly seq: ArrayLike<number>
  readonly t: ArrayLike<number>
  /** A column for each key; NaN stands for null. */
  readonly values: readonly ArrayLike<number>[]
}

/** The least that the store asks of a log (pino fits). */
export interface StoreLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Others who keep tables of their own in the same file. */
export interface Beside {
  /** The file is about to be moved aside: no connection to it may stay open. */
  release(): void
  /** It was damaged and is now at this path; another one is begun in its place. */
  moved(aside: string): void
}

export interface StoreOptions {
  /** The folder of the store; made where it is missing. */
  readonly folder: string
  readonly log?: StoreLog
  /** Names of the mirrors that follow the ingest log. Cursors of others are dropped at opening. */
  readonly mirrors?: readonly string[]
  /** Values older than this, by the data's clock, are dropped. Default two years. */
  readonly keep?: number
  /** Blocks may take so many bytes; beyond that the oldest go. Default 32 GB. */
  readonly size?: number
  /** Packed entries that wait for a mirror may take so many bytes; beyond that the oldest go, counted. Default 2 GB. */
  readonly logSize?: number
  /** The log is packed when so many values wait. Default 262,144. */
  readonly packValues?: number
  /** … or so many bytes of it. Default 2 MB. */
  readonly packBytes?: number
  /** … or its oldest entry is so many ms old. Default 6 h. */
  readonly packAge?: number
  /** Wall clock, ms since the epoch: stamps entries of the log. */
  readonly now?: () => number
  /** The habitat's "now" (its newest reading's time), by which values grow old. Without it none do. */
  readonly dataNow?: () => number
  /** Told before and after a damaged file is moved aside. */
  readonly beside?: Beside
  /** Page cache of the connection that writes, bytes. Default 4 MiB. */
  readonly cache?: number
  /** The worker that reads, where it is shared with other stores. */
  readonly readers?: Readers
}

export interface StoreMetrics {
  commits: number
  readings: number
  values: number
  bytes: number
  packs: number
  blocks: number
  /** Entries of the log dropped before a mirror had them. */
  logDropped: number
  /** Blocks dropped by age or size. */
  retired: number
  /** Blocks that could not be decoded and were left out of an answer. */
  damagedBlocks: number
}
