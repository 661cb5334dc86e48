/**
 * What was logged and not yet taken: kept in this browser until the habitat has it, and sent again with the same id,
 * so that nothing is lost on the way and nothing logged twice.
 *
 *   tap ─► kept here ─► POST ─┬─► 201, 202: taken, let go
 *            ▲                ├─► 4xx: refused, stays with the reason until somebody lets it go
 *            └── 10 s ────────┴─► no answer, 5xx: waits
 */
import type { LoggedEvent } from '@habtwin/contract/event'
import { effect, signal } from '@preact/signals'
import { Problem, post } from '../link/rest.ts'
import { link } from '../state.ts'

export interface Waiting {
  readonly event: LoggedEvent
  /** Why it is not taken yet. */
  readonly reason?: string
  /** True where sending it again would not help. */
  readonly refused?: boolean
}

const KEY = 'habtwin.events'
const AGAIN = 10_000

/** In the order in which they were logged. */
export const waiting = signal<readonly Waiting[]>(read())

function read(): readonly Waiting[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.event?.id === 'string') : []
  } catch {
    return []
  }
}

/** Changes what is kept. Another page of this browser may have changed it: it is read anew each time. */
function change(how: (kept: readonly Waiting[]) => readonly Waiting[]): void {
  const next = how(stored ? read() : waiting.peek())
  try {
    localStorage.setItem(KEY, JSON.stringify(next))
  } catch {
    // private windows and full disks: it is kept for as long as the page is open
    stored = false
  }
  waiting.value = next
}
let stored = true

/** Told of each event that was taken. */
type Taken = (event: LoggedEvent) => void
let taken: Taken = () => undefined

/** Sends an entry now, and again until it is taken. */
export function log(event: LoggedEvent): void {
  change((kept) => [...kept, { event }])
  void send()
}

/** Lets go of an entry that was refused. */
export function discard(id: string): void {
  change((kept) => kept.filter(({ event }) => event.id !== id))
}

let sending = false

/** One after the other: a withdrawal must not overtake what it withdraws. */
async function send(): Promise<void> {
  if (sending) return
  sending = true
  try {
    for (;;) {
      const next = waiting.value.find(({ refused }) => !refused)
      if (next === undefined || !(await sendOne(next.event))) return
    }
  } finally {
    sending = false
  }
}

/** @returns false where it has to wait */
async function sendOne(event: LoggedEvent): Promise<boolean> {
  const mark = (reason: string, refused: boolean) =>
    change((kept) => kept.map((one) => (one.event.id === event.id ? { event, reason, refused } : one)))
  try {
    taken(await post<LoggedEvent>('api/events', event))
    discard(event.id)
    return true
  } catch (error) {
    const status = error instanceof Problem ? error.status : 0
    // 401, 403: once somebody has logged in, or from the machine itself, it is taken
    const refused = status >= 400 && status < 500 && status !== 401 && status !== 403
    mark(error instanceof Error ? error.message : String(error), refused)
    return refused
  }
}

/** Sends what is left of the last visit, and what waits, whenever the habitat is there. */
export function startQueue(onTaken: Taken): void {
  taken = onTaken
  setInterval(() => void send(), AGAIN)
  addEventListener('storage', ({ key }) => {
    if (key === KEY) waiting.value = read()
  })
  effect(() => {
    if (link.value.rest || link.value.live) void send()
  })
}
