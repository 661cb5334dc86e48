/** Takes up the journals of earlier processes, as their disk and their files in memory have them, and who waits for what. */
import { messageOf } from '@habtwin/contract'
import type { Log } from '@habtwin/runtime'
import type { Consumer } from './consumer.ts'
import type { Entry, JournalDisk } from './disk.ts'
import { firstOf, type Held, held, highest } from './held.ts'
import type { Tail } from './tail.ts'

export interface TakeUpParts {
  readonly disk: JournalDisk
  readonly tail: Tail | undefined
  readonly log: Log
  readonly consumers: ReadonlyMap<string, Consumer>
  /** Of this process's journal. */
  readonly id: string
}

/** @returns the journals, oldest first, and whether something was confirmed that no mark on disk says */
export function takeUp(parts: TakeUpParts): { readonly journals: Map<string, Held>; readonly unsaved: boolean } {
  const { disk, tail, consumers } = parts
  const left = tail?.begin(parts.id) ?? { journals: [], confirmed: [] }
  const journals = new Map<string, Held>()
  for (const row of disk.journals()) {
    const earlier = held(row.id, row.since)
    for (const [a, b] of disk.chunks(row.id)) earlier.onDisk.addRange(a, b)
    const kept = left.journals.filter(({ journal }) => journal === row.id)
    const recovered = kept.map(({ entries }) => recover(parts, earlier, entries))
    for (const seq of disk.urgent(row.id)) earlier.urgent.add(seq)
    earlier.next = Math.max(row.next, earlier.onDisk.max + 1)
    earlier.closed = true
    // what a kill took is there again, all of it
    earlier.cut = row.cut || (!row.closed && (kept.length === 0 || recovered.includes(false)))
    journals.set(row.id, earlier)
  }
  takeUpConsumers(parts, journals)
  for (const { consumer, journal, mark } of disk.marks()) {
    consumers.get(consumer)?.hear(journal, { ...mark, got: [] }, false)
    const earlier = journals.get(journal)
    if (earlier?.cut) earlier.next = Math.max(earlier.next, highest(mark) + 1)
  }
  for (const { consumer, journal, range } of left.confirmed) {
    const earlier = journals.get(journal)
    if (earlier === undefined) continue
    consumers.get(consumer)?.confirm(journal, ...range)
    earlier.next = Math.max(earlier.next, range[1] + 1)
  }
  return { journals, unsaved: left.confirmed.length > 0 }
}

/**
 * Puts what a killed process had in memory beside what it had on disk.
 * @param entries in order of number
 * @returns false where the disk does not take it
 */
function recover({ disk, log }: TakeUpParts, journal: Held, entries: readonly Entry[]): boolean {
  const missing = entries.filter(({ seq }) => !journal.onDisk.has(seq))
  if (missing.length === 0) return true
  try {
    for (const run of runs(missing)) {
      disk.spill(journal.id, run)
      journal.onDisk.addRange(run[0]?.seq ?? 1, run.at(-1)?.seq ?? 0)
    }
  } catch (error) {
    log.error({ err: error }, `what a killed process left in memory is given up: ${messageOf(error)}`)
    return false
  }
  log.info({ journal: journal.id, entries: missing.length }, 'a killed process left these in memory')
  return true
}

/** Entries without a hole between them: a chunk has none. */
function runs(entries: readonly Entry[]): Entry[][] {
  const out: Entry[][] = []
  let last = Number.NaN
  for (const entry of entries) {
    if (entry.seq === last + 1) out.at(-1)?.push(entry)
    else out.push([entry])
    last = entry.seq
  }
  return out
}

/** Forgets those that are configured no more; new bridges begin with what is held. */
function takeUpConsumers({ disk, log, consumers }: TakeUpParts, journals: ReadonlyMap<string, Held>): void {
  const before = new Set(disk.consumers())
  for (const name of before) {
    if (!consumers.has(name)) log.warn({ consumer: name }, `${name} is configured no more: nothing waits for it`)
  }
  for (const consumer of consumers.values()) {
    if (before.has(consumer.name) || consumer.kind === 'recorder') continue
    for (const journal of journals.values()) {
      const first = Math.min(firstOf(journal.onDisk), journal.next)
      if (first > 1) consumer.confirm(journal.id, 1, first - 1)
    }
  }
  disk.keepConsumers([...consumers.keys()])
}
