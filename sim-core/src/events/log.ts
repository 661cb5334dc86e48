/**
 * The log of what people did: said by REST, journalled by the gateway, stored, and told to whoever asks or listens.
 *
 *   POST ─► command/journal/event ─► gateway's journal ─► event/{id} ─► recorder ─► store
 *    ▲ durable                                                            └──────► told (the twin)
 *    └──────────────────────────────── commit ◄─────────────────────────────┘
 *
 * A commit costs a few kilobytes of flash and people log a few dozen times a day: so each is made durable before the
 * answer, where readings wait for one another.
 */
import { type Event, type EventKind, HabtwinError, isWithdrawal, type LoggedEvent } from '@habtwin/contract'
import type { StoredRecord } from '../store/types.ts'

export interface EventParts {
  readonly store: {
    records(kind: string, span?: { from?: number; to?: number; limit?: number }): StoredRecord[]
  }
  /** Where events are heard, live or sent again. */
  readonly heard: { readonly events: Set<(id: string, event: Event) => void> }
  /** Has the gateway journal an event. Throws link/unavailable, command/refused. */
  readonly send: (event: LoggedEvent) => Promise<void>
  /** Makes durable what was heard. @returns false where the store cannot be written now */
  readonly flush: () => boolean
}

export interface EventQuery {
  /** ms, both ends included. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly kind?: EventKind | undefined
  /** Also events of a hatch that leads there. */
  readonly zone?: string | undefined
}

const PREFIX = 'event/'
const ALL = Number.POSITIVE_INFINITY

export class EventLog {
  /** Called once with each event that is new, whatever its time; among them those that withdraw another. */
  readonly told = new Set<(event: LoggedEvent) => void>()
  readonly #parts: EventParts
  /** When each event was: there is no quick way to a record but by its time. */
  readonly #times = new Map<string, number>()
  readonly #withdrawn = new Map<string, NonNullable<LoggedEvent['withdrawn']>>()

  constructor(parts: EventParts) {
    this.#parts = parts
  }

  /** Learns what the store holds, and listens. */
  start(): void {
    // the oldest first: of two that withdraw the same, the first one did it
    for (const { topic, body } of this.#parts.store.records('event', { limit: ALL }).reverse()) {
      this.#learn(topic.slice(PREFIX.length), body as Event)
    }
    this.#parts.heard.events.add((id, event) => {
      if (!this.#learn(id, event)) return
      const { journal: _journal, seq: _seq, ...rest } = event
      for (const told of this.told) told({ id, ...rest })
    })
  }

  /** Events in a span, the newest first, those withdrawn marked so. */
  list({ from, to, kind, zone }: EventQuery): LoggedEvent[] {
    const span = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), limit: ALL }
    const found = new Map<string, LoggedEvent>()
    for (const record of this.#parts.store.records('event', span)) {
      const event = this.#logged(record)
      if (kind !== undefined && event.kind !== kind) continue
      if (zone !== undefined && event.zone !== zone && event.to !== zone) continue
      found.set(event.id, event)
    }
    return [...found.values()]
  }

  find(id: string): LoggedEvent | undefined {
    const t = this.#times.get(id)
    if (t === undefined) return undefined
    const record = this.#parts.store
      .records('event', { from: t, to: t, limit: ALL })
      .find((one) => one.topic === PREFIX + id)
    return record && this.#logged(record)
  }

  /**
   * Logs an event; one of an id that is known is not logged again.
   * @returns the event as it is kept, and whether it is durable here, or by the gateway's journal alone so far
   * @throws HabtwinError link/unavailable: nothing is known of it, the same id may be sent again; request/*
   */
  async log(event: LoggedEvent): Promise<{ event: LoggedEvent; stored: boolean }> {
    const known = this.find(event.id)
    if (known) return { event: known, stored: true }
    if (event.withdraws !== undefined) this.#mayWithdraw(event.withdraws)
    await this.#parts.send(event)
    this.#parts.flush()
    const kept = this.find(event.id)
    return { event: kept ?? event, stored: kept !== undefined }
  }

  #mayWithdraw(id: string): void {
    const wrong = this.find(id)
    if (wrong === undefined) throw new HabtwinError('request/not-found', `There is no event ${id} to be withdrawn`)
    if (wrong.withdrawn) throw new HabtwinError('request/invalid', `withdraws: ${wrong.withdrawn.by} has withdrawn it`)
    if (isWithdrawal(wrong)) {
      throw new HabtwinError('request/invalid', 'withdraws: that is a withdrawal itself; log the event anew')
    }
  }

  /** @returns false where it was known */
  #learn(id: string, event: Event): boolean {
    if (this.#times.has(id)) return false
    this.#times.set(id, event.t)
    const { withdraws, by, t } = event
    if (withdraws !== undefined && !this.#withdrawn.has(withdraws)) this.#withdrawn.set(withdraws, { by, t, id })
    return true
  }

  #logged({ topic, body }: StoredRecord): LoggedEvent {
    const id = topic.slice(PREFIX.length)
    const { journal: _journal, seq: _seq, ...event } = body as Event
    const withdrawn = this.#withdrawn.get(id)
    return withdrawn === undefined ? { id, ...event } : { id, ...event, withdrawn }
  }
}
