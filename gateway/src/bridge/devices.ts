/**
 * Of each device, how much has crossed a bridge: taken, confirmed there, and what will never come, with its times.
 *
 *   numbers that the other side has not stored ─┬─ still held ─► wait
 *                                               └─ gone ───────► lost, told once
 *   taken − wait − lost = confirmed
 *
 * Counted each ten seconds, in steps, so that a backlog of weeks holds up nobody; told on `link/{bridge}/devices`, which
 * stays at home: over a narrow link it would cost more than it says.
 */
import { deviceOf, journalState, type LinkGap, type Range, topic } from '@habtwin/contract'
import { type Clock, RangeSet } from '@habtwin/runtime'
import type { Entry, Journal } from '../journal/index.ts'
import { type DeviceIndex, Sum } from './device-index.ts'

export interface DeviceTallyParts {
  readonly name: string
  readonly journal: Pick<Journal, 'id' | 'next' | 'journals' | 'consumer'>
  readonly index: DeviceIndex
  readonly clock: Pick<Clock, 'now' | 'mono'>
  /** Whether a topic (below `hab/{habitat}/`) is to cross. */
  readonly crosses: (topic: string) => boolean
  /** What is retained on a topic of this habitat. */
  readonly latest: (topic: string) => string | undefined
  readonly retain: (topic: string, payload: string) => void
}

/** Between two countings, ms, and entries that are read in one tick: some milliseconds. */
const EVERY = 10_000
const READ = 4_000
/** Spans of one device that are told. */
const GAPS = 5

/** Devices by how they stand. */
export interface Standing {
  readonly complete: number
  readonly behind: number
  readonly gaps: number
}

export class DeviceTally {
  readonly #parts: DeviceTallyParts
  readonly #since: number
  /** The number of the first entry of this process's journal that is offered. */
  readonly #from: number
  readonly #taken = new Map<string, number>()
  readonly #lost = new Map<string, { count: number; gaps: LinkGap[] }>()
  #unknown: LinkGap[] = []
  /** Told to be lost already, by journal. */
  readonly #accounted = new Map<string, RangeSet>()
  #pass: Iterator<number, void> | undefined
  #passedAt = Number.NEGATIVE_INFINITY
  #passes = 0
  #said = ''
  #lowest: ReadonlyMap<string, number> = new Map()
  standing: Standing = { complete: 0, behind: 0, gaps: 0 }

  constructor(parts: DeviceTallyParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
    this.#from = parts.journal.next
  }

  /** The lowest number of each journal that is lacking; of none before all was counted once. */
  get lowest(): ReadonlyMap<string, number> | undefined {
    return this.#passes > 0 ? this.#lowest : undefined
  }

