/** What consumers have confirmed, written now and then: what was confirmed since is sent again after a power cut. */
import type { Consumer } from './consumer.ts'
import type { JournalDisk } from './disk.ts'

/** Marks are written after this long, ms; long ones (many holes) no faster than so many bytes a second. */
const WAIT = 15_000
const RATE = 300

export class SavedMarks {
  readonly #disk: JournalDisk
  #savedAt = 0
  #wait = WAIT
  /** Something was confirmed since. */
  changed = false

  constructor(disk: JournalDisk) {
    this.#disk = disk
  }

  /** @param now monotonic ms */
  isDue(now: number): boolean {
    return this.changed && now - this.#savedAt > this.#wait
  }

  /** @param now monotonic ms */
  save(consumers: Iterable<Consumer>, journals: Iterable<string>, now: number): void {
    const ids = [...journals]
    const rows = [...consumers].flatMap((consumer) =>
      ids.map((journal) => {
        const { done } = consumer.word(journal)
        const store = this.#disk.adopted(consumer.name) ?? ''
        const mark = { store, seq: done.contiguous, have: done.above(done.contiguous), got: [] }
        return { consumer: consumer.name, journal, mark }
      }),
    )
    this.#disk.saveMarks(rows)
    this.#wait = Math.max(WAIT, (JSON.stringify(rows).length / RATE) * 1_000)
    this.changed = false
    this.#savedAt = now
  }
}
