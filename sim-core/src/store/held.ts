/**
 * What the store holds beside the series because of clocks: readings that cannot be placed in time yet, as they came,
 * and corrections of times that were given by a clock which turned out to be wrong. Both rare: a row a commit, or none.
 *
 *   held         readings of one boot of a machine whose clock is not set; gone with the commit that stores them
 *   correction   of one boot: applied when series are read, for a block never changes
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Correction } from '@habtwin/contract'
import { fold, unfold } from './compress.ts'
import { DamagedBytes } from './faults.ts'
import type { DeviceReading, Gap, HeldRow } from './types.ts'

const tables = `
  CREATE TABLE IF NOT EXISTS held(id INTEGER PRIMARY KEY, boot TEXT NOT NULL, mono REAL NOT NULL, n INTEGER NOT NULL,
                                  body BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS correction(boot TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
`

/** Makes the tables in a store that has none: an older habtwin leaves them alone. */
export function prepareHeld(db: DatabaseSync): void {
  db.exec(tables)
}

/** Within a transaction: takes in readings, a row for each boot. */
export function putHeld(db: DatabaseSync, readings: readonly DeviceReading[]): void {
  const boots = new Map<string, DeviceReading[]>()
  for (const one of readings) {
    const boot = one.reading.clock?.boot ?? ''
    const list = boots.get(boot)
    if (list === undefined) boots.set(boot, [one])
    else list.push(one)
  }
  const insert = db.prepare('INSERT INTO held(boot, mono, n, body) VALUES (?, ?, ?, ?)')
  for (const [boot, list] of boots) {
    const mono = list.reduce(
      (least, { reading }) => Math.min(least, reading.clock?.mono ?? 0),
      Number.POSITIVE_INFINITY,
    )
    insert.run(boot, mono, list.length, fold(Buffer.from(JSON.stringify(list))))
  }
}

/** Within a transaction: the readings of these rows have been placed. */
export function dropHeld(db: DatabaseSync, ids: readonly number[]): void {
  const remove = db.prepare('DELETE FROM held WHERE id = ?')
  for (const id of ids) remove.run(id)
}

/** Every row that is held, oldest first, without its readings. */
export function heldRows(db: DatabaseSync): HeldRow[] {
  return db
    .prepare('SELECT id, boot, mono, n, length(body) AS bytes FROM held ORDER BY id')
    .all() as unknown as HeldRow[]
}

/** The oldest rows that have to go so that what is held takes no more than `limit` bytes. */
export function heldBeyond(rows: readonly HeldRow[], limit: number): HeldRow[] {
  let excess = rows.reduce((sum, { bytes }) => sum + bytes, 0) - limit
  return rows.filter(({ bytes }) => {
    const goes = excess > 0
    excess -= bytes
    return goes
  })
}

/** What is told of readings whose time was never known, a gap a device and journal; their times are estimates. */
export function gapsOf(readings: readonly DeviceReading[]): Gap[] {
  const groups = Map.groupBy(readings, ({ device, reading }) => `${reading.journal}/${device}`)
  return [...groups.values()].map((group) => {
    const times = group.map(({ reading }) => reading.t)
    const { device, reading } = group[0] as DeviceReading
    return {
      ...{ journal: reading.journal, device, count: group.length, reason: 'no room while the clock was not set' },
      ...{ from: Math.min(...times), to: Math.max(...times) },
    }
  })
}

/** The readings of a row; none where it is gone. */
export function readHeld(db: DatabaseSync, id: number): DeviceReading[] {
  const row = db.prepare('SELECT body FROM held WHERE id = ?').get(id)
  if (row === undefined) return []
  try {
    return JSON.parse(Buffer.from(unfold(row.body as Uint8Array)).toString())
  } catch (error) {
    throw new DamagedBytes(`row ${id} of what is held cannot be read`, { cause: error })
  }
}

/** Within a transaction: all corrections of a boot, in place of those before. */
export function putCorrections(db: DatabaseSync, boot: string, corrections: readonly Correction[]): void {
  if (corrections.length === 0) db.prepare('DELETE FROM correction WHERE boot = ?').run(boot)
  else db.prepare('INSERT OR REPLACE INTO correction VALUES (?, ?)').run(boot, JSON.stringify(corrections))
}

/** Corrections by boot. A connection that only reads may meet a file that was never opened since there are any. */
export function readCorrections(db: DatabaseSync): Map<string, Correction[]> {
  const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'correction'").get()
  if (there === undefined) return new Map()
  const rows = db.prepare('SELECT boot, body FROM correction').all()
  return new Map(rows.map((row) => [row.boot as string, JSON.parse(row.body as string)]))
}