  /** An entry was journalled. */
  offer({ topic: path }: Entry): void {
    const device = deviceOf(path, 'reading')
    if (device !== undefined && this.#parts.crosses(path)) add(this.#taken, device, 1)
  }

  /** Four times a second. */
  tick(): void {
    const now = this.#parts.clock.mono()
    if (this.#pass === undefined && now - this.#passedAt < EVERY) return
    this.#pass ??= this.#count()
    for (let read = 0; read < READ; ) {
      const step = this.#pass.next()
      if (!step.done) read += step.value
      else {
        this.#pass = undefined
        this.#passedAt = now
        return
      }
    }
  }

  *#count(): Generator<number, void> {
    const { journal, name, index } = this.#parts
    const isFirst = this.#passes === 0
    const taken = new Map(this.#taken)
    const waiting = new Sum()
    const lowest = new Map<string, number>()
    for (const { id, next, since } of [...journal.journals].map(({ id, next, since }) => ({ id, next, since }))) {
      const done = journal.consumer(name)?.word(id).done ?? new RangeSet()
      const gone = this.#goneOf(id)
      const accounted = this.#accounted.get(id) ?? new RangeSet()
      this.#accounted.set(id, accounted)
      // what was there before this began was not offered to it
      const before = !isFirst ? 0 : id === journal.id ? this.#from - 1 : next - 1
      const [early, held] = [new Sum(), new Sum()]
      for (const [a, b] of done.missing(1, next - 1).flatMap(([x, y]) => accounted.missing(x, y))) {
        lowest.set(id, Math.min(lowest.get(id) ?? a, a))
        for (const lost of common(gone, a, b)) {
          const sum = new Sum()
          yield* index.sum(id, ...lost, false, sum)
          this.#lose(lost, sum, since)
          accounted.addRange(...lost)
        }
        for (const [x, y] of accounted.missing(a, b)) {
          yield* index.sum(id, x, Math.min(y, before), true, early)
          yield* index.sum(id, Math.max(x, before + 1), y, true, held)
        }
      }
      for (const [device, count] of held.devices) waiting.add(device, count)
      for (const [device, count] of early.devices) {
        waiting.add(device, count)
        if (this.#crosses(device)) for (const all of [this.#taken, taken]) add(all, device, count)
      }
    }
    this.#passes++
    this.#lowest = lowest
    for (const id of this.#accounted.keys()) if (![...journal.journals].some((one) => one.id === id)) this.#accounted.delete(id) // biome-ignore format: one thought
    this.#tell(taken, waiting)
  }

  #tell(taken: ReadonlyMap<string, number>, waiting: Sum): void {
    const { name, clock, retain } = this.#parts
    const standing = { complete: 0, behind: 0, gaps: 0 }
    const devices = [...taken].map(([device, of]) => {
      const { count: lost = 0, gaps = [] } = this.#lost.get(device) ?? {}
      const waits = Math.min(of, waiting.devices.get(device) ?? 0)
      standing[waits > 0 ? 'behind' : lost > 0 ? 'gaps' : 'complete']++
      const told = { taken: of, confirmed: Math.max(0, of - waits - lost), lost, ...(gaps.length > 0 ? { gaps } : {}) }
      return [device, told] as const
    })
    this.standing = standing
    const unknown = this.#unknown.length > 0 ? { unknown: this.#unknown } : {}
    const body = { bridge: name, since: this.#since, devices: Object.fromEntries(devices), ...unknown }
    const text = JSON.stringify(body)
    if (text === this.#said) return
    this.#said = text
    retain(topic.linkDevices(name), JSON.stringify({ t: clock.now(), ...body }))
  }

  /** Readings that will never come. @param began when their journal was, ms */
  #lose([a, b]: Range, sum: Sum, began: number): void {
    if (sum.devices.size === 0) {
      // of a journal that this process never saw: whose they were nobody knows
      this.#unknown = joined(this.#unknown, { from: began, to: this.#parts.clock.now(), count: b - a + 1 })
      return
    }
    for (const [device, count] of sum.devices) {
      if (!this.#crosses(device)) continue
      const known = this.#lost.get(device) ?? { count: 0, gaps: [] }
      // devices are asked side by side: a reading may be a little older or newer than its number says
      known.gaps = joined(known.gaps, { from: sum.from, to: sum.to, count })
      known.count += count
      this.#lost.set(device, known)
    }
  }

  #crosses(device: string): boolean {
    return this.#parts.crosses(topic.reading(device))
  }

  /** What the journal says that it cannot supply any more. */
  #goneOf(id: string): Range[] {
    const text = this.#parts.latest(topic.journal(id))
    const state = text === undefined ? undefined : journalState.parse(JSON.parse(text))
    return state === undefined ? [] : [[1, state.first - 1], ...state.lost]
  }
}

function add(all: Map<string, number>, device: string, count: number): void {
  all.set(device, (all.get(device) ?? 0) + count)
}

/** What ranges have in common with one. */
function common(ranges: readonly Range[], a: number, b: number): Range[] {
  return ranges.map(([x, y]): Range => [Math.max(a, x), Math.min(b, y)]).filter(([x, y]) => x <= y)
}

/** Spans with one more; those that touch are one, and only the newest are kept. */
function joined(gaps: readonly LinkGap[], gap: LinkGap): LinkGap[] {
  const last = gaps.at(-1)
  // the oldest go first and a block at a time: what follows on is the same gap
  if (last && gap.from <= last.to + (last.to - last.from) + 60_000 && gap.from >= last.from)
    return [...gaps.slice(0, -1), { from: last.from, to: Math.max(last.to, gap.to), count: last.count + gap.count }]
  return [...gaps, gap].slice(-GAPS)
}
