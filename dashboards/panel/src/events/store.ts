/** What was logged: asked for with everything else, heard live, and kept for the charts and the list of today. */
import type { Event, LoggedEvent } from '@habtwin/contract/event'
import { isWithdrawal } from '@habtwin/contract/event-words'
import { computed, effect, signal } from '@preact/signals'
import { get } from '../link/rest.ts'
import { isoDate } from '../model/mission.ts'
import { about, now, timezone } from '../state.ts'
import { waiting } from './queue.ts'

/** As far as the longest chart goes back, ms. */
const BACK = 7 * 86_400_000

/** By id, of the last seven days. */
const logged = signal<ReadonlyMap<string, LoggedEvent>>(new Map())

/** Learned since the last answer was asked for, which may not tell of them. */
let fresh: LoggedEvent[] = []

/** Takes in what is certain: an answer, or a message. */
export function learn(events: readonly LoggedEvent[]): void {
  fresh.push(...events)
  const all = new Map(logged.peek())
  for (const event of events) {
    const known = all.get(event.id)
    all.set(event.id, known?.withdrawn && !event.withdrawn ? { ...event, withdrawn: known.withdrawn } : event)
    const wrong = event.withdraws === undefined ? undefined : all.get(event.withdraws)
    if (wrong && !wrong.withdrawn)
      all.set(wrong.id, { ...wrong, withdrawn: { by: event.by, t: event.t, id: event.id } })
  }
  logged.value = all
}

/** A message on `event/{id}`; what cannot be read is left to the next answer. */
export function heardEvent(topic: string, body: unknown): void {
  const [, id = ''] = topic.split('/')
  const event = body as Partial<Event> | null | undefined
  if (typeof event?.kind !== 'string' || typeof event.t !== 'number') return
  const { journal: _journal, seq: _seq, ...rest } = event as Event
  learn([{ id, ...rest }])
}

async function fetchEvents(): Promise<void> {
  fresh = []
  const from = Math.round(now.peek() - BACK)
  // beyond now too: another tablet's clock may be ahead
  const found = await get<LoggedEvent[]>('api/events', { from, to: Math.round(now.peek() + 3_600_000) })
  logged.value = new Map(found.map((event) => [event.id, event]))
  learn(fresh.splice(0))
}

/** Asks again whenever the page does; without an answer the last one stands. */
export function startEvents(): void {
  effect(() => {
    if (about.value !== undefined) fetchEvents().catch(() => undefined)
  })
}

/** What stands, the oldest first: neither withdrawn nor a withdrawal; what waits to be sent is already true. */
export const standing = computed(() => {
  const sent = [...logged.value.values()]
  const unsent = waiting.value.filter(({ event }) => !logged.value.has(event.id)).map(({ event }) => event)
  const gone = new Set(unsent.flatMap(({ withdraws }) => withdraws ?? []))
  return [...sent, ...unsent]
    .filter((event) => event.withdrawn === undefined && !gone.has(event.id) && !isWithdrawal(event))
    .sort((a, b) => a.t - b.t)
})

/** All of today, the newest first, with what was withdrawn. */
export const today = computed(() => {
  const date = isoDate(now.value, timezone.value)
  return [...logged.value.values()]
    .filter((event) => isoDate(event.t, timezone.value) === date && !isWithdrawal(event))
    .sort((a, b) => b.t - a.t)
})
