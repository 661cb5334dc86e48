/**
 * What the store knows besides numbers over time: marks, counters, device descriptions, gaps, the latest state,
 * the mirrors' cursors, and records that are not in their table yet.
 *
 * A commit writes only what it changed, as one `Change` within its entry of the log: one page instead of seven.
 * All of a change is absolute, so that it can be applied again. Packing writes the sum into the tables.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { DeviceInfo } from '@habtwin/contract'
import type { Batch, Completeness, Gap, InfoFrom, JournalMark, StoredRecord, Taken } from './types.ts'

/** How far a mirror has come in the log, and how many entries were dropped before it had them. */
export interface CursorState {
  readonly name: string
  readonly id: number
  readonly dropped: number
}

/** What one commit changes. Short names: it is stored as JSON. */
export interface Change {
  marks?: readonly JournalMark[]
  forget?: readonly string[]
  taken?: Taken[]
  infos?: readonly InfoFrom[]
  gaps?: { id: number; gap: Gap }[]
  latest?: [topic: string, body: unknown][]
  records?: readonly StoredRecord[]
  cursors?: CursorState[]
}

/** A record with the number that it has in its table: its entry's, then its place there. */
export interface NumberedRecord extends StoredRecord {
  readonly id: number
}

const RECORDS_PER_ENTRY = 65_536

/** `alert`, `event` or `result`: the first level of the topic. */
export function kindOf(topic: string): string {
  const slash = topic.indexOf('/')
  return slash < 0 ? topic : topic.slice(0, slash)
}

export class State {
  readonly marks = new Map<string, JournalMark>()
  readonly latest = new Map<string, unknown>()
  readonly cursors = new Map<string, CursorState>()
  /** In entries of the log that are not packed yet, oldest first. */
  records: NumberedRecord[] = []
  readonly #taken = new Map<string, Map<string, Taken>>()
  readonly #infos = new Map<string, InfoFrom[]>()
  readonly #gaps = new Map<number, Gap>()
  #lastGap = 0
  #dirty = clean()

