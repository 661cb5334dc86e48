/** A journal's disk that lives as long as the test: a kill of the gateway leaves it as it is. */
import type { Mark, Range } from '@habtwin/contract'
import type { Entry, JournalDisk, JournalRow, MarkRow } from '@habtwin/gateway/journal/disk'

export class MemoryDisk implements JournalDisk {
  readonly #journals = new Map<string, JournalRow>()
  readonly #chunks = new Map<string, Map<number, Entry[]>>()
  readonly #marks = new Map<string, MarkRow>()
  readonly #adopted = new Map<string, string>()
  #consumers: string[] = []

  journals(): JournalRow[] {
    return [...this.#journals.values()].sort((a, b) => a.since - b.since)
  }

  begin(id: string, since: number): void {
    this.#journals.set(id, { id, since, next: 0, closed: false, cut: false })
    this.#chunks.set(id, new Map())
  }

  close(id: string, next: number, cut: boolean): void {
    const row = this.#journals.get(id)
    if (row) this.#journals.set(id, { ...row, next, closed: true, cut })
  }

  forget(id: string): void {
    this.#journals.delete(id)
    this.#chunks.delete(id)
    for (const key of this.#marks.keys()) if (key.endsWith(id)) this.#marks.delete(key)
  }

  spill(id: string, entries: readonly Entry[]): void {
    this.#chunks.get(id)?.set(entries[0]?.seq ?? 0, [...entries])
  }

  first(id: string): Range | undefined {
    return this.chunks(id)[0]
  }

  chunks(id: string, from = 0, to = Number.POSITIVE_INFINITY): Range[] {
    const chunks = [...(this.#chunks.get(id)?.entries() ?? [])].sort((a, b) => a[0] - b[0])
    return chunks
      .map(([first, entries]): Range => [first, entries.at(-1)?.seq ?? first])
      .filter(([first, last]) => first <= to && last >= from)
  }

  read(id: string, seq: number): Entry[] {
    for (const entries of this.#chunks.get(id)?.values() ?? []) {
      if ((entries[0]?.seq ?? 0) <= seq && seq <= (entries.at(-1)?.seq ?? 0)) return entries
    }
    return []
  }

  drop(id: string, firsts: readonly number[]): void {
    for (const first of firsts) this.#chunks.get(id)?.delete(first)
  }

  urgent(id: string): number[] {
    const entries = [...(this.#chunks.get(id)?.values() ?? [])].flat()
    return entries.flatMap(({ seq, topic }) => (topic.startsWith('device/') ? [] : [seq])).sort((a, b) => a - b)
  }

  consumers(): string[] {
    return [...this.#consumers]
  }

  keepConsumers(names: readonly string[]): void {
    for (const [key, { consumer }] of this.#marks) if (!names.includes(consumer)) this.#marks.delete(key)
    this.#consumers = [...names]
  }

  get bytes(): number {
    let sum = 0
    for (const chunks of this.#chunks.values()) for (const entries of chunks.values()) sum += entries.length * 100
    return sum
  }

  marks(): MarkRow[] {
    return [...this.#marks.values()].map((row) => ({ ...row, mark: { ...row.mark } as Mark }))
  }

  saveMarks(marks: readonly MarkRow[]): void {
    for (const row of marks) this.#marks.set(`${row.consumer}/${row.journal}`, row)
  }

  adopted(consumer: string): string | undefined {
    return this.#adopted.get(consumer)
  }

  adopt(consumer: string, store: string): void {
    this.#adopted.set(consumer, store)
  }

  [Symbol.dispose](): void {}
}
