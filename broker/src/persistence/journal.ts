/**
 * The broker's journal: append-only segments, written in groups.
 *
 *   append ─► pending ─► one write + fdatasync ─► segment ─► … ─► oldest segment: what still counts is appended anew,
 *                ▲                                                the file goes
 *   commit ──────┘ resolves when what was appended before is on the disk; without it, within a second
 *
 * Each segment begins with all that is known of sessions and wills, so that of an older one only messages count.
 */
import { mkdir, open, readdir, readFile, rename, truncate, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { HabtwinError, messageOf } from '@habtwin/contract'
import type { Clock, Timer } from '@habtwin/runtime/clock'
import type { Log } from '../counters.ts'
import { decodeAll, encode, type JournalRecord, type MessageRecord } from './records.ts'

const MAGIC = Buffer.from('hbq1')
/** What is not waited for is on the disk after so many ms. */
const LAZY = 1_000
/** Segments beyond what is in them: where there are more, the oldest goes although there is room. */
const MOST_SEGMENTS = 16
/** Records that could not be written are kept up to so many bytes. */
const MOST_PENDING = 8_000_000

/** The least of a file that the journal writes to. */
export interface SegmentFile {
  write(bytes: Buffer, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>
  datasync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

export interface JournalParts {
  readonly folder: string
  readonly clock: Clock
  readonly log?: Log | undefined
  /** Bytes after which a new segment is begun. */
  readonly segment: number
  /** Everything that is known of sessions and wills. */
  readonly state: () => JournalRecord[]
  /** What still counts of a message; undefined where nothing does. */
  readonly live: (message: MessageRecord) => MessageRecord | undefined
  /** Estimated bytes of what counts. */
  readonly liveBytes: () => number
  /** How a segment is begun; a real file where left out. */
  readonly create?: (path: string) => Promise<SegmentFile>
}

/** A record on its way to the disk. */
export interface Pending {
  readonly bytes: Buffer
  /** True where it is not needed any more; it is left out if it has not been written. */
  gone: boolean
  /** True as soon as it may be on the disk. */
  written: boolean
}

interface Waiter {
  readonly record: Pending
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Segment {
  readonly number: number
  bytes: number
}

export class BrokerJournal {
  readonly #at: JournalParts
  /** Oldest first; the last one is written to. */
  #segments: Segment[] = []
  #file: SegmentFile | undefined
  #pending: Pending[] = []
  #pendingBytes = 0
  #waiters: Waiter[] = []
  #lazy: Timer | undefined
  #writing: Promise<void> | undefined
  #closed = false
  readonly counts = { records: 0, commits: 0, failures: 0, damaged: 0 }

  constructor(parts: JournalParts) {
    this.#at = parts
  }

  /** Bytes on the disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get segments(): number {
    return this.#segments.length
  }

  /**
   * Reads what there is, oldest first. A write that was cut off at the end of the newest segment is left out; of a
   * segment that is damaged what can be read is taken, and the file is set aside once that has been written anew.
   * @param take called with each record
   * Throws data/unusable.
   */
  async replay(take: (record: JournalRecord) => void): Promise<void> {
    const { folder, log } = this.#at
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const names = (await readdir(folder)).filter((name) => /^\d{8}\.log$/.test(name)).sort()
      for (const name of names) {
        const bytes = await readFile(join(folder, name))
        const begun = bytes.subarray(0, MAGIC.length).equals(MAGIC)
        const { records, damaged, good } = begun
          ? decodeAll(bytes, MAGIC.length)
          : { records: [], damaged: bytes.length > 0 ? 1 : 0, good: 0 }
        const newest = name === names.at(-1)
        const torn = good < bytes.length && !newest
        if (good < bytes.length && newest && damaged === 0) await truncate(join(folder, name), good)
        if (damaged > 0 || torn) {
          this.counts.damaged++
          const text =
            'a segment of the journal of the broker is damaged; what can be read of it is kept, the file set aside'
          log?.warn({ file: name, records: records.length }, text)
        }
        for (const record of records) take(record)
        this.#segments.push({ number: Number.parseInt(name, 10), bytes: bytes.length })
        this.#damaged.set(Number.parseInt(name, 10), damaged > 0 || torn)
      }
    } catch (error) {
      throw unusable(error)
    }
  }

  readonly #damaged = new Map<number, boolean>()

  /**
   * Begins to write, in a segment of its own: behind a write that was cut off nothing is ever written. Damaged
   * segments are written anew and set aside first.
   * Throws data/unusable.
   */
  async start(): Promise<void> {
    for (;;) {
      const bad = this.#segments.find(({ number }) => this.#damaged.get(number))
      if (bad === undefined) break
      await this.#retire(bad, true)
    }
    this.append({ kind: 'roll', sessions: [], wills: [] }).gone = true
    await this.commit()
  }

  /** Takes a record; it is on the disk within a second, or when `commit` is called. */
  append(record: JournalRecord): Pending {
    const pending: Pending = { bytes: encode(record), gone: false, written: false }
    this.#pending.push(pending)
    this.#pendingBytes += pending.bytes.length
    this.#lazy ??= this.#at.clock.after(LAZY, () => this.commit().catch(nothing))
    return pending
  }

  /**
   * Resolves once a record, and everything before it, is on the disk. Where that fails the record is taken back: it
   * was not kept, and whoever waits must be told so.
   * Throws data/unusable.
   */
  commit(record?: Pending): Promise<void> {
    if (this.#closed) return Promise.reject(unusable(new Error('the broker has ended')))
    const marker = record ?? { bytes: Buffer.alloc(0), gone: true, written: false }
    return new Promise((resolve, reject) => {
      this.#waiters.push({ record: marker, resolve, reject })
      this.#writing ??= this.#run()
    })
  }

  async close(): Promise<void> {
    this.#lazy?.cancel()
    if (!this.#closed) await this.commit().catch(nothing)
    this.#closed = true
    await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  async #run(): Promise<void> {
    // what comes in this turn of the event loop goes together
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#waiters.length > 0) {
      this.#lazy?.cancel()
      this.#lazy = undefined
      const waiters = this.#waiters.splice(0)
      const batch = this.#pending.splice(0).filter(({ gone }) => !gone)
      this.#pendingBytes = 0
      try {
        await this.#write(batch)
        this.counts.commits++
        this.counts.records += batch.length
        for (const { resolve } of waiters) resolve()
      } catch (error) {
        this.#failed(batch, waiters, error)
        continue
      }
      // what cannot be written anew stays where it is
      await this.#compact().catch((error) => this.#failed([], [], error))
    }
    this.#writing = undefined
  }

  async #write(batch: readonly Pending[]): Promise<void> {
    const segment = this.#segments.at(-1)
    const roll = this.#file === undefined || segment === undefined || segment.bytes >= this.#at.segment
    const active = roll ? await this.#begin() : segment
    if (batch.length === 0 && !roll) return
    for (const record of batch) record.written = true
    const head = roll ? [MAGIC, ...this.#at.state().map(encode)] : []
    const bytes = Buffer.concat([...head, ...batch.map((record) => record.bytes)])
    const file = this.#file as SegmentFile
    let at = 0
    while (at < bytes.length) {
      const { bytesWritten } = await file.write(bytes, at, bytes.length - at, active.bytes + at)
      at += bytesWritten
    }
    await file.datasync()
    active.bytes += bytes.length
  }

  async #begin(): Promise<Segment> {
    const { folder, create } = this.#at
    await this.#file?.close()
    this.#file = undefined
    const segment = { number: (this.#segments.at(-1)?.number ?? 0) + 1, bytes: 0 }
    await mkdir(folder, { recursive: true, mode: 0o700 })
    this.#file = await (create ?? createFile)(join(folder, nameOf(segment)))
    this.#segments.push(segment)
    const handle = await open(folder, 'r')
    try {
      await handle.sync() // that the file is there must be on the disk as well
    } finally {
      await handle.close()
    }
    return segment
  }

  /** What was waited for is taken back, the rest is tried again; nothing is written behind a write that failed. */
  #failed(batch: readonly Pending[], waiters: readonly Waiter[], cause: unknown): void {
    this.counts.failures++
    const error = unusable(cause)
    for (const { record } of waiters) record.gone = true
    const again = batch.filter(({ gone }) => !gone)
    this.#pending.unshift(...again)
    this.#pendingBytes += again.reduce((sum, { bytes }) => sum + bytes.length, 0)
    while (this.#pendingBytes > MOST_PENDING) this.#pendingBytes -= this.#pending.shift()?.bytes.length ?? 0
    const file = this.#file
    this.#file = undefined
    const good = this.#segments.at(-1)?.bytes ?? 0
    file
      ?.truncate(good)
      .catch(nothing)
      .finally(() => file.close().catch(nothing))
    if (!this.#closed) this.#lazy ??= this.#at.clock.after(LAZY, () => this.commit().catch(nothing))
    for (const { reject } of waiters) reject(error)
  }

  /** While the files are much larger than what counts, the oldest is written anew: what counts of it. */
  async #compact(): Promise<void> {
    const { segment, liveBytes } = this.#at
    const [oldest] = this.#segments
    if (oldest === undefined || this.#segments.length < 2) return
    // each start begins a segment, however little the one before has
    if (this.bytes < 2 * liveBytes() + 4 * segment && this.#segments.length <= MOST_SEGMENTS + this.bytes / segment)
      return
    await this.#retire(oldest, false)
  }

  /** Takes a segment out of use once everything that counts of it is in a newer one. */
  async #retire(segment: Segment, aside: boolean): Promise<void> {
    const path = join(this.#at.folder, nameOf(segment))
    const { records } = decodeAll(await readFile(path), MAGIC.length)
    const batch: Pending[] = []
    for (const record of records) {
      const live = record.kind === 'message' ? this.#at.live(record) : undefined
      if (live !== undefined) batch.push({ bytes: encode(live), gone: false, written: true })
    }
    if (this.#segments.at(-1) === segment || batch.length > 0 || aside) await this.#write(batch)
    if (aside) await rename(path, `${path}.damaged`)
    else await unlink(path)
    this.#segments = this.#segments.filter((other) => other !== segment)
  }
}

function nameOf({ number }: Segment): string {
  return `${String(number).padStart(8, '0')}.log`
}

function createFile(path: string): Promise<SegmentFile> {
  return open(path, 'wx', 0o600)
}

function unusable(cause: unknown): HabtwinError {
  const message = `the broker cannot keep what it is sent: ${messageOf(cause)}`
  return new HabtwinError('data/unusable', message, { cause })
}

function nothing(): void {}
