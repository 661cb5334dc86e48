/**
 * The store: everything that was measured, estimated, said and done, in one SQLite file.
 *
 *   commit(batch) ─► ingest: one entry a commit ──────────┬─► pack (some MB, or some hours) ─► block: a few thousand
 *                    │  values, in columns, zstd          │                                    rows of one series
 *                    │  what else changed, as JSON, zstd  │                                  ─► record, mark, taken,
 *                    │                                    │                                     info, gap, latest
 *                    ├─► heads (reader's thread) ─────────┴─► history = blocks + heads + pending rows
 *                    └─► mirrors, each behind its cursor      (an entry goes when packed and past every cursor)
 *
 * A commit is one row in one table: two pages of flash, however many readings, marks and counters it holds.
 * Packing goes in slices: blocks up to entry `target` of the series up to `done`, and where it stands, in one
 * transaction each; so a value is at every moment either in the log or in a block, for every reader, and a crash
 * in between is no more than a pause. Marks are written with the data that they speak of, so nothing is stored
 * twice or acknowledged unstored.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Alert, Correction, DeviceInfo } from '@habtwin/contract'
import { HabtwinError, isHabtwinError, messageOf } from '@habtwin/contract/errors'
import { toHistory } from './answer.ts'
import { type Cursor, cursorOf } from './cursor.ts'
import { moveAside } from './damage.ts'
import { isDamage, toFault } from './faults.ts'
import { StoreFile } from './file.ts'
import { gapsOf, heldBeyond, readCorrections, readHeld } from './held.ts'
import { lockStore } from './lock.ts'
import { readLog } from './log.ts'
import { type AlertEpisode, alertsOf, episodesOf, recordsOf } from './records.ts'
import { type PackSlice, ReaderThread } from './thread.ts'
import type {
  Batch,
  Completeness,
  DeviceReading,
  Gap,
  HeldRow,
  History,
  HistoryQuery,
  JournalCount,
  JournalMark,
  StoredRecord,
  StoreLog,
  StoreMetrics,
  StoreOptions,
} from './types.ts'

const DAY = 86_400_000
/** Values that one slice of a packing takes from the log: some 30 ms of the reader's thread, 5 ms of this one. */
const SLICE_VALUES = 65_536
/** What waits for a clock may take so much of the store's size, one part in … */
const HELD_SHARE = 8
const BEGUN_ANEW = 'The store was damaged; it was moved aside and a new one begun'
const silent: StoreLog = { info: () => {}, warn: () => {}, error: () => {} }

export class Store implements AsyncDisposable {
  readonly #options: StoreOptions
  readonly #path: string
  readonly #log: StoreLog
  readonly #lock: Disposable
  readonly #moved = new Set<string>()
  readonly metrics: StoreMetrics = {
    commits: 0, readings: 0, values: 0, bytes: 0, packs: 0, blocks: 0, logDropped: 0, retired: 0, damagedBlocks: 0,
  } // biome-ignore format: a table
  #file: StoreFile
  #thread: ReaderThread
  #packing: Promise<void> | undefined
  /** The id of a store that was replaced, until who commits has been told. */
  #vouched: string | undefined
  /** True where a damaged file could not be replaced: every use tries again. */
  #broken = false
  #closed = false

  private constructor(options: StoreOptions, path: string, lock: Disposable, file: StoreFile) {
    this.#options = options
    this.#path = path
    this.#log = options.log ?? silent
    this.#lock = lock
    this.#file = file
    this.#thread = new ReaderThread(path, options.readers)
  }

  /**
   * Opens the store of a folder, or begins one. A damaged file is moved aside, loudly, and a new one begun.
   * @throws HabtwinError data/locked, data/unusable, store/newer
   */
  static open(options: StoreOptions): Store {
    const path = join(options.folder, 'store.db')
    let lock: Disposable | undefined
    try {
      mkdirSync(options.folder, { recursive: true, mode: 0o700 })
      lock = lockStore(join(options.folder, 'store.lock'))
      const file = openOrBegin(path, options)
      file.setMirrors(options.mirrors ?? [])
      return new Store(options, path, lock, file)
    } catch (error) {
      lock?.[Symbol.dispose]()
      throw toFault(error, path)
    }
  }

