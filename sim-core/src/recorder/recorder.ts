/**
 * Takes what the gateway journals and makes it durable once each.
 *
 *   live, re-sent ─► checked ─► new to its journal? ─► pending (memory) ─► commit (store) ─► mark to the gateway
 *                                                          └─► twin, history of the last seconds
 *
 * It commits by size or time, and at once when the gateway goes: then it alone holds what is pending.
 */
import {
  type BootClock,
  type Correction,
  type DeviceInfo,
  isHabtwinError,
  type JournalState,
  type Mark,
  type Range,
  type Reading,
} from '@habtwin/contract'
import type { Clock, Log } from '@habtwin/runtime'
import type {
  Batch,
  Completeness,
  DeviceReading,
  Gap,
  HeldRow,
  JournalMark,
  PendingRow,
  SeriesKey,
  TwinValue,
} from '../store/types.ts'
import { Clocks } from './clocks.ts'
import { BEGINNING, Pending } from './pending.ts'
import { Repeats } from './repeats.ts'
import { tailGap } from './tails.ts'
import { Tracker } from './tracker.ts'

/** What the recorder needs of the store. */
export interface RecorderStore {
  readonly id: string
  /** The damaged stores in whose place this one was begun, newest first. */
  readonly replaces?: readonly string[] | undefined
  commit(batch: Batch): number
  marks(): JournalMark[]
  infoAt(device: string, t: number): DeviceInfo | undefined
  devices(): readonly DeviceInfo[]
  completeness(): Completeness[]
  /** Readings that wait for the clock of their boot. */
  held(): readonly HeldRow[]
  readHeld(id: number): readonly DeviceReading[]
  corrections(): ReadonlyMap<string, readonly Correction[]>
  latest(prefix: string): ReadonlyMap<string, unknown>
}

export interface RecorderContext {
  readonly store: RecorderStore
  readonly clock: Clock
  readonly log: Log
  readonly limits: {
    /** Estimated bytes of pending readings that are worth a commit. */
    readonly bytes: number
    /** The longest that anything is pending, ms. */
    readonly wait: number
  }
  /** Tells the gateway; an empty mark clears what was told. */
  readonly publishMark: (journal: string, mark: Mark | undefined) => void
  /** Told of each reading that is new, in the order of arrival. */
  readonly onReading: (device: string, zone: string, reading: Reading) => void
  /** Whether the clock of a node is known to be set: what it says to be of the future cannot be judged else. */
  readonly isSet?: (node: string) => boolean
  /** How far ahead of this machine's clock a reading may be, ms; where left out, as far as two clocks of one house are. */
  readonly ahead?: number
  /** Told of each reading that is not taken, and why. */
  readonly onRefused?: (device: string, zone: string, reading: Reading, why: Refusal) => void
  /** Told of each alert, event and result that is new, and of each gap. */
  readonly onRecord?: (topic: string, body: object) => void
  readonly onGap?: (gap: Gap) => void
}

/** A reading may be this far ahead of this machine's clock, unless it is told otherwise, ms. */
const AHEAD = 60_000
/** Held readings that are placed before others have their turn, about. */
const PLACED_AT_ONCE = 5_000
/** Pending more than this while the store cannot be written, the rest is left to the gateway, bytes. */
const MOST_PENDING = 32_000_000

/** A store that could not be written is tried again after this long, ms. */
const AGAIN = 1_000

/** The driver whose readings are told apart by their times. */
export const REPLAY = 'replay'

export type Refusal = 'unknown-device' | 'future' | 'undeclared-point'

export class Recorder {
  readonly #at: RecorderContext
  readonly #trackers = new Map<string, Tracker>()
  readonly #infos = new Map<string, DeviceInfo>()
  readonly #repeats = new Repeats()
  #clocks: Clocks
  #pending: Pending
  /** Something that is held may have become known. */
  #mayPlace = true
  /** The farthest ahead that this machine's clock was, wall − monotonic, ms: what was stamped then still comes in. */
  #ahead = Number.NEGATIVE_INFINITY
  /** Not before this moment (monotonic ms) is the store tried again. */
  #retryAt = Number.NEGATIVE_INFINITY
  #newest = Number.NEGATIVE_INFINITY
  readonly counts = { stored: 0, twice: 0, repeated: 0, late: 0, commits: 0, gaps: 0, failedCommits: 0 }

