/** From the journal to what is known, and back: what an earlier process left is taken up, and what counts is told. */
import type { Clock } from '@habtwin/runtime/clock'
import { addressed, merge } from './messages.ts'
import type { JournalRecord, MessageRecord, RollRecord } from './records.ts'
import type { RetainedMessages } from './retained-messages.ts'
import { monoOf } from './session.ts'
import type { KeptSessions } from './sessions.ts'
import type { Wills } from './wills.ts'

export class Recall {
  readonly #clock: Clock
  readonly #sessions: KeptSessions
  readonly #retained: RetainedMessages
  readonly #wills: Wills
  #seq = 0

  constructor(clock: Clock, sessions: KeptSessions, retained: RetainedMessages, wills: Wills) {
    this.#clock = clock
    this.#sessions = sessions
    this.#retained = retained
    this.#wills = wills
  }

  /** The number of the next message in the journal. */
  next(): number {
    return ++this.#seq
  }

  /** Takes what a record of an earlier process says. */
  replay(record: JournalRecord): void {
    switch (record.kind) {
      case 'message':
        this.#message(record)
        return
      case 'done': {
        const session = this.#sessions.numbered(record.session)
        const entry = session?.queue.bySeq(record.seq)
        if (session !== undefined && entry !== undefined) this.#sessions.forget(session, entry)
        return
      }
      case 'session':
        this.#sessions.restore(record)
        return
      case 'will':
        this.#wills.replay(record)
        return
      case 'roll': {
        const there = new Set(record.sessions)
        for (const session of [...this.#sessions.values()]) if (!there.has(session.number)) this.#sessions.remove(session) // biome-ignore format: one thought
        this.#wills.keepOnly(new Set(record.wills))
      }
    }
  }

  #message({ seq, t, qos, retain, topic, payload, sessions, properties }: MessageRecord): void {
    this.#seq = Math.max(this.#seq, seq)
    const more = properties === undefined ? {} : { properties }
    const packet = { cmd: 'publish', brokerCounter: 0, topic, payload, qos, dup: false, retain, ...more }
    const at = monoOf(this.#clock, t)
    for (const { session, subscription } of this.#sessions.wanting(topic)) {
      if (!sessions.includes(session.number)) continue
      const known = session.queue.bySeq(seq)
      if (known !== undefined) {
        merge(known.packet, packet, subscription)
        continue
      }
      // it may have been sent before
      const own = addressed(packet, subscription)
      this.#sessions.enqueue(session, { key: `journal:${seq}`, packet: own, seq, at, sent: true })
    }
    if (retain) this.#retained.restore(packet, seq, at)
  }

  /** Everything that is known of sessions and wills. */
  state(): JournalRecord[] {
    const sessions = this.#sessions.lasting().map((session) => session.record(this.#clock))
    return [...sessions, ...this.#wills.records(), this.roll()]
  }

  /** What still counts of a message of the journal. */
  live(record: MessageRecord): MessageRecord | undefined {
    const { seq, topic } = record
    const sessions = record.sessions.filter((one) => this.#sessions.numbered(one)?.queue.bySeq(seq) !== undefined)
    const retain = record.retain && record.payload.length > 0 && this.#retained.isLatest(topic, seq)
    return sessions.length > 0 || retain ? { ...record, sessions, retain } : undefined
  }

  /** Which sessions and wills there are. */
  roll(): RollRecord {
    return {
      kind: 'roll',
      sessions: this.#sessions.lasting().map(({ number }) => number),
      wills: this.#wills.names(),
    }
  }
}
