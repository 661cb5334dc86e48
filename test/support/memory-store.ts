/** A store that lives as long as the test, with the ways in which a real one comes back different. */
import type { Correction, DeviceInfo } from '@habtwin/contract'
import type { RecorderStore } from '@habtwin/sim-core/recorder/recorder'
import type { Batch, DeviceReading, Gap, HeldRow, JournalMark } from '@habtwin/sim-core/store/types'

let stores = 0

export class MemoryStore implements RecorderStore {
  readonly id: string
  readonly replaces: readonly string[]
  twice = 0
  gaps: Gap[] = []
  #seen = new Set<string>()
  readonly #devices: DeviceInfo[] = []
  #marks = new Map<string, JournalMark>()
  #remembered: { seen: Set<string>; marks: Map<string, JournalMark>; gaps: Gap[] } | undefined

  constructor(replaces: readonly string[] = []) {
    this.id = `store-${++stores}`
    this.replaces = replaces
  }

  get size(): number {
    return this.#seen.size
  }

  has(journal: string, seq: number): boolean {
    return this.#seen.has(`${journal}/${seq}`)
  }

  commit(batch: Batch): number {
    for (const { reading } of batch.readings ?? []) {
      const key = `${reading.journal}/${reading.seq}`
      if (this.#seen.has(key)) this.twice++
      this.#seen.add(key)
    }
    for (const mark of batch.marks ?? []) this.#marks.set(mark.journal, mark)
    for (const journal of batch.forget ?? []) this.#marks.delete(journal)
    this.gaps.push(...(batch.gaps ?? []))
    for (const { info } of batch.infos ?? []) this.#devices.push(info)
    return 0
  }

  marks(): JournalMark[] {
    return [...this.#marks.values()]
  }

  infoAt(): DeviceInfo | undefined {
    return undefined
  }

  devices(): DeviceInfo[] {
    return this.#devices
  }

  held(): HeldRow[] {
    return []
  }

  readHeld(): DeviceReading[] {
    return []
  }

  corrections(): Map<string, Correction[]> {
    return new Map()
  }

  completeness(): [] {
    return []
  }

  latest(): Map<string, unknown> {
    return new Map()
  }

  /** Makes a backup. */
  remember(): void {
    this.#remembered = { seen: new Set(this.#seen), marks: new Map(this.#marks), gaps: [...this.gaps] }
  }

  /** Restores the backup. */
  putBack(): void {
    if (!this.#remembered) return
    this.#seen = new Set(this.#remembered.seen)
    this.#marks = new Map(this.#remembered.marks)
    this.gaps = [...this.#remembered.gaps]
  }

  /** The store that is begun when this one was damaged. */
  anew(): MemoryStore {
    return new MemoryStore([this.id, ...this.replaces])
  }
}