  /** What a batch changes. Changes nothing itself. */
  changeOf(batch: Batch, moved: readonly CursorState[]): Change {
    const change: Change = {}
    if (batch.marks?.length) change.marks = batch.marks
    if (batch.forget?.length) change.forget = batch.forget
    const taken = this.#count(batch)
    if (taken.length > 0) change.taken = taken
    if (batch.infos?.length) change.infos = batch.infos
    if (batch.gaps?.length) change.gaps = batch.gaps.map((gap, i) => ({ id: this.#lastGap + 1 + i, gap }))
    if (batch.latest?.size) change.latest = [...batch.latest]
    if (batch.records?.length) change.records = batch.records
    if (moved.length > 0) change.cursors = [...moved]
    return change
  }

  /** Takes a change in, for good: it is durable as entry `id`. */
  apply(change: Change, id: number): void {
    for (const mark of change.marks ?? []) this.marks.set(mark.journal, mark)
    for (const journal of change.forget ?? []) this.marks.delete(journal)
    for (const one of change.taken ?? []) this.#putTaken(one)
    for (const info of change.infos ?? []) this.#putInfo(info)
    for (const { id: gapId, gap } of change.gaps ?? []) this.#putGap(gapId, gap)
    for (const [topic, body] of change.latest ?? []) this.latest.set(topic, body)
    for (const cursor of change.cursors ?? []) this.cursors.set(cursor.name, cursor)
    change.records?.forEach((record, i) => {
      this.records.push({ ...record, id: id * RECORDS_PER_ENTRY + i })
    })
    const dirty = this.#dirty
    for (const mark of change.marks ?? []) dirty.marks.add(mark.journal)
    for (const journal of change.forget ?? []) dirty.marks.add(journal)
    for (const one of change.taken ?? []) dirty.taken.set(`${one.device}/${one.journal}`, one)
    for (const info of change.infos ?? []) dirty.infos.push(info)
    for (const one of change.gaps ?? []) dirty.gaps.push(one)
    for (const [topic] of change.latest ?? []) dirty.latest.add(topic)
  }

  /** Reads what the tables hold. */
  load(db: DatabaseSync): void {
    for (const row of db.prepare('SELECT journal, seq, have FROM mark').all()) {
      const journal = row.journal as string
      this.marks.set(journal, { journal, seq: row.seq as number, have: JSON.parse(row.have as string) })
    }
    for (const row of db.prepare('SELECT device, journal, n, stored FROM taken').all()) {
      this.#putTaken(row as unknown as Taken)
    }
    for (const row of db.prepare('SELECT since, body FROM info').all()) {
      this.#putInfo({ from: row.since as number, info: JSON.parse(row.body as string) })
    }
    for (const row of db.prepare('SELECT id, body FROM gap').all()) {
      this.#putGap(row.id as number, JSON.parse(row.body as string))
    }
    for (const row of db.prepare('SELECT topic, body FROM latest').all()) {
      this.latest.set(row.topic as string, JSON.parse(row.body as string))
    }
    for (const row of db.prepare('SELECT name, id, dropped FROM cursor').all()) {
      this.cursors.set(row.name as string, row as unknown as CursorState)
    }
  }

  /** Writes into the tables what changed, and the records of entries up to `upTo`. Within a transaction. */
  save(db: DatabaseSync, upTo: number): void {
    const put = (sql: string, rows: Iterable<(string | number | null)[]>) => {
      const statement = db.prepare(sql)
      for (const row of rows) statement.run(...row)
    }
    const dirty = this.#dirty
    const marks = [...dirty.marks].flatMap((journal) => this.marks.get(journal) ?? [])
    put(
      'INSERT OR REPLACE INTO mark VALUES (?, ?, ?)',
      marks.map((mark) => [mark.journal, mark.seq, JSON.stringify(mark.have)]),
    )
    put(
      'DELETE FROM mark WHERE journal = ?',
      [...dirty.marks].filter((journal) => !this.marks.has(journal)).map((journal) => [journal]),
    )
    put(
      'INSERT OR REPLACE INTO taken VALUES (?, ?, ?, ?)',
      [...dirty.taken.values()].map((one) => [one.device, one.journal, one.n, one.stored]),
    )
    put(
      'INSERT OR REPLACE INTO info VALUES (?, ?, ?)',
      dirty.infos.map(({ from, info }) => [info.device, from, JSON.stringify(info)]),
    )
    put(
      'INSERT OR REPLACE INTO gap VALUES (?, ?, ?)',
      dirty.gaps.map(({ id, gap }) => [id, gap.device ?? null, JSON.stringify(gap)]),
    )
    put(
      'INSERT OR REPLACE INTO latest VALUES (?, ?)',
      [...dirty.latest].map((topic) => [topic, JSON.stringify(this.latest.get(topic) ?? null)]),
    )
    put(
      'INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)',
      [...this.cursors.values()].map((cursor) => [cursor.name, cursor.id, cursor.dropped]),
    )
    put(
      'INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?)',
      this.records
        .filter((record) => record.id < (upTo + 1) * RECORDS_PER_ENTRY)
        .map((one) => [
          one.id,
          kindOf(one.topic),
          one.t,
          one.topic,
          one.journal ?? null,
          one.seq ?? null,
          JSON.stringify(one.body),
        ]),
    )
  }

  /** The transaction of `save` stands. */
  saved(upTo: number): void {
    this.#dirty = clean()
    this.records = this.records.filter((record) => record.id >= (upTo + 1) * RECORDS_PER_ENTRY)
  }

  /** The description that was valid at `t`; before the first one, the first. */
  infoAt(device: string, t: number): DeviceInfo | undefined {
    const list = this.#infos.get(device)
    if (list === undefined) return undefined
    for (let i = list.length - 1; i > 0; i--) if ((list[i] as InfoFrom).from <= t) return list[i]?.info
    return list[0]?.info
  }

  /** The newest description of each device. */
  devices(): DeviceInfo[] {
    return [...this.#infos.values()].flatMap((list) => list.at(-1)?.info ?? [])
  }

  completeness(): Completeness[] {
    const devices = new Set([...this.#taken.keys(), ...[...this.#gaps.values()].flatMap((gap) => gap.device ?? [])])
    return [...devices].sort().map((device) => {
      let taken = 0
      let stored = 0
      for (const one of this.#taken.get(device)?.values() ?? []) {
        taken += one.n
        stored += one.stored
      }
      return { device, taken, stored, gaps: [...this.#gaps.values()].filter((gap) => gap.device === device) }
    })
  }

  gaps(): Gap[] {
    return [...this.#gaps.values()]
  }

  #count(batch: Batch): Taken[] {
    const touched = new Map<string, { device: string; journal: string; n: number; stored: number }>()
    const at = (device: string, journal: string) => {
      const name = `${device}/${journal}`
      let one = touched.get(name)
      if (one === undefined) {
        const before = this.#taken.get(device)?.get(journal)
        one = { device, journal, n: before?.n ?? 0, stored: before?.stored ?? 0 }
        touched.set(name, one)
      }
      return one
    }
    for (const { device, reading } of batch.readings ?? []) {
      const one = at(device, reading.journal)
      one.stored++
      if (reading.n > one.n) one.n = reading.n
    }
    for (const { device, reading } of batch.hold ?? []) {
      const one = at(device, reading.journal)
      if (reading.n > one.n) one.n = reading.n
    }
    for (const { device, journal, n } of batch.taken ?? []) {
      const one = at(device, journal)
      if (n > one.n) one.n = n
    }
    return [...touched.values()]
  }

  #putTaken(one: Taken): void {
    let journals = this.#taken.get(one.device)
    if (journals === undefined) {
      journals = new Map()
      this.#taken.set(one.device, journals)
    }
    journals.set(one.journal, one)
  }

  #putInfo(added: InfoFrom): void {
    const list = (this.#infos.get(added.info.device) ?? []).filter((one) => one.from !== added.from)
    list.push(added)
    list.sort((a, b) => a.from - b.from)
    this.#infos.set(added.info.device, list)
  }

  #putGap(id: number, gap: Gap): void {
    this.#gaps.set(id, gap)
    if (id > this.#lastGap) this.#lastGap = id
  }
}

/** What the tables do not hold yet. */
function clean() {
  return {
    marks: new Set<string>(),
    taken: new Map<string, Taken>(),
    infos: [] as InfoFrom[],
    gaps: [] as { id: number; gap: Gap }[],
    latest: new Set<string>(),
  }
}
