/**
 * Sends again what a consumer lacks: after a connect, over a hole that the live messages left, and for what was
 * never live. Batches go to `resend/{consumer}/{journal}`, so many entries under way at most.
 */
import { topic } from '@habtwin/contract'
import { type Clock, RangeSet } from '@habtwin/runtime'
import type { Entry } from './disk.ts'
import type { Journal } from './journal.ts'

/** Entries that may be under way to one consumer, unconfirmed. */
const WINDOW = 1_000
/** Entries in one message. */
const BATCH = 250
/** A batch that was not confirmed after this long got lost on the way, ms. */
const OVERDUE = 5_000

export class Resender {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #publish: (topic: string, payload: string) => void
  readonly #consumer: string
  /** Entries sent again so far. */
  count = 0

  /** @param publish takes a relative topic; not retained */
  constructor(
    journal: Journal,
    clock: Clock,
    publish: (topic: string, payload: string) => void,
    consumer = 'recorder',
  ) {
    this.#consumer = consumer
    this.#journal = journal
    this.#clock = clock
    this.#publish = publish
  }

  /** Sends what may go now; cheap where nothing is lacking. Called each tick of 100 ms and after each mark. */
  poll(): void {
    const now = this.#clock.mono()
    const consumer = this.#journal.consumer(this.#consumer)
    if (consumer === undefined) return
    for (const { id } of [...this.#journal.journals]) {
      if (!consumer.heard(id)) continue
      let room = WINDOW - consumer.underWay(now - OVERDUE)
      while (room > 0) {
        const entries = this.#journal.lacking(consumer, id, Math.min(BATCH, room))
        if (entries.length === 0) break
        this.#publish(topic.resend(consumer.name, id), resendBody(id, entries))
        const ranges = new RangeSet()
        for (const entry of entries) ranges.add(entry.seq)
        consumer.sent(id, ranges, now)
        this.count += entries.length
        room -= entries.length
      }
    }
  }
}

/** The payloads are JSON text already: they are set in, not parsed and written anew. */
export function resendBody(journal: string, entries: readonly Entry[]): string {
  const list = entries.map(
    (entry) => `{"seq":${entry.seq},"topic":${JSON.stringify(entry.topic)},"body":${entry.payload}}`,
  )
  return `{"journal":"${journal}","entries":[${list.join()}]}`
}