  constructor(context: RecorderContext) {
    this.#at = context
    this.#pending = this.#fresh()
    this.#clocks = new Clocks(context.store.corrections())
    this.#loadMarks()
  }

  /** The newest time of any reading, ms; −∞ before the first. */
  get newest(): number {
    return this.#newest
  }

  /** Journals of which something is known. */
  get journals(): Iterable<string> {
    return this.#trackers.keys()
  }

  /** Tells what a recording has brought in earlier runs: times of rows that are in the store, ms. */
  knows(device: string, times: readonly number[]): void {
    this.#repeats.know(device, times)
  }

  /** A device's description; kept with the time from which it is valid. */
  info(device: string, info: DeviceInfo | undefined): void {
    if (info === undefined) {
      this.#infos.delete(device)
      return
    }
    // a clock that is not set may say anything, but not that this was before what has been read
    const now = Math.max(this.#at.clock.now(), this.#newest)
    const known = this.#infos.get(device) ?? this.#at.store.infoAt(device, Number.POSITIVE_INFINITY)
    this.#infos.set(device, info)
    if (known !== undefined && JSON.stringify(known) === JSON.stringify(info)) return
    // the first description also holds for what the device says of the time before it was described
    this.#pending.info(known === undefined ? BEGINNING : now, info)
  }

  infoOf(device: string): DeviceInfo | undefined {
    return this.#infos.get(device)
  }

  devices(): Iterable<DeviceInfo> {
    return this.#infos.values()
  }

  /** What a gateway says of the clock in one of its boots. */
  clock(clock: BootClock): void {
    const corrections = this.#clocks.hear(clock)
    if (corrections !== undefined) {
      this.#pending.correct(clock.boot, corrections)
      this.#commitNow()
    }
    this.#mayPlace = true
    this.#placeHeld()
  }

  /** How many readings wait for the clock of their boot. */
  get waiting(): number {
    const stored = this.#at.store.held().filter(({ id }) => !this.#pending.isPlaced(id))
    return stored.reduce((sum, { n }) => sum + n, this.#pending.held.length)
  }

  /** The gateway's word on a journal; undefined where it has forgotten it. */
  state(journal: string, state: JournalState | undefined): void {
    const tracker = this.#tracker(journal)
    if (state === undefined) {
      if (tracker.uncommitted) this.#commitNow()
      this.#trackers.delete(journal)
      this.#pending.forget(journal)
      this.#at.publishMark(journal, undefined)
      return
    }
    tracker.state = state
    tracker.changed = true
    this.#passOver(tracker)
    this.#tell(tracker)
  }

  /**
   * A reading, live or re-sent.
   * @returns why it is not taken, or undefined; one that was had before is no refusal
   */
  reading(device: string, reading: Reading): Refusal | undefined {
    const tracker = this.#tracker(reading.journal)
    if (tracker.has(reading.seq)) {
      this.counts.twice++
      return undefined
    }
    const info = this.#infos.get(device) ?? this.#at.store.infoAt(device, reading.t)
    if (info === undefined) return 'unknown-device'
    const placed = this.#clocks.place(reading)
    const wrong = this.#wrong(info, this.#clocks.right(placed ?? reading))
    if (wrong) {
      // its number is known: asking for it again would not better it
      tracker.pass(reading.seq, reading.seq)
      this.#at.onRefused?.(device, info.zone, reading, wrong)
      const { journal, t } = reading
      this.#gap({ journal, device, from: t, to: t, count: 1, reason: `refused: ${wrong}` })
      return wrong
    }
    if (info.driver === REPLAY && !this.#repeats.take(device, reading.t, reading.journal)) {
      tracker.pass(reading.seq, reading.seq)
      this.counts.repeated++
      this.#pending.touch()
      return undefined
    }
    tracker.take(reading.seq)
    if (placed === undefined) this.#pending.hold(device, reading)
    else this.#accept(device, info, placed)
    if (this.#pending.bytes >= this.#at.limits.bytes && this.#at.clock.mono() >= this.#retryAt) this.#commitNow()
    return undefined
  }

  #accept(device: string, info: DeviceInfo, stored: Reading): void {
    this.#pending.reading(device, stored)
    const reading = this.#clocks.right(stored)
    this.#tracker(reading.journal).seen(device, reading.t)
    if (reading.t > this.#newest) this.#newest = reading.t
    else this.counts.late++
    this.#at.onReading(device, info.zone, reading)
  }

  /** Places some of what is held and has become known: a backlog of days must not hold up what is live. */
  #placeHeld(): void {
    if (!this.#mayPlace || this.#at.clock.mono() < this.#retryAt) return
    let left = PLACED_AT_ONCE
    for (const { id, boot, mono, n } of this.#at.store.held()) {
      if (this.#pending.isPlaced(id) || !this.#clocks.knows(boot, mono)) continue
      if (left <= 0) {
        this.#commitNow()
        return
      }
      left -= n
      this.#pending.placed(id)
      for (const one of this.#at.store.readHeld(id)) this.#placeOne(one)
    }
    for (const one of this.#pending.held.splice(0)) this.#placeOne(one)
    this.#mayPlace = false
  }

  #placeOne({ device, reading }: DeviceReading): void {
    const placed = this.#clocks.place(reading)
    const info = this.#infos.get(device) ?? this.#at.store.infoAt(device, placed?.t ?? reading.t)
    if (placed === undefined || info === undefined) this.#pending.hold(device, reading)
    else this.#accept(device, info, placed)
  }

  /**
   * An alert, event or result that was journalled; or what is kept as it is, without a journal.
   * @returns false where it was had before
   */
  record(topic: string, body: { journal?: string | undefined; seq?: number | undefined }, t: number): boolean {
    if (body.journal !== undefined && body.seq !== undefined && !this.#tracker(body.journal).take(body.seq)) {
      this.counts.twice++
      return false
    }
    const { journal, seq } = body
    this.#pending.record({
      topic,
      body,
      t,
      ...(journal === undefined ? {} : { journal }),
      ...(seq === undefined ? {} : { seq }),
    })
    this.#at.onRecord?.(topic, body)
    return true
  }

  /** What the twin says, to be kept with the next commit. */
  keep(values: readonly TwinValue[], latest: ReadonlyMap<string, unknown>): void {
    this.#pending.twin(values, latest)
  }

  /** How complete each device is, with what is not committed yet. */
  completeness(): Completeness[] {
    return this.#pending.completeness(this.#at.store.completeness())
  }

  /** The latest state of every topic that begins so, with what is not committed yet. */
  latest(prefix: string): ReadonlyMap<string, unknown> {
    return this.#pending.latest(this.#at.store.latest(prefix), prefix)
  }

  /** A number that can be neither read nor stored: it is passed over and told. */
  unreadable(journal: string, seq: number, reason: string): void {
    const tracker = this.#tracker(journal)
    if (tracker.has(seq)) return
    tracker.pass(seq, seq)
    const now = this.#at.clock.now()
    this.#gap({ journal, from: now, to: now, count: 1, reason: `refused: ${reason}` })
  }

  /** Rows of a series that are not in the store yet, for history up to the present. */
  pending(series: SeriesKey, from: number, to: number): PendingRow[] {
    return this.#pending.rows(series, from, to)
  }

  /** Each 250 ms: tells the gateway what has come in, and commits what has waited long enough. */
  tick(): void {
    const { since } = this.#pending
    const now = this.#at.clock.mono()
    const due = since !== undefined && (now - since >= this.#at.limits.wait || Number.isFinite(this.#retryAt))
    if (due && now >= this.#retryAt) this.#commitNow()
    this.#placeHeld()
    for (const tracker of this.#trackers.values()) {
      if (this.#newest > 0) tracker.moment(this.#newest)
      if (tracker.changed) this.#tell(tracker)
    }
  }

  /** Tells the gateway at once how a journal stands: it waits for that before it sends more. */
  tell(journal: string): void {
    const tracker = this.#trackers.get(journal)
    if (tracker?.changed) this.#tell(tracker)
  }

  /** Tells everything again: the gateway may be another process than before. */
  connected(): void {
    for (const tracker of this.#trackers.values()) this.#tell(tracker)
  }

  /**
   * Commits what is pending; called when the gateway goes and before the process ends.
   * @returns false where the store could not be written
   */
  flush(): boolean {
    return this.#pending.since === undefined || this.#commitNow()
  }

  /** @returns false where the store could not be written */
  #commitNow(): boolean {
    const marks = [...this.#trackers.values()].filter((tracker) => tracker.unsaved)
    const batch = this.#pending.batch(marks.map((tracker) => ({ journal: tracker.journal, ...tracker.afterCommit() })))
    try {
      this.#at.store.commit(batch)
    } catch (error) {
      this.#failed(error)
      return false
    }
    this.counts.stored += this.#pending.readings.length
    this.counts.commits++
    this.#retryAt = Number.NEGATIVE_INFINITY
    this.#pending = this.#fresh()
    for (const tracker of marks) {
      tracker.committed()
      this.#tell(tracker)
    }
    return true
  }

  #failed(error: unknown): void {
    const damaged = isHabtwinError(error, 'store/damaged')
    if (!damaged && !isHabtwinError(error, 'data/unusable')) throw error
    this.counts.failedCommits++
    this.#retryAt = this.#at.clock.mono() + AGAIN
    if (!damaged && this.#pending.bytes < MOST_PENDING) return
    // the gateway still holds all that is pending: letting go of it here loses nothing
    this.#at.log.error({ err: error }, 'what was not stored yet is asked for again')
    this.#pending = this.#fresh()
    this.#trackers.clear()
    this.#clocks = new Clocks(this.#at.store.corrections())
    this.#mayPlace = true
    this.#loadMarks()
    if (damaged) for (const info of this.#infos.values()) this.#pending.info(BEGINNING, info)
    this.connected()
  }

  #fresh(): Pending {
    return new Pending(() => this.#at.clock.mono())
  }

  #loadMarks(): void {
    for (const { journal, seq, have } of this.#at.store.marks()) {
      const done: Range[] = seq > 0 ? [[1, seq], ...have] : [...have]
      this.#trackers.set(journal, new Tracker(journal, done))
    }
  }

  #tracker(journal: string): Tracker {
    let tracker = this.#trackers.get(journal)
    if (tracker === undefined) {
      tracker = new Tracker(journal)
      this.#trackers.set(journal, tracker)
    }
    return tracker
  }

  #tell(tracker: Tracker): void {
    const { id, replaces } = this.#at.store
    this.#at.publishMark(tracker.journal, {
      store: id,
      ...(replaces?.length ? { replaces: [...replaces] } : {}),
      ...tracker.mark(),
    })
    tracker.changed = false
  }

  #wrong(info: DeviceInfo, reading: Reading): Refusal | undefined {
    if ((info.pace ?? 1) === 1 && reading.clock === undefined && this.#isFuture(reading.t, info.node)) return 'future'
    for (const point in reading.values) if (!Object.hasOwn(info.points, point)) return 'undeclared-point'
    return undefined
  }

  /** Just after this machine's clock was put back, what was stamped before is of no future. */
  #isFuture(t: number, node: string): boolean {
    const { clock, isSet = () => true, ahead = AHEAD } = this.#at
    this.#ahead = Math.max(this.#ahead, clock.now() - clock.mono())
    return t > this.#ahead + clock.mono() + ahead && isSet(node)
  }

  /** Numbers that nobody can supply any more are passed over, and the gap is told. */
  #passOver(tracker: Tracker): void {
    const now = this.#newest > 0 ? this.#newest : this.#at.clock.now()
    for (const hole of tracker.unobtainable()) {
      const count = hole[1] - hole[0] + 1
      const { journal } = tracker
      this.#gap({ journal, ...tracker.span(hole, now), count, reason: 'lost before it was stored' })
      tracker.pass(hole[0], hole[1])
    }
    if (!tracker.state?.closed || !tracker.state.cut || tracker.noted) return
    // just after a start nothing was described yet, but the store knows whose readings there were
    const infos = new Map(this.#at.store.devices().map((info) => [info.device, info]))
    for (const info of this.#infos.values()) infos.set(info.device, info)
    const wall = this.#at.clock.now()
    for (const info of infos.values()) {
      const own = (info.pace ?? 1) === 1 && info.driver !== REPLAY ? wall : now
      this.#gap(tailGap(tracker, info.device, this.#trackers.values(), own))
    }
    // the gateway forgets a cut journal once this is noted: so it must be durable first
    tracker.noted = this.#commitNow()
    tracker.changed = true
  }

  #gap(gap: Gap): void {
    this.#pending.gap(gap)
    this.counts.gaps++
    this.#at.onGap?.(gap)
  }
}