  /**
   * 128 random bits in hexadecimal: another file is another store. Where a damaged one was replaced, it changes
   * when `commit` has said so, and no sooner: until then nobody may vouch for the new one with the old one's marks.
   */
  get id(): string {
    return this.#vouched ?? this.#file.id
  }

  /** The number of the newest entry of the log; 0 where there is none. */
  get last(): number {
    return this.#file.last
  }

  /** The newest time of a packed value or of an entry of the log, ms; undefined in a new store. */
  get newest(): number | undefined {
    const sql = 'SELECT max(t) AS t FROM (SELECT max(t1) AS t FROM block UNION ALL SELECT max(t) AS t FROM ingest)'
    return (this.#file.db.prepare(sql).get()?.t as number | null) ?? undefined
  }

  /** Bytes of the blocks and of the log. */
  get size(): { blocks: number; log: number; values: number } {
    const { bytes, values } = this.#file.progress
    return { blocks: bytes, log: this.#file.logBytes, values: values + this.#file.unpacked.values }
  }

  /**
   * Stores a batch: all of it, or nothing. It is durable when this returns.
   * @returns the number of its entry in the log
   * @throws HabtwinError data/unusable where the disk is full or gone: try again later;
   *   store/damaged where the file was found damaged: the store has been begun anew and has another `id`
   */
  commit(batch: Batch): number {
    if (this.#vouched !== undefined) {
      this.#vouched = undefined
      throw new HabtwinError('store/damaged', BEGUN_ANEW, { where: this.#path })
    }
    const moved = [...this.#moved].flatMap((name) => this.#file.state.cursors.get(name) ?? [])
    const done = this.#guarded(
      () => this.#file.commit(batch, moved, this.#now()),
      (): void => {
        this.#vouched = undefined
      },
    )
    this.#moved.clear()
    this.metrics.commits++
    this.metrics.readings += batch.readings?.length ?? 0
    this.metrics.values += done.values
    this.metrics.bytes += done.bytes
    if (this.#due()) this.#packBehind()
    return done.id
  }

  /** Moves everything of the log into blocks and tables, and retires what is too old. Resolves when it is done. */
  pack(): Promise<void> {
    this.#packing ??= this.#pack().finally(() => {
      this.#packing = undefined
    })
    return this.#packing
  }

  /**
   * One series over a span of time: blocks, log and the caller's pending rows, merged.
   * @throws HabtwinError request/too-large; the signal's reason where it is aborted
   */
  async history(query: HistoryQuery, signal?: AbortSignal): Promise<History> {
    try {
      const answer = await this.#thread.history(query, signal)
      if (answer.damaged > 0) {
        this.metrics.damagedBlocks += answer.damaged
        this.#log.warn({ series: query.series, blocks: answer.damaged }, 'damaged blocks were left out of an answer')
      }
      const unit = this.#unit(query)
      return unit === undefined ? toHistory(answer) : { unit, ...toHistory(answer) }
    } catch (error) {
      throw this.#told(error)
    }
  }

  /** What is really in the file of each journal, counted row by row: beyond some millions of rows that takes seconds. */
  async count(): Promise<JournalCount[]> {
    try {
      return await this.#thread.count()
    } catch (error) {
      throw this.#told(error)
    }
  }

  /** What is durable of each journal. */
  marks(): (JournalMark & { ranges: [number, number][] })[] {
    return [...this.#file.state.marks.values()].map((mark) => ({
      ...mark,
      ranges: [
        ...(mark.seq > 0 ? [[1, mark.seq] as [number, number]] : []),
        ...mark.have.map(([a, b]): [number, number] => [a, b]),
      ],
    }))
  }

  /** Per device: how many readings it took, how many of them are stored, and what is known to be lost. */
  completeness(): Completeness[] {
    return this.#file.state.completeness()
  }

  gaps(): Gap[] {
    return this.#file.state.gaps()
  }

  /** What waits for the clock of its boot, oldest first. */
  held(): readonly HeldRow[] {
    return this.#file.held
  }

  /** The readings of such a row. */
  readHeld(id: number): DeviceReading[] {
    return this.#guarded(() => readHeld(this.#file.db, id))
  }

  /** By boot, what times are put right by. */
  corrections(): Map<string, Correction[]> {
    return this.#guarded(() => readCorrections(this.#file.db))
  }

  /** The description of a device that was valid at `t`. */
  infoAt(device: string, t: number): DeviceInfo | undefined {
    return this.#file.state.infoAt(device, t)
  }

  /** The newest description of each device. */
  devices(): DeviceInfo[] {
    return this.#file.state.devices()
  }

  /** The latest state of every topic that begins with `prefix`. */
  latest(prefix = ''): Map<string, unknown> {
    return new Map([...this.#file.state.latest].filter(([topic]) => topic.startsWith(prefix)))
  }

  /** Records of a kind (`alert`, `event`, `result`) in a span, the newest first. */
  records(kind: string, span: { from?: number; to?: number; limit?: number } = {}): StoredRecord[] {
    return this.#guarded(() => recordsOf(this.#file, kind, span))
  }

  /** Alerts that changed in a span, each as it last was, the newest first. */
  alerts(span: { from?: number; to?: number; limit?: number } = {}): Alert[] {
    return this.#guarded(() => alertsOf(this.#file, span))
  }

  /** Alerts that held in a span (ms), each time that one was raised; of those that hold still, where they changed. */
  episodes(span: { from: number; to: number }): AlertEpisode[] {
    return this.#guarded(() => episodesOf(this.#file, span))
  }

  /** The place of a mirror that was named in the options. */
  cursor(name: string): Cursor {
    return cursorOf(name, {
      state: () => this.#file.state,
      last: () => this.last,
      moved: this.#moved,
      read: (after, bytes) => this.#guarded(() => readLog(this.#file, after, bytes)),
    })
  }

  /**
   * Drops what is older than `keep` before `now` (the data's clock), and the oldest beyond the size limit; and
   * entries of the log that are not needed, or beyond theirs. Goes in steps that leave others their turn.
   */
  async retire(now: number | undefined = this.#options.dataNow?.()): Promise<void> {
    const before = now === undefined ? Number.NEGATIVE_INFINITY : now - (this.#options.keep ?? 730 * DAY)
    for (let more = true; more && !this.#closed; await turn()) {
      const retired = this.#guarded(() => this.#file.retire(before, this.#options.size ?? 32e9))
      this.metrics.retired += retired
      more = retired > 0
    }
    this.#boundHeld()
    for (let more = true; more && !this.#closed; await turn()) more = this.#guarded(() => this.#file.trim())
    for (let dropped = 1; dropped > 0 && !this.#closed; await turn()) {
      dropped = this.#guarded(() => this.#file.dropLog(this.#options.logSize ?? 2e9))
      if (dropped === 0) continue
      this.metrics.logDropped += dropped
      this.#log.warn({ entries: dropped }, 'the log reached its limit: entries were dropped before a mirror had them')
    }
  }

  /** Ends a packing at its next slice and closes the file. What is in the log stays there until the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return
    // cursors that moved since the last commit
    if (this.#moved.size > 0 && this.#vouched === undefined) this.commit({})
    this.#closed = true
    await this.#thread[Symbol.asyncDispose]()
    await this.#packing?.catch(() => {})
    this.#file[Symbol.dispose]()
    this.#lock[Symbol.dispose]()
  }

  /** A clock that is never set must not fill the disk: the oldest of what waits for it is given up, and told. */
  #boundHeld(): void {
    const rows = heldBeyond(this.held(), (this.#options.size ?? 32e9) / HELD_SHARE)
    if (rows.length === 0 || this.#closed) return
    const readings = rows.flatMap(({ id }) => this.readHeld(id))
    this.commit({ placed: rows.map(({ id }) => id), gaps: gapsOf(readings) })
    this.#log.error(
      { readings: readings.length },
      'no room for readings whose time is not known: the oldest are given up',
    )
  }

  #unit({ series, to }: HistoryQuery): string | undefined {
    if (series.kind !== 'reading') return undefined
    return this.infoAt(series.device, to)?.points[series.point]?.unit
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now()
  }

  #due(): boolean {
    const { values, bytes, since } = this.#file.unpacked
    return (
      values >= (this.#options.packValues ?? 262_144) ||
      bytes >= (this.#options.packBytes ?? 2_000_000) ||
      this.#now() - since >= (this.#options.packAge ?? DAY / 4)
    )
  }

  /** Packs without being waited for. A fault of the disk is told; the next commit tries again. */
  #packBehind(): void {
    if (this.#packing !== undefined) return
    this.pack().catch((error: unknown) => {
      if (this.#closed) return
      this.#log.error({ code: isHabtwinError(error) ? error.code : undefined }, `packing failed: ${messageOf(error)}`)
    })
  }

  async #pack(): Promise<void> {
    const file = this.#file
    // one that was interrupted is ended first, with the entry that it was to end with
    const resumed = file.progress.target > file.progress.packed
    const target = resumed ? file.progress.target : file.last
    if (target === file.progress.packed) return this.retire()
    for (let end = false; !end; ) {
      const slice = await this.#slice(target)
      // closed, or begun anew: what is in the log is packed another time
      if (slice === undefined || file !== this.#file) return
      this.#guarded(() => file.putBlocks(target, slice))
      this.metrics.blocks += slice.blocks.length
      end = slice.end
      await turn()
    }
    this.metrics.packs++
    await this.retire()
    if (resumed && !this.#closed) await this.#pack()
  }

  /** The next blocks of a packing; undefined where the store was closed meanwhile. */
  async #slice(target: number): Promise<PackSlice | undefined> {
    try {
      const slice = await this.#thread.pack(target, this.#file.progress.done, SLICE_VALUES)
      return this.#closed ? undefined : slice
    } catch (error) {
      if (this.#closed) return undefined
      throw this.#told(error)
    }
  }

  /** Runs something on the file; a damaged file is replaced, a full disk told in our words. */
  #guarded<T>(work: () => T, onDamage?: () => void): T {
    if (this.#closed) throw new HabtwinError('link/unavailable', 'The store was closed', { where: this.#path })
    try {
      if (this.#broken) this.#reopen()
      return work()
    } catch (error) {
      const told = this.#told(error)
      if (isHabtwinError(told, 'store/damaged')) onDamage?.()
      throw told
    }
  }

  /** The error as others are to see it. Where the file is damaged, begins another. */
  #told(error: unknown): unknown {
    if (!isDamage(error) || this.#closed) return toFault(error, this.#path)
    const old = this.#thread
    this.#thread = new ReaderThread(this.#path, this.#options.readers)
    void old[Symbol.asyncDispose]()
    this.#vouched ??= this.#file.id
    this.#moved.clear()
    try {
      this.#file[Symbol.dispose]()
      setAside(this.#path, this.#options, error)
      this.#reopen()
    } catch (fault) {
      this.#broken = true
      return toFault(fault, this.#path)
    }
    return new HabtwinError('store/damaged', BEGUN_ANEW, { where: this.#path, cause: error })
  }

  #reopen(): void {
    this.#file = openOrBegin(this.#path, this.#options)
    this.#file.setMirrors(this.#options.mirrors ?? [])
    this.#broken = false
  }
}

function openOrBegin(path: string, options: StoreOptions): StoreFile {
  try {
    return StoreFile.open(path, options.cache)
  } catch (error) {
    if (!isDamage(error)) throw error
    setAside(path, options, error)
    return StoreFile.open(path, options.cache)
  }
}

/** Moves a damaged file out of the way, loudly. */
function setAside(path: string, options: StoreOptions, why: unknown): void {
  options.beside?.release()
  const aside = moveAside(path, options.now?.() ?? Date.now())
  options.beside?.moved(aside)
  options.log?.error(
    { code: 'store/damaged', path, aside },
    `the store was damaged (${messageOf(why)}); it was moved aside and a new one begun`,
  )
}

/** Leaves others their turn on the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
