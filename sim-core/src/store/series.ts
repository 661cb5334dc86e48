/** Series have small numbers in the file. Which number means what is told once, in the table `series`. */
import type { DatabaseSync } from 'node:sqlite'
import type { SeriesKey } from './types.ts'

/** A key as one word: ids hold no slash. */
export function keyText(key: SeriesKey): string {
  switch (key.kind) {
    case 'reading':
      return `reading/${key.device}/${key.point}`
    case 'estimate':
      return `estimate/${key.zone}/${key.quantity}/${key.field}`
    case 'forecast':
      return `forecast/${key.zone}/${key.quantity}/${key.lead}/${key.field}`
  }
}

/** The key that `keyText` made a word of. */
export function parseKey(text: string): SeriesKey {
  const [kind, a = '', b = '', c = '', d = ''] = text.split('/')
  if (kind === 'reading') return { kind, device: a, point: b }
  if (kind === 'estimate') return { kind, zone: a, quantity: b, field: c as 'mean' | 'sd' }
  if (kind === 'forecast') {
    return { kind, zone: a, quantity: b, lead: c as '1h' | '6h' | '24h', field: d as 'p05' | 'p50' | 'p95' }
  }
  throw new RangeError(`no series is named ${text}`)
}

/** The numbers of all series, held in memory. */
export class SeriesTable {
  readonly #byText = new Map<string, number>()
  readonly #byId = new Map<number, SeriesKey>()
  /** device → point → number: the way that every reading takes. */
  readonly #points = new Map<string, Map<string, number>>()
  #last = 0
  #fresh: number[] = []

  /** Takes in what the table holds beyond what is known here. */
  load(db: DatabaseSync): void {
    for (const row of db.prepare('SELECT id, name FROM series WHERE id > ? ORDER BY id').all(this.#last)) {
      this.#put(row.id as number, parseKey(row.name as string))
    }
  }

  /** The number of a series; a new one is written by the next `save`. */
  id(key: SeriesKey): number {
    return this.#byText.get(keyText(key)) ?? this.#make(key)
  }

  /** The number of a device's point. */
  pointId(device: string, point: string): number {
    return this.#points.get(device)?.get(point) ?? this.#make({ kind: 'reading', device, point })
  }

  find(key: SeriesKey): number | undefined {
    return this.#byText.get(keyText(key))
  }

  key(id: number): SeriesKey {
    const key = this.#byId.get(id)
    if (key === undefined) throw new RangeError(`the store has no series ${id}`)
    return key
  }

  ids(): number[] {
    return [...this.#byId.keys()]
  }

  /** Writes the new ones; within the transaction that refers to them first. */
  save(db: DatabaseSync): void {
    if (this.#fresh.length === 0) return
    const insert = db.prepare('INSERT INTO series(id, name) VALUES (?, ?)')
    for (const id of this.#fresh) insert.run(id, keyText(this.key(id)))
  }

  /** The transaction stands. */
  saved(): void {
    this.#fresh = []
  }

  /** The transaction failed: the new ones do not exist. */
  forget(): void {
    for (const id of this.#fresh) {
      const key = this.key(id)
      this.#byId.delete(id)
      this.#byText.delete(keyText(key))
      if (key.kind === 'reading') this.#points.get(key.device)?.delete(key.point)
    }
    this.#last -= this.#fresh.length
    this.#fresh = []
  }

  #make(key: SeriesKey): number {
    const id = this.#last + 1
    this.#put(id, key)
    this.#fresh.push(id)
    return id
  }

  #put(id: number, key: SeriesKey): void {
    this.#last = id
    this.#byId.set(id, key)
    this.#byText.set(keyText(key), id)
    if (key.kind !== 'reading') return
    let points = this.#points.get(key.device)
    if (points === undefined) {
      points = new Map()
      this.#points.set(key.device, points)
    }
    points.set(key.point, id)
  }
}
